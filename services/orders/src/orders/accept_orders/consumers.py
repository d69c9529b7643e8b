"""Topic doors: what loyalty and pricing answer to an order that asked them."""

from orders.accept_orders.use_cases import accept_promotion, accept_redemption, refuse_step
from shared.events.loyalty import RedemptionAccepted, RedemptionRefused
from shared.events.pricing import PromotionUseCommitted, PromotionUseRefused
from shared.kit.consume import Consumer
from shared.kit.work import Work

consumer = Consumer()


@consumer.on(RedemptionAccepted)
async def take_points_as_payment(work: Work, accepted: RedemptionAccepted) -> None:
    """Points pay for a part of the order."""
    await accept_redemption(work, accepted.order_id, accepted.points, accepted.value)


@consumer.on(RedemptionRefused)
async def end_order_without_points(work: Work, refused: RedemptionRefused) -> None:
    """The customer wanted to pay with points they do not have."""
    await refuse_step(work, refused.order_id, f"Points: {refused.reason}", redemption=True)


@consumer.on(PromotionUseCommitted)
async def take_promotion(work: Work, committed: PromotionUseCommitted) -> None:
    """The promotion's budget had room."""
    await accept_promotion(work, committed.order_id)


@consumer.on(PromotionUseRefused)
async def end_order_without_promotion(work: Work, refused: PromotionUseRefused) -> None:
    """The price the customer accepted cannot be held without the promotion."""
    await refuse_step(work, refused.order_id, f"Promotion: {refused.reason}")
