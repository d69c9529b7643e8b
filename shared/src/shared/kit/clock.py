"""The time, and the means to move it forward in a sandbox. Handed to whoever needs it, as `now`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path


class Clock:
    """Aware UTC time plus an offset that only ever grows.

    With a `path` the offset is shared by every process that names the same file. Each advance is
    one appended line, so that two processes moving the clock at once lose nothing and need no lock.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._offset = timedelta()
        self._read_bytes = 0

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset()

    def advance(self, by: timedelta) -> datetime:
        """Moves the time forward and returns the new one. Time never goes back: ValueError."""
        if by < timedelta():
            raise ValueError("A clock moves forward only.")
        if self._path is None:
            self._offset += by
        else:
            with self._path.open("ab", buffering=0) as file:
                file.write(f"{by // timedelta(microseconds=1)}\n".encode())
        return self.now()

    def offset(self) -> timedelta:
        """How far this clock is ahead of the machine's."""
        if self._path is not None:
            try:
                size = self._path.stat().st_size
            except FileNotFoundError:
                size = 0
            if size != self._read_bytes:
                lines = self._path.read_bytes().split(b"\n")[:-1]
                self._offset = timedelta(microseconds=sum(int(line) for line in lines))
                self._read_bytes = sum(len(line) + 1 for line in lines)
        return self._offset


system = Clock()
"""The machine's own time, for whoever was given no other."""
