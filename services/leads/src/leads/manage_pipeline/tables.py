"""Opportunities, their history, the quotes that belong to them, and how to find them."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, case, func, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from leads.manage_pipeline.rules import MoveKind, OpportunityExists, Stage
from leads.table import Table
from shared.kit.database import Versioned, means


class Opportunity(Versioned, Table, kw_only=True):
    """Something to win at an account. `currency` is that of the expected amount."""

    __tablename__ = "opportunities"
    __table_args__ = (
        Index(
            "uq_opportunities_lead_id",
            "lead_id",
            unique=True,
            postgresql_where=text("lead_id is not null"),
        ),
        CheckConstraint("(closed_at is not null) = (stage in ('won','lost'))", name="closed"),
        CheckConstraint("(won_amount is not null) = (stage = 'won')", name="won_has_a_value"),
        CheckConstraint("expected_amount >= 0", name="expects_no_debt"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str]
    expected_amount: Mapped[Decimal]
    currency: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    moves: Mapped[list["OpportunityMove"]] = relationship(
        lazy="raise", repr=False, order_by="OpportunityMove.id", passive_deletes=True
    )
    stage: Mapped[Stage] = mapped_column(default=Stage.DISCOVERY, index=True)
    expected_close_on: Mapped[date | None] = mapped_column(default=None)
    lead_id: Mapped[UUID | None] = mapped_column(default=None)
    campaign_id: Mapped[UUID | None] = mapped_column(default=None, index=True)
    response_id: Mapped[UUID | None] = mapped_column(default=None)
    deal_id: Mapped[UUID | None] = mapped_column(default=None, index=True)
    quote_id: Mapped[UUID | None] = mapped_column(default=None)
    order_id: Mapped[UUID | None] = mapped_column(default=None)
    won_amount: Mapped[Decimal | None] = mapped_column(default=None)
    won_currency: Mapped[str | None] = mapped_column(default=None)
    lost_reason: Mapped[str | None] = mapped_column(default=None)
    competitor: Mapped[str | None] = mapped_column(default=None)
    closed_at: Mapped[datetime | None] = mapped_column(default=None)


means("uq_opportunities_lead_id", OpportunityExists)


class OpportunityMove(Table, kw_only=True):
    """A line of an opportunity's history. Its id gives the order."""

    __tablename__ = "opportunity_moves"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    opportunity_id: Mapped[UUID] = mapped_column(
        ForeignKey("opportunities.id"), index=True, init=False
    )
    at: Mapped[datetime]
    kind: Mapped[MoveKind]
    stage: Mapped[Stage]
    actor: Mapped[str]
    before: Mapped[Stage | None] = mapped_column(default=None)
    note: Mapped[str | None] = mapped_column(default=None)
    quote_id: Mapped[UUID | None] = mapped_column(default=None)


class KnownQuote(Table, kw_only=True):
    """A quote of orders: whose opportunity it is, and whether it was sent. Either may come first."""

    __tablename__ = "known_quotes"

    quote_id: Mapped[UUID] = mapped_column(primary_key=True)
    opportunity_id: Mapped[UUID | None] = mapped_column(default=None)
    sent_revision: Mapped[int | None] = mapped_column(default=None)


def moves_of(opportunity_id: UUID) -> Select[OpportunityMove]:
    return (
        select(OpportunityMove)
        .where(OpportunityMove.opportunity_id == opportunity_id)
        .order_by(OpportunityMove.id)
    )


def pipeline() -> Select[Stage, str, int, Decimal]:
    """Count and sum for each stage and currency."""
    currency = func.coalesce(Opportunity.won_currency, Opportunity.currency)
    amount = func.coalesce(Opportunity.won_amount, Opportunity.expected_amount)
    return (
        select(
            Opportunity.stage,
            currency.label("currency"),
            func.count(Opportunity.id).label("count"),
            func.sum(amount).label("total"),
        )
        .group_by(Opportunity.stage, currency)
        .order_by(
            case({s.value: i for i, s in enumerate(Stage)}, value=Opportunity.stage), currency
        )
    )
