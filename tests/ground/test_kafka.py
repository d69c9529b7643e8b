"""The local Kafka: started, written to, killed and found again for real."""

import os
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tradepost.faults import GroundError
from tradepost.kafka import LocalKafka, kafka_available
from tradepost.ports import free_port, holder_of

CACHE = Path(__file__).parents[2] / ".cache" / "kafka-4.3.1"

MISSING = kafka_available(CACHE)
pytestmark = pytest.mark.skipif(
    MISSING is not None and os.environ.get("CI") != "true", reason=str(MISSING)
)

HOLD = """
import sys, time
from pathlib import Path
from tradepost.kafka import LocalKafka
broker = LocalKafka(Path(sys.argv[1]), cache=Path(sys.argv[2]))
print(broker.start(), broker.process_id, flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kafka"


async def make_topic(address: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        await admin.create_topics([NewTopic("orders.order", 3, 1)])
    finally:
        await admin.close()


async def produce(address: str, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=address, enable_idempotence=True)
    await producer.start()
    try:
        await producer.send_and_wait("orders.order", value, key=b"1")
    finally:
        await producer.stop()


async def consume(address: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        "orders.order",
        bootstrap_servers=address,
        group_id="a-group",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        return [(await consumer.getone()).value for _ in range(count)]
    finally:
        await consumer.stop()


async def test_what_was_acknowledged_outlives_the_kill_of_the_program(
    folder: Path, programs
) -> None:
    program = programs.start(HOLD, str(folder), str(CACHE))
    address, server = programs.first_line(program)
    await make_topic(address)
    await produce(address, b"before")

    programs.kill(program)

    assert programs.is_gone(int(server))
    port = free_port()
    with LocalKafka(folder, cache=CACHE, port=port):
        address = f"127.0.0.1:{port}"
        await produce(address, b"after")
        assert await consume(address, 2) == [b"before", b"after"]
        with pytest.raises(GroundError, match="in use"):
            LocalKafka(folder, cache=CACHE).start()
    assert holder_of(port) is None


def test_a_start_that_fails_shows_the_end_of_the_log(folder: Path) -> None:
    (folder / "topics").mkdir(parents=True)
    (folder / "topics" / "meta.properties").write_text("version=99\n")
    broker = LocalKafka(folder, cache=CACHE)
    with pytest.raises(GroundError, match=r"(?s)did not start.*meta.properties"):
        broker.start()
    assert broker.process_id is None


def test_without_java_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert str(kafka_available()).startswith("Java is not installed; install")
