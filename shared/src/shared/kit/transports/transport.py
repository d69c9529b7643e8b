"""What a transport is: topics with partitions, keyed records in order, groups with offsets.

Delivery is at least once and in order per key. A group's partition belongs to one subscription at
a time; a subscription that dies frees its partitions, and the next owner starts at the last
committed offset. Nothing in a service knows which transport it runs on.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from shared.events.contract import Headers


@dataclass(frozen=True, slots=True)
class Topic:
    """A declared topic. `compacted` keeps the last record of each key instead of a time span."""

    name: str
    partitions: int = 6
    retention: timedelta = timedelta(days=90)
    compacted: bool = False


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to publish. The key decides the partition; a value of None is a tombstone."""

    topic: str
    key: str
    value: bytes | None
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """A record as read."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes | None
    headers: Headers
    at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one partition, in order and without gaps in what the partition still holds."""

    topic: str
    partition: int
    records: Sequence[Incoming] = field(repr=False)

    @property
    def next_offset(self) -> int:
        return self.records[-1].offset + 1


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a group is behind on one partition, in records and in the age of the oldest unread.

    Counted in offsets from the committed one: in a compacted topic an upper bound.
    """

    topic: str
    partition: int
    records: int
    oldest_unread_at: datetime | None


class Lost(Exception):
    """The partition is owned by another subscription now: the work on it must not be committed."""


class UnknownTopic(LookupError):
    """The topic was never declared."""


class Subscription(Protocol):
    """A group's place at some topics, while it is open."""

    def batches(self) -> AsyncIterator[Batch]:
        """Endless: at most one batch of a partition is out at a time, until it is committed.

        A batch that the caller abandons (by `retry`) is handed out again, the same records. One
        loop at a time; after a cancelled wait it may be called again, and nothing is skipped.
        Raises what ended the subscription (`Lost` with its connection, an error of the client):
        it is over then, and the caller subscribes anew.
        """
        ...

    async def commit(self, batch: Batch) -> None:
        """Moves the group past the batch. Raises `Lost` when the partition was taken away.

        Commit soon: a partition that has to move waits for the batch in hand, but not for ever.
        """
        ...

    async def retry(self, batch: Batch, after: timedelta) -> None:
        """Hands the same records out again after a while; other partitions go on meanwhile."""
        ...

    def owned(self) -> Sequence[tuple[str, int]]:
        """The partitions this subscription owns now."""
        ...

    async def lag(self) -> Sequence[Lag]:
        """Of the owned partitions."""
        ...


class Transport(Protocol):
    """Open it once a process; publish from relays, subscribe from consumers."""

    async def start(self) -> None:
        """Connects. Raises OSError (or a subclass) naming the address when it cannot."""
        ...

    async def stop(self) -> None: ...

    async def declare(self, topics: Sequence[Topic]) -> None:
        """Makes what is missing. Safe when several do it at once.

        A topic that exists stays as it is: another number of partitions would move its keys.
        """
        ...

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Returns when all records are durable, in the order given per key.

        After an error some may be durable: publish all again. Raises `UnknownTopic`.
        """
        ...

    def subscribe(
        self, group: str, topics: Sequence[str], *, max_records: int = 500
    ) -> AbstractAsyncContextManager[Subscription]:
        """Joins the group, at the oldest record held if it is new. Raises `UnknownTopic`.

        On exit its partitions are free at once; what was in hand goes to the next owner.
        """
        ...

    async def read(
        self, topic: str, partition: int, start: int, limit: int = 500
    ) -> Sequence[Incoming]:
        """Reads without a group (catalogue, `events tail`): at most `limit` records from `start`.

        What is there, without waiting for more.
        """
        ...

    async def ends(self, topic: str) -> dict[int, tuple[int, int]]:
        """Partition → (first offset held, next offset to be written)."""
        ...

    async def lag(self, group: str, topics: Sequence[str]) -> Sequence[Lag]:
        """Of any group, from outside it (metrics, console, `tradepost lag`)."""
        ...

    async def healthy(self) -> bool:
        """Whether the transport answers now."""
        ...


Wake = Callable[[], None]
"""Told that something new was published in this process (an optimisation, never a promise)."""
