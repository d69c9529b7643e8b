"""Run promotions: draft, activate, count each use against the budget, give back, end."""

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from pricing.run_promotions.rules import (
    PromotionIsNotActive,
    PromotionIsNotDraft,
    PromotionRefused,
    PromotionState,
    UsedLine,
    UseState,
    give_back,
    split,
    usable,
)
from pricing.run_promotions.schemas import DraftPromotion
from pricing.run_promotions.tables import (
    GoodsBack,
    OrderFacts,
    Promotion,
    PromotionUse,
    commit_use,
    facts_of,
    goods_back_of,
    promotion_held,
    release_amount,
    uses_of,
)
from shared.errors import Faults
from shared.events.orders import OrderCancelled, OrderPlaced, ReturnReceived
from shared.events.parts import PromotionUse as Asked
from shared.events.pricing import (
    PromotionActivated,
    PromotionEnded,
    PromotionUseCommitted,
    PromotionUseRefused,
    PromotionUseReleased,
)
from shared.kit.database import new_id
from shared.kit.work import Work
from shared.values import Money


async def draft_promotion(work: Work, request: DraftPromotion) -> Promotion:
    begin = request.valid_from or work.now
    faults = Faults()
    if request.valid_to is not None and request.valid_to <= begin:
        faults.add(
            "#/valid_to",
            "ends_too_early",
            "A promotion ends after it begins.",
            "Send a later valid_to, or leave it out.",
            request.valid_to.isoformat(),
        )
    if request.budget.amount <= 0:
        faults.add(
            "#/budget/amount",
            "too_small",
            "A promotion without budget cannot be used.",
            "Send an amount above 0.",
            str(request.budget.amount),
        )
    faults.refuse_if_any(PromotionRefused)
    promotion = Promotion(
        id=new_id(),
        code=request.code.upper(),
        name=request.name,
        percent=request.percent,
        currency=request.budget.currency,
        budget=request.budget.amount,
        valid_from=begin,
        valid_to=request.valid_to,
        per_customer_limit=request.per_customer_limit,
        created_at=work.now,
    )
    work.add(promotion)
    return promotion


async def activate_promotion(work: Work, promotion_id: UUID) -> Promotion:
    promotion = await work.edit(Promotion, promotion_id)
    if promotion.state is not PromotionState.DRAFT:
        raise PromotionIsNotDraft(f"{promotion.code} is {promotion.state}.", state=promotion.state)
    promotion.state = PromotionState.ACTIVE
    work.emit(
        PromotionActivated(
            promotion_id=promotion.id,
            code=promotion.code,
            name=promotion.name,
            percent=promotion.percent,
            budget=Money.of(promotion.budget, promotion.currency),
            valid_from=promotion.valid_from,
            valid_to=promotion.valid_to,
        ),
        of=promotion,
    )
    return promotion


async def end_promotion(work: Work, promotion_id: UUID, reason: str) -> Promotion:
    promotion = await work.edit(Promotion, promotion_id)
    if promotion.state is not PromotionState.ACTIVE:
        raise PromotionIsNotActive(f"{promotion.code} is {promotion.state}.", state=promotion.state)
    promotion.state, promotion.reason = PromotionState.ENDED, reason
    told = PromotionEnded(promotion_id=promotion.id, code=promotion.code, reason=reason)
    work.emit(told, of=promotion)
    return promotion


async def count_uses(work: Work, placed: OrderPlaced) -> None:
    """Each use is committed or refused, once; an order that ended already uses nothing."""
    if not placed.promotions:
        return
    facts = await facts_of(work.session, placed.order_id)
    known = {use.promotion_id for use in await work.session.scalars(uses_of(placed.order_id))}
    for asked in sorted(placed.promotions, key=lambda one: one.promotion_id):
        if asked.promotion_id not in known:
            known.add(asked.promotion_id)
            await _count_use(work, placed, asked, facts)


