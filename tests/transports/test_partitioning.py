"""Keys keep their partition wherever a topic lives."""

import pytest
from aiokafka.partitioner import murmur2 as murmur2_of_the_client
from hypothesis import given
from hypothesis import strategies as st

from shared.kit.transports.partitioning import murmur2, partition_of


@pytest.mark.parametrize(
    ("data", "hashed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_hash_is_the_one_that_kafka_publishes_test_vectors_for(data, hashed):
    assert murmur2(data) == hashed % 2**32


@given(st.binary(max_size=70))
def test_the_hash_is_the_one_of_the_kafka_client(data):
    assert murmur2(data) == murmur2_of_the_client(data)


@given(st.text(max_size=40), st.integers(1, 50))
def test_every_key_has_a_partition(key, partitions):
    assert 0 <= partition_of(key, partitions) < partitions
