"""Set prices, one by one or by the thousand; the former price ends where the new one begins."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select

from pricing.register_products.schemas import BatchView
from pricing.register_products.tables import Product
from pricing.set_prices.rules import Outcome, PriceKey, PricesRefused, check_end, outcome
from pricing.set_prices.schemas import SetPrice
from pricing.set_prices.tables import Price, prices_held
from shared.errors import Faults
from shared.events.pricing import PriceSet
from shared.kit.database import new_id
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
    known = set(await work.session.scalars(select(Product.sku).where(Product.sku.in_(skus))))
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
    ended: list[tuple[Price, datetime]] = []
    for item in items:
        former = held.get(item.key())
        found = outcome(former.amount if former else None, item.amount)
        counts[found] += 1
        if found is Outcome.UNCHANGED and former is not None:
            ids.append(former.id)
            continue
        begin = item.valid_from or work.now
        if former is not None:
            ended.append((former, begin))
        rows.append(_row(item, begin, work.now))
        ids.append(rows[-1]["id"])  # type: ignore[arg-type]  # the id we made
    for former, begin in ended:
        former.valid_to = begin
        work.emit(told(former), of=former)
    await work.session.flush()
    if rows:
        made = await work.session.scalars(insert(Price).returning(Price), rows)
        for price in made:
            work.emit(told(price), sequence=1)
    return BatchView(
        created=counts[Outcome.CREATED],
        changed=counts[Outcome.CHANGED],
        unchanged=counts[Outcome.UNCHANGED],
        ids=ids,
    )


async def _held_prices(work: Work, items: Sequence[SetPrice]) -> dict[PriceKey, Price]:
    found: dict[PriceKey, Price] = {}
    latest = max(item.valid_from or work.now for item in items)
    for price in await work.session.scalars(prices_held([i.key() for i in items], latest)):
        key = PriceKey(price.sku, price.currency, price.segment, price.min_quantity)
        found[key] = price
    begins = {item.key(): item.valid_from or work.now for item in items}
    return {key: price for key, price in found.items() if price.valid_from < begins[key]}


def _row(item: SetPrice, begin: datetime, now: datetime) -> dict[str, object]:
    return {
        "id": new_id(),
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
    price.valid_to = at or work.now
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
