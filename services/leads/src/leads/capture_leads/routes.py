"""HTTP doors of leads."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, status

from leads.capture_leads.rules import LeadState
from leads.capture_leads.schemas import CaptureLead, GiveReason, LeadHead, LeadView
from leads.capture_leads.tables import Lead
from leads.capture_leads.use_cases import capture_lead as capture
from leads.capture_leads.use_cases import disqualify_lead as disqualify
from leads.capture_leads.use_cases import nurture_lead as nurture
from leads.capture_leads.views import view_of
from leads.score_leads.rules import LeadSource
from shared.events.leads import (
    LeadCaptured,
    LeadDisqualified,
    LeadNurtured,
    LeadScored,
    LeadTouched,
)
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing

router = Doors("leads", "leads", tag="Capture leads")

LEADS = Listing(
    Lead,
    filters={
        "state": LeadState,
        "source": LeadSource,
        "country": str,
        "account_id": UUID,
        "campaign_id": UUID,
        "response_id": UUID,
        "deal_id": UUID,
    },
    ranges={"created_at": datetime, "score": int},
    sorts=("created_at", "score"),
    default="-created_at",
    text=("company", "contact_name", "email"),
)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses={status.HTTP_200_OK: {"model": LeadView, "description": "The lead was known"}},
    openapi_extra=serves("3.5.1.2", "3.5.1.3", emits=(LeadCaptured, LeadTouched, LeadScored)),
)
async def capture_lead(request: CaptureLead, work: Writing) -> LeadView:
    """Capture a lead: 201 for a new one, 200 for one that is known and open, which is touched."""
    async with work:
        found = await capture(work, request.heard())
        view = await view_of(work, found.lead, recognised=found.recognised)
        code = status.HTTP_200_OK if found.recognised else status.HTTP_201_CREATED
        return work.answer(view, status=code, location=f"/leads/leads/{found.lead.id}")


@router.get("", openapi_extra=serves("3.5.1.2"))
async def list_leads(work: Reading, asked: Annotated[Asked, Depends(LEADS)]) -> Page[LeadHead]:
    """Leads, newest first, without their touches."""
    async with work:
        return work.answer(await LEADS.page(work, asked, LeadHead))


@router.get("/{lead_id}", openapi_extra=serves("3.5.1.2"))
async def read_lead(lead_id: UUID, work: Reading) -> LeadView:
    """A lead with its score, its explanation and all the times it was heard of."""
    async with work:
        return work.answer(await view_of(work, await work.get(Lead, lead_id)))


@router.post("/{lead_id}/disqualify", openapi_extra=serves("3.5.1.3", emits=(LeadDisqualified,)))
async def disqualify_lead(lead_id: UUID, request: GiveReason, work: Writing) -> LeadView:
    """Give a lead up, for a reason."""
    async with work:
        return work.answer(await view_of(work, await disqualify(work, lead_id, request.reason)))


@router.post("/{lead_id}/nurture", openapi_extra=serves("3.5.1.3", emits=(LeadNurtured,)))
async def nurture_lead(lead_id: UUID, request: GiveReason, work: Writing) -> LeadView:
    """Keep a lead warm for later, for a reason."""
    async with work:
        return work.answer(await view_of(work, await nurture(work, lead_id, request.reason)))
