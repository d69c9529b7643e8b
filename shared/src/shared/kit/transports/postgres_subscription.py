"""A place in a group on the log in PostgreSQL: a connection of its own that holds locks.

A partition is owned by whoever holds its advisory lock, and a lock lives with its connection: a
dead process frees its partitions by dying, with no heartbeat and no group protocol. Offsets are
read and committed on that same connection, so a commit cannot succeed without the lock; when the
connection is lost, so is the subscription, which takes nothing more.

Sharing: each member of a group also holds a shared lock per topic, which makes members countable.
A member owns at most ceil(partitions / members) of a topic, gives back what is over between two
batches, and takes what is free up to that. Counted per topic, because then the quotas always cover
every partition, whatever mixture of topics the members of a group hear.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

import asyncpg
from orjson import loads

from shared.kit.transports import postgres_schema as sql
from shared.kit.transports.hand import Hand, Place
from shared.kit.transports.transport import Batch, Incoming, Lag, Lost, Wake

_LOST_CONNECTION = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what an idle connection says when it was terminated
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
)

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to look for what nobody in this process told: records, and members."""

    poll: timedelta
    balance: timedelta


class Bells:
    """Who in this process waits for what, so that news need not wait for the poll."""

    def __init__(self) -> None:
        self._wakes: defaultdict[str, set[Wake]] = defaultdict(set)

    def hang(self, names: Sequence[str], wake: Wake) -> None:
        for name in names:
            self._wakes[name].add(wake)

    def take_down(self, names: Sequence[str], wake: Wake) -> None:
        for name in names:
            self._wakes[name].discard(wake)

    def ring(self, name: str) -> None:
        for wake in tuple(self._wakes.get(name, ())):
            wake()


def incoming(topic: str, partition: int, row: Any) -> Incoming:
    offset, key, value, headers, at = row
    pairs = [(name, text.encode("latin-1")) for name, text in loads(headers)]
    return Incoming(topic, partition, offset, key, value, pairs, at)


