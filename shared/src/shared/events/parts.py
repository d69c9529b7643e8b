"""What events are made of: lines, consent, personal members."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.values import Exact, Instant, Money


def personal(**schema: Any) -> Any:
    """A member that names or reaches a person: masked in logs and on screens."""
    return Field(json_schema_extra={"x-personal": True}, **schema)


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", from_attributes=True)


Sku = Annotated[str, Field(min_length=1, max_length=40, examples=["85048"])]


class WantedLine(Part):
    """What somebody wants a price for."""

    line: Annotated[int, Field(ge=1, description="number of the line, from 1")]
    sku: Sku
    quantity: Annotated[int, Field(ge=1)]


class PriceStep(Part):
    """One step of a price's explanation: what rule made the unit price what it is."""

    rule: str = Field(
        examples=["list", "segment", "volume_break", "promotion", "floor", "rounding"]
    )
    detail: str = Field(examples=["Segment price of wholesale"])
    unit_price: Exact = Field(description="the unit price after this step")


class PricedLine(Part):
    """A line with its price. `net` is quantity × unit_price, rounded, in the currency of the whole."""

    line: Annotated[int, Field(ge=1)]
    sku: Sku
    quantity: Annotated[int, Field(ge=1)]
    list_price: Exact
    unit_price: Exact
    net: Exact
    explanation: list[PriceStep] = Field(default_factory=list)


class SoldLine(Part):
    """A line of an order."""

    line: Annotated[int, Field(ge=1)]
    sku: Sku
    quantity: Annotated[int, Field(ge=1)]
    unit_price: Exact
    net: Exact


class MovedLine(Part):
    """So many of a line were allocated, shipped, delivered or returned."""

    line: Annotated[int, Field(ge=1)]
    sku: Sku
    quantity: Annotated[int, Field(ge=1)]


class ReturnedLine(MovedLine):
    """With the money that goes back for it."""

    net: Exact


class PromotionUse(Part):
    """A promotion applied to an order, with what it took off."""

    promotion_id: UUID
    code: str
    discount: Money


class Consent(Part):
    """What a person agreed to, when, and in which words."""

    channel: str = Field(examples=["email"])
    given: bool
    at: Instant
    wording: str = Field(examples=["You may write to me about offers."])
