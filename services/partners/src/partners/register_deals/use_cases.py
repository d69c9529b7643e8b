"""Register deals, and learn whether they are protected."""

from uuid import UUID

from partners.agree_terms.tables import Agreement, agreement_in_force
from partners.keep_partners.rules import PartnerState
from partners.keep_partners.tables import Partner
from partners.register_deals.rules import DealRefused, DealState
from partners.register_deals.schemas import RegisterDeal
from partners.register_deals.tables import Deal
from shared.errors import Faults
from shared.events import partners as told
from shared.kit.database import new_id
from shared.kit.work import Work


async def register_deal(work: Work, request: RegisterDeal) -> Deal:
    agreement = await _agreement_for(work, request)
    deal = Deal(
        id=new_id(),
        partner_id=request.partner_id,
        agreement_id=agreement.id,
        commission_percent=agreement.commission_percent,
        company=request.company,
        country=request.country,
        contact_name=request.contact_name,
        email=request.email.lower(),
        expected=request.expected.amount,
        currency=request.expected.currency,
        created_at=work.now,
    )
    work.add(deal)
    work.emit(
        told.DealRegistered(
            deal_id=deal.id,
            partner_id=deal.partner_id,
            agreement_id=deal.agreement_id,
            company=deal.company,
            country=deal.country,
            contact_name=deal.contact_name,
            email=deal.email,
            expected=request.expected,
        ),
        of=deal,
    )
    return deal


async def _agreement_for(work: Work, request: RegisterDeal) -> Agreement:
    # Shared: whoever suspends the partner or ends the agreement meanwhile waits for us.
    partner = await work.session.get(Partner, request.partner_id, with_for_update={"read": True})
    agreement = await work.session.scalar(
        agreement_in_force(request.partner_id, request.country, work.now).with_for_update(read=True)
    )
    faults = Faults()
    if partner is None:
        faults.add(
            "#/partner_id",
            "unknown_partner",
            f"{request.partner_id} is not a partner.",
            "GET /partners/partners lists them.",
            str(request.partner_id),
        )
    elif partner.state is not PartnerState.ACTIVE:
        faults.add(
            "#/partner_id",
            "partner_not_active",
            f"{partner.name} is {partner.state}.",
            "Only an active partner registers deals.",
            str(request.partner_id),
        )
    if partner is not None and agreement is None:
        faults.add(
            "#/country",
            "no_agreement",
            f"{partner.name} has no agreement in force for {request.country}.",
            "Agree terms for that territory first: POST /partners/agreements.",
            request.country,
        )
    if request.expected.amount <= 0:
        faults.add(
            "#/expected/amount",
            "not_positive",
            "A deal is expected to be worth something.",
            "Send an amount above zero.",
            str(request.expected),
        )
    faults.refuse_if_any(DealRefused)
    assert agreement is not None, "its absence is a fault"
    return agreement


async def link_deal(
    work: Work, deal_id: UUID, *, lead_id: UUID | None = None, opportunity_id: UUID | None = None
) -> Deal | None:
    """The deal is protected; its opportunity may become known later. None when nothing is new."""
    deal = await work.edit(Deal, deal_id)
    if deal.state is DealState.REFUSED:
        return None
    before = (deal.state, deal.lead_id, deal.opportunity_id)
    deal.state = DealState.LINKED
    deal.lead_id = deal.lead_id or lead_id
    deal.opportunity_id = deal.opportunity_id or opportunity_id
    if before == (deal.state, deal.lead_id, deal.opportunity_id) or deal.lead_id is None:
        return deal
    work.emit(
        told.DealLinked(
            deal_id=deal.id,
            partner_id=deal.partner_id,
            lead_id=deal.lead_id,
            opportunity_id=deal.opportunity_id,
        ),
        of=deal,
    )
    return deal


async def refuse_deal(work: Work, deal_id: UUID, reason: str) -> None:
    deal = await work.edit(Deal, deal_id)
    if deal.state is not DealState.REGISTERED:
        return
    deal.state, deal.reason = DealState.REFUSED, reason
    work.emit(told.DealRefused(deal_id=deal.id, partner_id=deal.partner_id, reason=reason), of=deal)
