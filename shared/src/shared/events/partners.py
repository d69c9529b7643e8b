"""What partners tells: partners, agreements, deals, commissions."""

from uuid import UUID

from shared.events.contract import Event
from shared.events.parts import personal
from shared.values import Exact, Instant, Money


class PartnerRegistered(
    Event, type="partners.partner.registered.v1", key="partner_id", pcf=("3.5.5.4",)
):
    """A company sells with us."""

    partner_id: UUID
    name: str
    country: str


class PartnerChanged(Event, type="partners.partner.changed.v1", key="partner_id", pcf=("3.5.5.4",)):
    """A partner's data changed; the event holds them as they are now."""

    partner_id: UUID
    name: str
    country: str
    state: str = "active"


class AgreementDrafted(
    Event, type="partners.agreement.drafted.v1", key="agreement_id", pcf=("3.4.2.9",)
):
    """Terms were written down; they are not in force."""

    agreement_id: UUID
    partner_id: UUID


class AgreementSigned(
    Event, type="partners.agreement.signed.v1", key="agreement_id", pcf=("3.4.2.9",)
):
    """Both sides signed; the agreement can be put in force."""

    agreement_id: UUID
    partner_id: UUID
    signed_by: str


class AgreementActivated(
    Event, type="partners.agreement.activated.v1", key="agreement_id", pcf=("3.4.2.9",)
):
    """An agreement is in force: its commission rate is used."""

    agreement_id: UUID
    partner_id: UUID
    commission_percent: Exact
    territories: list[str]
    valid_from: Instant
    valid_to: Instant | None = None


class AgreementTerminated(
    Event, type="partners.agreement.terminated.v1", key="agreement_id", pcf=("3.4.2.9",)
):
    """An agreement ended before its time."""

    agreement_id: UUID
    partner_id: UUID
    reason: str


class DealRegistered(Event, type="partners.deal.registered.v1", key="deal_id", pcf=("3.4.2.7",)):
    """A partner says that it works on a customer. Leads recognises or captures the lead."""

    deal_id: UUID
    partner_id: UUID
    agreement_id: UUID
    company: str
    country: str
    contact_name: str = personal()
    email: str = personal()
    expected: Money


class DealLinked(Event, type="partners.deal.linked.v1", key="deal_id", pcf=("3.4.2.7",)):
    """A registered deal is protected: it is the one for this lead."""

    deal_id: UUID
    partner_id: UUID
    lead_id: UUID
    opportunity_id: UUID | None = None


class DealRefused(Event, type="partners.deal.refused.v1", key="deal_id", pcf=("3.4.2.7",)):
    """Another partner's deal for the same lead was registered before."""

    deal_id: UUID
    partner_id: UUID
    reason: str


class CommissionAccrued(
    Event, type="partners.commission.accrued.v1", key="commission_id", pcf=("3.5.5.3",)
):
    """A partner earned a commission on an order of its deal."""

    commission_id: UUID
    partner_id: UUID
    deal_id: UUID
    order_id: UUID
    base: Money
    commission: Money


class CommissionAdjusted(
    Event, type="partners.commission.adjusted.v1", key="commission_id", pcf=("3.5.5.3",)
):
    """A return or a cancellation took commission back; `commission` is what is left."""

    commission_id: UUID
    partner_id: UUID
    deal_id: UUID
    order_id: UUID
    commission: Money
    adjustment: Money
    reason: str
