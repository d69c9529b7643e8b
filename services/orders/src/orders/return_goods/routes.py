"""HTTP doors of returns."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, status

from orders.return_goods.schemas import ReturnView, TakeBack
from orders.return_goods.tables import Return
from orders.return_goods.use_cases import take_back
from shared.events.orders import OrderAllocated, ReturnReceived, StockChanged
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing

router = Doors("orders", tag="Return goods")

RETURNS = Listing(
    Return,
    filters={"order_id": UUID, "customer_id": UUID},
    ranges={"received_at": datetime},
    sorts=("received_at",),
    default="-received_at",
)


@router.post(
    "/orders/{order_id}/returns",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=serves("3.5.4.8", emits=(ReturnReceived, StockChanged, OrderAllocated)),
)
async def return_goods(order_id: UUID, request: TakeBack, work: Writing) -> ReturnView:
    """Take back goods of an order: stock and money go back with them."""
    async with work:
        found = await take_back(work, order_id, request)
        return work.answer(ReturnView.of(found), location=f"/orders/returns/{found.id}")


@router.get("/returns", openapi_extra=serves("3.5.4.8"))
async def list_returns(
    work: Reading, asked: Annotated[Asked, Depends(RETURNS)]
) -> Page[ReturnView]:
    """Returns, newest first."""
    async with work:
        return work.answer(await RETURNS.page(work, asked, ReturnView, shown=ReturnView.of))


@router.get("/returns/{return_id}", openapi_extra=serves("3.5.4.8"))
async def read_return(return_id: UUID, work: Reading) -> ReturnView:
    """A return and what came back with it."""
    async with work:
        return work.answer(ReturnView.of(await work.get(Return, return_id)))
