"""Accept orders: load, decide, write, tell; then follow the answers of loyalty and pricing."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from orders.accept_orders.rules import (
    Channel,
    Known,
    Line,
    OrderCannotBeCancelled,
    OrderRefused,
    OrderState,
    Step,
    Wanted,
    priced_lines,
    settled,
)
from orders.accept_orders.schemas import PlaceOrder
from orders.accept_orders.tables import NUMBERS, Order, OrderLine, lines_of
from orders.hold_stock.rules import shared_out
from orders.hold_stock.tables import release, reserve, stock_held
from orders.keep_parties.rules import may_order
from orders.keep_parties.tables import Party
from orders.know_prices.tables import entries
from shared.errors import Faults
from shared.events.orders import (
    OrderBackOrdered,
    OrderCancelled,
    OrderConfirmed,
    OrderPlaced,
)
from shared.events.parts import MovedLine, PromotionUse, SoldLine
from shared.kit.database import new_id
from shared.kit.external import claim
from shared.kit.work import Work
from shared.values import Money


@dataclass(frozen=True, slots=True)
class Sale:
    """What is to become an order, checked and priced, whichever door it came through."""

    customer_id: UUID
    channel: Channel
    currency: str
    lines: Sequence[Line]
    points: int = 0
    promotion: PromotionUse | None = None
    po_number: str | None = None
    quote_id: UUID | None = None
    opportunity_id: UUID | None = None
    external_ids: Mapping[str, str] | None = None
    order_id: UUID | None = None


async def place_order(work: Work, request: PlaceOrder) -> Order:
    """Validates everything at once, at the prices of the price book, then stores the order."""
    party = await work.session.get(Party, request.customer_id)
    wanted = [Wanted(line.sku, line.quantity, line.unit_price) for line in request.lines]
    book = await entries(
        work.session,
        [(index + 1, want.sku, want.quantity) for index, want in enumerate(wanted)],
        currency=request.currency,
        segment=party.segment if party else None,
        now=work.now,
    )
    faults = Faults()
    _check_party(party, request.customer_id, faults)
    known = {line: Known(entry.goods, entry.unit_price) for line, entry in book.items()}
    lines = priced_lines(wanted, known, request.currency, faults)
    faults.refuse_if_any(OrderRefused)
    return await store_order(
        work,
        Sale(
            customer_id=request.customer_id,
            channel=request.channel,
            currency=request.currency,
            lines=lines,
            points=request.points,
            po_number=request.po_number,
            external_ids=request.external_ids,
        ),
    )


def _check_party(party: Party | None, customer_id: UUID, faults: Faults) -> None:
    if party is None:
        faults.add(
            "#/customer_id",
            "unknown_customer",
            f"{customer_id} is not a party.",
            "Register the account in leads; the party follows from it within moments.",
            str(customer_id),
        )
    elif not may_order(party.state):
        faults.add(
            "#/customer_id",
            "customer_may_not_order",
            f"{party.name} is {party.state}.",
            "A party that is active may order; see GET /orders/parties.",
            str(customer_id),
        )


async def store_order(work: Work, sale: Sale) -> Order:
    """Reserves what there is, back-orders the rest, and asks loyalty and pricing where needed."""
    reserved = await _reserve_lines(work, sale.lines)
    net = sum((line.net for line in sale.lines), Decimal())
    order = Order(
        id=sale.order_id or new_id(),
        number=f"SO-{await work.session.scalar(select(NUMBERS.next_value())):08d}",
        customer_id=sale.customer_id,
        channel=sale.channel,
        currency=sale.currency,
        net=net,
        due=net,
        state=OrderState.RECEIVED,
        placed_at=work.now,
        lines=[
            OrderLine(
                line=line.line,
                sku=line.sku,
                goods=line.goods,
                quantity=line.quantity,
                unit_price=line.unit_price,
                net=line.net,
                reserved=reserved[line.line],
                waiting=line.quantity - reserved[line.line],
            )
            for line in sale.lines
        ],
        points=sale.points,
        redemption=Step.ASKED if sale.points else Step.NONE,
        promotion=Step.ASKED if sale.promotion else Step.NONE,
        promotion_id=sale.promotion.promotion_id if sale.promotion else None,
        promotion_code=sale.promotion.code if sale.promotion else None,
        promotion_discount=sale.promotion.discount.amount if sale.promotion else None,
        po_number=sale.po_number,
        quote_id=sale.quote_id,
        opportunity_id=sale.opportunity_id,
        external_ids=dict(sale.external_ids or {}),
    )
    work.add(order)
    claim(work, "order", order.id, order.external_ids)
    work.emit(
        OrderPlaced(
            order_id=order.id,
            number=order.number,
            customer_id=order.customer_id,
            channel=order.channel,
            currency=order.currency,
            lines=[SoldLine.model_validate(line) for line in order.lines],
            net=Money.of(net, order.currency),
            points=order.points,
            promotions=[sale.promotion] if sale.promotion else [],
            quote_id=order.quote_id,
            opportunity_id=order.opportunity_id,
        ),
        of=order,
    )
    _follow(work, order, order.lines)
    return order


async def _reserve_lines(work: Work, lines: Sequence[Line]) -> dict[int, int]:
    """Line → how much of it is reserved. What is no goods needs no stock."""
    wanted: dict[str, dict[int, int]] = defaultdict(dict)
    for line in lines:
        if line.goods:
            wanted[line.sku][line.line] = line.quantity
    totals = {sku: sum(by_line.values()) for sku, by_line in wanted.items()}
    taken = await reserve(work.session, totals, work.now) if totals else {}
    found = {line.line: line.quantity for line in lines if not line.goods}
    for sku, by_line in wanted.items():
        found |= shared_out(by_line, taken.get(sku, 0))
    return found


def _follow(work: Work, order: Order, lines: Sequence[OrderLine]) -> None:
    """Confirms when nothing is awaited any more."""
    if settled(order.redemption, order.promotion) is not OrderState.CONFIRMED:
        return
    order.state, order.confirmed_at = OrderState.CONFIRMED, work.now
    work.emit(
        OrderConfirmed(
            order_id=order.id,
            number=order.number,
            customer_id=order.customer_id,
            channel=order.channel,
            currency=order.currency,
            lines=[SoldLine.model_validate(line) for line in lines],
            net=Money.of(order.net, order.currency),
            due=Money.of(order.due, order.currency),
            quote_id=order.quote_id,
            opportunity_id=order.opportunity_id,
        ),
        of=order,
    )
    short = [line for line in lines if line.waiting]
    if short:
        work.emit(
            OrderBackOrdered(
                order_id=order.id,
                customer_id=order.customer_id,
                lines=[
                    MovedLine(line=line.line, sku=line.sku, quantity=line.waiting) for line in short
                ],
            ),
            of=order,
        )


async def accept_redemption(work: Work, order_id: UUID, points: int, value: Money) -> None:
    """Points pay a part. An order that ended meanwhile stays ended; its end gives them back."""
    order = await work.edit(Order, order_id)
    if order.state is not OrderState.RECEIVED or order.redemption is not Step.ASKED:
        return
    order.redemption, order.points = Step.ACCEPTED, points
    order.points_value = min(value.amount, order.net)
    order.due = order.net - order.points_value
    _follow(work, order, list(await work.session.scalars(lines_of(order_id))))


async def accept_promotion(work: Work, order_id: UUID) -> None:
    """The promotion's use is counted."""
    order = await work.edit(Order, order_id)
    if order.state is not OrderState.RECEIVED or order.promotion is not Step.ASKED:
        return
    order.promotion = Step.ACCEPTED
    _follow(work, order, list(await work.session.scalars(lines_of(order_id))))


