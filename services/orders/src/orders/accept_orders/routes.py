"""HTTP doors of orders."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Depends, status

from orders.accept_orders.rules import Channel, OrderState
from orders.accept_orders.schemas import CancelOrder, OrderHead, OrderView, PlaceOrder
from orders.accept_orders.tables import Order, lines_of
from orders.accept_orders.use_cases import cancel_order as cancel
from orders.accept_orders.use_cases import place_order as place
from shared.events.orders import OrderBackOrdered, OrderCancelled, OrderConfirmed, OrderPlaced
from shared.kit.external import ExternalId, System, find
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing
from shared.kit.work import Work

router = Doors("orders", "orders", tag="Accept orders")

ORDERS = Listing(
    Order,
    filters={
        "state": OrderState,
        "channel": Channel,
        "customer_id": UUID,
        "opportunity_id": UUID,
        "quote_id": UUID,
        "number": str,
        "currency": str,
    },
    ranges={"placed_at": datetime, "net": Decimal},
    sorts=("placed_at", "number", "net"),
    default="-placed_at",
    text=("number", "po_number", "external_ids"),
)


async def view_of(work: Work, order: Order) -> OrderView:
    """The order as it is in this transaction."""
    await work.session.flush()
    return OrderView.whole(order, list(await work.session.scalars(lines_of(order.id))))


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=serves(
        "3.5.4.1", "3.5.4.5", emits=(OrderPlaced, OrderConfirmed, OrderBackOrdered)
    ),
)
async def place_order(request: PlaceOrder, work: Writing) -> OrderView:
    """Place a sales order: everything is checked at once, what is in stock is reserved."""
    async with work:
        order = await place(work, request)
        view = OrderView.whole(order, list(order.lines))
        return work.answer(view, location=f"/orders/orders/{order.id}")


@router.get("", openapi_extra=serves("3.5.4.1"))
async def list_orders(work: Reading, asked: Annotated[Asked, Depends(ORDERS)]) -> Page[OrderHead]:
    """Orders, newest first, without their lines."""
    async with work:
        return work.answer(await ORDERS.page(work, asked, OrderHead, shown=OrderHead.of))


@router.get("/by-external-id/{system}/{external_id}", openapi_extra=serves("3.5.4.1"))
async def read_order_by_external_id(
    system: System, external_id: ExternalId, work: Reading
) -> OrderView:
    """The order another system knows by this id."""
    async with work:
        order = await find(work, Order, "order", system, external_id)
        return work.answer(await view_of(work, order))


@router.get("/{order_id}", openapi_extra=serves("3.5.4.1", "3.5.4.8"))
async def read_order(order_id: UUID, work: Reading) -> OrderView:
    """Where a sales order stands."""
    async with work:
        return work.answer(await view_of(work, await work.get(Order, order_id)))


@router.post(
    "/{order_id}/cancel", openapi_extra=serves("3.5.4.5", "3.5.4.7", emits=(OrderCancelled,))
)
async def cancel_order(order_id: UUID, request: CancelOrder, work: Writing) -> OrderView:
    """End an order of which nothing was shipped; what it holds is given back."""
    async with work:
        order = await cancel(work, order_id, request.reason)
        return work.answer(await view_of(work, order))
