"""What crosses the boundary."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.values import Exact, Money


class TakeBackLine(BaseModel):
    model_config = ConfigDict(extra="forbid")

    line: Annotated[int, Field(ge=1, strict=True)]
    quantity: Annotated[int, Field(gt=0, le=1_000_000, strict=True)]


class TakeBack(BaseModel):
    model_config = ConfigDict(extra="forbid")

    lines: Annotated[list[TakeBackLine], Field(min_length=1, max_length=1000)]
    reason: Annotated[str, Field(min_length=3, max_length=300, examples=["Arrived broken."])]


class ReturnLineView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    line: int
    sku: str
    quantity: int
    net: Exact


class ReturnView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    order_id: UUID
    customer_id: UUID
    reason: str
    refund: Money
    points_refund: int
    received_at: datetime
    lines: list[ReturnLineView]
    version: int

    @classmethod
    def of(cls, found: object) -> Self:
        """From a row, whose amount is a number beside its currency."""
        names = (name for name in cls.model_fields if name != "refund")
        members = {name: getattr(found, name) for name in names}
        members["refund"] = Money.of(found.refund, found.currency)  # type: ignore[attr-defined]  # a Return
        return cls.model_validate(members)
