"""Ports of this machine: one that is free, and who holds one that is not."""

import os
import socket
from pathlib import Path

LISTENING = "0A"


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError:
            return False
        return True


def holder_of(port: int) -> str | None:
    """`name (process 123)` of whoever listens on `port`; None when /proc does not tell."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    if not sockets:
        return None
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and sockets & _open_files(process):
            name = (process / "comm").read_text().strip()
            return f"{name} (process {process.name})"
    return None


def _listening_inodes(port: int) -> list[str]:
    found = []
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if table.exists():
            rows = [line.split() for line in table.read_text().splitlines()[1:]]
            found += [
                row[9]
                for row in rows
                if row[3] == LISTENING and int(row[1].rpartition(":")[2], 16) == port
            ]
    return found


def _open_files(process: Path) -> set[str]:
    """Of a process we may look into; others, and those that end meanwhile, have none to show."""
    links = set()
    try:
        for descriptor in (process / "fd").iterdir():
            links.add(str(os.readlink(descriptor)))  # noqa: PTH115 - it is no path
    except OSError:
        return links
    return links
