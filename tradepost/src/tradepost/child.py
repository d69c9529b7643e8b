"""Programs that live and die with this one: started through `guard`, found again when orphaned."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from tradepost.faults import GroundError
from tradepost.identity import Identity

GUARD = Path(__file__).with_name("guard.py")


def start_guarded(  # noqa: PLR0913 - one child, described once
    command: Sequence[str],
    *,
    death_signal: signal.Signals,
    folder: Path,
    output: IO[bytes],
    environment: Mapping[str, str],
    identity: Identity | None = None,
    nameless: bool = False,
    reach: Sequence[Path] = (),
) -> subprocess.Popen[bytes]:
    """Start `command` in `folder`; on Linux it gets `death_signal` when this program ends, however.

    Linux sends that signal when the starting *thread* ends, so only the main thread may start one.
    The child has a session of its own: Ctrl-C in the terminal is ours to hear, not the child's.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("A guarded child is started from the main thread: it dies with it.")
    guard = [sys.executable, "-I", "-S", str(GUARD)]
    guard += ["--parent", str(os.getpid()), "--death-signal", str(int(death_signal))]
    if identity is not None:
        guard += ["--uid", str(identity.uid), "--gid", str(identity.gid)]
        guard += [argument for path in reach for argument in ("--reach", str(path))]
    if nameless:
        guard.append("--nameless")
    return subprocess.Popen(  # noqa: S603 - the program is ours or from the lock
        [*guard, "--", *command],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes], signals: Sequence[signal.Signals], patience: int) -> None:
    """Ask politely first: one signal after the other, `patience` seconds each, then SIGKILL."""
    for chosen in signals:
        if process.poll() is not None:
            return
        process.send_signal(chosen)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        return
    process.kill()
    process.wait()


def command_line(process: int) -> str:
    """How a process was started; empty when there is none or it cannot be seen."""
    try:
        raw = Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        if Path("/proc/self/cmdline").exists():
            return ""
        shown = subprocess.run(  # noqa: S603 - a number is the only argument
            ["/bin/ps", "-o", "command=", "-p", str(process)], capture_output=True, check=False
        )
        return shown.stdout.decode(errors="replace").strip()
    return raw.replace(b"\0", b" ").decode(errors="replace").strip()


def outlive(process: int, mark: str, farewell: signal.Signals, patience: int = 15) -> None:
    """Wait until an orphan of an earlier, killed program is gone; bid it go when it lingers.

    It is an orphan only if its command line holds `mark` (its data folder): a process number alone
    may have been given to somebody else since. Call this while holding the folder's lock.
    """

    def gone() -> bool:
        return mark not in command_line(process)

    if waited_for(gone, patience / 3):
        return
    os.kill(process, farewell)
    if not waited_for(gone, patience):
        raise GroundError(
            f"Process {process} of an earlier run still uses {mark} and does not end; "
            f"end it with: kill -9 {process}"
        )


def waited_for(condition: Callable[[], bool], seconds: float, pause: float = 0.01) -> bool:
    """Whether `condition` came true within `seconds`."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(pause)
    return True


def last_lines(log: Path, count: int) -> str:
    """The end of a log file, for an error message."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
