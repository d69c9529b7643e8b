"""What the whole suite stands on: one real PostgreSQL, six migrated databases, a bench a service."""

import inspect
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from shared.kit.issuer import LocalIssuer
from shared.kit.migrate import upgrade
from shared.kit.testing import ISSUER, Bench
from shared.kit.transports.postgres import PostgresTransport
from tradepost.postgres import EmbeddedPostgres

SERVICES = ("leads", "pricing", "orders", "loyalty", "campaigns", "partners")

QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), settings=QUICK)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> LocalIssuer:
    return LocalIssuer(Path(tmp_path_factory.mktemp("issuer")), ISSUER, "tradepost")


async def _bench(
    name: str, postgres: EmbeddedPostgres, issuer: LocalIssuer
) -> AsyncIterator[Bench]:
    url = postgres.create_database(name, name)
    await upgrade(name, url)
    log = PostgresTransport(postgres.create_database("log", "log"))
    bench = Bench(import_module(f"{name}.main").service, url, log, issuer)
    yield bench
    await bench.close()


def _benches() -> dict[str, Any]:
    """A session's bench and a test's clean bench for each service, under the service's name."""
    made: dict[str, Any] = {}
    for name in SERVICES:

        async def whole(
            postgres: EmbeddedPostgres, issuer: LocalIssuer, name: str = name
        ) -> AsyncIterator[Bench]:
            async for bench in _bench(name, postgres, issuer):
                yield bench

        async def clean(**given: Bench) -> Bench:
            (bench,) = given.values()
            await bench.forget()
            return bench

        needed = inspect.Parameter(f"{name}_bench", inspect.Parameter.KEYWORD_ONLY)
        clean.__signature__ = inspect.Signature([needed])  # type: ignore[attr-defined]  # pytest reads it

        made[f"{name}_bench"] = pytest.fixture(scope="session", name=f"{name}_bench")(whole)
        made[name] = pytest.fixture(name=name)(clean)
    return made


globals().update(_benches())
