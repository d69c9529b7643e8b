"""HTTP doors of promotions."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, status

from pricing.run_promotions.rules import PromotionState, UseState
from pricing.run_promotions.schemas import (
    DraftPromotion,
    EndPromotion,
    PromotionUseView,
    PromotionView,
)
from pricing.run_promotions.tables import Promotion, PromotionUse
from pricing.run_promotions.use_cases import activate_promotion as activate
from pricing.run_promotions.use_cases import draft_promotion as draft
from pricing.run_promotions.use_cases import end_promotion as end
from shared.events.pricing import PromotionActivated, PromotionEnded
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing

router = Doors("pricing", tag="Run promotions")

PROMOTIONS = Listing(
    Promotion,
    filters={"state": PromotionState, "code": str},
    ranges={"created_at": datetime},
    sorts=("created_at", "code"),
    default="-created_at",
    text=("code", "name"),
)
USES = Listing(
    PromotionUse,
    filters={"promotion_id": UUID, "order_id": UUID, "customer_id": UUID, "state": UseState},
    sorts=("created_at",),
    default="-created_at",
)


@router.post("/promotions", status_code=status.HTTP_201_CREATED, openapi_extra=serves("3.3.3.7"))
async def draft_promotion(request: DraftPromotion, work: Writing) -> PromotionView:
    """Draft a promotion."""
    async with work:
        promotion = await draft(work, request)
        await work.session.flush()
        view = PromotionView.of(promotion)
        return work.answer(view, location=f"/pricing/promotions/{promotion.id}")


@router.get("/promotions", openapi_extra=serves("3.3.3.7"))
async def list_promotions(
    work: Reading, asked: Annotated[Asked, Depends(PROMOTIONS)]
) -> Page[PromotionView]:
    """Promotions, newest first, with what is left of each budget."""
    async with work:
        page = await PROMOTIONS.page(work, asked, PromotionView, shown=PromotionView.of)
        return work.answer(page)


@router.get("/promotions/{promotion_id}", openapi_extra=serves("3.3.3.7"))
async def read_promotion(promotion_id: UUID, work: Reading) -> PromotionView:
    """A promotion and what is left of its budget."""
    async with work:
        return work.answer(PromotionView.of(await work.get(Promotion, promotion_id)))


@router.post(
    "/promotions/{promotion_id}/activate",
    openapi_extra=serves("3.3.3.7", emits=(PromotionActivated,)),
)
async def activate_promotion(promotion_id: UUID, work: Writing) -> PromotionView:
    """Let a promotion be used."""
    async with work:
        return work.answer(PromotionView.of(await activate(work, promotion_id)))


@router.post(
    "/promotions/{promotion_id}/end", openapi_extra=serves("3.3.3.7", emits=(PromotionEnded,))
)
async def end_promotion(promotion_id: UUID, request: EndPromotion, work: Writing) -> PromotionView:
    """End a promotion before its time."""
    async with work:
        return work.answer(PromotionView.of(await end(work, promotion_id, request.reason)))


@router.get("/promotion-uses", openapi_extra=serves("3.3.3.7"))
async def list_promotion_uses(
    work: Reading, asked: Annotated[Asked, Depends(USES)]
) -> Page[PromotionUseView]:
    """Which orders used promotions, and what was given back."""
    async with work:
        page = await USES.page(work, asked, PromotionUseView, shown=PromotionUseView.of)
        return work.answer(page)