class PostgresSubscription:
    """Implements `Subscription`; opened by `PostgresTransport.subscribe`."""

    def __init__(
        self,
        connection: Connection,
        bells: Bells,
        *,
        group: tuple[int, str],
        topics: Mapping[int, Mapping[int, Place]],
        max_records: int,
        pace: Pace,
        measure: Callable[[Sequence[str]], Awaitable[Sequence[Lag]]],
    ) -> None:
        self._connection = connection
        self._speaking = asyncio.Lock()
        self._bells = bells
        self._group_id, group_name = group
        self._topics = topics
        self._places = {number: place for held in topics.values() for number, place in held.items()}
        self._numbers = {place: number for number, place in self._places.items()}
        self._max_records = max_records
        self._poll_seconds = pace.poll.total_seconds()
        self._balance_seconds = pace.balance.total_seconds()
        self._measure = measure
        self._hand = Hand()
        self._positions: dict[int, int] = {}
        """Of the owned partitions, the next offset to hand out; in the order of their turn."""
        self._ends: dict[int, int] = {}
        self._unbalanced = asyncio.Event()
        self._balancing: asyncio.Task[None] | None = None
        self._overfull = False
        self._lost: BaseException | None = None
        self._group_bell = f"group {group_name}"
        self._topic_bells = [f"topic {name}" for name in {name for name, _ in self._numbers}]

    async def join(self) -> None:
        self._connection.add_termination_listener(lambda _: self._lose(None))
        self._bells.hang(self._topic_bells, self._hand.changed.set)
        self._bells.hang([self._group_bell], self._unbalanced.set)
        for topic_id in self._topics:
            await self._query(
                "select pg_advisory_lock_shared($1, $2)", sql.MEMBERS + self._group_id, topic_id
            )
        await self._balance()
        self._bells.ring(self._group_bell)
        self._balancing = asyncio.create_task(self._keep_balanced())

    async def leave(self) -> None:
        """Frees everything at once; others in this process hear of it."""
        self._bells.take_down(self._topic_bells, self._hand.changed.set)
        self._bells.take_down([self._group_bell], self._unbalanced.set)
        self._positions.clear()
        self._hand.drop()
        if self._balancing is not None:
            self._balancing.cancel()
            await asyncio.wait({self._balancing})
        try:
            async with asyncio.timeout(2), self._speaking:
                await self._connection.execute("select pg_advisory_unlock_all()")
                await self._connection.close()
        except (TimeoutError, *_LOST_CONNECTION):
            self._connection.terminate()
        self._lost = self._lost or Lost("The subscription has ended.")
        self._bells.ring(self._group_bell)

    def _lose(self, error: BaseException | None) -> None:
        """The locks are gone with the connection: nothing that is out may be committed."""
        self._lost = self._lost or error or Lost("The connection that held the locks is gone.")
        self._positions.clear()
        self._hand.drop()
        self._connection.terminate()

    async def _query(self, query: str, *arguments: Any) -> list[Any]:
        """The one connection is asked one thing at a time."""
        async with self._speaking:
            if self._lost is not None:
                raise Lost("The connection that held the locks is gone.") from self._lost
            try:
                return await self._connection.fetch(query, *arguments)
            except _LOST_CONNECTION as error:
                self._lose(error)
                raise Lost("The connection that held the locks is gone.") from error

    async def batches(self) -> AsyncIterator[Batch]:
        while True:
            yield await self._next()

    async def _next(self) -> Batch:
        while True:
            self._hand.changed.clear()
            if batch := self._hand.due() or await self._fetch() or await self._look():
                return batch
            with suppress(TimeoutError):
                async with asyncio.timeout(self._hand.seconds_until_due(self._poll_seconds)):
                    await self._hand.changed.wait()

    async def _look(self) -> Batch | None:
        """One cheap query tells what is new in all owned partitions."""
        if self._positions or self._lost:
            for number, end in await self._query(sql.NEWS, list(self._positions)):
                self._ends[number] = end
        return await self._fetch()

    async def _fetch(self) -> Batch | None:
        """From the partition whose turn it is among those known to hold more."""
        for number, position in list(self._positions.items()):
            place = self._places[number]
            if self._ends.get(number, 0) <= position or self._hand.is_busy(place):
                continue
            rows = await self._query(sql.RECORDS, number, position, self._max_records)
            if self._positions.get(number) != position:
                continue  # given back while we asked
            del self._positions[number]  # to the end of the queue
            if not rows:  # all of it was tidied away
                self._positions[number] = self._ends[number]
                continue
            topic, partition = place
            records = [incoming(topic, partition, row) for row in rows]
            batch = Batch(topic, partition, records)
            self._positions[number] = batch.next_offset
            return self._hand.give(batch)
        return None

    async def _keep_balanced(self) -> None:
        """Beside the batches: a long one must not keep idle partitions from a new member."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._balance_seconds):
                    await self._unbalanced.wait()
            self._unbalanced.clear()
            try:
                await self._balance()
            except Exception as error:  # noqa: BLE001  # whatever it is, `batches` raises it
                self._lose(error)
                return

    async def _balance(self) -> None:
        self._overfull = False
        members, owners = sql.MEMBERS + self._group_id, sql.PARTITIONS + self._group_id
        held = {
            (kind, number): holders
            for kind, number, holders in await self._query(sql.LOCKS, [members, owners])
        }
        gained: list[int] = []
        freed = False
        for topic_id, partitions in self._topics.items():
            quota = -(-len(partitions) // max(1, held.get((members, topic_id), 1)))
            owned = [number for number in self._positions if number in partitions]
            freed |= await self._give_back(owned, len(owned) - quota)
            free = [number for number in partitions if (owners, number) not in held]
            wanted = free[: max(0, quota - len(owned))]
            gained += [number for number in wanted if await self._take(owners, number)]
        if gained:  # not owned before their positions are known
            rows = await self._query(sql.POSITIONS, self._group_id, gained)
            committed = dict(rows)
            self._positions.update((number, committed.get(number, 0)) for number in gained)
            self._hand.changed.set()
        if freed:
            self._bells.ring(self._group_bell)

    async def _take(self, owners: int, number: int) -> bool:
        taken = await self._query("select pg_try_advisory_lock($1, $2)", owners, number)
        return bool(taken[0][0])

    async def _give_back(self, owned: Sequence[int], surplus: int) -> bool:
        """Frees what is over, except what is out: that goes after its commit."""
        given = 0
        for number in owned:
            place = self._places[number]
            if given < surplus and number in self._positions and not self._hand.is_out(place):
                del self._positions[number]
                self._hand.drop([place])
                await self._query(
                    "select pg_advisory_unlock($1, $2)", sql.PARTITIONS + self._group_id, number
                )
                given += 1
        self._overfull |= given < surplus
        return given > 0

    async def commit(self, batch: Batch) -> None:
        self._hand.hold(batch)
        number = self._numbers[batch.topic, batch.partition]
        await self._query(sql.COMMIT, self._group_id, number, batch.next_offset)
        self._settle(batch)

    async def retry(self, batch: Batch, after: timedelta) -> None:
        self._hand.park(batch, after)
        self._settle(batch)

    def _settle(self, batch: Batch) -> None:
        self._hand.settle(batch)
        if self._overfull:
            self._unbalanced.set()

    def owned(self) -> Sequence[Place]:
        return sorted(self._places[number] for number in self._positions)

    async def lag(self) -> Sequence[Lag]:
        owned = set(self.owned())
        lags = await self._measure(sorted({topic for topic, _ in owned}))
        return [lag for lag in lags if (lag.topic, lag.partition) in owned]
