"""HTTP doors of qualification."""

from uuid import UUID

from leads.capture_leads.schemas import LeadView, PartView
from leads.capture_leads.tables import Lead
from leads.capture_leads.use_cases import score_now
from leads.capture_leads.views import view_of
from leads.qualify_leads.schemas import QualifyLead, ScoreView
from leads.qualify_leads.use_cases import qualify_lead as qualify
from leads.qualify_leads.use_cases import work_lead as take_up
from leads.score_leads.rules import THRESHOLD
from shared.events.leads import (
    AccountRegistered,
    LeadQualified,
    LeadScored,
    LeadWorked,
    OpportunityOpened,
)
from shared.kit.http.doors import Doors, serves
from shared.kit.http.requests import Reading, Writing

router = Doors("leads", "leads", tag="Qualify leads")


@router.get("/{lead_id}/score", openapi_extra=serves("3.5.1.3"))
async def read_lead_score(lead_id: UUID, work: Reading) -> ScoreView:
    """The score as of now, with its explanation. Touches fade, so it falls while nothing happens."""
    async with work:
        lead = await work.get(Lead, lead_id)
        found = await score_now(work, lead)
        view = ScoreView(
            lead_id=lead.id,
            as_of=work.now,
            score=found.score,
            fit=found.fit,
            behaviour=found.behaviour,
            threshold=THRESHOLD,
            explanation=[PartView.model_validate(part) for part in found.explanation],
        )
        return work.answer(view)


@router.post("/{lead_id}/work", openapi_extra=serves("3.5.1.3", emits=(LeadWorked,)))
async def work_lead(lead_id: UUID, work: Writing) -> LeadView:
    """Take a lead up; the first time is the response to it."""
    async with work:
        return work.answer(await view_of(work, await take_up(work, lead_id)))


@router.post(
    "/{lead_id}/qualify",
    openapi_extra=serves(
        "3.5.1.3",
        "3.5.1.6",
        emits=(LeadScored, LeadQualified, AccountRegistered, OpportunityOpened),
    ),
)
async def qualify_lead(lead_id: UUID, request: QualifyLead, work: Writing) -> LeadView:
    """Qualify a lead: its account is found or registered, and an opportunity opens.

    Below a score of 30 it needs an `override_reason` (409 without).
    """
    async with work:
        return work.answer(await view_of(work, await qualify(work, lead_id, request)))
