"""The command `tradepost`. Each command is a function here that calls a module of its own.

Answers go to standard output, everything else to standard error. Exit status: 0 done, 1 it could
not be done (one sentence says why), 2 the command was not understood.
"""

import json
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tradepost.doctor import Finding, examine, healthy
from tradepost.faults import GroundError

app = App(name="tradepost", help="Market and sell: six services, their database and their broker.")

Port = Annotated[int, Parameter(env_var="PORT", help="Where the services listen.")]
DataDir = Annotated[Path, Parameter(env_var="DATA_DIR", help="Where all data is kept.")]
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="For programs.")]

SIGNS = {"good": ("ok", "green"), "optional": ("--", "yellow"), "bad": ("!!", "red")}


@app.command
def doctor(
    *, port: Port = 8080, data_dir: DataDir = Path(".tradepost"), as_json: AsJson = False
) -> int:
    """What this machine lacks to run Tradepost, and the command that mends it."""
    findings = examine(port, data_dir.absolute())
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
    errors = Console(stderr=True)
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
