"""What crosses the boundary."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from pricing.set_prices.rules import PriceKey
from shared.events.parts import Sku
from shared.values import Currency, Exact, Instant

Segment = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$", examples=["wholesale"])]


class SetPrice(BaseModel):
    """A price; the one that holds for the same key ends where this one begins."""

    model_config = ConfigDict(extra="forbid")

    sku: Sku
    currency: Currency
    amount: Annotated[
        Exact, Field(ge=0, decimal_places=6, description="of one unit", examples=["2.55"])
    ]
    min_quantity: Annotated[
        int, Field(ge=1, le=10_000_000, strict=True, description="a volume break")
    ] = 1
    segment: Annotated[Segment | None, Field(description="null is everybody")] = None
    valid_from: Annotated[Instant | None, Field(description="now when left out")] = None
    valid_to: Annotated[Instant | None, Field(description="open when left out")] = None

    def key(self) -> PriceKey:
        return PriceKey(self.sku, self.currency, self.segment or "", self.min_quantity)


class SetPrices(BaseModel):
    model_config = ConfigDict(extra="forbid")

    items: Annotated[list[SetPrice], Field(min_length=1, max_length=1000)]


class EndPrice(BaseModel):
    model_config = ConfigDict(extra="forbid")

    at: Annotated[Instant | None, Field(description="now when left out")] = None


class PriceView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    sku: str
    currency: str
    segment: str | None
    min_quantity: int
    amount: Exact
    valid_from: datetime
    valid_to: datetime | None
    created_at: datetime
    version: int

    @classmethod
    def of(cls, price: object) -> Self:
        """From a row, in which everybody is the empty segment."""
        members = {name: getattr(price, name) for name in cls.model_fields}
        return cls.model_validate({**members, "segment": members["segment"] or None})
