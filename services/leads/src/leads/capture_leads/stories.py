"""What campaigns and partners tell of people: answers to campaigns, registered deals."""

from typing import Any

from leads.capture_leads.rules import Heard
from leads.capture_leads.tables import Lead
from leads.capture_leads.use_cases import capture_lead
from leads.keep_accounts.rules import email_of, phone_of
from leads.manage_pipeline.use_cases import link_deal
from leads.score_leads.rules import LeadSource
from shared.events.campaigns import ResponseReceived
from shared.events.leads import LeadDealLinked, LeadDealRefused
from shared.events.partners import DealRegistered
from shared.events.parts import Consent
from shared.kit.work import Work


async def capture_response(work: Work, response: ResponseReceived) -> None:
    """An answer to a campaign, with the consent that came with it.

    An address or number that cannot be used is left out: the person is heard of all the same.
    """
    heard = Heard(
        source=LeadSource.CAMPAIGN,
        country=response.country.upper(),
        company=response.company.strip() or None,
        contact_name=response.contact_name.strip() or None,
        email=email_of(response.email),
        phone=phone_of(response.phone or ""),
        account_id=response.account_id,
        campaign_id=response.campaign_id,
        response_id=response.response_id,
        consents=[_kept(response.consent)],
    )
    await capture_lead(work, heard)


async def capture_deal(work: Work, deal: DealRegistered) -> None:
    """A partner works on somebody: the first deal registered for a lead holds."""
    heard = Heard(
        source=LeadSource.PARTNER,
        country=deal.country.upper(),
        company=deal.company.strip() or None,
        contact_name=deal.contact_name.strip() or None,
        email=email_of(deal.email),
        deal_id=deal.deal_id,
    )
    capture = await capture_lead(work, heard, qualified_too=True)
    if not capture.again:
        await _decide(work, capture.lead, deal)


async def _decide(work: Work, lead: Lead, deal: DealRegistered) -> None:
    if lead.deal_id not in (None, deal.deal_id):
        reason = f"Deal {lead.deal_id} was registered for this lead before."
        told = LeadDealRefused(lead_id=lead.id, deal_id=deal.deal_id, reason=reason)
        work.emit(told, of=lead)
        return
    lead.deal_id = deal.deal_id
    if lead.opportunity_id is not None:
        await link_deal(work, lead.opportunity_id, deal.deal_id)
    linked = LeadDealLinked(
        lead_id=lead.id, deal_id=deal.deal_id, opportunity_id=lead.opportunity_id
    )
    work.emit(linked, of=lead)


def _kept(consent: Consent) -> dict[str, Any]:
    return {**consent.model_dump(mode="json"), "source": LeadSource.CAMPAIGN.value}
