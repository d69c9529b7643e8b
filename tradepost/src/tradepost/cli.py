"""The command `tradepost`. Each command is a function here that calls a module of its own.

Answers go to standard output, everything else to standard error. Exit status: 0 done, 1 it could
not be done (one sentence says why), 2 the command was not understood.
"""

import asyncio
import json
import logging
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shared.kit.service import Role
from tradepost import dead_letters, events_tail, migrations
from tradepost.demo.showing import perform
from tradepost.doctor import Finding, examine, healthy
from tradepost.faults import GroundError
from tradepost.ground import default_folder, local_token
from tradepost.platform import NAMES
from tradepost.processes import process_map
from tradepost.serving import serve as serve_service
from tradepost.up import start

app = App(name="tradepost", help="Market and sell: six services, their database and their broker.")

Port = Annotated[int, Parameter(env_var="PORT", help="Where the services listen.")]
DataDir = Annotated[Path, Parameter(env_var="DATA_DIR", help="Where all data is kept.")]
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="For programs.")]

app.command(migrations.app)
app.command(dead_letters.app)
app.command(events_tail.app)

SIGNS = {"good": ("ok", "green"), "optional": ("--", "yellow"), "bad": ("!!", "red")}


def folder_of(data_dir: Path | None) -> Path:
    """The data folder that was named, or the project's own."""
    return (data_dir or default_folder()).absolute()


@app.command
def up(
    *,
    port: Port = 8080,
    data_dir: DataDir | None = None,
    kafka: Annotated[bool, Parameter(env_var="KAFKA", help="On a real Kafka broker.")] = False,
    sandbox: Annotated[bool, Parameter(help="A trial whose clock can be moved.")] = False,
    demo: Annotated[bool, Parameter(help="Load the demo company, once.")] = True,
) -> None:
    """Start everything on this machine, and run until Ctrl-C."""
    start(port, folder_of(data_dir), kafka=kafka, sandbox=sandbox, demo=demo)


@app.command
def token(
    *,
    scope: Annotated[
        str, Parameter(help='Such as "orders:read orders:write"; all when empty.')
    ] = "",
    subject: Annotated[str, Parameter(help="Whom it names.")] = "local-user",
    hours: Annotated[float, Parameter(help="How long it holds.")] = 12,
    data_dir: DataDir | None = None,
) -> None:
    """Print a token of this machine's own issuer, and only that."""
    everything = [f"{name}:{act}" for name in NAMES for act in ("read", "write", "approve")]
    scopes = scope.split() or everything
    unknown = [one for one in scopes if one not in everything]
    if unknown:
        raise GroundError(f"{unknown[0]} is no scope; scopes are like orders:read, orders:approve")
    made = local_token(folder_of(data_dir), scopes, subject, timedelta(hours=hours))
    sys.stdout.write(made + "\n")


@app.command
def demo(*, as_json: AsJson = False, data_dir: DataDir | None = None) -> int:
    """Perform the journey from lead to loyal customer, printing each call and its events."""
    return asyncio.run(perform(folder_of(data_dir), as_json=as_json))


@app.command
def serve(
    service: str,
    *,
    role: Annotated[Role, Parameter(help="Which loops this process runs.")] = Role.ALL,
    host: str = "0.0.0.0",  # noqa: S104  # a container's own address
    port: Port = 8080,
) -> None:
    """Run one service, set up by TRADEPOST_… variables (production)."""
    serve_service(service, role, host, port)


@app.command
def processes(*, as_json: AsJson = False) -> None:
    """Which element of the process framework lives where: operations, events, tests."""
    found = process_map()
    if as_json:
        sys.stdout.write(json.dumps([one.shown() for one in found], indent=1) + "\n")
        return
    table = Table("id", "element", "service", "operations", "events", "tests", box=None)
    for one in found:
        table.add_row(
            one.id,
            one.name,
            one.service,
            "\n".join(one.operations),
            "\n".join(one.events),
            str(len(one.tests) or ""),
        )
    Console().print(table)


@app.command
def doctor(*, port: Port = 8080, data_dir: DataDir | None = None, as_json: AsJson = False) -> int:
    """What this machine lacks to run Tradepost, and the command that mends it."""
    findings = examine(port, folder_of(data_dir))
    if as_json:
        report = {
            "healthy": healthy(findings),
            "findings": [finding.shown() for finding in findings],
        }
        sys.stdout.write(json.dumps(report, indent=2) + "\n")
    else:
        Console().print(_table(findings))
    return 0 if healthy(findings) else 1


def _table(findings: list[Finding]) -> Table:
    table = Table.grid(padding=(0, 2))
    for finding in findings:
        sign, colour = SIGNS[finding.state]
        remedy = f"\n{finding.remedy}" if finding.remedy else ""
        table.add_row(Text(sign, colour), finding.subject, Text(finding.detail + remedy))
    return table


def main() -> None:
    """Understand the command, do it, and say in one sentence what kept it from being done."""
    for name in ("PORT", "DATA_DIR", "KAFKA"):
        if os.environ.get(name) == "":
            del os.environ[name]  # make exports what nobody set as empty
    errors = Console(stderr=True, soft_wrap=True)
    # Commands answer for themselves; services set up their own logs when they start.
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    try:
        outcome = app(
            exit_on_error=False,
            print_error=True,
            error_console=errors,
            result_action="return_value",
        )
    except CycloptsError:
        sys.exit(2)
    except GroundError as fault:
        errors.print(Text(f"tradepost: {fault}"))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(outcome if isinstance(outcome, int) else 0)


if __name__ == "__main__":
    main()
