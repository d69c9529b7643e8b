"""Attribute revenue: note what happened to an order, then tell the difference."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from campaigns.attribute_revenue.rules import OrderFacts, revenue_of
from campaigns.attribute_revenue.tables import (
    Attribution,
    KnownOpportunity,
    OrderFact,
    SeenReturn,
    attribution_of,
    fact_held,
    facts_of_opportunity,
    opportunity_held,
)
from campaigns.run_campaigns.tables import Campaign
from shared.events.campaigns import AttributionCorrected, RevenueAttributed
from shared.events.leads import OpportunityOpened
from shared.events.orders import OrderCancelled, OrderConfirmed, ReturnReceived
from shared.kit.database import new_id
from shared.kit.work import Work
from shared.values import Money


async def know_opportunity(work: Work, opened: OpportunityOpened) -> None:
    """Orders that were heard of before their opportunity are attributed now."""
    if opened.campaign_id is None or await work.session.get(Campaign, opened.campaign_id) is None:
        return
    values = {
        "id": opened.opportunity_id,
        "campaign_id": opened.campaign_id,
        "response_id": opened.response_id,
    }
    await work.session.execute(opportunity_held(opened.opportunity_id))
    await work.session.execute(insert(KnownOpportunity).values(values).on_conflict_do_nothing())
    for fact in await work.session.scalars(facts_of_opportunity(opened.opportunity_id)):
        await _settle(work, fact, "The opportunity became known.")


async def _fact_of(work: Work, order_id: UUID, opportunity_id: UUID) -> OrderFact:
    empty = {
        "order_id": order_id,
        "opportunity_id": opportunity_id,
        "refunded": Decimal(),
        "cancelled": False,
    }
    await work.session.execute(insert(OrderFact).values(empty).on_conflict_do_nothing())
    return (await work.session.scalars(fact_held(order_id))).one()


async def note_confirmation(work: Work, confirmed: OrderConfirmed) -> None:
    if confirmed.opportunity_id is None:
        return
    await work.session.execute(opportunity_held(confirmed.opportunity_id))
    fact = await _fact_of(work, confirmed.order_id, confirmed.opportunity_id)
    fact.net, fact.currency = confirmed.net.amount, confirmed.currency
    await _settle(work, fact, "The order was confirmed.")


async def note_cancellation(work: Work, cancelled: OrderCancelled) -> None:
    if cancelled.opportunity_id is None:
        return
    fact = await _fact_of(work, cancelled.order_id, cancelled.opportunity_id)
    fact.cancelled = True
    await _settle(work, fact, "The order was cancelled.")


async def note_return(work: Work, returned: ReturnReceived) -> None:
    if returned.opportunity_id is None:
        return
    fact = await _fact_of(work, returned.order_id, returned.opportunity_id)
    seen = insert(SeenReturn).values(return_id=returned.return_id).on_conflict_do_nothing()
    if await work.session.scalar(seen.returning(SeenReturn.return_id)) is None:
        return
    fact.refunded += returned.refund.amount
    await _settle(work, fact, "Goods were returned.")


async def _settle(work: Work, fact: OrderFact, reason: str) -> None:
    """Tells the campaign's revenue, or the difference to what was told before."""
    opportunity = await work.session.get(KnownOpportunity, fact.opportunity_id)
    net = revenue_of(OrderFacts(fact.net, fact.refunded, fact.cancelled))
    if opportunity is None or net is None or fact.net is None or fact.currency is None:
        return
    known = await work.session.scalar(attribution_of(fact.order_id))
    if known is None:
        known = Attribution(
            id=new_id(),
            campaign_id=opportunity.campaign_id,
            order_id=fact.order_id,
            opportunity_id=fact.opportunity_id,
            currency=fact.currency,
            revenue=fact.net,
            net=fact.net,
            attributed_at=work.now,
        )
        work.add(known)
        work.emit(
            RevenueAttributed(
                attribution_id=known.id,
                campaign_id=known.campaign_id,
                order_id=known.order_id,
                opportunity_id=known.opportunity_id,
                revenue=Money.of(known.revenue, known.currency),
            ),
            of=known,
        )
    if known.net != net:
        correction = net - known.net
        known.net = net
        work.emit(
            AttributionCorrected(
                attribution_id=known.id,
                campaign_id=known.campaign_id,
                order_id=known.order_id,
                revenue=Money.of(net, known.currency),
                correction=Money.of(correction, known.currency),
                reason=reason,
            ),
            of=known,
        )
