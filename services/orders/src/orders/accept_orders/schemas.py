"""What crosses the boundary."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from orders.accept_orders.rules import Channel, OrderState, Step, allowed_actions
from shared.kit.external import ExternalIds
from shared.values import Currency, Exact, Money

Sku = Annotated[str, Field(min_length=1, max_length=40, examples=["85048"])]
Points = Annotated[int, Field(ge=0, le=1_000_000_000, strict=True)]


class PlaceLine(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sku: Sku
    quantity: Annotated[int, Field(gt=0, le=1_000_000, strict=True, examples=[12])]
    unit_price: Annotated[
        Exact | None, Field(description="the price you expect; refused when ours differs")
    ] = None


class PlaceOrder(BaseModel):
    """An order at the prices of the price book. For negotiated prices ask for a quote."""

    model_config = ConfigDict(extra="forbid")

    customer_id: UUID
    currency: Currency
    lines: Annotated[list[PlaceLine], Field(min_length=1, max_length=1000)]
    channel: Channel = Channel.DIRECT
    po_number: Annotated[
        str | None, Field(max_length=60, description="your number; a customer uses each once")
    ] = None
    points: Annotated[Points, Field(description="loyalty points to pay with")] = 0
    external_ids: ExternalIds = {}


class CancelOrder(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=3, max_length=300, examples=["Ordered twice."])]


class OrderLineView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    line: int
    sku: str
    quantity: int
    unit_price: Exact
    net: Exact
    reserved: int
    waiting: int
    shipped: int
    delivered: int
    returned: int


class OrderHead(BaseModel):
    """An order without its lines, as lists show it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: str
    customer_id: UUID
    channel: Channel
    state: OrderState
    net: Money
    due: Money
    points: int
    points_value: Money
    redemption: Step
    promotion: Step
    promotion_code: str | None
    promotion_discount: Money | None
    po_number: str | None
    quote_id: UUID | None
    opportunity_id: UUID | None
    external_ids: dict[str, str]
    placed_at: datetime
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    reason: str | None
    version: int

    @classmethod
    def of(cls, order: object) -> Self:
        """From a row, whose amounts are numbers beside one currency."""
        return cls.model_validate({**_members(order)})


class OrderView(OrderHead):
    lines: list[OrderLineView]
    allowed_actions: list[str]

    @classmethod
    def whole(cls, order: object, lines: list[object]) -> Self:
        """With its lines and what can be done now."""
        shown = [OrderLineView.model_validate(line) for line in lines]
        members = _members(order)
        actions = allowed_actions(
            OrderState(str(members["state"])),
            anything_shipped=any(line.shipped > line.returned for line in shown),
            anything_reserved=any(line.reserved for line in shown),
            anything_under_way=any(line.shipped > line.delivered for line in shown),
        )
        return cls.model_validate({**members, "lines": shown, "allowed_actions": actions})


_MONEY = ("net", "due", "points_value", "promotion_discount")


def _members(order: object) -> dict[str, object]:
    found: dict[str, object] = {
        name: getattr(order, name) for name in OrderHead.model_fields if name not in _MONEY
    }
    currency = str(getattr(order, "currency"))  # noqa: B009  # any row with these members
    for name in _MONEY:
        amount: Decimal | None = getattr(order, name)
        found[name] = None if amount is None else Money.of(amount, currency)
    return found
