"""The same suite on both transports, each on a real server that lives for the session.

Kafka is the broker of KAFKA_BOOTSTRAP_SERVERS, or one of our own where Java and Maven are present.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from shared.kit.transports.kafka import KafkaTransport
from shared.kit.transports.postgres import PostgresTransport
from shared.kit.transports.transport import Transport
from tradepost.kafka import LocalKafka, kafka_available
from tradepost.postgres import EmbeddedPostgres

NewTransport = Callable[[], Transport]

JARS = Path(__file__).parents[2] / ".cache" / "kafka-4.3.1"


@pytest.fixture(scope="session")
def postgres_url(postgres: EmbeddedPostgres) -> str:
    return postgres.create_database("transports", "transports")


@pytest.fixture(scope="session")
def kafka_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if given := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        yield given
        return
    if missing := kafka_available(JARS):
        pytest.skip(f"Kafka was not run: {missing}")
    broker = LocalKafka(tmp_path_factory.mktemp("kafka"), cache=JARS)
    yield broker.start()
    broker.stop()


@pytest.fixture(scope="session", params=["postgres", "kafka"])
def new_transport(request: pytest.FixtureRequest) -> NewTransport:
    """Makes transports that are not started, as many processes would."""
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
        return lambda: PostgresTransport(url, balance=timedelta(milliseconds=200))
    servers = request.getfixturevalue("kafka_servers")
    return lambda: KafkaTransport(
        servers, session=timedelta(seconds=6), hand_over=timedelta(seconds=2)
    )


@pytest.fixture(scope="session")
async def transport(new_transport: NewTransport) -> AsyncIterator[Transport]:
    opened = new_transport()
    await opened.start()
    yield opened
    await opened.stop()


@pytest.fixture
def name() -> str:
    """A topic and a group nobody else uses."""
    return f"tests.{uuid4().hex[:12]}"
