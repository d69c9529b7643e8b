"""Accrue commissions: note what happened to an order, then tell the difference."""

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from partners.accrue_commissions.rules import EarnedLine, commission_of, split, taken_back
from partners.accrue_commissions.tables import (
    Commission,
    CommissionLine,
    OrderFact,
    commission_for,
    fact_held,
    facts_of_opportunity,
    lines_of,
    opportunity_held,
)
from partners.register_deals.tables import Deal, deal_of_opportunity
from shared.events.orders import OrderCancelled, OrderConfirmed, ReturnReceived
from shared.events.partners import CommissionAccrued, CommissionAdjusted
from shared.kit.database import new_id
from shared.kit.work import Work
from shared.values import Money


async def _fact_of(work: Work, order_id: UUID, opportunity_id: UUID) -> OrderFact:
    empty = {
        "order_id": order_id, "opportunity_id": opportunity_id, "cancelled": False,
        "lines": [], "returned": {}, "seen": [],
    }  # fmt: skip
    await work.session.execute(insert(OrderFact).values(empty).on_conflict_do_nothing())
    return (await work.session.scalars(fact_held(order_id))).one()


async def note_confirmation(work: Work, confirmed: OrderConfirmed) -> None:
    if confirmed.opportunity_id is None:
        return
    await work.session.execute(opportunity_held(confirmed.opportunity_id))
    fact = await _fact_of(work, confirmed.order_id, confirmed.opportunity_id)
    if fact.net is None:
        fact.net, fact.currency = confirmed.net.amount, confirmed.currency
        fact.lines = [
            {"line": line.line, "quantity": line.quantity, "net": str(line.net)}
            for line in confirmed.lines
        ]
        await settle(work, fact, "The order was confirmed.")


async def note_cancellation(work: Work, cancelled: OrderCancelled) -> None:
    if cancelled.opportunity_id is None:
        return
    fact = await _fact_of(work, cancelled.order_id, cancelled.opportunity_id)
    fact.cancelled = True
    await settle(work, fact, "The order was cancelled.")


async def note_return(work: Work, returned: ReturnReceived) -> None:
    if returned.opportunity_id is None:
        return
    fact = await _fact_of(work, returned.order_id, returned.opportunity_id)
    if str(returned.return_id) in fact.seen:
        return
    fact.seen = [*fact.seen, str(returned.return_id)]
    counts = dict(fact.returned)
    for line in returned.lines:
        counts[str(line.line)] = int(counts.get(str(line.line), 0)) + line.quantity
    fact.returned = counts
    await settle(work, fact, "Goods were returned.")


async def settle_opportunity(work: Work, opportunity_id: UUID) -> None:
    """Orders that were heard of before their deal was protected earn now."""
    await work.session.execute(opportunity_held(opportunity_id))
    for fact in await work.session.scalars(facts_of_opportunity(opportunity_id)):
        await settle(work, fact, "The deal was linked.")


async def settle(work: Work, fact: OrderFact, reason: str) -> None:
    """Tells the deal's commission, or the difference to what was told before."""
    if fact.net is None or fact.currency is None:
        return
    await work.session.flush()
    known = await work.session.scalar(commission_for(fact.order_id))
    if known is None:
        deal = await work.session.scalar(deal_of_opportunity(fact.opportunity_id))
        if deal is None:
            return
        known = await _accrue(work, fact, deal, Money.of(fact.net, fact.currency))
    earned = [
        EarnedLine(line.line, line.quantity, line.base, line.commission)
        for line in await work.session.scalars(lines_of(known.id))
    ]
    returned = {int(line): int(count) for line, count in fact.returned.items()}
    back = known.commission if fact.cancelled else taken_back(earned, returned, known.currency)
    _adjust(work, known, known.commission - back, reason)


async def _accrue(work: Work, fact: OrderFact, deal: Deal, base: Money) -> Commission:
    commission = commission_of(base, deal.commission_percent)
    known = Commission(
        id=new_id(),
        partner_id=deal.partner_id,
        deal_id=deal.id,
        order_id=fact.order_id,
        currency=base.currency,
        base=base.amount,
        percent=deal.commission_percent,
        commission=commission.amount,
        net=commission.amount,
        accrued_at=work.now,
    )
    work.add(known)
    await work.session.flush()
    for line in _split(commission, fact.lines):
        work.add(
            CommissionLine(
                commission_id=known.id,
                line=line.line,
                quantity=line.quantity,
                base=line.net,
                commission=line.commission,
            )
        )
    await work.session.flush()
    work.emit(
        CommissionAccrued(
            commission_id=known.id,
            partner_id=known.partner_id,
            deal_id=known.deal_id,
            order_id=known.order_id,
            base=base,
            commission=commission,
        ),
        of=known,
    )
    return known


def _split(commission: Money, lines: Iterable[dict[str, object]]) -> list[EarnedLine]:
    wanted = [
        (int(str(line["line"])), int(str(line["quantity"])), Decimal(str(line["net"])))
        for line in lines
    ]
    return split(commission, wanted)


def _adjust(work: Work, known: Commission, net: Decimal, reason: str) -> None:
    if known.net == net:
        return
    adjustment = net - known.net
    known.net = net
    work.emit(
        CommissionAdjusted(
            commission_id=known.id,
            partner_id=known.partner_id,
            deal_id=known.deal_id,
            order_id=known.order_id,
            commission=Money.of(net, known.currency),
            adjustment=Money.of(adjustment, known.currency),
            reason=reason,
        ),
        of=known,
    )
