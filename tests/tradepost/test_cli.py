"""The command line: what it prints, where, and with which status."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from shared.kit.security import Verifier
from tradepost.ground import local_issuer

PROGRAM = Path(sys.executable).with_name("tradepost")


def _run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environment},
    )


async def test_a_token_is_all_that_is_printed_and_holds(tmp_path: Path) -> None:
    done = _run("token", "--scope", "orders:read orders:write", DATA_DIR=str(tmp_path))

    assert (done.returncode, done.stderr) == (0, "")
    issuer = local_issuer(tmp_path)
    verifier = Verifier("tradepost-local", "tradepost", str(issuer.jwks_path))
    caller = await verifier.verify(done.stdout.strip())
    assert caller.scopes == {"orders:read", "orders:write"}


def test_an_unknown_scope_is_one_sentence(tmp_path: Path) -> None:
    done = _run("token", "--scope", "orders:reed", DATA_DIR=str(tmp_path))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip().startswith("tradepost: orders:reed is no scope")


def test_processes_are_a_list_read_from_the_code() -> None:
    done = _run("processes", "--json")

    found = {one["id"]: one for one in json.loads(done.stdout)}
    assert set(found["3.5.4.1"]) == {"id", "name", "service", "operations", "events", "tests"}
    assert "place_order" in found["3.5.4.1"]["operations"]
    assert "orders.order.placed.v1" in found["3.5.4.1"]["events"]
    assert any("test_routes" in test for test in found["3.5.4.1"]["tests"])


def test_a_misspelt_command_is_answered_with_what_was_meant() -> None:
    done = _run("evnets")

    assert done.returncode == 2
    assert "events" in done.stderr


@pytest.mark.parametrize("command", [("dlq", "list"), ("demo",), ("events", "tail")])
def test_without_a_running_platform_a_command_says_how_to_start_it(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    done = _run(*command, DATA_DIR=str(tmp_path))

    assert done.returncode == 1
    assert "make run" in done.stderr
    assert "Traceback" not in done.stderr
