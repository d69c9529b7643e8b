"""Commissions, and the facts they follow from."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, func, select
from sqlalchemy.orm import Mapped, mapped_column

from partners.table import Table
from shared.kit.database import Versioned


class OrderFact(Table, kw_only=True):
    """What is known of an order with an opportunity. Its row is the lock of its commission."""

    __tablename__ = "order_facts"

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    opportunity_id: Mapped[UUID] = mapped_column(index=True)
    currency: Mapped[str | None] = mapped_column(default=None)
    net: Mapped[Decimal | None] = mapped_column(default=None)
    cancelled: Mapped[bool] = mapped_column(default=False)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(default_factory=list)
    returned: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    seen: Mapped[list[str]] = mapped_column(default_factory=list)


class Commission(Versioned, Table, kw_only=True):
    """What a deal's order earned. `net` is what is left after returns and cancellations."""

    __tablename__ = "commissions"
    __table_args__ = (
        CheckConstraint("net >= 0 and net <= commission", name="net"),
        Index("uq_commissions_order_id", "order_id", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partners.id"), index=True)
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deals.id"), index=True)
    order_id: Mapped[UUID]
    currency: Mapped[str]
    base: Mapped[Decimal]
    percent: Mapped[Decimal]
    commission: Mapped[Decimal]
    net: Mapped[Decimal]
    accrued_at: Mapped[datetime] = mapped_column(index=True)


class CommissionLine(Table, kw_only=True):
    __tablename__ = "commission_lines"

    commission_id: Mapped[UUID] = mapped_column(ForeignKey("commissions.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    quantity: Mapped[int]
    base: Mapped[Decimal]
    commission: Mapped[Decimal]


def opportunity_held(opportunity_id: UUID) -> Select[None]:
    """Until commit nobody else adds an order to this opportunity, or the opportunity to a deal.

    Neither sees what the other has not committed: without it, an order and its deal that are heard
    at the same moment would both leave the commission to the other.
    """
    key = func.hashtextextended(f"opportunity {opportunity_id}", 0)
    return select(func.pg_advisory_xact_lock(key))


def fact_held(order_id: UUID) -> Select[OrderFact]:
    return select(OrderFact).where(OrderFact.order_id == order_id).with_for_update()


def facts_of_opportunity(opportunity_id: UUID) -> Select[OrderFact]:
    chosen = select(OrderFact).where(OrderFact.opportunity_id == opportunity_id)
    return chosen.order_by(OrderFact.order_id).with_for_update()


def commission_for(order_id: UUID) -> Select[Commission]:
    return select(Commission).where(Commission.order_id == order_id)


def lines_of(commission_id: UUID) -> Select[CommissionLine]:
    chosen = select(CommissionLine).where(CommissionLine.commission_id == commission_id)
    return chosen.order_by(CommissionLine.line)
