"""Capture leads: recognise or take up, touch, score; and what ends them without a sale."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from leads.capture_leads.rules import KINDS, Heard, LeadAct, LeadIsContended, LeadState, after
from leads.capture_leads.tables import (
    Lead,
    LeadTouch,
    lead_of_reference,
    open_lead_held,
    qualified_lead_held,
    touches_of,
)
from leads.keep_accounts.rules import business_domain
from leads.keep_accounts.tables import Account, account_recognised
from leads.score_leads.rules import TOUCH_WEIGHTS, Facts, Score, Touch, score_of
from shared.events.leads import (
    LeadCaptured,
    LeadDisqualified,
    LeadNurtured,
    LeadScored,
    LeadTouched,
)
from shared.kit.database import new_id
from shared.kit.work import Work

ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Capture:
    """The lead, whether it was known, and whether this very news had been told before."""

    lead: Lead
    recognised: bool
    again: bool = False


async def capture_lead(work: Work, heard: Heard, *, qualified_too: bool = False) -> Capture:
    """A new lead, or the touch of the open lead they are. Two at once are one lead.

    `qualified_too` recognises a qualified lead as well, while its opportunity is open.
    """
    if heard.reference is not None:
        known = await work.session.scalar(lead_of_reference(heard.reference))
        if known is not None:
            return Capture(known, recognised=True, again=True)
    account_id = await _account_of(work, heard)
    for _ in range(ATTEMPTS):
        lead = await work.session.scalar(open_lead_held(heard))
        if lead is None and qualified_too:
            lead = await work.session.scalar(qualified_lead_held(heard))
        if lead is not None:
            await _touch_known(work, lead, heard, account_id)
            return Capture(lead, recognised=True)
        lead = await _insert(work, heard, account_id)
        if lead is not None:
            await rescore(work, lead)
            return Capture(lead, recognised=False)
    raise LeadIsContended


async def _account_of(work: Work, heard: Heard) -> UUID | None:
    if heard.account_id is not None:
        named = select(Account.id).where(Account.id == heard.account_id)
        if await work.session.scalar(named) is not None:
            return heard.account_id
    domain = business_domain(heard.email)
    chosen = account_recognised(heard.company_key, domain, heard.country)
    return await work.session.scalar(chosen)


async def _insert(work: Work, heard: Heard, account_id: UUID | None) -> Lead | None:
    """The new lead with its first touch; None when another was faster, who is then the lead."""
    statement = (
        insert(Lead)
        .values(
            id=new_id(),
            version=0,
            source=heard.source,
            state=LeadState.NEW,
            country=heard.country,
            company=heard.company,
            contact_name=heard.contact_name,
            contact_key=heard.contact_key,
            email=heard.email,
            phone=heard.phone,
            account_id=account_id,
            campaign_id=heard.campaign_id,
            response_id=heard.response_id,
            deal_id=heard.deal_id,
            score=0,
            fit=0,
            behaviour=0,
            explanation=[],
            consents=list(heard.consents),
            created_at=work.now,
            scored_at=work.now,
        )
        .on_conflict_do_nothing()
        .returning(Lead)
    )
    lead = await work.session.scalar(statement)
    if lead is None:
        return None
    _touch(work, lead, heard)
    work.emit(
        LeadCaptured(
            lead_id=lead.id,
            source=lead.source,
            account_id=lead.account_id,
            campaign_id=lead.campaign_id,
            response_id=lead.response_id,
            deal_id=lead.deal_id,
        ),
        of=lead,
    )
    return lead


async def _touch_known(work: Work, lead: Lead, heard: Heard, account_id: UUID | None) -> None:
    """What was not known is filled in; what was known first stays."""
    _touch(work, lead, heard)
    lead.company = lead.company or heard.company
    lead.contact_name = lead.contact_name or heard.contact_name
    lead.phone = lead.phone or heard.phone
    lead.account_id = lead.account_id or account_id
    if lead.campaign_id is None:
        lead.campaign_id, lead.response_id = heard.campaign_id, heard.response_id
    if heard.consents:
        lead.consents = [*lead.consents, *heard.consents]
    work.emit(
        LeadTouched(
            lead_id=lead.id,
            source=heard.source,
            campaign_id=heard.campaign_id,
            response_id=heard.response_id,
        ),
        of=lead,
    )
    await rescore(work, lead)


def _touch(work: Work, lead: Lead, heard: Heard) -> None:
    work.add(
        LeadTouch(
            id=new_id(),
            lead_id=lead.id,
            at=work.now,
            source=heard.source,
            kind=KINDS[heard.source],
            weight=TOUCH_WEIGHTS[heard.source],
            reference=heard.reference,
            campaign_id=heard.campaign_id,
            response_id=heard.response_id,
            deal_id=heard.deal_id,
        )
    )


async def score_now(work: Work, lead: Lead) -> Score:
    """The score as of now; nothing is written."""
    facts = Facts(lead.country, lead.email, lead.phone, lead.company, lead.account_id is not None)
    touches = await work.session.scalars(touches_of(lead.id))
    return score_of(facts, [Touch(touch.at, touch.weight) for touch in touches], work.now)


async def rescore(work: Work, lead: Lead) -> None:
    """Scores the lead as of now, and tells it when the score is another."""
    found = await score_now(work, lead)
    before = (lead.fit, lead.behaviour)
    lead.fit, lead.behaviour, lead.score = found.fit, found.behaviour, found.score
    lead.scored_at = work.now
    lead.explanation = [{"what": p.what, "points": p.points} for p in found.explanation]
    if before != (found.fit, found.behaviour):
        told = LeadScored(lead_id=lead.id, score=lead.score, fit=lead.fit, behaviour=lead.behaviour)
        work.emit(told, of=lead)


def act_on(work: Work, lead: Lead, act: LeadAct) -> None:
    """Goes to the state after the act; the first act is the response to the lead."""
    lead.state = after(lead.state, act)
    lead.responded_at = lead.responded_at or work.now


async def disqualify_lead(work: Work, lead_id: UUID, reason: str) -> Lead:
    lead = await work.edit(Lead, lead_id)
    act_on(work, lead, LeadAct.DISQUALIFY)
    lead.reason = reason
    work.emit(LeadDisqualified(lead_id=lead.id, reason=reason), of=lead)
    return lead


async def nurture_lead(work: Work, lead_id: UUID, reason: str) -> Lead:
    lead = await work.edit(Lead, lead_id)
    act_on(work, lead, LeadAct.NURTURE)
    lead.reason = reason
    work.emit(LeadNurtured(lead_id=lead.id, reason=reason), of=lead)
    return lead
