"""Where PostgreSQL's socket lives: in the data folder, or in a short private one instead.

The kernel allows a socket some hundred bytes of path, and database URLs split hosts at commas and
colons; some mounted folders hold no sockets at all.
"""

import os
import re
import shutil
import socket
import stat
import tempfile
from pathlib import Path

from tradepost.folder import made, own, write_private
from tradepost.identity import Identity

NAME = ".s.PGSQL.5432"
LONGEST = 100
PLAIN = re.compile(r"/[A-Za-z0-9_./+@~-]*")


def socket_folder(folder: Path, identity: Identity | None) -> Path:
    """The same folder on every start while it can be had; a substitute is noted in `folder`."""
    inside = folder / "socket"
    if _fits(inside):
        made(inside, identity)
        own(inside, identity)
        if _holds_sockets(inside):
            return _emptied(inside)
    note = folder / "socket-folder"
    if note.exists() and _ours(substitute := Path(note.read_text().strip()), identity):
        return _emptied(substitute)
    substitute = _short_folder()
    own(substitute, identity)
    write_private(note, f"{substitute}\n")
    return substitute


def forget_substitute(folder: Path) -> None:
    """Remove the substitute, if there is one."""
    note = folder / "socket-folder"
    if note.exists():
        shutil.rmtree(note.read_text().strip(), ignore_errors=True)
        note.unlink()


def _fits(path: Path) -> bool:
    text = str(path / NAME)
    return len(text) <= LONGEST and PLAIN.fullmatch(text) is not None


def _emptied(path: Path) -> Path:
    """Whoever holds the data folder's lock knows that the socket of a killed server is stale."""
    for name in (NAME, f"{NAME}.lock"):
        (path / name).unlink(missing_ok=True)
    return path


def _holds_sockets(path: Path) -> bool:
    trial = path / ".trial"
    trial.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as one:
        try:
            one.bind(str(trial))
        except OSError:
            return False
    trial.unlink()
    return True


def _ours(path: Path, identity: Identity | None) -> bool:
    """A folder of a public place is trusted only if nobody else can have put it there."""
    try:
        seen = path.lstat()
    except OSError:
        return False
    owner = identity.uid if identity else os.geteuid()
    return stat.S_ISDIR(seen.st_mode) and seen.st_uid == owner and not seen.st_mode & 0o077


def _short_folder() -> Path:
    usual = Path(tempfile.gettempdir()).resolve()
    place = usual if _fits(usual / "tradepost-12345678") else Path("/tmp")  # noqa: S108 - mkdtemp makes it private
    return Path(tempfile.mkdtemp(prefix="tradepost-", dir=place))