async def refuse_step(work: Work, order_id: UUID, reason: str, *, redemption: bool = False) -> None:
    """Points or promotion were refused: the order ends and gives back what it holds."""
    order = await edit_with_stock(work, order_id)
    if order.state is not OrderState.RECEIVED:
        return
    if redemption:
        order.redemption = Step.REFUSED
    else:
        order.promotion = Step.REFUSED
    await _end(work, order, reason)


async def cancel_order(work: Work, order_id: UUID, reason: str) -> Order:
    """Ends an order of which nothing was shipped."""
    order = await edit_with_stock(work, order_id)
    if order.state not in (OrderState.RECEIVED, OrderState.CONFIRMED):
        raise OrderCannotBeCancelled(
            f"{order.number} is {order.state}; only an order of which nothing was shipped can be"
            " cancelled. Goods that left can be returned.",
            state=order.state,
        )
    await _end(work, order, reason)
    return order


async def edit_with_stock(work: Work, order_id: UUID) -> Order:
    """The order, locked after the stock of its lines: that order of locks is everybody's.

    A line's product never changes, so it can be read before anything is locked.
    """
    chosen = select(OrderLine.sku).where(OrderLine.order_id == order_id, OrderLine.goods)
    skus = sorted(set(await work.session.scalars(chosen)))
    await work.session.scalars(stock_held(skus))
    return await work.edit(Order, order_id)


async def _end(work: Work, order: Order, reason: str) -> None:
    lines = list(await work.session.scalars(lines_of(order.id)))
    held = Counter[str]()
    for line in lines:
        if line.goods:
            held[line.sku] += line.reserved
        line.reserved = line.waiting = 0
    await release(work.session, held, work.now)
    confirmed = order.state is OrderState.CONFIRMED
    order.state, order.cancelled_at, order.reason = OrderState.CANCELLED, work.now, reason
    work.emit(
        OrderCancelled(
            order_id=order.id,
            customer_id=order.customer_id,
            reason=reason,
            was_confirmed=confirmed,
            opportunity_id=order.opportunity_id,
        ),
        of=order,
    )
