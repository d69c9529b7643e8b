"""Topic doors of points: what happens to orders."""

from loyalty.keep_points.use_cases import (
    earn,
    note_cancellation,
    note_delivery,
    note_return,
    redeem,
)
from shared.events.orders import (
    OrderCancelled,
    OrderConfirmed,
    OrderDelivered,
    OrderPlaced,
    ReturnReceived,
)
from shared.kit.consume import Consumer
from shared.kit.work import Work

consumer = Consumer()


@consumer.on(OrderPlaced)
async def let_points_pay(work: Work, placed: OrderPlaced) -> None:
    """When the customer asked to pay with points."""
    await redeem(work, placed)


@consumer.on(OrderConfirmed)
async def earn_pending_points(work: Work, confirmed: OrderConfirmed) -> None:
    """A binding order earns."""
    await earn(work, confirmed)


@consumer.on(OrderDelivered)
async def release_points(work: Work, delivered: OrderDelivered) -> None:
    """What arrived can be spent."""
    await note_delivery(work, delivered)


@consumer.on(OrderCancelled)
async def undo_points(work: Work, cancelled: OrderCancelled) -> None:
    """What was earned goes, what was spent comes back."""
    await note_cancellation(work, cancelled)


@consumer.on(ReturnReceived)
async def take_points_back(work: Work, returned: ReturnReceived) -> None:
    """Exactly the points of the returned goods go; points that paid for them come back."""
    await note_return(work, returned)
