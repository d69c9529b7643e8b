"""What crosses the boundary."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from loyalty.keep_points.rules import Account, EntryKind, RedemptionState
from shared.values import Money


class EntryView(BaseModel):
    """Points from the debit to the credit account."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    member_id: UUID
    kind: EntryKind
    debit: Account
    credit: Account
    points: int
    order_id: UUID | None
    line: int | None
    at: datetime


class RedemptionView(BaseModel):
    id: UUID
    order_id: UUID
    customer_id: UUID
    member_id: UUID | None
    state: RedemptionState
    points: int
    returned: int
    value: Money
    reason: str | None
    created_at: datetime
    version: int

    @classmethod
    def of(cls, found: object) -> Self:
        """From a row, whose value is a number beside its currency."""
        row = {name: getattr(found, name) for name in cls.model_fields}
        currency = str(getattr(found, "currency"))  # noqa: B009  # a Redemption
        return cls(**{**row, "value": Money.of(row["value"], currency)})


class TrialBalanceView(BaseModel):
    """Credits less debits of each account; together they are zero."""

    issued: int
    pending: int
    available: int
    spent: int
    total: int = Field(description="always 0")
    members_pending: int = Field(description="what the members' balances say; equals pending")
    members_available: int
    lots_left: int = Field(description="what lots hold; available without the debts")
