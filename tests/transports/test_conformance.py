"""What every transport promises of records, topics and offsets, run on each."""

import asyncio
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.transports.consuming import (
    SOON,
    a_batch,
    by_key,
    declared,
    everything,
    handle,
    numbered,
    values,
)

from shared.kit.transports.transport import Incoming, Lost, Outgoing, Topic, UnknownTopic

AT_ONCE = timedelta(0)


async def test_records_of_a_key_arrive_in_order_each_exactly_once(transport, name):
    topic = await declared(transport, name)
    await transport.publish(numbered(topic, 300))
    await transport.publish(numbered(topic, 300, start=300))
    async with transport.subscribe(name, [topic], max_records=50) as subscription:
        handled = await handle(subscription, 600)
    assert sorted(values(handled)) == list(range(600))
    assert all(numbers == sorted(numbers) for numbers in by_key(handled).values())


async def test_a_batch_is_in_order_and_of_one_partition(transport, name):
    topic = await declared(transport, name, partitions=1)
    await transport.publish(numbered(topic, 120))
    async with transport.subscribe(name, [topic], max_records=50) as subscription:
        batch = await a_batch(subscription)
    assert values(batch.records) == list(range(len(batch.records)))
    assert len(batch.records) <= 50
    assert [record.offset for record in batch.records] == list(range(batch.next_offset))
    assert {(record.topic, record.partition) for record in batch.records} == {(topic, 0)}


async def test_the_same_key_is_always_in_the_same_partition(transport, name):
    topic = await declared(transport, name)
    for start in range(0, 60, 20):
        await transport.publish(numbered(topic, 20, keys=5, start=start))
    homes = defaultdict(set)
    for record in await everything(transport, topic):
        homes[record.key].add(record.partition)
    assert len(homes) == 5
    assert all(len(partitions) == 1 for partitions in homes.values())


async def test_records_come_through_whole(transport, name):
    topic = await declared(transport, name, partitions=1)
    before = datetime.now(UTC) - timedelta(seconds=1)
    headers = [("ce_type", b"tests.thing.seen.v1"), ("again", b""), ("again", bytes(range(256)))]
    await transport.publish(
        [
            Outgoing(topic, "größe", b"\x00\xff" * 1000, headers),
            Outgoing(topic, "gone", None),
            Outgoing(topic, "", b"{}"),
        ]
    )
    async with transport.subscribe(name, [topic]) as subscription:
        whole, tombstone, unnamed = await handle(subscription, 3)
    assert (whole.key, whole.value) == ("größe", b"\x00\xff" * 1000)
    assert [tuple(header) for header in whole.headers] == headers
    assert before < whole.at < datetime.now(UTC) + timedelta(seconds=1)
    assert (tombstone.key, tombstone.value, list(tombstone.headers)) == ("gone", None, [])
    assert (unnamed.key, unnamed.value) == ("", b"{}")


async def test_only_one_batch_of_a_partition_is_out(transport, name):
    topic = await declared(transport, name, partitions=1)
    await transport.publish(numbered(topic, 20))
    async with transport.subscribe(name, [topic], max_records=10) as subscription:
        first = await a_batch(subscription)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await anext(subscription.batches())
        await subscription.commit(first)
        second = await handle(subscription, 20 - len(first.records))
    assert values([*first.records, *second]) == list(range(20))


async def test_what_is_published_while_waiting_is_delivered(transport, name):
    topic = await declared(transport, name)
    async with transport.subscribe(name, [topic]) as subscription:
        waiting = asyncio.create_task(handle(subscription, 1))
        await asyncio.sleep(0.2)
        await transport.publish(numbered(topic, 1))
        assert values(await waiting) == [0]


async def test_what_was_not_committed_is_delivered_again(transport, name):
    topic = await declared(transport, name, partitions=1)
    await transport.publish(numbered(topic, 30))
    async with transport.subscribe(name, [topic], max_records=10) as subscription:
        committed = await handle(subscription, 10)
        await a_batch(subscription)
    async with transport.subscribe(name, [topic], max_records=10) as subscription:
        again = await handle(subscription, 30 - len(committed))
    assert values([*committed, *again]) == list(range(30))


async def test_a_retried_batch_comes_back_the_same_and_others_go_on_meanwhile(transport, name):
    topic = await declared(transport, name)
    await transport.publish(numbered(topic, 100))
    async with transport.subscribe(name, [topic], max_records=1000) as subscription:
        refused = await a_batch(subscription)
        await subscription.retry(refused, timedelta(minutes=5))
        rest = await handle(subscription, 100 - len(refused.records))
        assert refused.partition not in {record.partition for record in rest}
        with pytest.raises(Lost):
            await subscription.commit(refused)
        await transport.publish(
            [Outgoing(topic, rest[0].key, b"100"), Outgoing(topic, rest[0].key, b"101")]
        )
        other = await a_batch(subscription)
        assert other.partition == rest[0].partition
        await subscription.retry(other, AT_ONCE)
        again = await a_batch(subscription)
        assert again.records == other.records
        await subscription.retry(again, timedelta(milliseconds=50))
        once_more = await a_batch(subscription)
        assert once_more.records == other.records
        await subscription.commit(once_more)
    async with transport.subscribe(name, [topic]) as subscription:
        back = await handle(subscription, len(refused.records))
    assert values(back) == values(refused.records)


