"""Resolve prices: for whoever asks, and for the quotes that orders makes."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from pricing.know_customers.tables import KnownCustomer
from pricing.register_products.tables import Product
from pricing.resolve_prices.rules import (
    Offered,
    Promoted,
    ResolutionRefused,
    Resolved,
    resolve,
    totals,
)
from pricing.resolve_prices.schemas import AnswerView, AskedLine, ResolvePrices
from pricing.resolve_prices.tables import PriceResolution
from pricing.run_promotions.rules import usable
from pricing.run_promotions.tables import Promotion, promotion_with
from pricing.set_prices.tables import prices_at
from shared.errors import Faults
from shared.events.orders import QuoteRequested
from shared.events.parts import PricedLine, PriceStep
from shared.events.pricing import QuotePricesRefused, QuotePricesResolved
from shared.kit.database import new_id
from shared.kit.work import Work
from shared.values import Money


@dataclass(frozen=True, slots=True)
class Book:
    """What is needed to price some products, read at once."""

    offers: dict[str, list[Offered]]
    floors: dict[str, Decimal | None]


async def resolve_prices(work: Work, request: ResolvePrices) -> AnswerView:
    """Everything that cannot be priced is named at once."""
    at = request.at or work.now
    segment = request.segment or await _segment_of(work, request.customer_id)
    book = await _read(work, [line.sku for line in request.lines], request.currency, at)
    faults = Faults()
    promotion = await _promotion(work, request.promotion_code, request.currency, at, faults)
    promoted = Promoted(promotion.code, promotion.percent) if promotion else None
    resolved: list[tuple[AskedLine, Resolved]] = []
    for index, line in enumerate(request.lines):
        here = f"#/lines/{index}/sku"
        if line.sku not in book.floors:
            remedy = "Send the sku of a product; GET /pricing/products lists them."
            faults.add(here, "unknown_product", f"{line.sku} is not a product.", remedy, line.sku)
            continue
        found = resolve(
            book.offers[line.sku],
            line.quantity,
            request.currency,
            segment=segment or "",
            promoted=promoted,
            floor=book.floors[line.sku],
        )
        if found is None:
            detail = f"{line.sku} has no price in {request.currency} for {line.quantity}."
            faults.add(here, "no_price", detail, "Set one: POST /pricing/prices.", line.sku)
            continue
        resolved.append((line, found))
    faults.refuse_if_any(ResolutionRefused)
    return _answer(resolved, request.currency, segment, at, promotion)


def _answer(
    resolved: list[tuple[AskedLine, Resolved]],
    currency: str,
    segment: str | None,
    at: datetime,
    promotion: Promotion | None,
) -> AnswerView:
    lines = [
        PricedLine(
            line=number,
            sku=line.sku,
            quantity=line.quantity,
            list_price=found.list_price,
            unit_price=found.unit_price,
            net=found.net,
            explanation=[
                PriceStep(rule=step.rule, detail=step.detail, unit_price=step.unit_price)
                for step in found.steps
            ],
        )
        for number, (line, found) in enumerate(resolved, 1)
    ]
    sums = totals(found for _, found in resolved)
    answer = AnswerView(
        currency=currency,
        segment=segment,
        at=at,
        lines=lines,
        list_total=Money.of(sums.listed, currency),
        total=Money.of(sums.total, currency),
    )
    if promotion is not None and sums.discount > 0:
        answer.promotion_id, answer.promotion_code = promotion.id, promotion.code
        answer.promotion_discount = Money.of(sums.discount, currency)
    return answer


async def _segment_of(work: Work, customer_id: UUID | None) -> str | None:
    if customer_id is None:
        return None
    customer = await work.session.get(KnownCustomer, customer_id)
    return customer.segment if customer else None


async def _read(work: Work, skus: list[str], currency: str, at: datetime) -> Book:
    products = await work.session.scalars(select(Product).where(Product.sku.in_(skus)))
    floors = {
        one.sku: one.floor_price if one.floor_currency == currency else None for one in products
    }
    offers: dict[str, list[Offered]] = defaultdict(list)
    for price in await work.session.scalars(prices_at(skus, currency, at)):
        offers[price.sku].append(Offered(price.amount, price.segment, price.min_quantity))
    return Book(offers, floors)


async def _promotion(
    work: Work, code: str | None, currency: str, at: datetime, faults: Faults
) -> Promotion | None:
    if code is None:
        return None
    promotion = await work.session.scalar(promotion_with(code))
    if promotion is None:
        known = "GET /pricing/promotions lists them."
        faults.add("#/promotion_code", "unknown_promotion", f"There is no {code}.", known, code)
        return None
    if promotion.currency != currency:
        remedy = f"Ask in {promotion.currency}, or without the code."
        said = f"{promotion.code} is in {promotion.currency}."
        faults.add("#/promotion_code", "other_currency", said, remedy, code)
        return None
    if not usable(promotion.state, promotion.valid_from, promotion.valid_to, at):
        said = f"{promotion.code} cannot be used at that time."
        faults.add("#/promotion_code", "not_usable", said, "Ask without the code.", code)
        return None
    return promotion


async def _claimed(work: Work, asked: QuoteRequested) -> PriceResolution | None:
    """The row of the answer, for whoever asks first; the others wait for it, and get None."""
    made = insert(PriceResolution).values(
        id=new_id(),
        quote_id=asked.quote_id,
        revision=asked.revision,
        customer_id=asked.customer_id,
        resolved_at=work.now,
        answer={},
        refused=[],
        version=0,
    )
    once = made.on_conflict_do_nothing(index_elements=["quote_id", "revision"])
    return await work.session.scalar(once.returning(PriceResolution))


async def price_quote(work: Work, asked: QuoteRequested) -> None:
    """One answer for each revision, also when it is asked twice."""
    resolution = await _claimed(work, asked)
    if resolution is None:
        return
    # Not validated: a quote whose code cannot be one wants a sentence, not the dead letters.
    request = ResolvePrices.model_construct(
        lines=[
            AskedLine.model_construct(sku=line.sku, quantity=line.quantity) for line in asked.lines
        ],
        currency=asked.currency,
        customer_id=asked.customer_id,
        promotion_code=asked.promotion_code or None,
    )
    try:
        answer = await resolve_prices(work, request)
    except ResolutionRefused as refusal:
        resolution.refused = [fault.detail for fault in refusal.faults]
        work.emit(
            QuotePricesRefused(
                resolution_id=resolution.id,
                quote_id=asked.quote_id,
                revision=asked.revision,
                reasons=resolution.refused,
            ),
            of=resolution,
        )
        return
    resolution.answer = answer.model_dump(mode="json")
    work.emit(
        QuotePricesResolved(
            resolution_id=resolution.id,
            quote_id=asked.quote_id,
            revision=asked.revision,
            currency=asked.currency,
            lines=answer.lines,
            list_total=answer.list_total,
            total=answer.total,
            promotion_id=answer.promotion_id,
            promotion_code=answer.promotion_code,
            promotion_discount=answer.promotion_discount,
        ),
        of=resolution,
    )
