"""A process a role, as containers run it: an account told in one process is a party in another."""

import gzip
import os
import signal
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from tests.faults.test_program import PROGRAM, _until

from shared.kit.issuer import LocalIssuer
from shared.kit.testing import EVERYTHING, ISSUER
from tradepost.ports import free_port
from tradepost.postgres import EmbeddedPostgres

HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
ROW = "489434,85048,LIGHTS,12,2009-12-01 07:45:00,6.95,13085,United Kingdom\n"


class Fleet:
    """Processes of services, set up by variables alone."""

    def __init__(self, postgres: EmbeddedPostgres, issuer: LocalIssuer, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **os.environ,
            "TRADEPOST_TRANSPORT_URL": postgres.create_database("roles_log", "log"),
            "TRADEPOST_ISSUER": ISSUER,
            "TRADEPOST_JWKS": str(issuer.jwks_path),
            "TRADEPOST_CURSOR_SECRET": "for tests",
        }
        self.urls = {
            name: postgres.create_database(f"roles_{name}", name) for name in ("leads", "orders")
        }
        for name, url in self.urls.items():
            subprocess.run([PROGRAM, "migrate", "up", name], env=self._of(name, url), check=True)

    def _of(self, name: str, url: str) -> dict[str, str]:
        return {**self.environment, "TRADEPOST_DATABASE_URL": url}

    def serve(self, name: str, role: str) -> str:
        """Starts a process. Returns where it answers."""
        port = free_port()
        command = [
            PROGRAM,
            "serve",
            name,
            "--role",
            role,
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ]
        environment = self._of(name, self.urls[name])
        with (self.folder / f"{name}-{role}.log").open("wb") as log:
            self.started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
        base = f"http://127.0.0.1:{port}"
        _until(lambda: self._ready(f"{base}/{name}/readyz"), f"{name} {role} is ready")
        return base

    def _ready(self, url: str) -> bool:
        assert self.started[-1].poll() is None
        try:
            return httpx.get(url, trust_env=False).is_success
        except httpx.TransportError:
            return False


@pytest.fixture
def fleet(postgres: EmbeddedPostgres, issuer: LocalIssuer, tmp_path: Path) -> Iterator[Fleet]:
    made = Fleet(postgres, issuer, tmp_path)
    yield made
    for process in made.started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in made.started:
        assert process.wait(timeout=30) in (0, -signal.SIGTERM)


def test_web_relay_consumer_and_calculation_can_live_apart(
    fleet: Fleet, issuer: LocalIssuer
) -> None:
    token = issuer.token("tester", EVERYTHING, timedelta(hours=1))
    headers = {"Authorization": f"Bearer {token}"}
    web = fleet.serve("leads", "web")
    fleet.serve("leads", "relay")
    orders = fleet.serve("orders", "web")
    fleet.serve("orders", "consumer")
    fleet.serve("orders", "calc")

    made = httpx.post(
        f"{web}/leads/accounts",
        json={"name": "Corner Shop", "country": "GB"},
        headers=headers,
        trust_env=False,
    )
    assert made.status_code == 201, made.text
    party = f"{orders}/orders/parties/{made.json()['id']}"
    _until(
        lambda: httpx.get(party, headers=headers, trust_env=False).is_success,
        "orders has the party",
    )

    job = httpx.post(
        f"{orders}/orders/imports",
        params={"currency": "GBP"},
        content=gzip.compress((HEADER + ROW * 100).encode()),
        headers={**headers, "content-type": "application/gzip"},
        trust_env=False,
    )
    assert job.status_code == 202, job.text
    path = f"{orders}{job.headers['location']}"
    _until(
        lambda: httpx.get(path, headers=headers, trust_env=False).json()["state"] == "done",
        "the calculation process took the job",
    )


def test_a_misspelt_variable_is_refused_with_what_was_meant() -> None:
    done = subprocess.run(
        [PROGRAM, "serve", "orders"],
        env={**os.environ, "TRADEPOST_DATABASE_ULR": "x"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert "TRADEPOST_DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr
