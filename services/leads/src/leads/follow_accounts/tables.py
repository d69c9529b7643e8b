"""The book: an account's orders and returns, and what they sum to."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Mapped, mapped_column

from leads.table import Table


class AccountOrder(Table, kw_only=True):
    """An order of an account. It counts when its confirmation was heard and it is not cancelled.

    A return or a cancellation may be heard first: its row then waits for the confirmation.
    """

    __tablename__ = "account_orders"

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(index=True)
    currency: Mapped[str | None] = mapped_column(default=None)
    net: Mapped[Decimal | None] = mapped_column(default=None)
    refunded: Mapped[Decimal] = mapped_column(default=Decimal())
    confirmed_at: Mapped[datetime | None] = mapped_column(default=None)
    cancelled_at: Mapped[datetime | None] = mapped_column(default=None)

    @property
    def cancelled(self) -> bool:
        return self.cancelled_at is not None


class AccountReturn(Table, kw_only=True):
    """A return, so that it is counted once."""

    __tablename__ = "account_returns"

    return_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(index=True)
    refund: Mapped[Decimal]
    currency: Mapped[str]


def revenue_of(account_id: UUID) -> Select[Any, int, Any, Any]:
    """By currency: how many orders count, what they cost, what went back."""
    return (
        select(
            AccountOrder.currency.label("currency"),
            func.count(AccountOrder.order_id).label("orders"),
            func.sum(AccountOrder.net).label("gross"),
            func.sum(AccountOrder.refunded).label("refunds"),
        )
        .where(
            AccountOrder.account_id == account_id,
            AccountOrder.confirmed_at.is_not(None),
            AccountOrder.cancelled_at.is_(None),
        )
        .group_by(AccountOrder.currency)
        .order_by(AccountOrder.currency)
    )
