"""The price book: products and prices as pricing told them, and how to look prices up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from orders.table import Table


class KnownProduct(Table, kw_only=True):
    __tablename__ = "known_products"

    sku: Mapped[str] = mapped_column(primary_key=True)
    product_id: Mapped[UUID]
    name: Mapped[str]
    kind: Mapped[str]


class KnownPrice(Table, kw_only=True):
    """A price for everybody (segment null) or a segment, from a quantity on, for a period."""

    __tablename__ = "known_prices"
    __table_args__ = (Index("ix_known_prices_sku_currency", "sku", "currency"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sku: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[Decimal]
    min_quantity: Mapped[int]
    valid_from: Mapped[datetime]
    segment: Mapped[str | None] = mapped_column(default=None)
    valid_to: Mapped[datetime | None] = mapped_column(default=None)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the price book says of a wanted line. No price: not sold in this currency."""

    sku: str
    goods: bool
    unit_price: Decimal | None


_LOOK_UP = text("""
select w.line, p.sku, p.kind = 'goods' as goods, k.amount
from unnest(cast(:lines as int[]), cast(:skus as text[]), cast(:quantities as int[]))
     as w(line, sku, quantity)
join known_products p on p.sku = w.sku
left join lateral (
  select amount from known_prices
  where sku = w.sku and currency = :currency and min_quantity <= w.quantity
    and (segment is null or segment = :segment)
    and valid_from <= :now and (valid_to is null or valid_to > :now)
  order by segment nulls last, min_quantity desc, valid_from desc limit 1
) k on true
""")


async def entries(
    session: AsyncSession,
    wanted: Sequence[tuple[int, str, int]],
    *,
    currency: str,
    segment: str | None,
    now: datetime,
) -> Mapping[int, Entry]:
    """Line → what the book says, for (line, sku, quantity). An unknown product has no entry.

    A segment's own price goes before the list price, a higher quantity break before a lower.
    """
    found = await session.execute(
        _LOOK_UP,
        {
            "lines": [line for line, _, _ in wanted],
            "skus": [sku for _, sku, _ in wanted],
            "quantities": [quantity for _, _, quantity in wanted],
            "currency": currency,
            "segment": segment,
            "now": now,
        },
    )
    return {line: Entry(sku, goods, amount) for line, sku, goods, amount in found}


async def goods_among(session: AsyncSession, skus: Sequence[str]) -> set[str]:
    """Which of these are products that have stock."""
    chosen = select(KnownProduct.sku).where(
        KnownProduct.sku.in_(set(skus)), KnownProduct.kind == "goods"
    )
    return set(await session.scalars(chosen))
