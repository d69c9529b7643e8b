"""HTTP doors of fulfilment: receipts, shipments, back orders."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, status

from orders.fulfil_orders.schemas import (
    AllocationView,
    BackOrderView,
    ReceiptView,
    ReceiveStock,
    ShipmentDetail,
    ShipmentView,
    ShipOrder,
    ShippedLineView,
)
from orders.fulfil_orders.tables import BackOrder, Shipment, shipped_lines
from orders.fulfil_orders.use_cases import deliver_shipment as deliver
from orders.fulfil_orders.use_cases import receive_stock as receive
from orders.fulfil_orders.use_cases import ship_order as ship
from shared.events.orders import OrderAllocated, OrderDelivered, OrderShipped, StockChanged
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing
from shared.kit.work import Work

router = Doors("orders", tag="Fulfil orders")

SHIPMENTS = Listing(
    Shipment,
    filters={"order_id": UUID},
    ranges={"shipped_at": datetime},
    sorts=("shipped_at",),
    default="-shipped_at",
)


BACK_ORDERS = Listing(
    BackOrder,
    filters={"sku": str, "customer_id": UUID, "order_id": UUID},
    sorts=("since",),
    default="since",
    key="place",
)


async def _detail(work: Work, shipment: Shipment) -> ShipmentDetail:
    await work.session.flush()
    lines = [
        ShippedLineView.model_validate(line)
        for line in await work.session.scalars(shipped_lines(shipment.id))
    ]
    actions = [] if shipment.delivered_at else ["deliver"]
    head = ShipmentView.model_validate(shipment)
    return ShipmentDetail(**head.model_dump(), lines=lines, allowed_actions=actions)


@router.post(
    "/stock/receipts",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=serves("3.5.4.3", "3.5.4.7", emits=(StockChanged, OrderAllocated)),
)
async def receive_stock(request: ReceiveStock, work: Writing) -> ReceiptView:
    """Book goods that came in; who waits longest is served at once."""
    async with work:
        given = await receive(work, request)
        view = ReceiptView(
            reference=request.reference,
            received=sum(line.quantity for line in request.lines),
            allocated=[
                AllocationView(order_id=order_id, line=line, sku=sku, quantity=quantity)
                for order_id, line, sku, quantity in given
            ],
        )
        return work.answer(view)


@router.get("/back-orders", openapi_extra=serves("3.5.4.7"))
async def list_back_orders(
    work: Reading, asked: Annotated[Asked, Depends(BACK_ORDERS)]
) -> Page[BackOrderView]:
    """Lines that wait for stock."""
    async with work:
        return work.answer(await BACK_ORDERS.page(work, asked, BackOrderView))


@router.post(
    "/orders/{order_id}/ship",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=serves("3.5.4.4", "3.5.4.5", emits=(OrderShipped,)),
)
async def ship_order(order_id: UUID, request: ShipOrder, work: Writing) -> ShipmentDetail:
    """Let reserved goods of an order leave."""
    async with work:
        shipment = await ship(work, order_id, request)
        view = await _detail(work, shipment)
        return work.answer(view, location=f"/orders/shipments/{shipment.id}")


@router.get("/shipments", openapi_extra=serves("3.5.4.4"))
async def list_shipments(
    work: Reading, asked: Annotated[Asked, Depends(SHIPMENTS)]
) -> Page[ShipmentView]:
    """Shipments, newest first."""
    async with work:
        return work.answer(await SHIPMENTS.page(work, asked, ShipmentView))


@router.get("/shipments/{shipment_id}", openapi_extra=serves("3.5.4.4"))
async def read_shipment(shipment_id: UUID, work: Reading) -> ShipmentDetail:
    """A shipment and what is in it."""
    async with work:
        return work.answer(await _detail(work, await work.get(Shipment, shipment_id)))


@router.post(
    "/shipments/{shipment_id}/deliver",
    openapi_extra=serves("3.5.4.5", emits=(OrderDelivered,)),
)
async def deliver_shipment(shipment_id: UUID, work: Writing) -> ShipmentDetail:
    """Note that a shipment arrived."""
    async with work:
        return work.answer(await _detail(work, await deliver(work, shipment_id)))
