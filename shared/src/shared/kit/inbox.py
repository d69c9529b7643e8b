"""What a service has heard: the inbox drops duplicates, the dead letters keep what it could not take."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, Select, Text, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.kit.database import Kit


class InboxRow(Kit, kw_only=True):
    """An event that was applied here. Its id is enough: ids are unique over all publishers."""

    __tablename__ = "inbox"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(index=True)


class LetterState(StrEnum):
    """dead: failed · parked: waits behind a dead one of its key · replayed · discarded."""

    DEAD = "dead"
    PARKED = "parked"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


OPEN = (LetterState.DEAD, LetterState.PARKED)


class DeadLetter(Kit, kw_only=True):
    """A record that could not be applied, kept whole, with the reason and where it came from."""

    __tablename__ = "dead_letters"
    __table_args__ = (
        Index(
            "ix_dead_letters_open",
            "topic",
            "key",
            postgresql_where=text("state in ('dead','parked')"),
        ),
        Index("uq_dead_letters_origin", "topic", "partition", "offset", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    topic: Mapped[str]
    partition: Mapped[int]
    offset: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str]
    event_id: Mapped[str]
    type: Mapped[str]
    cause: Mapped[str] = mapped_column(index=True)
    error: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int]
    state: Mapped[LetterState]
    value: Mapped[bytes | None] = mapped_column(LargeBinary, repr=False)
    headers: Mapped[list[Any]] = mapped_column(repr=False)
    correlation_id: Mapped[str]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None] = mapped_column(default=None)
    settled_by: Mapped[str | None] = mapped_column(default=None)
    reason: Mapped[str | None] = mapped_column(Text, default=None)


def open_letters() -> Select[DeadLetter]:
    """Dead and parked, in the order they were read."""
    return (
        select(DeadLetter)
        .where(DeadLetter.state.in_(OPEN))
        .order_by(DeadLetter.topic, DeadLetter.partition, DeadLetter.offset)
    )


_BLOCKED = text(
    "select distinct key from dead_letters"
    " where topic = :topic and key = any(:keys) and state in ('dead','parked')"
)
_HOLD = text(
    "select pg_advisory_xact_lock(h) from (select distinct hashtextextended(:topic || '/' || k, 0)"
    " from unnest(cast(:keys as text[])) as u(k) order by 1) as w(h)"
)
_RECEIVE = text(
    "insert into inbox (event_id, received_at) select unnest(cast(:ids as uuid[])), :now"
    " on conflict do nothing returning event_id"
)


async def blocked_keys(session: AsyncSession, topic: str, keys: Iterable[str]) -> set[str]:
    """Keys with an open dead letter: their later events are parked behind it.

    A replay may just be settling the last one. So the keys are held and looked at again: what is
    parked now is seen by the replay, what the replay has settled does not block.
    """
    wanted = {"topic": topic, "keys": list(set(keys))}
    found = set(await session.scalars(_BLOCKED, wanted))
    if not found:
        return found
    await hold_keys(session, topic, found)
    return set(await session.scalars(_BLOCKED, {"topic": topic, "keys": list(found)}))


async def hold_keys(session: AsyncSession, topic: str, keys: Iterable[str]) -> None:
    """Until commit nobody else replays these keys or parks events of them."""
    await session.execute(_HOLD, {"topic": topic, "keys": list(keys)})


async def set_aside(session: AsyncSession, letter: DeadLetter) -> None:
    """Keeps the letter. A record is kept once, however often the transport delivers it."""
    columns = [column.key for column in DeadLetter.__table__.columns]
    values = {name: getattr(letter, name) for name in columns}
    await session.execute(
        insert(DeadLetter)
        .values(values)
        .on_conflict_do_nothing(index_elements=["topic", "partition", "offset"])
    )


async def receive(session: AsyncSession, ids: Sequence[UUID], now: datetime) -> set[UUID]:
    """Notes the events as applied. Returns those that are new; the others were applied before."""
    return set(await session.scalars(_RECEIVE, {"ids": list(ids), "now": now}))


async def open_count(session: AsyncSession) -> int:
    """How many letters are dead or parked."""
    counted = select(func.count(DeadLetter.id)).where(DeadLetter.state.in_(OPEN))
    return await session.scalar(counted) or 0
