"""HTTP doors of stock (to read; receipts are a door of fulfilment, which allocates them)."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from orders.hold_stock.schemas import StockView
from orders.hold_stock.tables import Stock
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading

router = Doors("orders", "stock", tag="Hold stock")

STOCK = Listing(
    Stock,
    filters={"sku": str, "location": str},
    ranges={"on_hand": int, "reserved": int},
    sorts=("sku", "updated_at", "on_hand"),
    default="sku",
    text=("sku",),
)


@router.get("", openapi_extra=serves("3.5.4.3"))
async def list_stock(work: Reading, asked: Annotated[Asked, Depends(STOCK)]) -> Page[StockView]:
    """What is on hand, promised and available."""
    async with work:
        return work.answer(await STOCK.page(work, asked, StockView))


@router.get("/{stock_id}", openapi_extra=serves("3.5.4.3"))
async def read_stock(stock_id: UUID, work: Reading) -> StockView:
    """A stock position."""
    async with work:
        return work.answer(StockView.model_validate(await work.get(Stock, stock_id)))
