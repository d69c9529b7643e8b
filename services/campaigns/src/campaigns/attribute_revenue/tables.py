"""Attributions, and the facts they follow from."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Select, func, select
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.table import Table
from shared.kit.database import Versioned


class KnownOpportunity(Table, kw_only=True):
    """An opportunity that a campaign's lead became."""

    __tablename__ = "known_opportunities"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(index=True)
    response_id: Mapped[UUID | None] = mapped_column(default=None)


class OrderFact(Table, kw_only=True):
    """What is known of an order with an opportunity. Its row is the lock of its attribution."""

    __tablename__ = "order_facts"

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    opportunity_id: Mapped[UUID] = mapped_column(index=True)
    currency: Mapped[str | None] = mapped_column(default=None)
    net: Mapped[Decimal | None] = mapped_column(default=None)
    refunded: Mapped[Decimal] = mapped_column(default=Decimal())
    cancelled: Mapped[bool] = mapped_column(default=False)


class SeenReturn(Table, kw_only=True):
    """A return that was counted."""

    __tablename__ = "seen_returns"

    return_id: Mapped[UUID] = mapped_column(primary_key=True)


class Attribution(Versioned, Table, kw_only=True):
    """An order that is due to a campaign. `net` is what is left of `revenue` after corrections."""

    __tablename__ = "attributions"
    __table_args__ = (Index("uq_attributions_order_id", "order_id", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"), index=True)
    order_id: Mapped[UUID]
    opportunity_id: Mapped[UUID] = mapped_column(index=True)
    currency: Mapped[str]
    revenue: Mapped[Decimal]
    net: Mapped[Decimal]
    attributed_at: Mapped[datetime] = mapped_column(index=True)


def opportunity_held(opportunity_id: UUID) -> Select[None]:
    """Until commit nobody else adds an order to this opportunity, or tells whose it is.

    Neither sees what the other has not committed: without it, an order and its opportunity that
    are heard at the same moment would both leave the attribution to the other.
    """
    key = func.hashtextextended(f"opportunity {opportunity_id}", 0)
    return select(func.pg_advisory_xact_lock(key))


def fact_held(order_id: UUID) -> Select[OrderFact]:
    return select(OrderFact).where(OrderFact.order_id == order_id).with_for_update()


def facts_of_opportunity(opportunity_id: UUID) -> Select[OrderFact]:
    chosen = select(OrderFact).where(OrderFact.opportunity_id == opportunity_id)
    return chosen.order_by(OrderFact.order_id).with_for_update()


def attribution_of(order_id: UUID) -> Select[Attribution]:
    return select(Attribution).where(Attribution.order_id == order_id)
