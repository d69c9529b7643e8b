"""What the transport suite publishes, and how it consumes."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress

from shared.kit.transports.transport import (
    Batch,
    Incoming,
    Lost,
    Outgoing,
    Subscription,
    Topic,
    Transport,
)

SOON = 25


def numbered(topic: str, count: int, *, keys: int = 12, start: int = 0) -> list[Outgoing]:
    return [
        Outgoing(topic, f"key-{n % keys}", str(n).encode()) for n in range(start, start + count)
    ]


async def declared(transport: Transport, name: str, partitions: int = 4) -> str:
    await transport.declare([Topic(name, partitions=partitions)])
    return name


async def a_batch(subscription: Subscription) -> Batch:
    async with asyncio.timeout(SOON):
        return await anext(subscription.batches())


async def handle(subscription: Subscription, count: int) -> list[Incoming]:
    """Takes and commits until there were so many."""
    handled: list[Incoming] = []
    async with asyncio.timeout(SOON):
        async for batch in subscription.batches():
            await subscription.commit(batch)
            handled += batch.records
            if len(handled) >= count:
                break
    return handled


async def everything(transport: Transport, topic: str) -> list[Incoming]:
    found: list[Incoming] = []
    for partition, (first, _) in (await transport.ends(topic)).items():
        found += await transport.read(topic, partition, first, 100_000)
    return found


def values(records: Sequence[Incoming]) -> list[int]:
    return [int(record.value or b"-1") for record in records]


def by_key(records: Sequence[Incoming]) -> dict[str, list[int]]:
    found = defaultdict(list)
    for record in records:
        found[record.key].append(int(record.value or b"-1"))
    return dict(found)


async def until(condition) -> None:
    async with asyncio.timeout(SOON):
        while not condition():
            await asyncio.sleep(0.02)


async def handling(subscription: Subscription, handled: list[Incoming]) -> None:
    """Handles for ever, as a consumer does; work that was lost does not count."""
    async for batch in subscription.batches():
        with suppress(Lost):
            await subscription.commit(batch)
            handled += batch.records


class Consumers:
    """Background consumers of one group, cancelled at the end."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[None]] = []

    def start(self, subscription: Subscription) -> list[Incoming]:
        handled: list[Incoming] = []
        self.tasks.append(asyncio.create_task(handling(subscription, handled)))
        return handled

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self.tasks:
            task.cancel()
        for result in await asyncio.gather(*self.tasks, return_exceptions=True):
            assert isinstance(result, asyncio.CancelledError | Lost), result
