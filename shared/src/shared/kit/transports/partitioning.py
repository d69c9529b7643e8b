"""Which partition a key belongs to: the same answer on both transports.

It is the murmur2 hash of Kafka's own default partitioner, so a topic that moves from PostgreSQL to
Kafka, or is written by another client, keeps every key in its partition.
Source: Apache Kafka, `org.apache.kafka.common.utils.Utils.murmur2`.
"""

from functools import lru_cache
from struct import unpack_from

_MASK = 0xFFFFFFFF
_MIX = 0x5BD1E995
_SEED = 0x9747B28C


def murmur2(data: bytes) -> int:
    """The unsigned 32-bit hash; Java shows the same bits as a signed number."""
    length = len(data)
    words = length >> 2
    mixed = _SEED ^ length
    for word in unpack_from(f"<{words}I", data):
        scrambled = word * _MIX & _MASK
        scrambled = (scrambled ^ scrambled >> 24) * _MIX & _MASK
        mixed = mixed * _MIX & _MASK ^ scrambled
    if rest := data[words << 2 :]:
        mixed = (mixed ^ int.from_bytes(rest, "little")) * _MIX & _MASK
    mixed = (mixed ^ mixed >> 13) * _MIX & _MASK
    return mixed ^ mixed >> 15


@lru_cache(maxsize=50_000)
def partition_of(key: str, partitions: int) -> int:
    """The partition of a key. Remembered, because an aggregate publishes many times."""
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions
