"""What crosses the boundary."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from orders.import_history.rules import LineKind
from shared.kit.jobs import JobState
from shared.values import Currency, Exact


class ImportHistory(BaseModel):
    """The arguments of the job."""

    import_id: UUID
    pieces: int
    currency: Currency
    zone: str


class ImportView(BaseModel):
    """How far an import is: rows = sold + returned + refused."""

    id: UUID
    file_name: str
    bytes: int
    currency: Currency
    zone: str
    created_at: datetime
    job_id: UUID
    state: JobState
    progress: float = Field(description="0 to 1")
    counts: dict[str, Any]
    error: str | None


class SalesLineView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    import_id: UUID
    row: int
    invoice: str
    sku: str
    goods: bool
    description: str
    kind: LineKind
    quantity: int
    unit_price: Exact
    net: Exact
    customer: str | None
    country: str
    sold_at: datetime


class RefusedRowView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    row: int
    code: str
    detail: str
    content: str
