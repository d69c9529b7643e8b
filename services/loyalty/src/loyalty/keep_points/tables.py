"""The ledger, the lots, and the facts of orders they follow from."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Select,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.keep_points.rules import Account, EntryKind, RedemptionState
from loyalty.table import Table
from shared.kit.database import Versioned


class LedgerEntry(Table, kw_only=True):
    """Points from one account to another. One row is both sides, so the ledger always balances."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        CheckConstraint("points > 0 and debit <> credit", name="moves_points"),
        Index("ix_ledger_entries_member_id_id", "member_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True, init=False)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    kind: Mapped[EntryKind]
    debit: Mapped[Account]
    credit: Mapped[Account]
    points: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    order_id: Mapped[UUID | None] = mapped_column(default=None, index=True)
    line: Mapped[int | None] = mapped_column(default=None)


class Lot(Table, kw_only=True):
    """Available points of one origin, spent first in first out. `left` is what is not spent."""

    __tablename__ = "lots"
    __table_args__ = (
        CheckConstraint('"left" >= 0', name="left"),
        Index("ix_lots_open", "member_id", "id", postgresql_where=text('"left" > 0')),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    points: Mapped[int] = mapped_column(BigInteger)
    left: Mapped[int] = mapped_column(BigInteger)
    earned_at: Mapped[datetime]
    order_id: Mapped[UUID | None] = mapped_column(default=None, index=True)
    line: Mapped[int | None] = mapped_column(default=None)


class OrderFacts(Table, kw_only=True):
    """What is known of an order, whatever came first. Its row is the lock of its facts."""

    __tablename__ = "order_facts"

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID | None] = mapped_column(default=None)
    confirmed: Mapped[bool] = mapped_column(default=False)
    cancelled: Mapped[bool] = mapped_column(default=False)
    points_back: Mapped[int] = mapped_column(BigInteger, default=0)
    delivered: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    returned: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    seen: Mapped[list[str]] = mapped_column(default_factory=list)


class EarningLine(Table, kw_only=True):
    """A line of a confirmed order of a member, and what is booked for it."""

    __tablename__ = "earning_lines"

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    quantity: Mapped[int]
    points: Mapped[int] = mapped_column(BigInteger)
    pending: Mapped[int] = mapped_column(BigInteger, default=0)
    available: Mapped[int] = mapped_column(BigInteger, default=0)


class Redemption(Versioned, Table, kw_only=True):
    """Points that pay for an order, or why they cannot. `returned` of them went back."""

    __tablename__ = "redemptions"
    __table_args__ = (
        CheckConstraint("returned between 0 and points", name="returned"),
        Index("uq_redemptions_order_id", "order_id", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    state: Mapped[RedemptionState]
    points: Mapped[int] = mapped_column(BigInteger)
    value: Mapped[Decimal]
    currency: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    member_id: Mapped[UUID | None] = mapped_column(default=None, index=True)
    reason: Mapped[str | None] = mapped_column(default=None)
    returned: Mapped[int] = mapped_column(BigInteger, default=0)


def facts_held(order_id: UUID) -> Select[OrderFacts]:
    return select(OrderFacts).where(OrderFacts.order_id == order_id).with_for_update()


def earning_lines(order_id: UUID) -> Select[EarningLine]:
    chosen = select(EarningLine).where(EarningLine.order_id == order_id)
    return chosen.order_by(EarningLine.line)


def open_lots(member_id: UUID) -> Select[Lot]:
    """Oldest first. The member's row is their lock."""
    return select(Lot).where(Lot.member_id == member_id, Lot.left > 0).order_by(Lot.id)


def redemption_of(order_id: UUID) -> Select[Redemption]:
    return select(Redemption).where(Redemption.order_id == order_id).with_for_update()