async def test_a_wait_that_is_cancelled_skips_nothing(transport, name):
    topic = await declared(transport, name)
    await transport.publish(numbered(topic, 200))
    handled: list[Incoming] = []
    async with transport.subscribe(name, [topic], max_records=20) as subscription:
        async with asyncio.timeout(SOON):
            while len(handled) < 200:
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.004):
                        batch = await anext(subscription.batches())
                    await subscription.commit(batch)
                    handled += batch.records
    assert sorted(values(handled)) == list(range(200))
    assert all(numbers == sorted(numbers) for numbers in by_key(handled).values())


async def test_declaring_again_or_at_once_changes_nothing(transport, name):
    topics = [Topic(f"{name}.{n}", partitions=3, compacted=n == 1) for n in range(3)]
    await asyncio.gather(*(transport.declare(topics) for _ in range(4)))
    await transport.publish([Outgoing(topics[0].name, "a", b"1")])
    await transport.declare([Topic(topics[0].name, partitions=5)])
    ends = await transport.ends(topics[0].name)
    assert len(ends) == 3
    assert sum(end for _, end in ends.values()) == 1


async def test_an_undeclared_topic_is_unknown(transport, name):
    with pytest.raises(UnknownTopic):
        await transport.publish(numbered(name, 1))
    with pytest.raises(UnknownTopic):
        await transport.read(name, 0, 0)
    with pytest.raises(UnknownTopic):
        async with transport.subscribe(name, [name]):
            pass


async def test_lag_counts_records_and_knows_the_oldest_unread(transport, name):
    topic = await declared(transport, name, partitions=1)
    assert [lag.records for lag in await transport.lag(name, [topic])] == [0]
    await transport.publish(numbered(topic, 30))
    async with transport.subscribe(name, [topic], max_records=10) as subscription:
        handled = await handle(subscription, 10)
        (lag,) = await subscription.lag()
        (unread,) = await transport.read(topic, 0, handled[-1].offset + 1, 1)
        assert (lag.records, lag.oldest_unread_at) == (30 - len(handled), unread.at)
        assert await transport.lag(name, [topic]) == [lag]
        await handle(subscription, 30 - len(handled))
        (lag,) = await subscription.lag()
        assert (lag.topic, lag.partition) == (topic, 0)
        assert (lag.records, lag.oldest_unread_at) == (0, None)
    (stranger,) = await transport.lag(f"{name}.never-seen", [topic])
    assert stranger.records == 30


async def test_reading_needs_no_group_and_does_not_wait(transport, name):
    topic = await declared(transport, name, partitions=2)
    assert await transport.read(topic, 0, 0) == []
    await transport.publish(numbered(topic, 40, keys=1))
    ((partition, (first, end)),) = [
        (number, span) for number, span in (await transport.ends(topic)).items() if span[1]
    ]
    assert (first, end) == (0, 40)
    assert values(await transport.read(topic, partition, 10, 5)) == list(range(10, 15))
    assert values(await transport.read(topic, partition, 35)) == list(range(35, 40))
    assert await transport.read(topic, partition, 40) == []
    assert await transport.read(topic, partition, 4000) == []


async def test_a_restarted_transport_goes_on_where_it_was(new_transport, name):
    first = new_transport()
    await first.start()
    topic = await declared(first, name, partitions=1)
    await first.publish(numbered(topic, 20))
    async with first.subscribe(name, [topic], max_records=10) as subscription:
        before = await handle(subscription, 10)
    await first.stop()
    second = new_transport()
    await second.start()
    assert await second.healthy()
    await second.publish(numbered(topic, 10, start=20))
    async with second.subscribe(name, [topic]) as subscription:
        after = await handle(subscription, 30 - len(before))
    await second.stop()
    assert values([*before, *after]) == list(range(30))


@settings(max_examples=6, deadline=None)
@given(st.lists(st.lists(st.integers(1, 40), min_size=1, max_size=5), min_size=2, max_size=5))
async def test_publishers_may_interleave_and_every_key_keeps_its_order(transport, publishers):
    topic = await declared(transport, f"tests.{uuid4().hex[:12]}", partitions=3)

    async def publish(who: int, chunks: list[int]) -> None:
        start = 0
        for size in chunks:
            await transport.publish(
                [Outgoing(topic, f"{who}", str(n).encode()) for n in range(start, start + size)]
            )
            start += size

    await asyncio.gather(*(publish(who, chunks) for who, chunks in enumerate(publishers)))
    assert by_key(await everything(transport, topic)) == {
        f"{who}": list(range(sum(chunks))) for who, chunks in enumerate(publishers)
    }
