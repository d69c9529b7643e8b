"""The whole program: started, asked, stopped, killed, started again."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tradepost.ports import free_port

PROGRAM = Path(sys.executable).with_name("tradepost")


class Running:
    """`tradepost up` on a folder of its own."""

    def __init__(self, folder: Path, port: int, *options: str) -> None:
        self.folder, self.port = folder, port
        self.log = folder.parent / "up.log"
        self.base = f"http://127.0.0.1:{port}"
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [
                    PROGRAM,
                    "up",
                    "--no-demo",
                    "--port",
                    str(port),
                    "--data-dir",
                    str(folder),
                    *options,
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "NO_COLOR": "1"},
            )

    def wait_until_ready(self) -> None:
        _until(
            lambda: self.process.poll() is not None or self._ready(),
            f"ready: {self.log.read_text()}",
        )
        assert self.process.poll() is None, self.log.read_text()

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.base}/readyz", trust_env=False).is_success
        except httpx.TransportError:
            return False

    def postgres(self) -> int:
        return int((self.folder / "postgres-18" / "postmaster.pid").read_text().split()[0])

    def tradepost(self, *arguments: str) -> str:
        done = subprocess.run(
            [PROGRAM, *arguments, "--data-dir", str(self.folder)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tradepost('token').strip()}"}

    def end(self, with_signal: signal.Signals) -> int:
        self.process.send_signal(with_signal)
        return self.process.wait(timeout=30)


def _until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.05)


def _alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process_id}/stat")
    return not (state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def begin(*options: str, port: int | None = None) -> Running:
        started.append(Running(folder, port or free_port(), *options))
        return started[-1]

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.end(signal.SIGINT)


def test_it_stops_cleanly_and_goes_on_with_its_data(start: Callable[..., Running]) -> None:
    first = start()
    first.wait_until_ready()
    body = {"name": "Corner Shop", "country": "GB"}
    made = httpx.post(
        f"{first.base}/leads/accounts", json=body, headers=first.bearer(), trust_env=False
    )
    assert made.status_code == 201, made.text
    server = first.postgres()

    assert first.end(signal.SIGINT) == 0
    assert not _alive(server)
    assert "Stopped. The data stays" in first.log.read_text()

    second = start()
    second.wait_until_ready()
    found = httpx.get(
        f"{second.base}{made.headers['location']}", headers=second.bearer(), trust_env=False
    )
    assert found.json() == made.json()


def test_after_kill_nine_the_server_is_gone_and_nothing_is_lost(
    start: Callable[..., Running],
) -> None:
    """Committed and told to the outbox: what the kill interrupted is relayed by the next start."""
    first = start()
    first.wait_until_ready()
    server, headers = first.postgres(), first.bearer()
    items = [
        {"name": f"Shop {n}", "country": "GB", "external_ids": {"t": str(n)}} for n in range(400)
    ]
    answer = httpx.post(
        f"{first.base}/leads/accounts/batch",
        json={"items": items},
        headers=headers,
        trust_env=False,
    )
    assert answer.json()["created"] == 400
    first.end(signal.SIGKILL)
    _until(lambda: not _alive(server), "PostgreSQL ends with the program")

    second = start()
    second.wait_until_ready()

    def parties() -> int:
        query = {"limit": 1, "include_total": True}
        found = httpx.get(
            f"{second.base}/orders/parties", params=query, headers=headers, trust_env=False
        )
        return int(found.json()["total"])

    _until(lambda: parties() == 400, "orders heard of every account once")


def test_the_demo_runs_on_it_and_its_books_agree(start: Callable[..., Running]) -> None:
    running = start()
    running.wait_until_ready()

    told = json.loads(running.tradepost("demo", "--json"))

    assert told["differences"] == []
    assert len(told["steps"]) == 13
    assert all(step["status"] < 400 and step["events"] for step in told["steps"])
    assert "No dead letters." in running.tradepost("dlq", "list")
    tailed = running.tradepost(
        "events", "tail", "--from-start", "--count", "5", "--topic", "orders.order"
    )
    assert len(re.findall(r"orders\.order\.\S+\.v1", tailed)) == 5


def test_what_keeps_it_from_starting_is_one_sentence(
    start: Callable[..., Running], folder: Path
) -> None:
    running = start()
    running.wait_until_ready()

    same_data = subprocess.run(
        [PROGRAM, "up", "--port", str(free_port()), "--data-dir", str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    same_port = subprocess.run(
        [PROGRAM, "up", "--port", str(running.port), "--data-dir", str(folder.parent / "other")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    for done, words in (
        (same_data, "stop that one"),
        (same_port, f"Port {running.port} is in use"),
    ):
        assert done.returncode == 1
        assert words in done.stderr
        assert "Traceback" not in done.stderr


def test_a_sandbox_moves_its_clock_and_others_do_not(start: Callable[..., Running]) -> None:
    running = start("--sandbox")
    running.wait_until_ready()
    path, headers = f"{running.base}/sandbox/clock/advance", running.bearer()

    stranger = httpx.post(path, json={"by": "P30D"}, trust_env=False)
    wrong = httpx.post(path, json={"by": "-P1D"}, headers=headers, trust_env=False)
    moved = httpx.post(path, json={"by": "P30D"}, headers=headers, trust_env=False)
    made = httpx.post(
        f"{running.base}/leads/accounts",
        json={"name": "Later Ltd", "country": "GB"},
        headers=headers,
        trust_env=False,
    )

    assert (stranger.status_code, wrong.status_code, moved.status_code) == (401, 422, 200)
    assert made.json()["created_at"][:10] == moved.json()["now"][:10]
