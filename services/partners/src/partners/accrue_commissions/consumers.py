"""Topic doors: deals that leads recognised, and what happens to their orders."""

from partners.accrue_commissions.use_cases import (
    note_cancellation,
    note_confirmation,
    note_return,
    settle_opportunity,
)
from partners.register_deals.use_cases import link_deal, refuse_deal
from shared.events.leads import LeadDealLinked, LeadDealRefused, OpportunityOpened
from shared.events.orders import OrderCancelled, OrderConfirmed, ReturnReceived
from shared.kit.consume import Consumer
from shared.kit.work import Work

consumer = Consumer()


@consumer.on(LeadDealLinked)
async def protect_deal(work: Work, linked: LeadDealLinked) -> None:
    """The deal is the one for this lead; orders that came before it earn now."""
    deal = await link_deal(
        work, linked.deal_id, lead_id=linked.lead_id, opportunity_id=linked.opportunity_id
    )
    if deal is not None and deal.opportunity_id is not None:
        await settle_opportunity(work, deal.opportunity_id)


@consumer.on(OpportunityOpened)
async def follow_deal_into_pipeline(work: Work, opened: OpportunityOpened) -> None:
    """The deal's lead became an opportunity."""
    if opened.deal_id is not None:
        await link_deal(
            work, opened.deal_id, lead_id=opened.lead_id, opportunity_id=opened.opportunity_id
        )
        await settle_opportunity(work, opened.opportunity_id)


@consumer.on(LeadDealRefused)
async def refuse_late_deal(work: Work, refused: LeadDealRefused) -> None:
    """Somebody was first."""
    await refuse_deal(work, refused.deal_id, refused.reason)


@consumer.on(OrderConfirmed)
async def accrue_commission(work: Work, confirmed: OrderConfirmed) -> None:
    """The partner earns by its agreement."""
    await note_confirmation(work, confirmed)


@consumer.on(OrderCancelled)
async def take_commission_back(work: Work, cancelled: OrderCancelled) -> None:
    """Nothing was sold."""
    await note_cancellation(work, cancelled)


@consumer.on(ReturnReceived)
async def adjust_commission(work: Work, returned: ReturnReceived) -> None:
    """Exactly the commission of the returned goods goes."""
    await note_return(work, returned)
