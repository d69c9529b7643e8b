"""What is particular to Kafka."""

from datetime import timedelta

import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from shared.kit.transports.kafka import KafkaTransport
from shared.kit.transports.transport import Outgoing, Topic


@pytest.fixture(scope="module")
async def broker(kafka_servers):
    transport = KafkaTransport(kafka_servers)
    await transport.start()
    yield transport
    await transport.stop()


async def test_a_broker_that_is_not_there_is_named():
    with pytest.raises(ConnectionError, match=r"127\.0\.0\.1:1"):
        await KafkaTransport("127.0.0.1:1").start()


async def test_a_group_that_the_broker_refuses_is_an_error_and_not_a_silent_loop(
    kafka_servers, name
):
    transport = KafkaTransport(kafka_servers, session=timedelta(milliseconds=100))
    await transport.start()
    await transport.declare([Topic(name)])
    with pytest.raises(KafkaError):
        async with transport.subscribe(name, [name]):
            pass
    await transport.stop()


async def test_a_client_that_stopped_fetching_is_an_error_and_not_a_silent_loop(broker, name):
    await broker.declare([Topic(name)])
    async with broker.subscribe(name, [name]) as subscription:
        subscription._consumer._fetcher.error_future.cancel()
        with pytest.raises(KafkaError, match="stopped fetching"):
            await anext(subscription.batches())


async def test_a_refused_record_is_an_error_and_the_producer_goes_on(broker, name):
    await broker.declare([Topic(name, partitions=1)])
    await broker.publish([Outgoing(name, "a", b"1")])
    with pytest.raises(KafkaError):
        await broker.publish([Outgoing(name, "a", b"x" * 2_000_000)])
    await broker.publish([Outgoing(name, "a", b"2")])
    assert [record.value for record in await broker.read(name, 0, 0)] == [b"1", b"2"]


async def test_topics_are_made_as_declared(broker, name):
    await broker.declare(
        [Topic(name, retention=timedelta(days=2)), Topic(f"{name}.state", compacted=True)]
    )
    found = {}
    for topic in (name, f"{name}.state"):
        resource = ConfigResource(ConfigResourceType.TOPIC, topic)
        (answer,) = await broker._admin.describe_configs([resource])
        found[topic] = {entry[0]: entry[1] for entry in answer.resources[0][4]}
    assert found[name]["retention.ms"] == str(2 * 24 * 3600 * 1000)
    assert found[f"{name}.state"]["cleanup.policy"] == "compact"
