"""Element of the process framework → operations, events, tests: read from the code itself."""

import ast
import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute

from shared.events.catalogue import contracts
from tradepost.ground import PROJECT
from tradepost.platform import installed


@dataclass
class Process:
    """An element: where it is performed, what it tells, which tests perform it."""

    id: str
    name: str
    service: str
    operations: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        return asdict(self)


def elements() -> list[Process]:
    """The framework: APQC Process Classification Framework 3.0, Market and Sell."""
    file = resources.files("tradepost") / "processes.csv"
    rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    return [Process(row["id"], row["name"], row["service"] or "") for row in rows]


def process_map() -> list[Process]:
    """Every element with what the code says of it."""
    operations, events = defaultdict(list), defaultdict(list)
    for service in installed():
        for doors in service.doors:
            for route in doors.routes:
                if isinstance(route, APIRoute):
                    for process in (route.openapi_extra or {}).get("x-pcf", []):
                        operations[process].append(route.name)
    for contract in contracts():
        for process in contract.PCF:
            events[process].append(contract.TYPE)
    tests = defaultdict(list)
    for process, test in marked_tests(PROJECT / "tests"):
        tests[process].append(test)
    found = elements()
    for one in found:
        one.operations = sorted(operations[one.id])
        one.events = sorted(events[one.id])
        one.tests = sorted(tests[one.id])
    return found


def marked_tests(folder: Path) -> Iterator[tuple[str, str]]:
    """(element, test) for each `pytest.mark.pcf`; nothing where the tests are not installed."""
    for file in sorted(folder.rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                name = f"{file.relative_to(folder.parent)}::{node.name}"
                for process in _marks(node):
                    yield process, name


def _marks(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for mark in node.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.pcf":
            for argument in mark.args:
                if isinstance(argument, ast.Constant):
                    yield str(argument.value)
