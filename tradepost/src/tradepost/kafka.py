"""One real Apache Kafka node (KRaft: no ZooKeeper), started and stopped with the program.

It needs Java and, the first time, Maven, which fetches the jars that `broker/pom.xml` names. On
Linux it ends when the program dies in any way; elsewhere the next start ends it first.
"""

import atexit
import base64
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid
from pathlib import Path
from typing import Self

from tradepost.child import end, last_lines, outlive, start_guarded, waited_for
from tradepost.faults import GroundError
from tradepost.folder import FolderLock, made
from tradepost.identity import home_is_writable
from tradepost.ports import free_port

HERE = Path(__file__).parent / "broker"
OLDEST_JAVA = 17
STARTED = "Kafka Server started"
PATIENCE = 120


class LocalKafka:
    """Kafka with its topics in `folder` and its jars in `cache`. Start it from the main thread."""

    def __init__(self, folder: Path, *, cache: Path, port: int | None = None) -> None:
        self.folder = folder.absolute()
        self.cache = cache.absolute()
        self.port = port
        self.log = self.folder / "kafka.log"
        self._lock = FolderLock(self.folder)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def process_id(self) -> int | None:
        """The broker's process, while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> str:
        """Fetch Kafka if it is not here, start it, and return the address to bootstrap from."""
        if missing := kafka_available(self.cache):
            raise GroundError(missing)
        fetch_jars(self.cache)
        made(self.folder)
        self._lock.take()
        try:
            return self._start_locked()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Close the logs and end. Does nothing when it is not running."""
        if self._process is not None:
            end(self._process, (signal.SIGTERM,), patience=30)
            self._process = None
            self._note.unlink(missing_ok=True)
        atexit.unregister(self.stop)
        self._lock.release()

    @property
    def _note(self) -> Path:
        return self.folder / "kafka.pid"

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    def _start_locked(self) -> str:
        if self._note.exists() and (text := self._note.read_text().strip()).isdigit():
            outlive(int(text), str(self._properties), signal.SIGTERM)
        port = self.port or free_port()
        self._write_properties(port)
        shutil.copy(HERE / "log4j2.properties", self.folder)
        self.log.write_bytes(b"")
        if not (self.folder / "topics" / "meta.properties").exists():
            self._format()
        self._process = self._launch("kafka.Kafka", str(self._properties))
        self._note.write_text(f"{self._process.pid}\n")
        atexit.register(self.stop)
        self._wait_until_ready(self._process, port)
        return f"127.0.0.1:{port}"

    def _write_properties(self, port: int) -> None:
        controller = free_port()
        own = f"""
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.quorum.voters=1@127.0.0.1:{controller}
log.dirs={self.folder / "topics"}
"""
        self._properties.write_text((HERE / "server.properties").read_text() + own)

    def _format(self) -> None:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        arguments = ("format", "-t", cluster, "-c", str(self._properties), "--ignore-formatted")
        process = self._launch("kafka.tools.StorageTool", *arguments)
        if process.wait() != 0:
            raise self._failure()

    def _launch(self, main_class: str, *arguments: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as output:
            return start_guarded(
                [
                    str(java()),
                    *("-Xms64m", "-Xmx512m", "-Djava.awt.headless=true"),
                    f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}",
                    *("-cp", f"{self.cache}/*", main_class, *arguments),
                ],
                death_signal=signal.SIGTERM,
                folder=self.folder,
                output=output,
                environment=os.environ,
            )

    def _wait_until_ready(self, process: subprocess.Popen[bytes], port: int) -> None:
        def ready_or_over() -> bool:
            told = STARTED in self.log.read_text(errors="replace")
            return process.poll() is not None or (told and _answers(port))

        in_time = waited_for(ready_or_over, PATIENCE, pause=0.05)
        if process.poll() is not None or not in_time:
            raise self._failure()

    def _failure(self) -> GroundError:
        return GroundError(
            f"Kafka did not start; its log is {self.log} and ends with:\n{last_lines(self.log, 20)}"
        )


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def java() -> str | None:
    """The Java of JAVA_HOME, else the one on the path."""
    home = os.environ.get("JAVA_HOME")
    if home and (Path(home) / "bin" / "java").exists():
        return str(Path(home) / "bin" / "java")
    return shutil.which("java")


def java_version(program: str) -> int | None:
    """The major version of a Java; None when it does not run (macOS has one that does not)."""
    try:
        told = subprocess.run(  # noqa: S603 - found on the path
            [program, "-version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    found = re.search(r'version "(\d+)', told.stderr)
    return int(found.group(1)) if found and told.returncode == 0 else None


def kafka_available(cache: Path | None = None) -> str | None:
    """Why Kafka cannot run here, in words with the remedy; None when it can.

    Where `cache` holds the jars already, Maven is not needed any more.
    """
    program = java()
    found = java_version(program) if program else None
    if found is None:
        return f"Java is not installed; install version {OLDEST_JAVA} or newer: {_advice('java')}"
    if found < OLDEST_JAVA:
        return f"Java {found} is too old; install {OLDEST_JAVA} or newer: {_advice('java')}"
    if (cache is None or not cache.exists()) and shutil.which("mvn") is None:
        return f"Maven is not installed, which fetches Kafka; install it: {_advice('maven')}"
    return None


def fetch_jars(cache: Path) -> Path:
    """The folder `cache`, filled by Maven if it is not there. Two at once: the first wins."""
    if cache.exists():
        return cache
    cache.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f"{cache.name}-", dir=cache.parent))
    try:
        fresh.chmod(0o755)  # mkdtemp's 0700 would keep out the others who share the clone
        _copy_dependencies(fresh, cache.parent)
        try:
            fresh.rename(cache)
        except OSError:
            if not cache.exists():
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return cache


def _copy_dependencies(folder: Path, beside: Path) -> None:
    command = [
        str(shutil.which("mvn")),
        "-q",
        "-B",
        "-f",
        str(HERE / "pom.xml"),
        "dependency:copy-dependencies",
    ]
    command.append(f"-DoutputDirectory={folder}")
    if not home_is_writable():
        command.append(f"-Dmaven.repo.local={beside / 'maven'}")
    done = subprocess.run(  # noqa: S603 - Maven, found on the path
        command, capture_output=True, text=True, check=False, cwd=folder
    )
    if done.returncode != 0 or not any(folder.glob("kafka_*.jar")):
        told = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
        raise GroundError(
            f"Maven could not fetch Kafka; is the network there? Leave KAFKA=1 away to do without. "
            f"It said:\n{told}"
        )


def _advice(what: str) -> str:
    if shutil.which("apt-get"):
        return f"apt-get install {'openjdk-17-jre-headless' if what == 'java' else 'maven'}"
    if shutil.which("dnf"):
        return f"dnf install {'java-21-openjdk-headless' if what == 'java' else 'maven'}"
    return f"brew install {'openjdk' if what == 'java' else 'maven'}"
