"""HTTP doors of prices."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Depends, status

from pricing.register_products.schemas import BatchView
from pricing.set_prices.schemas import EndPrice, PriceView, SetPrice, SetPrices
from pricing.set_prices.tables import Price
from pricing.set_prices.use_cases import end_price as end
from pricing.set_prices.use_cases import set_price as set_one
from pricing.set_prices.use_cases import set_prices as set_many
from shared.events.pricing import PriceSet
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing

router = Doors("pricing", "prices", tag="Set prices")

PRICES = Listing(
    Price,
    filters={"sku": str, "currency": str, "segment": str},
    ranges={"valid_from": datetime, "valid_to": datetime, "amount": Decimal},
    sorts=("created_at", "sku", "amount"),
    default="sku",
)


@router.post(
    "", status_code=status.HTTP_201_CREATED, openapi_extra=serves("3.3.3.4", emits=(PriceSet,))
)
async def set_price(request: SetPrice, work: Writing) -> PriceView:
    """Set a price; the former one of the same key ends where it begins."""
    async with work:
        price = await set_one(work, request)
        return work.answer(PriceView.of(price), location=f"/pricing/prices/{price.id}")


@router.post("/batch", openapi_extra=serves("3.3.3.4", emits=(PriceSet,)))
async def set_prices(request: SetPrices, work: Writing) -> BatchView:
    """Set up to a thousand prices, all or none, effective together."""
    async with work:
        return work.answer(await set_many(work, request.items))


@router.get("", openapi_extra=serves("3.3.3.4"))
async def list_prices(work: Reading, asked: Annotated[Asked, Depends(PRICES)]) -> Page[PriceView]:
    """Prices by sku; the empty segment is everybody."""
    async with work:
        return work.answer(await PRICES.page(work, asked, PriceView, shown=PriceView.of))


@router.get("/{price_id}", openapi_extra=serves("3.3.3.4"))
async def read_price(price_id: UUID, work: Reading) -> PriceView:
    """A price."""
    async with work:
        return work.answer(PriceView.of(await work.get(Price, price_id)))


@router.post("/{price_id}/end", openapi_extra=serves("3.3.3.4", emits=(PriceSet,)))
async def end_price(price_id: UUID, request: EndPrice, work: Writing) -> PriceView:
    """Let a price end, now or later."""
    async with work:
        return work.answer(PriceView.of(await end(work, price_id, request.at)))
