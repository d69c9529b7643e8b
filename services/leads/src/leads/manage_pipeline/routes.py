"""HTTP doors of opportunities and the pipeline."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Depends, status

from leads.manage_pipeline.rules import PROBABILITIES, Stage, weighted
from leads.manage_pipeline.schemas import (
    LoseOpportunity,
    MoveOpportunity,
    OpenOpportunity,
    OpportunityHead,
    OpportunityView,
    PipelinePart,
    PipelineView,
)
from leads.manage_pipeline.tables import Opportunity, moves_of, pipeline
from leads.manage_pipeline.use_cases import lose_opportunity as lose
from leads.manage_pipeline.use_cases import move_opportunity as move
from leads.manage_pipeline.use_cases import open_opportunity as open_one
from shared.events.leads import OpportunityLost, OpportunityMoved, OpportunityOpened
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing
from shared.kit.work import Work
from shared.values import Money

opportunities = Doors("leads", "opportunities", tag="Manage the pipeline")
overview = Doors("leads", "pipeline", tag="Manage the pipeline")

OPPORTUNITIES = Listing(
    Opportunity,
    filters={
        "stage": Stage,
        "account_id": UUID,
        "campaign_id": UUID,
        "deal_id": UUID,
        "lead_id": UUID,
        "currency": str,
    },
    ranges={"expected_amount": Decimal, "created_at": datetime, "expected_close_on": date},
    sorts=("created_at", "expected_amount"),
    default="-created_at",
    text=("name",),
)


async def view_of(work: Work, opportunity: Opportunity) -> OpportunityView:
    """The opportunity with its history as it is in this transaction."""
    await work.session.flush()
    moves = list(await work.session.scalars(moves_of(opportunity.id)))
    return OpportunityView.whole(opportunity, moves)


@opportunities.post(
    "",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=serves("3.5.1.6", emits=(OpportunityOpened,)),
)
async def open_opportunity(request: OpenOpportunity, work: Writing) -> OpportunityView:
    """Open an opportunity at an account, without a lead."""
    async with work:
        opportunity = await open_one(work, request)
        view = await view_of(work, opportunity)
        return work.answer(view, location=f"/leads/opportunities/{opportunity.id}")


@opportunities.get("", openapi_extra=serves("3.5.1.6"))
async def list_opportunities(
    work: Reading, asked: Annotated[Asked, Depends(OPPORTUNITIES)]
) -> Page[OpportunityHead]:
    """Opportunities, newest first, without their history."""
    async with work:
        page = await OPPORTUNITIES.page(work, asked, OpportunityHead, shown=OpportunityHead.of)
        return work.answer(page)


@opportunities.get("/{opportunity_id}", openapi_extra=serves("3.5.1.6"))
async def read_opportunity(opportunity_id: UUID, work: Reading) -> OpportunityView:
    """An opportunity with its history."""
    async with work:
        return work.answer(await view_of(work, await work.get(Opportunity, opportunity_id)))


@opportunities.post(
    "/{opportunity_id}/move", openapi_extra=serves("3.5.1.6", emits=(OpportunityMoved,))
)
async def move_opportunity(
    opportunity_id: UUID, request: MoveOpportunity, work: Writing
) -> OpportunityView:
    """Move it to another open stage, forward or back. Only an accepted quote wins it."""
    async with work:
        return work.answer(await view_of(work, await move(work, opportunity_id, request)))


@opportunities.post(
    "/{opportunity_id}/lose",
    openapi_extra=serves("3.5.1.6", "3.5.1.8.4", emits=(OpportunityLost,)),
)
async def lose_opportunity(
    opportunity_id: UUID, request: LoseOpportunity, work: Writing
) -> OpportunityView:
    """Give it up, with the reason."""
    async with work:
        return work.answer(await view_of(work, await lose(work, opportunity_id, request)))


@overview.get("", openapi_extra=serves("3.5.1.6"))
async def read_pipeline(work: Reading) -> PipelineView:
    """What stands in each stage, by currency, and what it weighs by its probability."""
    async with work:
        parts = [
            PipelinePart(
                stage=stage,
                probability=PROBABILITIES[stage],
                count=count,
                total=Money.of(total, currency),
                weighted=Money.of(weighted(total, stage, currency), currency),
            )
            for stage, currency, count, total in await work.session.execute(pipeline())
        ]
        return work.answer(PipelineView(items=parts))


routers: tuple[Doors, ...] = (opportunities, overview)
