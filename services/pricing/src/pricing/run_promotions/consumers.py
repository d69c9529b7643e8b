"""Topic doors of promotions: orders that use them, end, or come back."""

from pricing.run_promotions.use_cases import count_uses, release_parts, release_uses
from shared.events.orders import OrderCancelled, OrderPlaced, ReturnReceived
from shared.kit.consume import Consumer
from shared.kit.work import Work

consumer = Consumer()


@consumer.on(OrderPlaced)
async def count_promotion_use(work: Work, placed: OrderPlaced) -> None:
    """The discount is counted against the budget, or refused."""
    await count_uses(work, placed)


@consumer.on(OrderCancelled)
async def give_back_promotion_use(work: Work, cancelled: OrderCancelled) -> None:
    """The budget has the discount again."""
    await release_uses(work, cancelled)


@consumer.on(ReturnReceived)
async def give_back_part_of_promotion_use(work: Work, returned: ReturnReceived) -> None:
    """The budget has the returned lines' part again."""
    await release_parts(work, returned)
