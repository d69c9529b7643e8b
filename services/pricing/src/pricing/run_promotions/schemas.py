"""What crosses the boundary."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from pricing.run_promotions.rules import PromotionState, UseState, allowed_actions
from shared.values import Exact, Instant, Money

Code = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-]{2,40}$", examples=["SPRING10"], description="upper-cased")
]


class DraftPromotion(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Code
    name: Annotated[str, Field(min_length=1, max_length=120, examples=["Spring sale"])]
    percent: Annotated[Exact, Field(gt=0, le=100, decimal_places=4, examples=["10"])]
    budget: Annotated[Money, Field(description="what all uses together may take off")]
    valid_from: Annotated[Instant | None, Field(description="now when left out")] = None
    valid_to: Annotated[Instant | None, Field(description="open when left out")] = None
    per_customer_limit: Annotated[
        int | None,
        Field(ge=1, le=1_000_000, strict=True, description="orders of a customer that may use it"),
    ] = None


class EndPromotion(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=3, max_length=300, examples=["The season is over."])]


class PromotionView(BaseModel):
    id: UUID
    code: str
    name: str
    percent: Exact
    budget: Money
    committed: Money
    left: Money
    valid_from: datetime
    valid_to: datetime | None
    per_customer_limit: int | None
    state: PromotionState
    reason: str | None
    created_at: datetime
    allowed_actions: list[str]
    version: int

    @classmethod
    def of(cls, found: object) -> Self:
        """From a row, whose amounts are numbers beside one currency."""
        plain = (
            "id", "code", "name", "percent", "valid_from", "valid_to", "state", "reason",
            "created_at", "version", "currency", "budget", "committed", "per_customer_limit",
        )  # fmt: skip
        row = {name: getattr(found, name) for name in plain}
        currency, budget, committed = row.pop("currency"), row.pop("budget"), row.pop("committed")
        return cls(
            **row,
            budget=Money.of(budget, currency),
            committed=Money.of(committed, currency),
            left=Money.of(budget - committed, currency),
            allowed_actions=allowed_actions(row["state"]),
        )


class PromotionUseView(BaseModel):
    id: UUID
    promotion_id: UUID
    order_id: UUID
    customer_id: UUID
    discount: Money
    released: Money
    state: UseState
    reason: str | None
    created_at: datetime
    version: int

    @classmethod
    def of(cls, found: object) -> Self:
        """From a row, whose amounts are numbers beside one currency."""
        row = {name: getattr(found, name) for name in cls.model_fields}
        currency = str(getattr(found, "currency"))  # noqa: B009  # a PromotionUse
        for name in ("discount", "released"):
            row[name] = Money.of(row[name], currency)
        return cls(**row)