async def _count_use(work: Work, placed: OrderPlaced, asked: Asked, facts: OrderFacts) -> None:
    nets = [(line.line, line.quantity, line.net) for line in placed.lines]
    use = PromotionUse(
        id=new_id(),
        promotion_id=asked.promotion_id,
        order_id=placed.order_id,
        customer_id=placed.customer_id,
        currency=asked.discount.currency,
        discount=asked.discount.amount,
        state=UseState.COMMITTED,
        lines=_kept(split(asked.discount, nets)),
        created_at=work.now,
    )
    reason = "The order has ended." if facts.ended else await _refusal(work, use)
    work.add(use)
    if reason is not None:
        use.state, use.reason, use.discount = UseState.REFUSED, reason, Decimal()
        work.emit(
            PromotionUseRefused(
                use_id=use.id, promotion_id=use.promotion_id, order_id=use.order_id, reason=reason
            ),
            of=use,
        )
        return
    work.emit(
        PromotionUseCommitted(
            use_id=use.id,
            promotion_id=use.promotion_id,
            order_id=use.order_id,
            discount=asked.discount,
        ),
        of=use,
    )
    await _apply_returns(work, [use])


async def _refusal(work: Work, use: PromotionUse) -> str | None:
    """Why the use is refused, or None after it was counted."""
    promotion = await promotion_held(work.session, use.promotion_id)
    if promotion is None:
        return "There is no such promotion."
    if await commit_use(work.session, use, work.now):
        return None
    if promotion.currency != use.currency:
        return f"{promotion.code} is in {promotion.currency}."
    if not usable(promotion.state, promotion.valid_from, promotion.valid_to, work.now):
        return f"{promotion.code} cannot be used any more."
    left = promotion.budget - promotion.committed
    if use.discount > left:
        return f"{promotion.code} has {Money.of(left, promotion.currency)} of its budget left."
    return f"{promotion.code} may be used {promotion.per_customer_limit} times by a customer."


async def release_uses(work: Work, cancelled: OrderCancelled) -> None:
    """A cancelled order gives its uses back; those not heard of yet will find that it ended."""
    facts = await facts_of(work.session, cancelled.order_id)
    facts.ended = True
    for use in await work.session.scalars(uses_of(cancelled.order_id)):
        if use.state is UseState.COMMITTED:
            await _release(work, use, use.discount - use.released)


async def release_parts(work: Work, returned: ReturnReceived) -> None:
    """A returned line gives back its part of the discount."""
    await facts_of(work.session, returned.order_id)
    counts: dict[str, int] = {}
    for line in returned.lines:
        counts[str(line.line)] = counts.get(str(line.line), 0) + line.quantity
    noted = insert(GoodsBack).values(
        return_id=returned.return_id, order_id=returned.order_id, lines=counts
    )
    await work.session.execute(noted.on_conflict_do_nothing())
    uses = await work.session.scalars(uses_of(returned.order_id))
    await _apply_returns(work, [use for use in uses if use.state is UseState.COMMITTED])


async def _apply_returns(work: Work, uses: Sequence[PromotionUse]) -> None:
    """Frees what all returns of the order free and was not given back yet."""
    for use in uses:
        counts: dict[int, int] = {}
        for back in await work.session.scalars(goods_back_of(use.order_id)):
            for line, count in back.lines.items():
                counts[int(line)] = counts.get(int(line), 0) + int(count)
        after, freed = give_back([_used(line) for line in use.lines], counts, use.currency)
        use.lines = _kept(after)
        if freed:
            await _release(work, use, freed)


async def _release(work: Work, use: PromotionUse, amount: Decimal) -> None:
    """Back to the budget; a use of which nothing is left is released."""
    await release_amount(work.session, use.promotion_id, amount)
    use.released += amount
    if use.released == use.discount:
        use.state = UseState.RELEASED
    work.emit(
        PromotionUseReleased(
            use_id=use.id,
            promotion_id=use.promotion_id,
            order_id=use.order_id,
            released=Money.of(amount, use.currency),
        ),
        of=use,
    )


def _kept(lines: Sequence[UsedLine]) -> list[dict[str, Any]]:
    return [
        {**asdict(line), "discount": str(line.discount), "released": str(line.released)}
        for line in lines
    ]


def _used(kept: dict[str, Any]) -> UsedLine:
    return UsedLine(
        kept["line"],
        kept["quantity"],
        Decimal(kept["discount"]),
        kept["returned"],
        Decimal(kept["released"]),
    )
