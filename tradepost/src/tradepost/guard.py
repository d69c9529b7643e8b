"""A launcher that becomes another program, as another user if asked, and dies with its parent.

Run by path, isolated (`python -I -S guard.py …`), so that it costs some ten milliseconds:

    guard.py --parent PID --death-signal N [--uid N --gid N --reach PATH…] [--nameless]
             -- PROGRAM ARGUMENT…

As root it takes an unprivileged identity by its number alone.
Where that identity could not reach a PATH (a clone below a 0700 home), it carries CAP_DAC_OVERRIDE
along as an ambient capability, so that no folder of the machine must be opened to everybody.

The death signal belongs to the *thread* that started this process: start it from the main thread.
Systems other than Linux have no such signal; there the starter must stop its child itself.
"""

import argparse
import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_SET_SECUREBITS = 28
NO_SETUID_FIXUP = 1 << 2
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CLONE_NEWUSER = 0x10000000
CAPABILITY_VERSION_3 = 0x20080522

CANNOT_CHANGE_USER = 71
"""Exit status: this system does not let us become another user."""

OUT_OF_REACH = 72
"""Exit status: as that user a needed folder cannot be reached."""

NO_NAMESPACE = 74
"""Exit status: a user without name could not be given one."""

PARENT_GONE = 73
"""Exit status: the program that wanted this is no more."""


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Capabilities(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def _reachable(path: str) -> bool:
    """access(2) asks for the real user without its capabilities: just the question to ask."""
    return os.access(path, os.X_OK)


def _carry_reach(libc: ctypes.CDLL) -> None:
    """Keep of root's rights only the passage through folders, and hand it on over exec.

    Permitted, inheritable and ambient stay one set: were permitted larger, the kernel would treat
    the exec as a secure one and clear the death signal.
    """
    header = _Header(CAPABILITY_VERSION_3, 0)
    present = (_Capabilities * 2)()
    libc.capget(ctypes.byref(header), present)
    wanted = (1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH) & present[0].permitted
    for half in present:
        half.effective = half.permitted
    libc.capset(ctypes.byref(header), present)
    # initdb asks access(2) for `postgres`, which forgets capabilities but for this bit.
    libc.prctl(PR_SET_SECUREBITS, NO_SETUID_FIXUP, 0, 0, 0)
    kept = (_Capabilities * 2)()
    kept[0] = _Capabilities(wanted, wanted, wanted)
    libc.capset(ctypes.byref(header), kept)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        if wanted & 1 << capability:
            libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def _drop_everything(libc: ctypes.CDLL) -> None:
    header = _Header(CAPABILITY_VERSION_3, 0)
    libc.capset(ctypes.byref(header), (_Capabilities * 2)())


def _become(uid: int, gid: int, reach: list[str], libc: ctypes.CDLL | None) -> None:
    if libc is not None:
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    try:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    except OSError as error:
        sys.stderr.write(f"cannot become user {uid}: {error.strerror}\n")
        sys.exit(CANNOT_CHANGE_USER)
    if all(map(_reachable, reach)):
        if libc is not None:
            _drop_everything(libc)
        return
    if libc is not None:
        _carry_reach(libc)
    for path in reach:
        if not _reachable(path):
            sys.stderr.write(f"user {uid} cannot reach {path}\n")
            sys.exit(OUT_OF_REACH)


def _take_a_name(libc: ctypes.CDLL | None) -> None:
    """Appear as some named user, in a user namespace; files still belong to who we are."""
    uid, gid = os.getuid(), os.getgid()
    named = max(user.pw_uid for user in pwd.getpwall())
    if libc is None or libc.unshare(CLONE_NEWUSER) != 0:
        sys.stderr.write("no user namespace to be had\n")
        sys.exit(NO_NAMESPACE)
    lines = {"setgroups": "deny", "uid_map": f"{named} {uid} 1", "gid_map": f"{gid} {gid} 1"}
    try:
        for name, line in lines.items():
            with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 - pathlib is slow to import
                file.write(line)
    except OSError as error:
        sys.stderr.write(f"no user namespace to be had: {error.strerror}\n")
        sys.exit(NO_NAMESPACE)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="guard", allow_abbrev=False)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--death-signal", type=int, required=True)
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("--reach", action="append", default=[])
    parser.add_argument("--nameless", action="store_true")
    parser.add_argument("program", nargs="+")
    return parser.parse_args()


def main() -> None:
    asked = _arguments()
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    if asked.uid is not None:
        _become(asked.uid, asked.gid, asked.reach, libc)
    if asked.nameless:
        _take_a_name(libc)
    if libc is not None:
        # After the change of user, which would clear it.
        libc.prctl(PR_SET_PDEATHSIG, asked.death_signal, 0, 0, 0)
        if os.getppid() != asked.parent:
            sys.exit(PARENT_GONE)
    os.execv(asked.program[0], asked.program)  # noqa: S606 - the caller names the program


if __name__ == "__main__":
    main()
