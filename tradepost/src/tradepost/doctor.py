"""What this machine offers Tradepost; each fault with the command that mends it."""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from tradepost.child import command_line
from tradepost.kafka import kafka_available
from tradepost.ports import free_port, holder_of, is_free
from tradepost.postgres import binaries, major_version

State = Literal["good", "optional", "bad"]
GIGABYTE = 1_000_000_000
DISK_NEEDED = 2 * GIGABYTE
MEMORY_NEEDED = 1 * GIGABYTE
OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `optional` is missing, but only costs a feature."""

    subject: str
    state: State
    detail: str
    remedy: str = ""

    def shown(self) -> dict[str, Any]:
        return asdict(self)


def examine(port: int, folder: Path) -> list[Finding]:
    """Everything a start needs, in the order it would be missed. Changes nothing."""
    return [
        _python(),
        _postgres(),
        _port(port, folder),
        _folder(folder),
        *_space(folder),
        _memory(),
        _kafka(),
    ]


def healthy(findings: list[Finding]) -> bool:
    return all(finding.state != "bad" for finding in findings)


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return Finding("Python", "good", found)
    return Finding("Python", "bad", f"{found} is too old", "make clean run PYTHON=python3.12")


def _postgres() -> Finding:
    program = binaries() / "postgres"
    if os.access(program, os.X_OK):
        return Finding("PostgreSQL", "good", f"version {major_version()}, embedded")
    return Finding("PostgreSQL", "bad", f"{program} does not run", "make clean run")


def _port(port: int, folder: Path) -> Finding:
    if is_free(port):
        return Finding("Port", "good", f"{port} is free")
    holder = holder_of(port)
    number = holder.rpartition(" ")[2].rstrip(")") if holder else ""
    if number and number == _running(folder):
        return Finding("Port", "good", f"{port} is held by this Tradepost, {holder}")
    remedy = f"make run PORT={free_port()}" + (f", or: kill {number}" if number else "")
    return Finding("Port", "bad", f"{port} is held by {holder or 'somebody unknown'}", remedy)


def _running(folder: Path) -> str:
    """The number of the process that works on this folder, if there is one."""
    try:
        number = (folder / "lock").read_text().strip()
    except OSError:
        return ""
    return number if number.isdigit() and command_line(int(number)) else ""


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _folder(folder: Path) -> Finding:
    there = _existing(folder)
    if not there.is_dir():
        return Finding("Data folder", "bad", f"{there} is a file", "make run DATA_DIR=.tradepost")
    if not os.access(there, os.W_OK | os.X_OK):
        remedy = f"sudo chown -R {os.getuid()} {there}, or: make run DATA_DIR=…"
        return Finding("Data folder", "bad", f"{there} is not yours to write", remedy)
    others = [path.name for path in folder.glob("postgres-*[0-9]") if path.is_dir()]
    if others and f"postgres-{major_version()}" not in others:
        remedy = f"mv {folder / others[0]} {folder / others[0]}.old"
        return Finding("Data folder", "bad", f"{folder} holds {others[0]}", remedy)
    return Finding("Data folder", "good", f"{folder}" + ("" if others else " (will be made)"))


def _space(folder: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(_existing(folder)).free
    told = f"{free / GIGABYTE:.1f} GB free"
    if free >= DISK_NEEDED:
        yield Finding("Disk", "good", told)
    else:
        remedy = "make run DATA_DIR=/a/larger/disk"
        yield Finding("Disk", "bad", f"{told}, 2 GB are needed", remedy)


def _memory() -> Finding:
    free = _available_memory()
    if free is None:
        return Finding("Memory", "good", "not told by this system")
    told = f"{free / GIGABYTE:.1f} GB available"
    if free >= MEMORY_NEEDED:
        return Finding("Memory", "good", told)
    return Finding("Memory", "bad", f"{told}, 1 GB is needed", "ps aux --sort=-rss | head")


def _available_memory() -> int | None:
    table = Path("/proc/meminfo")
    if not table.exists():
        return None
    rows = dict(line.split(":") for line in table.read_text().splitlines())
    return int(rows["MemAvailable"].split()[0]) * 1024


def _kafka() -> Finding:
    missing = kafka_available()
    if missing is None:
        return Finding("Kafka", "good", "Java and Maven are here: make run KAFKA=1")
    detail, _, remedy = missing.rpartition(": ")
    return Finding("Kafka", "optional", f"{detail}; only KAFKA=1 needs it", remedy)
