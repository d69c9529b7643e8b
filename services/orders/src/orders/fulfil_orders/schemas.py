"""What crosses the boundary."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from orders.accept_orders.schemas import Sku

Count = Annotated[int, Field(gt=0, le=10_000_000, strict=True, examples=[10])]


class ReceiveLine(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sku: Sku
    quantity: Count


class ReceiveStock(BaseModel):
    """Goods that came in, under a reference that is booked once."""

    model_config = ConfigDict(extra="forbid")

    reference: Annotated[str, Field(min_length=1, max_length=80, examples=["GR-2026-0815"])]
    lines: Annotated[list[ReceiveLine], Field(min_length=1, max_length=1000)]


class AllocationView(BaseModel):
    order_id: UUID
    line: int
    sku: str
    quantity: int


class ReceiptView(BaseModel):
    """What a receipt brought, and whom it served."""

    reference: str
    received: int = Field(description="units of all products together")
    allocated: list[AllocationView]


class ShipLine(BaseModel):
    model_config = ConfigDict(extra="forbid")

    line: Annotated[int, Field(ge=1, strict=True)]
    quantity: Count


class ShipOrder(BaseModel):
    """A shipment; without lines, all that is reserved leaves."""

    model_config = ConfigDict(extra="forbid")

    lines: Annotated[list[ShipLine] | None, Field(min_length=1, max_length=1000)] = None
    carrier: Annotated[str | None, Field(max_length=60)] = None
    tracking: Annotated[str | None, Field(max_length=80)] = None


class ShippedLineView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    line: int
    sku: str
    quantity: int


class ShipmentView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    order_id: UUID
    shipped_at: datetime
    delivered_at: datetime | None
    carrier: str | None
    tracking: str | None


class ShipmentDetail(ShipmentView):
    lines: list[ShippedLineView]
    allowed_actions: list[str]


class BackOrderView(BaseModel):
    """A line that waits, in the order in which it will be served."""

    model_config = ConfigDict(from_attributes=True)

    order_id: UUID
    number: str
    customer_id: UUID
    line: int
    sku: str
    waiting: int
    since: datetime
