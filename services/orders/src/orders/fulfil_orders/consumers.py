"""Topic doors of fulfilment."""

from uuid import UUID

from sqlalchemy import select

from orders.accept_orders.tables import OrderLine
from orders.fulfil_orders.use_cases import serve_waiting
from orders.hold_stock.tables import stock_held
from shared.events.orders import OrderBackOrdered, OrderCancelled
from shared.kit.consume import Consumer
from shared.kit.work import Work

consumer = Consumer()


@consumer.on(OrderCancelled)
async def serve_with_what_was_released(work: Work, cancelled: OrderCancelled) -> None:
    """What a cancelled order held goes to those who wait for it."""
    await _serve(work, cancelled.order_id)


@consumer.on(OrderBackOrdered)
async def serve_with_what_came_meanwhile(work: Work, short: OrderBackOrdered) -> None:
    """Goods may have come while the order waited for points, or with it in the same moment."""
    await _serve(work, short.order_id)


async def _serve(work: Work, order_id: UUID) -> None:
    """Those who wait for the products of this order."""
    chosen = select(OrderLine.sku).where(OrderLine.order_id == order_id, OrderLine.goods)
    skus = sorted(set(await work.session.scalars(chosen)))
    await work.session.scalars(stock_held(skus))
    await serve_waiting(work, skus)
