"""Stock positions, and the statements that may reserve and release them."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from orders.hold_stock.rules import NotEnoughStock
from orders.table import Table
from shared.kit.database import Versioned, means

MAIN = "main"
MAX_UNITS = 2_000_000_000
"""What a position can count."""


class Stock(Versioned, Table, kw_only=True):
    """How many of a product are at a location, and how many of these are promised."""

    __tablename__ = "stock"
    __table_args__ = (
        CheckConstraint("reserved >= 0 and reserved <= on_hand", name="never_oversold"),
        Index("uq_stock_sku_location", "sku", "location", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sku: Mapped[str]
    location: Mapped[str]
    on_hand: Mapped[int]
    updated_at: Mapped[datetime]
    reserved: Mapped[int] = mapped_column(default=0)

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


means("ck_stock_never_oversold", NotEnoughStock)


class StockMove(Table, kw_only=True):
    """A receipt, a count or a return, once per reference."""

    __tablename__ = "stock_moves"
    __table_args__ = (
        Index("uq_stock_moves_reference_stock_id", "reference", "stock_id", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    stock_id: Mapped[UUID] = mapped_column(index=True)
    quantity: Mapped[int]
    reason: Mapped[str]
    reference: Mapped[str]
    moved_at: Mapped[datetime]


def stock_held(skus: list[str]) -> Select[Stock]:
    """Locked until commit, always in the order of sku, so that two orders cannot deadlock."""
    return (
        select(Stock)
        .where(Stock.sku.in_(skus), Stock.location == MAIN)
        .order_by(Stock.sku)
        .with_for_update()
    )


# Locked first, counted by the next statement. In one statement a row that was changed while we
# waited could be counted as it was before: the check constraint then refused an honest order.
_HOLD = text(
    "select id from stock where location = :location and sku = any(cast(:skus as text[]))"
    " order by sku for update"
)
_RESERVE = text("""
with wanted as (
  select * from unnest(cast(:skus as text[]), cast(:quantities as int[])) as w(sku, quantity)
), held as (
  select s.id, least(w.quantity, s.on_hand - s.reserved) as taken
  from stock s join wanted w on w.sku = s.sku
  where s.location = :location
)
update stock set reserved = stock.reserved + held.taken, updated_at = :now
from held where stock.id = held.id and held.taken > 0
returning stock.sku, held.taken
""")

_RELEASE = text("""
with back as (
  select * from unnest(cast(:skus as text[]), cast(:quantities as int[])) as w(sku, quantity)
), held as (
  select s.id, b.quantity from stock s join back b on b.sku = s.sku
  where s.location = :location order by s.sku for update of s
)
update stock set reserved = stock.reserved - held.quantity,
       on_hand = stock.on_hand - case when :gone then held.quantity else 0 end, updated_at = :now
from held where stock.id = held.id
""")


async def reserve(
    session: AsyncSession, wanted: Mapping[str, int], now: datetime
) -> dict[str, int]:
    """Reserves of each product as much as is available. Returns how much that was."""
    skus = sorted(wanted)
    await session.execute(_HOLD, {"location": MAIN, "skus": skus})
    found = await session.execute(
        _RESERVE,
        {"skus": skus, "quantities": [wanted[s] for s in skus], "location": MAIN, "now": now},
    )
    return {sku: taken for sku, taken in found}  # noqa: C416  # rows are not pairs to a type checker


async def release(session: AsyncSession, held: Mapping[str, int], now: datetime) -> None:
    """Gives reservations back."""
    await _unreserve(session, held, now, gone=False)


async def take_out(session: AsyncSession, held: Mapping[str, int], now: datetime) -> None:
    """Reserved goods leave the house."""
    await _unreserve(session, held, now, gone=True)


async def _unreserve(
    session: AsyncSession, held: Mapping[str, int], now: datetime, *, gone: bool
) -> None:
    skus = sorted(sku for sku, quantity in held.items() if quantity)
    if skus:
        quantities = [held[sku] for sku in skus]
        await session.execute(
            _RELEASE,
            {"skus": skus, "quantities": quantities, "location": MAIN, "now": now, "gone": gone},
        )
