"""A data folder: made private, locked for one program, its small files written at once or not."""

import fcntl
import os
from pathlib import Path
from typing import Self

from tradepost.faults import GroundError
from tradepost.identity import Identity


class FolderLock:
    """One program per folder. The kernel ends the lock with the program, even by kill -9."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "lock"
        self._descriptor: int | None = None

    def take(self) -> Self:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(descriptor, 20).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise GroundError(
                f"{self.path.parent} is in use by another copy of this program (process {holder}); "
                f"stop that one, or give this one a folder of its own with DATA_DIR=…"
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor
        return self

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def made(folder: Path, identity: Identity | None = None) -> Path:
    """The folder, existing; one that is made now is private and belongs to `identity`."""
    try:
        if not folder.exists():
            folder.mkdir(parents=True, mode=0o700)
            own(folder, identity)
    except OSError as error:
        raise GroundError(
            f"The folder {folder} cannot be made ({error.strerror}); "
            f"choose one you may write to with DATA_DIR=…"
        ) from error
    return folder


def write_private(path: Path, content: str, identity: Identity | None = None) -> None:
    """Readable for its owner alone, and either the old content or the new, never half."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
    own(fresh, identity)
    fresh.replace(path)


def own(path: Path, identity: Identity | None) -> None:
    if identity is not None:
        os.chown(path, identity.uid, identity.gid)
