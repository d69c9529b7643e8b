"""What crosses the boundary."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from orders.accept_orders.rules import Channel
from orders.accept_orders.schemas import Points, Sku
from orders.quote_customers.rules import POSSIBLE, QuoteState
from shared.events.parts import PricedLine
from shared.values import Currency, Money


class QuoteLine(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sku: Sku
    quantity: Annotated[int, Field(gt=0, le=1_000_000, strict=True, examples=[48])]


Lines = Annotated[list[QuoteLine], Field(min_length=1, max_length=200)]
Code = Annotated[str | None, Field(max_length=40, examples=["SPRING10"])]


class RequestQuote(BaseModel):
    model_config = ConfigDict(extra="forbid")

    customer_id: UUID
    currency: Currency
    lines: Lines
    opportunity_id: UUID | None = None
    promotion_code: Code = None
    valid_days: Annotated[int, Field(ge=1, le=365, strict=True)] = 30


class ReviseQuote(BaseModel):
    """Replaces the lines; the former revision is kept as it was."""

    model_config = ConfigDict(extra="forbid")

    lines: Lines
    promotion_code: Code = None


class GiveReason(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=3, max_length=300, examples=["Discount too deep."])]


class AcceptQuote(BaseModel):
    """The customer's yes."""

    model_config = ConfigDict(extra="forbid")

    po_number: Annotated[str | None, Field(max_length=60)] = None
    points: Points = 0
    channel: Channel = Channel.DIRECT


class QuoteHead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: str
    customer_id: UUID
    opportunity_id: UUID | None
    state: QuoteState
    revision: int
    author: str
    approved_by: str | None
    promotion_code: str | None
    list_total: Money | None
    total: Money | None
    created_at: datetime
    sent_at: datetime | None
    valid_until: datetime | None
    order_id: UUID | None
    reason: str | None
    allowed_actions: list[str]
    version: int

    @classmethod
    def of(cls, quote: object) -> Self:
        """From a row, whose totals are numbers beside one currency."""
        return cls.model_validate(_members(quote))


class RevisionView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    revision: int
    made_at: datetime
    made_by: str
    wanted: list[QuoteLine]
    priced: list[PricedLine]
    reasons: list[str]


class QuoteView(QuoteHead):
    """With the lines of the present revision, each with the explanation of its price."""

    wanted: list[QuoteLine]
    lines: list[PricedLine]
    reasons: list[str]

    @classmethod
    def whole(cls, quote: object, revision: object) -> Self:
        shown = RevisionView.model_validate(revision)
        return cls.model_validate(
            {
                **_members(quote),
                "wanted": shown.wanted,
                "lines": shown.priced,
                "reasons": shown.reasons,
            }
        )


def _members(quote: object) -> dict[str, object]:
    names = (
        n for n in QuoteHead.model_fields if n not in {"list_total", "total", "allowed_actions"}
    )
    found: dict[str, object] = {name: getattr(quote, name) for name in names}
    currency = str(getattr(quote, "currency"))  # noqa: B009  # any row with these members
    for name in ("list_total", "total"):
        amount = getattr(quote, name)
        found[name] = None if amount is None else Money.of(amount, currency)
    found["allowed_actions"] = sorted(POSSIBLE[QuoteState(str(found["state"]))])
    return found
