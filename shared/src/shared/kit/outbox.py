"""Outbox and relay: events leave a database in the order they were committed per key.

`Work` inserts into `outbox` inside the caller's transaction. One relay per service database (the
holder of an advisory lock; others stand by) reads in order of position, publishes batches and
deletes what the transport acknowledged. A crash between the two publishes again: at least once.

Why order of position is commit-safe here: an event is emitted under the lock of its aggregate's
row, so positions of one key grow in commit order, and a row that becomes visible late (another
key) is simply read later, since nothing keeps a cursor: see docs/decisions/0003.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import from_json
from sqlalchemy import BigInteger, Identity, Row, Text, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.events.contract import CONTENT_TYPE, Headers
from shared.kit.database import Kit
from shared.kit.transports.transport import Outgoing, Transport

log = logging.getLogger(__name__)

RELAY_LOCK = 7_305_001
BATCH = 1_000


class OutboxRow(Kit, kw_only=True):
    """An event waiting for the relay: the attributes and the data of a CloudEvent, as JSON text."""

    __tablename__ = "outbox"

    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    topic: Mapped[str]
    key: Mapped[str]
    attributes: Mapped[str] = mapped_column(Text)
    data: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Letter:
    """An event on its way into the outbox. Without data it is a tombstone."""

    topic: str
    key: str
    attributes: str
    data: str | None


# Arrays, since a statement takes no more than 32,767 parameters and a receipt may serve thousands.
_APPEND = text(
    'insert into outbox (topic, "key", attributes, data, created_at)'
    " select topic, k, attributes, data, :now from unnest(cast(:topics as text[]),"
    " cast(:keys as text[]), cast(:attributes as text[]), cast(:data as text[]))"
    " with ordinality as l(topic, k, attributes, data, place) order by place"
)


async def append(session: AsyncSession, letters: Sequence[Letter], now: datetime) -> None:
    """Writes the letters in their order, in the caller's transaction, in one statement."""
    await session.execute(
        _APPEND,
        {
            "topics": [letter.topic for letter in letters],
            "keys": [letter.key for letter in letters],
            "attributes": [letter.attributes for letter in letters],
            "data": [letter.data for letter in letters],
            "now": now,
        },
    )


def headers_of(attributes: str) -> Headers:
    """The `ce_` headers of stored attributes."""
    given = from_json(attributes)
    return [
        ("content-type", CONTENT_TYPE.encode()),
        *((f"ce_{name}", str(value).encode()) for name, value in given.items()),
    ]


def outgoing(row: Row[*tuple[Any, ...]]) -> Outgoing:
    _, topic, key, attributes, data = tuple(row)
    if data is None:
        return Outgoing(topic, key, None, headers_of(attributes))
    return Outgoing(
        topic, key, f'{attributes[:-1]},"data":{data}}}'.encode(), headers_of(attributes)
    )


_READ = text(
    'select position, topic, "key", attributes, data from outbox order by position limit :most'
)
_DELETE = text("delete from outbox where position = any(:positions)")


class Relay:
    """Moves a service's outbox to the transport. `run` until cancelled; `wake` on commit."""

    def __init__(
        self,
        engine: AsyncEngine,
        transport: Transport,
        *,
        poll_seconds: float = 0.1,
        published: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._engine = engine
        self._transport = transport
        self._poll = poll_seconds
        self._woken = asyncio.Event()
        self._published = published
        self.leading = False
        self.failing: str | None = None

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        """Stands by until it leads, then relays; after a fault it starts again, backing off."""
        failures = 0
        while True:
            try:
                async with self._engine.connect() as connection:
                    await self._lead(connection)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001  # whatever it was, it starts again
                failures = failures + 1 if self.failing else 1
                self.failing = f"{type(error).__name__}: {error}"
                log.warning("The relay failed and starts again: %s", self.failing)
                await asyncio.sleep(min(5.0, 0.1 * 2**failures) * random.uniform(0.5, 1))  # noqa: S311  # jitter
            finally:
                self.leading = False

    async def _lead(self, connection: AsyncConnection) -> None:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        while not await connection.scalar(
            text("select pg_try_advisory_lock(:k)"), {"k": RELAY_LOCK}
        ):
            self.failing = None
            await asyncio.sleep(1)
        self.leading = True
        try:
            while True:
                self._woken.clear()
                moved = await self.relay_once(connection)
                self.failing = None
                if moved < BATCH:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._woken.wait(), self._poll)
        finally:
            # A lost connection has lost its lock; the wish to stop must not be lost with it.
            with suppress(DBAPIError):
                if not connection.invalidated:
                    await connection.execute(
                        text("select pg_advisory_unlock(:k)"), {"k": RELAY_LOCK}
                    )

    async def relay_once(self, connection: AsyncConnection) -> int:
        """Publishes one batch. Returns how many events it moved."""
        rows = (await connection.execute(_READ, {"most": BATCH})).all()
        if not rows:
            return 0
        await self._transport.publish([outgoing(row) for row in rows])
        await connection.execute(_DELETE, {"positions": [row[0] for row in rows]})
        self._published(len(rows))
        return len(rows)


async def waiting(session: AsyncSession) -> tuple[int, datetime | None]:
    """How many events wait, and since when the oldest does."""
    columns = select(func.count(OutboxRow.position), func.min(OutboxRow.created_at))
    count, oldest = (await session.execute(columns)).one()
    return int(count), oldest
