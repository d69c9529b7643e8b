"""What crosses the boundary."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from pricing.run_promotions.schemas import Code
from pricing.set_prices.schemas import Segment
from shared.events.parts import PricedLine, Sku
from shared.values import Currency, Instant, Money


class AskedLine(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sku: Sku
    quantity: Annotated[int, Field(gt=0, le=10_000_000, strict=True, examples=[48])]


class ResolvePrices(BaseModel):
    """What would this cost this customer, or somebody of this segment, at that time?"""

    model_config = ConfigDict(extra="forbid")

    lines: Annotated[list[AskedLine], Field(min_length=1, max_length=200)]
    currency: Currency
    customer_id: UUID | None = None
    segment: Annotated[
        Segment | None, Field(description="instead of the customer's own segment")
    ] = None
    promotion_code: Code | None = None
    at: Annotated[Instant | None, Field(description="now when left out")] = None


class AnswerView(BaseModel):
    """The prices, each with its explanation. `promotion_discount` is what the promotion takes off."""

    currency: str
    segment: str | None
    at: datetime
    lines: list[PricedLine]
    list_total: Money
    total: Money
    promotion_id: UUID | None = None
    promotion_code: str | None = None
    promotion_discount: Money | None = None


class ResolutionView(BaseModel):
    """What a revision of a quote was told."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    quote_id: UUID
    revision: int
    customer_id: UUID
    resolved_at: datetime
    answer: dict[str, Any]
    refused: list[str]
    version: int
