"""What leads tells: accounts, leads, opportunities."""

from uuid import UUID

from shared.events.contract import Event
from shared.values import Instant, Money


class AccountRegistered(
    Event, type="leads.account.registered.v1", key="account_id", pcf=("3.5.2.4", "3.5.2.5")
):
    """A company is known as an account."""

    account_id: UUID
    name: str
    country: str
    segment: str | None = None
    external_ids: dict[str, str] = {}


class AccountChanged(
    Event, type="leads.account.changed.v1", key="account_id", pcf=("3.5.2.4", "3.5.2.5")
):
    """An account's master data changed; the event holds them as they are now."""

    account_id: UUID
    name: str
    country: str
    segment: str | None = None
    external_ids: dict[str, str] = {}


class LeadCaptured(Event, type="leads.lead.captured.v1", key="lead_id", pcf=("3.5.1.2",)):
    """Somebody may buy. `account_id` when the lead was recognised as a known account."""

    lead_id: UUID
    source: str
    account_id: UUID | None = None
    campaign_id: UUID | None = None
    response_id: UUID | None = None
    deal_id: UUID | None = None


class LeadTouched(Event, type="leads.lead.touched.v1", key="lead_id", pcf=("3.5.1.2",)):
    """A known lead was heard of again; it was not captured twice."""

    lead_id: UUID
    source: str
    campaign_id: UUID | None = None
    response_id: UUID | None = None


class LeadScored(Event, type="leads.lead.scored.v1", key="lead_id", pcf=("3.5.1.3",)):
    """A lead's score changed: 0 to 100, fit and behaviour."""

    lead_id: UUID
    score: int
    fit: int
    behaviour: int


class LeadDealLinked(
    Event, type="leads.lead.deal-linked.v1", key="lead_id", pcf=("3.5.1.2", "3.4.2.7")
):
    """A partner's registered deal is this lead. The first registration holds."""

    lead_id: UUID
    deal_id: UUID
    opportunity_id: UUID | None = None


class LeadDealRefused(
    Event, type="leads.lead.deal-refused.v1", key="lead_id", pcf=("3.5.1.2", "3.4.2.7")
):
    """The lead of a registered deal was registered by another deal before."""

    lead_id: UUID
    deal_id: UUID
    reason: str


class LeadWorked(Event, type="leads.lead.worked.v1", key="lead_id", pcf=("3.5.1.3",)):
    """A salesperson took a lead up."""

    lead_id: UUID
    first_response_due_at: Instant
    responded_at: Instant


class LeadNurtured(Event, type="leads.lead.nurtured.v1", key="lead_id", pcf=("3.5.1.3",)):
    """A lead is kept warm for later, for a reason."""

    lead_id: UUID
    reason: str


class LeadQualified(Event, type="leads.lead.qualified.v1", key="lead_id", pcf=("3.5.1.3",)):
    """A lead is worth a salesperson's time."""

    lead_id: UUID
    account_id: UUID
    score: int


class LeadDisqualified(Event, type="leads.lead.disqualified.v1", key="lead_id", pcf=("3.5.1.3",)):
    """A lead is given up, for a reason."""

    lead_id: UUID
    reason: str


class OpportunityOpened(
    Event, type="leads.opportunity.opened.v1", key="opportunity_id", pcf=("3.5.1.6",)
):
    """There is something to win at an account."""

    opportunity_id: UUID
    account_id: UUID
    expected: Money
    stage: str
    lead_id: UUID | None = None
    campaign_id: UUID | None = None
    response_id: UUID | None = None
    deal_id: UUID | None = None


class OpportunityChanged(
    Event, type="leads.opportunity.changed.v1", key="opportunity_id", pcf=("3.5.1.6",)
):
    """Something other than the stage changed; the event holds the links as they are now."""

    opportunity_id: UUID
    account_id: UUID
    expected: Money
    stage: str
    what: str
    lead_id: UUID | None = None
    campaign_id: UUID | None = None
    response_id: UUID | None = None
    deal_id: UUID | None = None


class OpportunityMoved(
    Event, type="leads.opportunity.moved.v1", key="opportunity_id", pcf=("3.5.1.6",)
):
    """An opportunity went from one stage of the pipeline to another."""

    opportunity_id: UUID
    before: str
    stage: str


class OpportunityWon(
    Event, type="leads.opportunity.won.v1", key="opportunity_id", pcf=("3.5.1.8.4",)
):
    """The customer accepted a quote."""

    opportunity_id: UUID
    account_id: UUID
    value: Money
    quote_id: UUID | None = None
    order_id: UUID | None = None


class OpportunityLost(
    Event, type="leads.opportunity.lost.v1", key="opportunity_id", pcf=("3.5.1.8.4",)
):
    """The customer bought elsewhere, or not at all."""

    opportunity_id: UUID
    account_id: UUID
    reason: str
    competitor: str | None = None
