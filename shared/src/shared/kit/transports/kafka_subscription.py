"""A place in a Kafka consumer group, with a clean hand-over when partitions move.

aiokafka's group protocol is eager: at a rebalance every member gives up everything, then all are
dealt anew. Before this member lets go it waits, within `hand_over`, until the batches in hand are
committed or abandoned, so the next owner need not repeat them; after that they are `Lost`.
Liveness is the heartbeat. `max.poll.interval` is off, because a batch that waits minutes for its
retry must not look like a dead process. There is no `group.instance.id`: a new pod is a new member.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, ConsumerStoppedError, IllegalStateError, KafkaError

from shared.kit.transports.hand import Hand, Place
from shared.kit.transports.transport import Batch, Incoming, Lag, Lost

_IDLE_SECONDS = 1.0
"""How long a wait for records lasts before the client is asked for its errors again."""


def incoming(record: Any) -> Incoming:
    return Incoming(
        record.topic,
        record.partition,
        record.offset,
        "" if record.key is None else record.key.decode(),
        record.value,
        record.headers,
        datetime.fromtimestamp(record.timestamp / 1000, UTC),
    )


class KafkaSubscription(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """Implements `Subscription`; opened by `KafkaTransport.subscribe`."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        *,
        max_records: int,
        hand_over: timedelta,
        measure: Callable[[Sequence[Place]], Awaitable[Sequence[Lag]]],
    ) -> None:
        self._consumer = consumer
        self._max_records = max_records
        self._hand_over = hand_over
        self._measure = measure
        self._hand = Hand()
        self._ready: deque[Batch] = deque()
        self._owned: set[Place] = set()
        self._commits: set[asyncio.Task[None]] = set()
        self._leaving = False

    async def on_partitions_revoked(self, _: Iterable[TopicPartition]) -> None:
        """Called by aiokafka before it joins again; it heartbeats meanwhile."""
        self._owned.clear()
        self._ready.clear()
        if not self._leaving:
            await self._hand.settled(self._hand_over)
        for commit in self._commits:  # one that still retries must not speak for the next owner
            commit.cancel()
        self._hand.drop()

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._owned = {(place.topic, place.partition) for place in assigned}
        self._hand.changed.set()

    async def batches(self) -> AsyncIterator[Batch]:
        while True:
            try:
                batch = await self._next()
            except ConsumerStoppedError as error:
                raise Lost("The subscription has ended.") from error
            yield batch

    async def _next(self) -> Batch:
        while True:
            self._hand.changed.clear()
            if self._owned and (batch := self._hand.due()):
                return batch
            if not self._ready:
                await self._poll(0)
            if self._ready:
                return self._hand.give(self._ready.popleft())
            await self._wait()

    async def _poll(self, seconds: float) -> None:
        """Fills `_ready`, which is empty by then.

        In the very step in which aiokafka lets go of the records: a rebalance finds them in one
        place or the other, and a cancelled wait loses none.
        """
        places = [TopicPartition(*place) for place in self._owned if not self._hand.is_busy(place)]
        # Without a partition to ask for, -1 is asked: nothing comes, but errors do.
        nowhere = TopicPartition(next(iter(self._consumer.subscription())), -1)
        found = await self._consumer.getmany(
            *(places or [nowhere]), timeout_ms=int(seconds * 1000), max_records=self._max_records
        )
        for place, records in found.items():
            batch = Batch(place.topic, place.partition, [incoming(record) for record in records])
            self._ready.append(batch)

    async def _wait(self) -> None:
        """Until records come, something in hand changes, or a parked batch is due."""
        fetcher = self._consumer._fetcher.error_future  # noqa: SLF001  # nobody else watches it
        polling = asyncio.ensure_future(self._poll(_IDLE_SECONDS))
        changing = asyncio.ensure_future(self._hand.changed.wait())
        try:
            await asyncio.wait(
                {polling, changing, fetcher},
                timeout=self._hand.seconds_until_due(_IDLE_SECONDS),
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            changing.cancel()
            polling.cancel()
            await asyncio.wait({polling})
        if fetcher.done():
            fetcher.result()
            raise KafkaError("The client has stopped fetching.")
        if not polling.cancelled():
            polling.result()

    async def commit(self, batch: Batch) -> None:
        self._hand.hold(batch)
        offset = {TopicPartition(batch.topic, batch.partition): batch.next_offset}
        commit = asyncio.ensure_future(self._consumer.commit(offset))
        self._commits.add(commit)
        try:
            await asyncio.wait({commit})
        finally:
            commit.cancel()
            self._commits.discard(commit)
        if commit.cancelled():
            raise Lost(f"{batch.topic}[{batch.partition}] moved before the commit was through.")
        try:
            commit.result()
        except (CommitFailedError, IllegalStateError) as error:
            self._hand.lose(batch)
            raise Lost(f"{batch.topic}[{batch.partition}] has moved: {error}") from error
        self._hand.settle(batch)

    async def retry(self, batch: Batch, after: timedelta) -> None:
        """The records stay here, the partition is not asked for more until they are through."""
        self._hand.park(batch, after)

    def owned(self) -> Sequence[Place]:
        return sorted(self._owned)

    async def lag(self) -> Sequence[Lag]:
        return await self._measure(self.owned())

    async def leave(self) -> None:
        """Gives everything back at once."""
        self._leaving = True
        self._hand.drop()
        await self._consumer.stop()
