"""Fulfil orders: receive stock, serve who waits, ship, deliver."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from orders.accept_orders.rules import OrderState
from orders.accept_orders.tables import Order, OrderLine, lines_of
from orders.accept_orders.use_cases import edit_with_stock
from orders.fulfil_orders.rules import (
    MoreThanCounted,
    OrderCannotBeShipped,
    ReceiptRefused,
    ReceiptWasBooked,
    ShipmentHasArrived,
    ShipmentRefused,
    Waiting,
    allocate,
    check_shipment,
)
from orders.fulfil_orders.schemas import ReceiveStock, ShipOrder
from orders.fulfil_orders.tables import (
    Shipment,
    ShipmentLine,
    shipped_lines,
    waiting_lines,
    waiting_orders,
)
from orders.hold_stock.tables import MAIN, MAX_UNITS, Stock, StockMove, stock_held, take_out
from orders.know_prices.tables import goods_among
from shared.errors import Faults
from shared.events.orders import OrderAllocated, OrderDelivered, OrderShipped, StockChanged
from shared.events.parts import MovedLine
from shared.kit.database import means, new_id
from shared.kit.work import Work

means("uq_stock_moves_reference_stock_id", ReceiptWasBooked)

Allocation = tuple[UUID, int, str, int]

_ENSURE = text("""
insert into stock (id, sku, location, on_hand, reserved, updated_at, version)
select * from unnest(cast(:ids as uuid[]), cast(:skus as text[])) as w(id, sku)
  cross join (select cast(:location as text), 0, 0, cast(:now as timestamptz), 0) as z
