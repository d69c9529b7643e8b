"""Prices, of which the database lets only one hold at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Select, and_, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pricing.set_prices.rules import PriceKey, PricesOverlap, Span
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

    def key(self) -> PriceKey:
        return PriceKey(self.sku, self.currency, self.segment, self.min_quantity)

    def span(self) -> Span:
        return Span(self.amount, self.valid_from, self.valid_to)


means("prices_do_not_overlap", PricesOverlap)


_KEY = tuple_(Price.sku, Price.currency, Price.segment, Price.min_quantity)


def _columns(key: PriceKey) -> tuple[str, str, str, int]:
    return key.sku, key.currency, key.segment, key.min_quantity


def prices_held(keys: Sequence[PriceKey]) -> Select[Price]:
    """The open prices of these keys, one each at most; locked until commit, in one order."""
    return (
        select(Price)
        .where(_KEY.in_([_columns(key) for key in keys]), Price.valid_to.is_(None))
        .order_by(Price.id)
        .with_for_update()
    )


def prices_with_periods(
    periods: Mapping[PriceKey, tuple[datetime, datetime]],
) -> Select[Price]:
    """The prices of these keys that hold in exactly that period."""
    exactly = tuple_(*_KEY.clauses, Price.valid_from, Price.valid_to)
    return select(Price).where(
        exactly.in_([(*_columns(key), *period) for key, period in periods.items()])
    )


def overlapping(wanted: Sequence[tuple[PriceKey, datetime, datetime | None]]) -> Select[Price]:
    """A price that stands in the way of one of these."""
    return (
        select(Price)
        .where(
            or_(
                *(
                    and_(
                        _KEY.in_([_columns(key)]),
                        func.tstzrange(Price.valid_from, Price.valid_to).op("&&")(
                            func.tstzrange(begin, end)
                        ),
                    )
                    for key, begin, end in wanted
                )
            )
        )
        .order_by(Price.sku, Price.valid_from)
        .limit(1)
    )


def prices_at(skus: Sequence[str], currency: str, at: datetime) -> Select[Price]:
    """Every price of these products that holds at that time."""
    return select(Price).where(
        Price.sku.in_(list(skus)),
        Price.currency == currency,
        func.tstzrange(Price.valid_from, Price.valid_to).op("@>")(at),
    )
