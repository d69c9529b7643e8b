"""Quotes and their revisions."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Select, Sequence, select
from sqlalchemy.orm import Mapped, mapped_column

from orders.quote_customers.rules import QuoteState
from orders.table import Table
from shared.kit.database import Versioned

QUOTE_NUMBERS = Sequence("quote_numbers", metadata=Table.metadata)


class Quote(Versioned, Table, kw_only=True):
    """An offer to a customer; its present revision is `revision`."""

    __tablename__ = "quotes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[UUID] = mapped_column(index=True)
    currency: Mapped[str]
    state: Mapped[QuoteState] = mapped_column(index=True)
    revision: Mapped[int]
    author: Mapped[str]
    valid_days: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(index=True)
    opportunity_id: Mapped[UUID | None] = mapped_column(default=None, index=True)
    promotion_code: Mapped[str | None] = mapped_column(default=None)
    list_total: Mapped[Decimal | None] = mapped_column(default=None)
    total: Mapped[Decimal | None] = mapped_column(default=None)
    approved_by: Mapped[str | None] = mapped_column(default=None)
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    valid_until: Mapped[datetime | None] = mapped_column(default=None)
    order_id: Mapped[UUID | None] = mapped_column(default=None)
    reason: Mapped[str | None] = mapped_column(default=None)


class QuoteRevision(Table, kw_only=True):
    """What was asked for and what pricing answered. Once priced it does not change."""

    __tablename__ = "quote_revisions"

    quote_id: Mapped[UUID] = mapped_column(ForeignKey("quotes.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    wanted: Mapped[list[dict[str, Any]]]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    priced: Mapped[list[dict[str, Any]]] = mapped_column(default_factory=list)
    reasons: Mapped[list[str]] = mapped_column(default_factory=list)
    promotion: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    total: Mapped[Decimal | None] = mapped_column(default=None)


def revisions_of(quote_id: UUID) -> Select[QuoteRevision]:
    chosen = select(QuoteRevision).where(QuoteRevision.quote_id == quote_id)
    return chosen.order_by(QuoteRevision.revision)
