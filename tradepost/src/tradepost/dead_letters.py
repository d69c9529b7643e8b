"""`tradepost dlq`: what services could not take, and what to do about it."""

import json
import sys
from pathlib import Path
from typing import Annotated

import httpx
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from tradepost.calling import ask, connect, pages
from tradepost.faults import GroundError
from tradepost.ground import default_folder
from tradepost.platform import NAMES

app = App(name="dlq", help="Dead letters: list, show, replay, discard.")

Folder = Annotated[Path | None, Parameter(env_var="DATA_DIR", help="Where all data is kept.")]
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="For programs.")]


def _client(data_dir: Path | None) -> httpx.Client:
    return connect((data_dir or default_folder()).absolute())


def _check(service: str) -> None:
    if service not in NAMES:
        raise GroundError(f"{service} is no service; services are {', '.join(NAMES)}.")


@app.command(name="list")
def show_all(
    service: str | None = None,
    *,
    data_dir: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Open dead letters of a service, or of all, with those parked behind them."""
    client = _client(data_dir)
    if service:
        _check(service)
    found = [
        {"service": name, **letter}
        for name in ([service] if service else NAMES)
        for letter in pages(client, f"/{name}/dead-letters", state=["dead", "parked"])
    ]
    if as_json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
        return
    table = Table("service", "id", "state", "type", "key", "cause", "error", box=None)
    for letter in found:
        row = (letter[name] for name in ("service", "id", "state", "type", "key", "cause", "error"))
        table.add_row(*(str(cell) for cell in row))
    Console().print(table if found else "No dead letters.")


@app.command
def show(service: str, letter: str, *, data_dir: Folder = None) -> None:
    """One dead letter with its record."""
    _check(service)
    found = ask(_client(data_dir), "GET", f"/{service}/dead-letters/{letter}")
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


@app.command
def replay(
    service: str,
    letter: str,
    *,
    dry_run: Annotated[bool, Parameter(negative="", help="Only say what would be done.")] = False,
    data_dir: Folder = None,
) -> int:
    """Apply it again, and after it what is parked behind it, in order."""
    _check(service)
    path = f"/{service}/dead-letters/{letter}/replay"
    query = {"dry_run": str(dry_run).lower()}
    done = ask(_client(data_dir), "POST", path, params=query)
    sys.stdout.write(json.dumps(done, indent=1) + "\n")
    return 1 if done["stopped_at"] else 0


@app.command
def discard(
    service: str,
    letter: str,
    *,
    reason: Annotated[str, Parameter(help="Why; kept with it.")],
    data_dir: Folder = None,
) -> None:
    """Give it up."""
    _check(service)
    path = f"/{service}/dead-letters/{letter}/discard"
    done = ask(_client(data_dir), "POST", path, json={"reason": reason})
    sys.stdout.write(json.dumps(done, indent=1) + "\n")
