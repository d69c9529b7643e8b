"""Topic doors of the book: orders confirmed, cancelled, returned."""

from collections.abc import Sequence

from leads.follow_accounts.use_cases import count_cancelled, count_confirmed, count_returned
from shared.events.orders import OrderCancelled, OrderConfirmed, ReturnReceived
from shared.kit.consume import Consumer
from shared.kit.work import Work

consumer = Consumer()


@consumer.on_many(OrderConfirmed)
async def count_confirmed_orders(work: Work, confirmed: Sequence[OrderConfirmed]) -> None:
    """What was confirmed is bought."""
    await count_confirmed(work, confirmed)


@consumer.on(OrderCancelled)
async def take_back_cancelled_order(work: Work, cancelled: OrderCancelled) -> None:
    """What was cancelled is not."""
    await count_cancelled(work, cancelled)


@consumer.on(ReturnReceived)
async def take_back_returned_goods(work: Work, returned: ReturnReceived) -> None:
    """What came back is not, either."""
    await count_returned(work, returned)
