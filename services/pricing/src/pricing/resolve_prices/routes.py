"""HTTP doors: what something costs."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends

from pricing.resolve_prices.schemas import AnswerView, ResolutionView, ResolvePrices
from pricing.resolve_prices.tables import PriceResolution
from pricing.resolve_prices.use_cases import resolve_prices as resolve_all
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing

router = Doors("pricing", "resolutions", tag="Resolve prices")

RESOLUTIONS = Listing(
    PriceResolution,
    filters={"quote_id": UUID, "customer_id": UUID},
    ranges={"resolved_at": datetime},
    sorts=("resolved_at",),
    default="-resolved_at",
)


@router.post("", openapi_extra=serves("3.3.3.4", "3.5.3.9", scope="read"))
async def resolve_prices(request: ResolvePrices, work: Writing) -> AnswerView:
    """What this costs, each price with its explanation. Nothing is stored."""
    async with work:
        return work.answer(await resolve_all(work, request))


@router.get("", openapi_extra=serves("3.3.3.4", "3.5.3.9"))
async def list_resolutions(
    work: Reading, asked: Annotated[Asked, Depends(RESOLUTIONS)]
) -> Page[ResolutionView]:
    """What quotes were told."""
    async with work:
        return work.answer(await RESOLUTIONS.page(work, asked, ResolutionView))


@router.get("/{resolution_id}", openapi_extra=serves("3.3.3.4", "3.5.3.9"))
async def read_resolution(resolution_id: UUID, work: Reading) -> ResolutionView:
    """What a revision of a quote was told."""
    async with work:
        found = await work.get(PriceResolution, resolution_id)
        return work.answer(ResolutionView.model_validate(found))
