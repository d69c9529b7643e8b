"""A log table in PostgreSQL as the transport: what one machine runs on.

It keeps the promises of `Transport` and no others: no replication, no quotas, no rights, no second
machine. Every record is a row, every append a transaction, all in one database. Move to Kafka when
services run on more than one machine, when a topic must outlive this database, when other systems
are to read the topics, or when a few thousand events a second are every day's load. Nothing in a
service changes then: the interface is the same, and so is the partition of every key.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import asyncpg
from orjson import dumps

from shared.kit.transports import postgres_schema as sql
from shared.kit.transports.partitioning import partition_of
from shared.kit.transports.postgres_subscription import Bells, Pace, PostgresSubscription, incoming
from shared.kit.transports.transport import (
    Incoming,
    Lag,
    Outgoing,
    Subscription,
    Topic,
    UnknownTopic,
)

_log = logging.getLogger(__name__)

_BELLS: defaultdict[str, Bells] = defaultdict(Bells)
"""Of each database; all transports of this process that use it share them."""

_CHUNK = 1000
_TOMBSTONES = timedelta(days=1)
"""How long a compacted topic says that a key is gone, so that slow readers hear of it."""

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"


async def _untouched(_: Any) -> None:
    """No connection of the pool holds state that a return to it would have to undo."""


class PostgresTransport:
    """Implements `Transport`. `poll` is the net under the in-process wake-up."""

    def __init__(
        self,
        url: str,
        *,
        poll: timedelta = timedelta(milliseconds=100),
        balance: timedelta = timedelta(seconds=1),
        tidy: timedelta = timedelta(minutes=1),
    ) -> None:
        self._url = url.replace("postgresql+asyncpg://", "postgresql://", 1)
        self._bells = _BELLS[self._url]
        self._pace = Pace(poll, balance)
        self._tidy_seconds = tidy.total_seconds()
        self._opened: Pool | None = None
        self._tidying: asyncio.Task[None] | None = None
        self._numbers: dict[str, tuple[int, list[int]]] = {}

    @property
    def _pool(self) -> Pool:
        if self._opened is None:
            raise RuntimeError("The transport is not started.")
        return self._opened

    async def start(self) -> None:
        try:
            self._opened = await asyncpg.create_pool(
                self._url, min_size=1, max_size=4, reset=_untouched
            )
            await self._make_schema()
        except (OSError, asyncpg.PostgresError) as error:
            await self.stop()
            parts = urlsplit(self._url)
            address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
            raise ConnectionError(f"PostgreSQL does not serve {address}: {error}") from error
        self._tidying = asyncio.create_task(self._keep_tidy())

    async def stop(self) -> None:
        tidying, pool = self._tidying, self._opened
        self._tidying = self._opened = None
        if tidying is not None:
            tidying.cancel()
            with suppress(asyncio.CancelledError):
                await tidying
        if pool is not None:
            await pool.close()

    async def _make_schema(self) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", sql.SCHEMA_LOCK)
            if not await connection.fetchval("select to_regclass('transport.version') is not null"):
                await connection.execute("create schema if not exists transport")
                await connection.execute("create table transport.version (version int not null)")
                await connection.execute("insert into transport.version values (0)")
            have = await connection.fetchval("select version from transport.version")
            for statements in sql.VERSIONS[have:]:
                await connection.execute(statements)
            if have < len(sql.VERSIONS):
                await connection.execute(
                    "update transport.version set version = $1", len(sql.VERSIONS)
                )

    async def declare(self, topics: Sequence[Topic]) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", sql.SCHEMA_LOCK)
            await connection.executemany(
                sql.DECLARE,
                [
                    (topic.name, topic.partitions, topic.retention, topic.compacted)
                    for topic in topics
                ],
            )

    async def _of(self, topic: str) -> tuple[int, list[int]]:
        """The topic's number and those of its partitions, which never change."""
        if topic not in self._numbers:
            rows = await self._pool.fetch(sql.TOPIC, topic)
            if not rows:
                raise UnknownTopic(topic)
            self._numbers[topic] = rows[0]["topic_id"], [row["id"] for row in rows]
        return self._numbers[topic]

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """All or nothing: one statement, so one transaction and one way to the server and back."""
        if not records:
            return
        topics = {record.topic for record in records}
        partitions = {topic: (await self._of(topic))[1] for topic in topics}
        numbers = [
            (of := partitions[record.topic])[partition_of(record.key, len(of))]
            for record in records
        ]
        headings = [
            dumps([(name, text.decode("latin-1")) for name, text in record.headers])
            for record in records
        ]
        keys = [record.key for record in records]
        values = [record.value for record in records]
        await self._pool.execute(sql.APPEND, numbers, keys, values, headings)
        for topic in topics:
            self._bells.ring(f"topic {topic}")

    @asynccontextmanager
    async def subscribe(
        self, group: str, topics: Sequence[str], *, max_records: int = 500
    ) -> AsyncIterator[Subscription]:
        numbered = {topic: await self._of(topic) for topic in topics}
        group_id = await self._pool.fetchval(sql.GROUP, group)
        subscription = PostgresSubscription(
            await asyncpg.connect(
                self._url, server_settings={"application_name": f"group {group}"[:63]}
            ),
            self._bells,
            group=(group_id, group),
            topics={
                topic_id: {number: (topic, n) for n, number in enumerate(partitions)}
                for topic, (topic_id, partitions) in numbered.items()
            },
            max_records=max_records,
            pace=self._pace,
            measure=lambda topics: self.lag(group, topics),
        )
        try:
            await subscription.join()
            yield subscription
        finally:
            await subscription.leave()

    async def read(
        self, topic: str, partition: int, start: int, limit: int = 500
    ) -> Sequence[Incoming]:
        number = (await self._of(topic))[1][partition]
        rows = await self._pool.fetch(sql.RECORDS, number, start, limit)
        return [incoming(topic, partition, row) for row in rows]

    async def ends(self, topic: str) -> dict[int, tuple[int, int]]:
        await self._of(topic)
        rows = await self._pool.fetch(sql.ENDS, topic)
        return {row["partition"]: (row["first"], row["next"]) for row in rows}

    async def lag(self, group: str, topics: Sequence[str]) -> Sequence[Lag]:
        for topic in topics:
            await self._of(topic)
        rows = await self._pool.fetch(sql.LAG, group, list(topics))
        return [Lag(topic, partition, records or 0, at) for topic, partition, records, at in rows]

    async def healthy(self) -> bool:
        if self._opened is None:
            return False
        try:
            await asyncio.wait_for(self._pool.fetchval("select 1"), 3)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        return True

    async def tidy(self) -> int:
        """Deletes what its topic need not keep any longer; answers how many records."""
        deleted = 0
        for number, retention in await self._pool.fetch(sql.OUTDATED):
            deleted += await self._delete(sql.DELETE_OUTDATED, number, retention)
        for number, end in await self._pool.fetch(sql.UNCOMPACTED):
            deleted += await self._delete(sql.DELETE_SUPERSEDED, number, _TOMBSTONES)
            await self._pool.execute(sql.COMPACTED, number, end)
        return deleted

    async def _delete(self, statement: str, number: int, span: timedelta) -> int:
        """In chunks, each its own transaction: a long one would hold back every relay."""
        deleted = 0
        while True:
            async with self._pool.acquire() as connection, connection.transaction():
                if not await connection.fetchval(
                    "select pg_try_advisory_xact_lock($1)", sql.TIDY_LOCK
                ):
                    return deleted  # somebody else is at it
                gone: int = await connection.fetchval(statement, number, span, _CHUNK)
            deleted += gone
            if gone < _CHUNK:
                return deleted

    async def _keep_tidy(self) -> None:
        while True:
            await asyncio.sleep(self._tidy_seconds)
            try:
                await self.tidy()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                _log.warning("The log could not be tidied; trying again later.", exc_info=True)
