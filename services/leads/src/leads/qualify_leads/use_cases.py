"""Qualify leads: take them up, and turn those worth it into opportunities."""

from uuid import UUID

from leads.capture_leads.rules import LeadAct, after, first_response_due_at
from leads.capture_leads.tables import Lead
from leads.capture_leads.use_cases import act_on, rescore
from leads.keep_accounts.rules import business_domain
from leads.keep_accounts.schemas import RegisterAccount
from leads.keep_accounts.use_cases import recognise_or_register
from leads.manage_pipeline.use_cases import Origin, store_opportunity
from leads.qualify_leads.rules import check_score
from leads.qualify_leads.schemas import QualifyLead
from shared.events.leads import LeadQualified, LeadWorked
from shared.kit.work import Work


async def work_lead(work: Work, lead_id: UUID) -> Lead:
    """A salesperson takes the lead up."""
    lead = await work.edit(Lead, lead_id)
    act_on(work, lead, LeadAct.WORK)
    told = LeadWorked(
        lead_id=lead.id,
        first_response_due_at=first_response_due_at(lead.created_at),
        responded_at=lead.responded_at or work.now,
    )
    work.emit(told, of=lead)
    return lead


async def qualify_lead(work: Work, lead_id: UUID, request: QualifyLead) -> Lead:
    """The lead gets its account and its opportunity, with all it came through."""
    lead = await work.edit(Lead, lead_id)
    after(lead.state, LeadAct.QUALIFY)
    await rescore(work, lead)
    check_score(lead.score, request.override_reason)
    account_id = lead.account_id or await _account_for(work, lead)
    origin = Origin(lead.id, lead.campaign_id, lead.response_id, lead.deal_id)
    opportunity = store_opportunity(work, account_id, request.name, request.expected, origin=origin)
    await work.session.flush()  # the lead refers to the opportunity
    lead.account_id, lead.opportunity_id = account_id, opportunity.id
    act_on(work, lead, LeadAct.QUALIFY)
    lead.reason = request.override_reason
    told = LeadQualified(lead_id=lead.id, account_id=account_id, score=lead.score)
    work.emit(told, of=lead)
    return lead


async def _account_for(work: Work, lead: Lead) -> UUID:
    """The account of the lead's company. Somebody without a company is an account of their own."""
    name = lead.company or lead.contact_name or lead.email or lead.phone or str(lead.id)
    request = RegisterAccount.model_construct(
        name=name, country=lead.country, email=lead.email, phone=lead.phone
    )
    return await recognise_or_register(work, request, business_domain(lead.email))
