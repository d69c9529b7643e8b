"""What crosses the boundary."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel

from shared.values import Exact, Money


class CommissionView(BaseModel):
    """`net` is what is left of `commission` after returns and cancellations."""

    id: UUID
    partner_id: UUID
    deal_id: UUID
    order_id: UUID
    base: Money
    percent: Exact
    commission: Money
    net: Money
    accrued_at: datetime
    version: int

    @classmethod
    def of(cls, found: object) -> Self:
        """From a row, whose amounts are numbers beside one currency."""
        return cls(**_members(found))


class CommissionLineView(BaseModel):
    line: int
    quantity: int
    base: Money
    commission: Money


class CommissionDetail(CommissionView):
    lines: list[CommissionLineView]

    @classmethod
    def whole(cls, found: object, lines: list[CommissionLineView]) -> Self:
        return cls(**_members(found), lines=lines)


class StatementTotal(BaseModel):
    accrued: Money
    adjusted: Money
    net: Money
    orders: int


class StatementView(BaseModel):
    """What a partner earned in a period, by the day a commission was accrued (UTC)."""

    partner_id: UUID
    totals: list[StatementTotal]
    commissions: list[CommissionView]


def _members(found: object) -> dict[str, object]:
    row = {name: getattr(found, name) for name in CommissionView.model_fields}
    currency = str(getattr(found, "currency"))  # noqa: B009  # a Commission
    for name in ("base", "commission", "net"):
        row[name] = Money.of(row[name], currency)
    return row
