"""HTTP doors of deals."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, status

from partners.register_deals.rules import DealState
from partners.register_deals.schemas import DealView, RegisterDeal
from partners.register_deals.tables import Deal
from partners.register_deals.use_cases import register_deal as register
from shared.events.partners import DealRegistered
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing

router = Doors("partners", "deals", tag="Register deals")

DEALS = Listing(
    Deal,
    filters={"partner_id": UUID, "state": DealState, "opportunity_id": UUID, "lead_id": UUID},
    ranges={"created_at": datetime},
    sorts=("created_at",),
    default="-created_at",
    text=("company",),
)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=serves("3.4.2.7", "3.5.1.2", emits=(DealRegistered,)),
)
async def register_deal(request: RegisterDeal, work: Writing) -> DealView:
    """Register what a partner works on; the first registration of a lead is protected."""
    async with work:
        deal = await register(work, request)
        return work.answer(DealView.of(deal), location=f"/partners/deals/{deal.id}")


@router.get("", openapi_extra=serves("3.4.2.7"))
async def list_deals(work: Reading, asked: Annotated[Asked, Depends(DEALS)]) -> Page[DealView]:
    """Deals, newest first."""
    async with work:
        return work.answer(await DEALS.page(work, asked, DealView, shown=DealView.of))


@router.get("/{deal_id}", openapi_extra=serves("3.4.2.7"))
async def read_deal(deal_id: UUID, work: Reading) -> DealView:
    """A deal and whether it is protected."""
    async with work:
        return work.answer(DealView.of(await work.get(Deal, deal_id)))
