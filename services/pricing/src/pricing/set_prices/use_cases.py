"""Set prices, one by one or by the thousand; the former price ends where the new one begins."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from pricing.register_products.schemas import BatchView
from pricing.register_products.tables import skus_held
from pricing.set_prices.rules import (
    Outcome,
    PriceKey,
    PricesOverlap,
    PricesRefused,
    check_end,
    outcome,
    said,
)
from pricing.set_prices.schemas import SetPrice
from pricing.set_prices.tables import Price, overlapping, prices_held, prices_with_periods
from shared.errors import Faults
from shared.events.pricing import PriceSet
from shared.kit.database import domain_error, new_id
from shared.kit.work import Work


async def set_price(work: Work, request: SetPrice) -> Price:
    """One price. The same price again is the one that holds."""
    await _check(work, [request], batch=False)
    view = await _set(work, [request])
    await work.session.flush()
    return await work.get(Price, view.ids[0])


async def set_prices(work: Work, items: Sequence[SetPrice]) -> BatchView:
    """All or none. What costs that much already stays unchanged."""
    await _check(work, items, batch=True)
    return await _set(work, items)


async def _check(work: Work, items: Sequence[SetPrice], *, batch: bool) -> None:
    skus = {item.sku for item in items}
    known = set(await work.session.scalars(skus_held(skus)))
    faults = Faults()
    first: dict[PriceKey, int] = {}
    for index, item in enumerate(items):
        here = f"#/items/{index}" if batch else "#"
        if item.sku not in known:
            faults.add(
                f"{here}/sku",
                "unknown_product",
                f"{item.sku} is not a product.",
                "Register it first: POST /pricing/products.",
                item.sku,
            )
        if item.valid_to is not None and item.valid_to <= (item.valid_from or work.now):
            faults.add(
                f"{here}/valid_to",
                "ends_too_early",
                "A price ends after it begins.",
                "Send a later valid_to, or leave it out.",
                item.valid_to.isoformat(),
            )
        if item.key() in first:
            faults.add(
                here,
                "named_twice",
                f"The same product, currency, segment and quantity stand at item {first[item.key()]}.",
                "Send each once.",
            )
        first.setdefault(item.key(), index)
    faults.refuse_if_any(PricesRefused)


async def _set(work: Work, items: Sequence[SetPrice]) -> BatchView:
    held = await _held_prices(work, items)
    ids: list[UUID] = []
    rows: list[dict[str, object]] = []
    counts = dict.fromkeys(Outcome, 0)
    for item in items:
        begin = item.valid_from or work.now
        former = held.get(item.key())
        found = outcome(former.span() if former else None, item.amount, begin, item.valid_to)
        counts[found] += 1
        if found is Outcome.UNCHANGED and former is not None:
            ids.append(former.id)
            continue
        if former is not None and former.valid_from < begin and former.valid_to is None:
            former.valid_to = begin
            work.emit(told(former), of=former)
        made = new_id()
        rows.append(_row(made, item, begin, work.now))
        ids.append(made)
    await work.session.flush()
    for price in await _inserted(work, rows):
        work.emit(told(price), sequence=1)
    return BatchView(
        created=counts[Outcome.CREATED],
        changed=counts[Outcome.CHANGED],
        unchanged=counts[Outcome.UNCHANGED],
        ids=ids,
    )


async def _held_prices(work: Work, items: Sequence[SetPrice]) -> dict[PriceKey, Price]:
    """What holds for each key when the item begins: the open price, or the very same period."""
    begins = {item.key(): item.valid_from or work.now for item in items}
    found = {
        price.key(): price
        for price in await work.session.scalars(prices_held(list(begins)))
        if price.valid_from <= begins[price.key()]
    }
    periods = {
        item.key(): (begins[item.key()], item.valid_to)
        for item in items
        if item.valid_to is not None
    }
    if periods:
        same = await work.session.scalars(prices_with_periods(periods))
        found |= {price.key(): price for price in same}
    return found


async def _inserted(work: Work, rows: Sequence[dict[str, object]]) -> Sequence[Price]:
    """All of them; or the one that stands in the way is named. The database decides."""
    if not rows:
        return []
    try:
        async with work.session.begin_nested():
            return (await work.session.scalars(insert(Price).returning(Price), rows)).all()
    except IntegrityError as error:
        if not isinstance(domain_error(error), PricesOverlap):
            raise
        await _name_overlap(work, [_period(row) for row in rows])
        raise


def _period(row: Mapping[str, Any]) -> tuple[PriceKey, datetime, datetime | None]:
    key = PriceKey(row["sku"], row["currency"], row["segment"], row["min_quantity"])
    return key, row["valid_from"], row["valid_to"]


async def _name_overlap(
    work: Work,
    wanted: Sequence[tuple[PriceKey, datetime, datetime | None]],
    *,
    but: UUID | None = None,
) -> None:
    """Raises with the price that is in the way of one of these."""
    chosen = overlapping(wanted)
    other = await work.session.scalar(chosen if but is None else chosen.where(Price.id != but))
    if other is not None:
        raise PricesOverlap(said(other.key(), other.span()), price_id=str(other.id))


def _row(price_id: UUID, item: SetPrice, begin: datetime, now: datetime) -> dict[str, object]:
    return {
        "id": price_id,
        "sku": item.sku,
        "currency": item.currency,
        "segment": item.segment or "",
        "min_quantity": item.min_quantity,
        "amount": item.amount,
        "valid_from": begin,
        "valid_to": item.valid_to,
        "created_at": now,
        "version": 1,
    }


async def end_price(work: Work, price_id: UUID, at: datetime | None) -> Price:
    price = await work.edit(Price, price_id)
    check_end(price.valid_from, price.valid_to, at or work.now, work.now)
    end = at or work.now
    try:
        async with work.session.begin_nested():
            price.valid_to = end
    except IntegrityError as error:
        if isinstance(domain_error(error), PricesOverlap):
            await work.session.refresh(price)
            await _name_overlap(work, [(price.key(), price.valid_from, end)], but=price.id)
        raise
    work.emit(told(price), of=price)
    return price


def told(price: Price) -> PriceSet:
    return PriceSet(
        price_id=price.id,
        sku=price.sku,
        currency=price.currency,
        amount=price.amount,
        min_quantity=price.min_quantity,
        segment=price.segment or None,
        valid_from=price.valid_from,
        valid_to=price.valid_to,
    )
