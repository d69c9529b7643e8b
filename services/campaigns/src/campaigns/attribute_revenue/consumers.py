"""Topic doors of attribution: opportunities and what happens to their orders."""

from campaigns.attribute_revenue.use_cases import (
    know_opportunity,
    note_cancellation,
    note_confirmation,
    note_return,
)
from shared.events.leads import OpportunityOpened
from shared.events.orders import OrderCancelled, OrderConfirmed, ReturnReceived
from shared.kit.consume import Consumer
from shared.kit.work import Work

consumer = Consumer()


@consumer.on(OpportunityOpened)
async def know_campaigns_opportunity(work: Work, opened: OpportunityOpened) -> None:
    """The lead of a campaign became an opportunity."""
    await know_opportunity(work, opened)


@consumer.on(OrderConfirmed)
async def attribute_order(work: Work, confirmed: OrderConfirmed) -> None:
    """The campaign gets the revenue of its opportunity's order."""
    await note_confirmation(work, confirmed)


@consumer.on(OrderCancelled)
async def take_attribution_back(work: Work, cancelled: OrderCancelled) -> None:
    """The order brought nothing."""
    await note_cancellation(work, cancelled)


@consumer.on(ReturnReceived)
async def correct_attribution(work: Work, returned: ReturnReceived) -> None:
    """What came back brought nothing."""
    await note_return(work, returned)
