"""Prices, of which the database lets only one hold at a time."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Select, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pricing.set_prices.rules import PriceKey, PricesOverlap
from pricing.table import Table
from shared.kit.database import Versioned, means


class Price(Versioned, Table, kw_only=True):
    """A unit price. `valid_to` is the first instant at which it does not hold; null is open."""

    __tablename__ = "prices"
    __table_args__ = (
        CheckConstraint("amount >= 0 and min_quantity >= 1", name="amount_and_quantity"),
        CheckConstraint("valid_to is null or valid_to > valid_from", name="ends_after_it_begins"),
        ExcludeConstraint(
            ("sku", "="),
            ("currency", "="),
            ("segment", "="),
            ("min_quantity", "="),
            (text("tstzrange(valid_from, valid_to)"), "&&"),
            name="prices_do_not_overlap",
            using="gist",
        ),
        Index("ix_prices_sku_currency", "sku", "currency"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sku: Mapped[str]
    currency: Mapped[str]
    segment: Mapped[str]
    min_quantity: Mapped[int]
    amount: Mapped[Decimal]
    valid_from: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(index=True)
    valid_to: Mapped[datetime | None] = mapped_column(default=None)


means("prices_do_not_overlap", PricesOverlap)


def prices_held(keys: Sequence[PriceKey], at: datetime) -> Select[Price]:
    """The prices of these keys that hold at that time and have no end, locked, in one order."""
    wanted = [(key.sku, key.currency, key.segment, key.min_quantity) for key in keys]
    columns = tuple_(Price.sku, Price.currency, Price.segment, Price.min_quantity)
    return (
        select(Price)
        .where(columns.in_(wanted), Price.valid_from <= at, Price.valid_to.is_(None))
        .order_by(Price.id)
        .with_for_update()
    )


def prices_at(skus: Sequence[str], currency: str, at: datetime) -> Select[Price]:
    """Every price of these products that holds at that time."""
    return select(Price).where(
        Price.sku.in_(list(skus)),
        Price.currency == currency,
        func.tstzrange(Price.valid_from, Price.valid_to).op("@>")(at),
    )
