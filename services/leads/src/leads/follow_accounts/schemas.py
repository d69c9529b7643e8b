"""What goes out."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from shared.values import Money


class AccountOrderView(BaseModel):
    order_id: UUID
    account_id: UUID
    net: Money | None = Field(description="null until the confirmation was heard")
    refunded: Money | None
    cancelled: bool
    confirmed_at: datetime | None
    cancelled_at: datetime | None

    @classmethod
    def of(cls, row: Any) -> Self:
        """From a row, whose amounts are numbers beside one currency."""
        return cls(
            order_id=row.order_id,
            account_id=row.account_id,
            net=None if row.net is None else Money.of(row.net, row.currency),
            refunded=None if row.currency is None else Money.of(row.refunded, row.currency),
            cancelled=row.cancelled,
            confirmed_at=row.confirmed_at,
            cancelled_at=row.cancelled_at,
        )


class RevenuePart(BaseModel):
    """Orders that count, in one currency: confirmed, and not cancelled. net = gross − refunds."""

    orders: int
    gross: Money
    refunds: Money
    net: Money


class RevenueView(BaseModel):
    account_id: UUID
    items: list[RevenuePart]
