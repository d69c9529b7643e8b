"""Leads, the times they were heard of, and how to recognise them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, case, false, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from leads.capture_leads.rules import (
    Heard,
    LeadState,
    allowed_actions,
    first_response_due_at,
)
from leads.manage_pipeline.rules import OPEN_STAGES
from leads.manage_pipeline.tables import Opportunity
from leads.score_leads.rules import LeadSource
from leads.table import Table
from shared.kit.database import Versioned

OPEN = "state in ('new', 'working', 'nurture')"
"""The same words in the partial indexes and in the selects that are to use them."""


class Lead(Versioned, Table, kw_only=True):
    """Somebody who may buy. An open lead is known once: by address, and by company and person."""

    __tablename__ = "leads"
    __table_args__ = (
        Index("uq_leads_email", "email", unique=True, postgresql_where=text(f"{OPEN}")),
        Index("uq_leads_contact_key", "contact_key", unique=True, postgresql_where=text(f"{OPEN}")),
        Index("uq_leads_response_id", "response_id", unique=True),
        Index("uq_leads_deal_id", "deal_id", unique=True),
        Index("ix_leads_email_any", "email"),
        Index("ix_leads_contact_key_any", "contact_key"),
        CheckConstraint("fit between 0 and 60 and behaviour between 0 and 40", name="score_range"),
        CheckConstraint("score = fit + behaviour", name="score_is_the_sum"),
        CheckConstraint(
            "(state = 'qualified') = (opportunity_id is not null)", name="qualified_has_opportunity"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[LeadSource] = mapped_column(index=True)
    country: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    scored_at: Mapped[datetime]
    state: Mapped[LeadState] = mapped_column(default=LeadState.NEW, index=True)
    company: Mapped[str | None] = mapped_column(default=None)
    contact_name: Mapped[str | None] = mapped_column(default=None, repr=False)
    contact_key: Mapped[str | None] = mapped_column(default=None, repr=False)
    email: Mapped[str | None] = mapped_column(default=None, repr=False)
    phone: Mapped[str | None] = mapped_column(default=None, repr=False)
    account_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("accounts.id"), default=None, index=True
    )
    campaign_id: Mapped[UUID | None] = mapped_column(default=None, index=True)
    response_id: Mapped[UUID | None] = mapped_column(default=None)
    deal_id: Mapped[UUID | None] = mapped_column(default=None)
    opportunity_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("opportunities.id"), default=None
    )
    score: Mapped[int] = mapped_column(default=0, index=True)
    fit: Mapped[int] = mapped_column(default=0)
    behaviour: Mapped[int] = mapped_column(default=0)
    explanation: Mapped[list[dict[str, Any]]] = mapped_column(default_factory=list)
    consents: Mapped[list[dict[str, Any]]] = mapped_column(default_factory=list)
    reason: Mapped[str | None] = mapped_column(default=None)
    responded_at: Mapped[datetime | None] = mapped_column(default=None)

    @property
    def first_response_due_at(self) -> datetime:
        return first_response_due_at(self.created_at)

    @property
    def allowed_actions(self) -> list[str]:
        return allowed_actions(self.state)


class LeadTouch(Table, kw_only=True):
    """A time a lead was heard of. What has a reference counts once."""

    __tablename__ = "lead_touches"
    __table_args__ = (Index("uq_lead_touches_reference", "reference", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id"), index=True)
    at: Mapped[datetime]
    source: Mapped[LeadSource]
    kind: Mapped[str]
    weight: Mapped[int]
    reference: Mapped[str | None] = mapped_column(default=None)
    campaign_id: Mapped[UUID | None] = mapped_column(default=None)
    response_id: Mapped[UUID | None] = mapped_column(default=None)
    deal_id: Mapped[UUID | None] = mapped_column(default=None)


def touches_of(lead_id: UUID) -> Select[LeadTouch]:
    return select(LeadTouch).where(LeadTouch.lead_id == lead_id).order_by(LeadTouch.id)


def lead_of_reference(reference: str) -> Select[Lead]:
    """The lead that was touched by this news before."""
    return select(Lead).join(LeadTouch).where(LeadTouch.reference == reference)


def open_lead_held(heard: Heard) -> Select[Lead]:
    """The open lead they are, by address before company and person; locked until commit."""
    return _held(heard).where(text(f"leads.{OPEN}"))


def qualified_lead_held(heard: Heard) -> Select[Lead]:
    """The lead they are when its opportunity is still open; locked until commit."""
    return (
        _held(heard)
        .join(Opportunity, Opportunity.id == Lead.opportunity_id)
        .where(Lead.state == LeadState.QUALIFIED, Opportunity.stage.in_(OPEN_STAGES))
    )


def _held(heard: Heard) -> Select[Lead]:
    """What was not said is like nothing: two leads without address are not the same for it."""
    same_email = false() if heard.email is None else Lead.email == heard.email
    key = heard.contact_key
    same_contact = false() if key is None else Lead.contact_key == key
    return (
        select(Lead)
        .where(or_(same_email, same_contact))
        .order_by(case((same_email, 0), else_=1), Lead.id)
        .limit(1)
        .with_for_update(of=Lead)
        .execution_options(populate_existing=True)
    )
