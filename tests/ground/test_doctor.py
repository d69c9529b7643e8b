"""The doctor: what it finds, and the way the command line answers."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tradepost.doctor import Finding, examine, healthy
from tradepost.ports import free_port, holder_of, is_free


def tradepost(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tradepost.cli", *arguments], capture_output=True, text=True
    )


def of(subject: str, findings: list[Finding]) -> Finding:
    return next(finding for finding in findings if finding.subject == subject)


@pytest.fixture
def held_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells it on Linux alone")
def test_a_held_port_is_told_with_its_holder_and_a_remedy(held_port: int, tmp_path: Path) -> None:
    assert not is_free(held_port)
    assert str(os.getpid()) in str(holder_of(held_port))
    findings = examine(held_port, tmp_path)
    port = of("Port", findings)
    assert port.state == "bad"
    assert f"process {os.getpid()}" in port.detail
    assert port.remedy.endswith(f"kill {os.getpid()}")
    assert not healthy(findings)


def test_a_data_folder_that_is_a_file_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    found = of("Data folder", examine(free_port(), tmp_path / "data"))
    assert found.state == "bad"
    assert "DATA_DIR" in found.remedy


def test_data_of_another_version_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "postgres-16").mkdir()
    found = of("Data folder", examine(free_port(), tmp_path))
    assert found == Finding(
        "Data folder",
        "bad",
        f"{tmp_path} holds postgres-16",
        f"mv {tmp_path}/postgres-16 {tmp_path}/postgres-16.old",
    )


def test_looking_changes_nothing(tmp_path: Path) -> None:
    examine(free_port(), tmp_path / "not" / "there")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_kafka_is_no_fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    found = of("Kafka", examine(free_port(), tmp_path))
    assert found.state == "optional"
    assert found.remedy


def test_programs_get_json(tmp_path: Path) -> None:
    done = tradepost("doctor", "--json", "--port", str(free_port()), "--data-dir", str(tmp_path))
    report = json.loads(done.stdout)
    assert report["healthy"] is (done.returncode == 0)
    assert {"subject", "state", "detail", "remedy"} == set(report["findings"][0])


def test_an_unknown_command_suggests_and_exits_with_two() -> None:
    done = tradepost("doctr")
    assert done.returncode == 2
    assert done.stdout == ""
    assert 'Did you mean "doctor"?' in done.stderr
