"""Deals and how to find them."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Select, select
from sqlalchemy.orm import Mapped, mapped_column

from partners.register_deals.rules import DealState
from partners.table import Table
from shared.kit.database import Versioned


class Deal(Versioned, Table, kw_only=True):
    """A partner's work on a customer. Its rate is the agreement's at registration."""

    __tablename__ = "deals"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partners.id"), index=True)
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"))
    commission_percent: Mapped[Decimal]
    company: Mapped[str]
    country: Mapped[str]
    contact_name: Mapped[str] = mapped_column(repr=False)
    email: Mapped[str] = mapped_column(repr=False)
    expected: Mapped[Decimal]
    currency: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[DealState] = mapped_column(default=DealState.REGISTERED, index=True)
    lead_id: Mapped[UUID | None] = mapped_column(default=None)
    opportunity_id: Mapped[UUID | None] = mapped_column(default=None, index=True)
    reason: Mapped[str | None] = mapped_column(default=None)


def deal_of_opportunity(opportunity_id: UUID) -> Select[Deal]:
    return select(Deal).where(Deal.opportunity_id == opportunity_id, Deal.state == DealState.LINKED)
