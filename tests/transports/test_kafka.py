"""What is particular to Kafka."""

import pytest

from shared.kit.transports.kafka import KafkaTransport


async def test_a_broker_that_is_not_there_is_named():
    with pytest.raises(ConnectionError, match=r"127\.0\.0\.1:1"):
        await KafkaTransport("127.0.0.1:1").start()
