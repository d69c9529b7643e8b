"""All six services with their loops, on each transport, with every event delivered twice and in bursts."""

import asyncio
import os
import random
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from shared.kit.issuer import LocalIssuer
from shared.kit.migrate import upgrade
from shared.kit.settings import Settings
from shared.kit.testing import EVERYTHING, ISSUER
from shared.kit.transports.transport import Outgoing, Transport
from tradepost.demo.story import Teller
from tradepost.kafka import LocalKafka, kafka_available
from tradepost.platform import NAMES, Platform, installed
from tradepost.postgres import EmbeddedPostgres

CACHE = Path(__file__).parents[2] / ".cache" / "kafka-4.3.1"


class Unruly:
    """A transport that says everything twice, and sometimes nothing for a while and then all at once.

    What it does is allowed to any transport that promises at least once and order per key.
    """

    def __init__(self, inner: Transport, seed: int = 7) -> None:
        self._inner = inner
        self._random = random.Random(seed)

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    async def publish(self, records: Sequence[Outgoing]) -> None:
        if self._random.random() < 0.3:
            await asyncio.sleep(self._random.random() * 0.1)
        await self._inner.publish([*records, *records])


@dataclass
class World:
    """The running platform and a way to talk to it."""

    platform: Platform
    client: httpx.AsyncClient
    issuer: LocalIssuer
    urls: dict[str, str]

    def teller(self) -> Teller:
        tokens: dict[str, str] = {}

        def headers(person: str) -> dict[str, str]:
            if person not in tokens:
                tokens[person] = self.issuer.token(person, EVERYTHING, timedelta(hours=1))
            return {"Authorization": f"Bearer {tokens[person]}"}

        return Teller(self.client, headers)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real broker: one that is given, or one of our own; in CI its absence is a failure."""
    if given := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        yield given
        return
    if missing := kafka_available(CACHE):
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI needs a real Kafka: {missing}")
        pytest.skip(f"no Kafka: {missing}")
    broker = LocalKafka(tmp_path_factory.mktemp("kafka"), cache=CACHE)
    yield broker.start()
    broker.stop()


@pytest.fixture(params=["postgres", "kafka"])
async def world(
    request: pytest.FixtureRequest, postgres: EmbeddedPostgres, issuer: LocalIssuer
) -> AsyncIterator[World]:
    transport: str = request.param
    # On a broker that is shared, topics of an earlier run would be heard again: databases are
    # fresh for each test, and so is the log; a broker of our own is fresh with the session.
    tag = re.sub(r"\W+", "_", request.node.name)[-30:].lower()
    servers = request.getfixturevalue("kafka") if transport == "kafka" else ""
    urls = {name: postgres.create_database(f"{name}_{tag}", name) for name in NAMES}
    for name, url in urls.items():
        await upgrade(name, url)
    settings = Settings(
        transport=transport,
        transport_url=postgres.create_database(f"log_{tag}", "log"),
        kafka_bootstrap_servers=servers,
        issuer=ISSUER,
        jwks=str(issuer.jwks_path),
        cursor_secret=SecretStr("for tests"),
        pool_size=5,
        **{f"{name}_database_url": url for name, url in urls.items()},
    )
    platform = Platform(settings, installed())
    unruly = Unruly(platform.transport)
    for one in platform.running:
        one.relay._transport = unruly
    app = platform.application()
    async with app.root.router.lifespan_context(app.root):
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://tradepost.test", timeout=60
        )
        yield World(platform, client, issuer, urls)
        await client.aclose()