on conflict do nothing
""")


async def receive_stock(work: Work, request: ReceiveStock) -> list[Allocation]:
    """Books what came in, and gives it at once to those who wait longest."""
    received = Counter[str]()
    for line in request.lines:
        received[line.sku] += line.quantity
    await _check_products(work, request)
    await bring_in(work, received, reason="receipt", reference=request.reference)
    return await serve_waiting(work, sorted(received))


async def _check_products(work: Work, request: ReceiveStock) -> None:
    goods = await goods_among(work.session, [line.sku for line in request.lines])
    faults = Faults()
    for index, line in enumerate(request.lines):
        if line.sku not in goods:
            faults.add(
                f"#/lines/{index}/sku",
                "unknown_product",
                f"{line.sku} is no product with stock.",
                "Register it in pricing as goods first.",
                line.sku,
            )
    faults.refuse_if_any(ReceiptRefused)


async def bring_in(work: Work, received: Counter[str], *, reason: str, reference: str) -> None:
    """Adds to stock, once per reference. Positions are made when there is none."""
    skus = sorted(received)
    await work.session.execute(
        _ENSURE,
        {"ids": [new_id() for _ in skus], "skus": skus, "location": MAIN, "now": work.now},
    )
    for stock in await work.session.scalars(stock_held(skus)):
        quantity = received[stock.sku]
        if stock.on_hand + quantity > MAX_UNITS:
            raise MoreThanCounted(f"There would be more than {MAX_UNITS} of {stock.sku}.")
        stock.on_hand += quantity
        stock.updated_at = work.now
        work.add(
            StockMove(
                id=new_id(),
                stock_id=stock.id,
                quantity=quantity,
                reason=reason,
                reference=reference,
                moved_at=work.now,
            )
        )
        tell_stock(work, stock, reason)
    await work.session.flush()


def tell_stock(work: Work, stock: Stock, reason: str) -> None:
    work.emit(
        StockChanged(
            stock_id=stock.id,
            sku=stock.sku,
            location=stock.location,
            on_hand=stock.on_hand,
            reserved=stock.reserved,
            reason=reason,
        ),
        of=stock,
    )


async def serve_waiting(work: Work, skus: list[str]) -> list[Allocation]:
    """First come, first served, product by product.

    Stock is locked before orders, here as everywhere: an order that found no stock a moment ago
    held that lock, so it is committed and seen.
    """
    orders = list(await work.session.scalars(waiting_orders(skus)))
    if not orders:
        return []
    place = {order.id: index for index, order in enumerate(orders)}
    lines = list(await work.session.scalars(waiting_lines(list(place), skus)))
    by_sku: dict[str, list[OrderLine]] = defaultdict(list)
    for line in sorted(lines, key=lambda one: (place[one.order_id], one.line)):
        by_sku[line.sku].append(line)
    given: dict[UUID, list[Allocation]] = defaultdict(list)
    for stock in await work.session.scalars(stock_held(skus)):
        waiting = {(str(one.order_id), one.line): one for one in by_sku[stock.sku]}
        queue = [Waiting(order, line, one.waiting) for (order, line), one in waiting.items()]
        for want, quantity in allocate(queue, stock.available):
            row = waiting[want.order_id, want.line]
            row.waiting -= quantity
            row.reserved += quantity
            stock.reserved += quantity
            given[row.order_id].append((row.order_id, row.line, row.sku, quantity))
    for order in orders:
        if given[order.id]:
            _tell_allocated(work, order, given[order.id])
    return [one for order in orders for one in given[order.id]]


def _tell_allocated(work: Work, order: Order, given: Sequence[Allocation]) -> None:
    moved = [MovedLine(line=line, sku=sku, quantity=quantity) for _, line, sku, quantity in given]
    told = OrderAllocated(order_id=order.id, customer_id=order.customer_id, lines=moved)
    work.emit(told, of=order)


async def ship_order(work: Work, order_id: UUID, request: ShipOrder) -> Shipment:
    """Lets reserved goods leave."""
    order = await edit_with_stock(work, order_id)
    lines = {line.line: line for line in await work.session.scalars(lines_of(order_id))}
    reserved = {number: line.reserved for number, line in lines.items()}
    if order.state not in (OrderState.CONFIRMED, OrderState.PARTLY_SHIPPED) or not any(
        reserved.values()
    ):
        raise OrderCannotBeShipped(
            f"{order.number} is {order.state} and has {sum(reserved.values())} units reserved.",
            state=order.state,
        )
    asked = [(line.line, line.quantity) for line in request.lines or ()]
    faults = Faults()
    check_shipment(asked, reserved, faults)
    faults.refuse_if_any(ShipmentRefused)
    leaving = dict(asked) or {number: count for number, count in reserved.items() if count}

    gone = Counter[str]()
    moved: list[MovedLine] = []
    for number, quantity in leaving.items():
        line = lines[number]
        line.reserved -= quantity
        line.shipped += quantity
        moved.append(MovedLine(line=number, sku=line.sku, quantity=quantity))
        if line.goods:
            gone[line.sku] += quantity
    await take_out(work.session, gone, work.now)
    shipment = Shipment(
        id=new_id(),
        order_id=order.id,
        shipped_at=work.now,
        carrier=request.carrier,
        tracking=request.tracking,
    )
    work.add(shipment)
    await work.session.flush()
    for one in moved:
        work.add(
            ShipmentLine(shipment_id=shipment.id, line=one.line, sku=one.sku, quantity=one.quantity)
        )
    complete = all(line.shipped == line.quantity for line in lines.values())
    order.state = OrderState.SHIPPED if complete else OrderState.PARTLY_SHIPPED
    work.emit(
        OrderShipped(
            order_id=order.id,
            shipment_id=shipment.id,
            customer_id=order.customer_id,
            lines=moved,
            complete=complete,
        ),
        of=order,
    )
    return shipment


async def deliver_shipment(work: Work, shipment_id: UUID) -> Shipment:
    """Notes that a shipment arrived."""
    found = await work.get(Shipment, shipment_id)
    order = await work.edit(Order, found.order_id)
    shipment = await work.edit(Shipment, shipment_id)
    if shipment.delivered_at is not None:
        raise ShipmentHasArrived
    shipment.delivered_at = work.now
    lines = {line.line: line for line in await work.session.scalars(lines_of(order.id))}
    moved: list[MovedLine] = []
    for part in await work.session.scalars(shipped_lines(shipment_id)):
        lines[part.line].delivered += part.quantity
        moved.append(MovedLine(line=part.line, sku=part.sku, quantity=part.quantity))
    complete = all(line.delivered == line.quantity for line in lines.values())
    if complete:
        order.state = OrderState.DELIVERED
    work.emit(
        OrderDelivered(
            order_id=order.id,
            shipment_id=shipment.id,
            customer_id=order.customer_id,
            lines=moved,
            complete=complete,
        ),
        of=order,
    )
    return shipment
