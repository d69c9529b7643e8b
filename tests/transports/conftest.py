"""The same suite on both transports, each on a real server that lives for the session.

PostgreSQL comes from the wheel, Kafka from its jars under Java or from KAFKA_BOOTSTRAP_SERVERS.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from shared.kit.transports.kafka import KafkaTransport
from shared.kit.transports.postgres import PostgresTransport
from shared.kit.transports.transport import Transport
from tradepost.postgres import EmbeddedPostgres

NewTransport = Callable[[], Transport]

CACHE = Path(__file__).parents[2] / ".cache" / "kafka-4.3.1"

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tradepost</groupId><artifactId>local-kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId><version>4.3.1</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId>
      <artifactId>log4j-slf4j-impl</artifactId><version>2.24.3</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId>
      <artifactId>log4j-core</artifactId><version>2.24.3</version></dependency>
  </dependencies>
</project>
"""

PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
controller.listener.names=CONTROLLER
log.dirs={folder}/log
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"The server did not start:\n{log.read_text()[-2000:]}")


def kafka_is_possible() -> bool:
    given = "KAFKA_BOOTSTRAP_SERVERS" in os.environ
    return given or all(shutil.which(tool) for tool in ("java", "mvn"))


@contextmanager
def kafka() -> Iterator[str]:
    """The broker that is given, or one of our own."""
    if given := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        yield given
        return
    jars = CACHE / "libs"
    if not (CACHE / "complete").exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        (CACHE / "pom.xml").write_text(POM)
        copy = ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={jars}"]
        subprocess.run(copy, cwd=CACHE, check=True, timeout=600)
        (CACHE / "complete").touch()
    folder = Path(tempfile.mkdtemp(prefix="transports-kafka-"))
    broker = free_port()
    settings = folder / "server.properties"
    settings.write_text(PROPERTIES.format(broker=broker, controller=free_port(), folder=folder))
    java = ["java", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp", f"{jars}/*"]
    format_it = ["kafka.tools.StorageTool", "format", "-t", "dHJhZGVwb3N0LXRlc3RzMA"]
    subprocess.run([*java, *format_it, "-c", settings], check=True, capture_output=True)
    log = folder / "log.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*java, "kafka.Kafka", settings], stdout=output, stderr=output, cwd=folder
        )
    try:
        await_port(broker, process, log)
        yield f"127.0.0.1:{broker}"
    finally:
        process.kill()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: EmbeddedPostgres) -> str:
    return postgres_server.create_database("transports", "transports")


@pytest.fixture(scope="session")
def kafka_servers() -> Iterator[str]:
    if not kafka_is_possible():
        pytest.skip("Kafka was not run: no KAFKA_BOOTSTRAP_SERVERS, and no java and mvn.")
    with kafka() as servers:
        yield servers


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
