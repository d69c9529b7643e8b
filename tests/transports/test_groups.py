"""How the members of a group share, lose and hand over partitions, on every transport."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import pytest
from tests.transports.consuming import (
    Consumers,
    a_batch,
    declared,
    handle,
    numbered,
    until,
    values,
)

from shared.kit.transports.transport import Incoming, Lost


async def test_two_subscriptions_of_a_group_share_its_partitions(transport, name):
    topic = await declared(transport, name, partitions=4)
    async with AsyncExitStack() as stack:
        consumers = await stack.enter_async_context(Consumers())
        one = await stack.enter_async_context(transport.subscribe(name, [topic]))
        ones = consumers.start(one)
        two = await stack.enter_async_context(transport.subscribe(name, [topic]))
        twos = consumers.start(two)
        await until(lambda: len(one.owned()) == len(two.owned()) == 2)
        assert not set(one.owned()) & set(two.owned())
        await transport.publish(numbered(topic, 200, keys=40))
        await until(lambda: len(ones) + len(twos) >= 200)
        assert ones
        assert twos
        assert sorted(values([*ones, *twos])) == list(range(200))


async def test_two_groups_hear_everything_each(transport, name):
    topic = await declared(transport, name)
    await transport.publish(numbered(topic, 50))
    for group in (f"{name}.a", f"{name}.b"):
        async with transport.subscribe(group, [topic]) as subscription:
            assert sorted(values(await handle(subscription, 50))) == list(range(50))


async def test_a_cancelled_subscription_frees_its_partitions(transport, name):
    topic = await declared(transport, name)
    await transport.publish(numbered(topic, 40))
    taken = asyncio.Event()

    async def hangs() -> None:
        async with transport.subscribe(name, [topic]) as subscription:
            await a_batch(subscription)
            taken.set()
            await asyncio.Event().wait()

    hanging = asyncio.create_task(hangs())
    await taken.wait()
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    async with transport.subscribe(name, [topic]) as subscription:
        await until(lambda: len(subscription.owned()) == 4)
        assert sorted(values(await handle(subscription, 40))) == list(range(40))


async def test_a_batch_committed_during_a_rebalance_is_not_repeated(transport, name):
    topic = await declared(transport, name, partitions=2)
    await transport.publish(numbered(topic, 40))
    async with AsyncExitStack() as stack:
        consumers = await stack.enter_async_context(Consumers())
        one = await stack.enter_async_context(transport.subscribe(name, [topic], max_records=100))
        in_hand = await a_batch(one)
        joining = asyncio.create_task(
            stack.enter_async_context(transport.subscribe(name, [topic], max_records=100))
        )
        await asyncio.sleep(1.5)  # long enough for the rebalance to reach the first
        await one.commit(in_hand)
        ones, twos = consumers.start(one), consumers.start(await joining)
        await until(lambda: len(in_hand.records) + len(ones) + len(twos) >= 40)
        assert sorted(values([*in_hand.records, *ones, *twos])) == list(range(40))


async def test_two_owners_of_a_partition_never_both_commit(transport, name):
    topic = await declared(transport, name, partitions=2)
    await transport.publish(numbered(topic, 40))
    async with AsyncExitStack() as stack:
        consumers = await stack.enter_async_context(Consumers())
        one = await stack.enter_async_context(transport.subscribe(name, [topic], max_records=100))
        in_hand = await a_batch(one)
        two = await stack.enter_async_context(transport.subscribe(name, [topic], max_records=100))
        twos = consumers.start(two)
        await until(two.owned)
        committed: list[Incoming] = []
        try:
            await one.commit(in_hand)
            committed += in_hand.records
        except Lost:
            pass
        ones = consumers.start(one)
        await until(lambda: len(committed) + len(ones) + len(twos) >= 40)
        counted = Counter(values([*committed, *ones, *twos]))
        assert counted == Counter(range(40))
