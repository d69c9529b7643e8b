"""What crosses the boundary."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class StockView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    sku: str
    location: str
    on_hand: int
    reserved: int
    available: int
    updated_at: datetime
    version: int
