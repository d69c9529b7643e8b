"""Take goods back, once each: stock in, money out, and the event that corrects everybody's books."""

from collections import Counter
from decimal import Decimal
from uuid import UUID

from orders.accept_orders.rules import Step
from orders.accept_orders.tables import lines_of
from orders.accept_orders.use_cases import edit_with_stock
from orders.fulfil_orders.use_cases import bring_in, serve_waiting
from orders.return_goods.rules import (
    Returnable,
    ReturnRefused,
    check_return,
    points_refund_of,
    refund_of,
)
from orders.return_goods.schemas import TakeBack
from orders.return_goods.tables import Return, ReturnLine
from shared.errors import Faults
from shared.events.orders import ReturnReceived
from shared.events.parts import ReturnedLine
from shared.kit.database import new_id
from shared.kit.work import Work
from shared.values import Money


async def take_back(work: Work, order_id: UUID, request: TakeBack) -> Return:
    """Gives back stock and money of these lines; who waits for the goods gets them."""
    order = await edit_with_stock(work, order_id)
    lines = {line.line: line for line in await work.session.scalars(lines_of(order_id))}
    known = {
        number: Returnable(line.quantity, line.shipped, line.returned, line.net, line.refunded)
        for number, line in lines.items()
    }
    asked = [(line.line, line.quantity) for line in request.lines]
    faults = Faults()
    check_return(asked, known, faults)
    faults.refuse_if_any(ReturnRefused)

    before = sum((line.refunded for line in lines.values()), Decimal())
    parts: list[ReturnLine] = []
    back = Counter[str]()
    for number, quantity in asked:
        line = lines[number]
        refund = refund_of(known[number], quantity, order.currency)
        line.returned += quantity
        line.refunded += refund
        parts.append(ReturnLine(line=number, sku=line.sku, quantity=quantity, net=refund))
        if line.goods:
            back[line.sku] += quantity
    refund = sum((part.net for part in parts), Decimal())
    points = order.points if order.redemption is Step.ACCEPTED else 0
    found = Return(
        id=new_id(),
        order_id=order.id,
        customer_id=order.customer_id,
        reason=request.reason,
        currency=order.currency,
        refund=refund,
        points_refund=points_refund_of(points, order.net, before, refund),
        received_at=work.now,
        lines=parts,
    )
    work.add(found)
    if back:
        await bring_in(work, back, reason="return", reference=f"return {found.id}")
        await serve_waiting(work, sorted(back))
    work.emit(
        ReturnReceived(
            return_id=found.id,
            order_id=order.id,
            customer_id=order.customer_id,
            lines=[ReturnedLine.model_validate(part) for part in parts],
            refund=Money.of(refund, order.currency),
            points_refund=found.points_refund,
            opportunity_id=order.opportunity_id,
        ),
        of=found,
    )
    return found
