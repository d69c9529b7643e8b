"""What crosses the boundary."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from pricing.register_products.rules import ProductKind
from shared.events.parts import Sku
from shared.kit.external import ExternalIds
from shared.values import Currency, Exact

Name = Annotated[str, Field(min_length=1, max_length=200, examples=["Glass ball lights, 20"])]
Floor = Annotated[Exact, Field(ge=0, decimal_places=4, examples=["1.20"])]


class _Floored(BaseModel):
    model_config = ConfigDict(extra="forbid")

    floor_price: Annotated[
        Floor | None, Field(description="the lowest unit price it may be sold at")
    ] = None
    floor_currency: Currency | None = None

    @model_validator(mode="after")
    def _floor_is_whole(self) -> Self:
        if (self.floor_price is None) != (self.floor_currency is None):
            raise PydanticCustomError(
                "half_floor", "A floor needs floor_price and floor_currency, or neither."
            )
        return self


class RegisterProduct(_Floored):
    sku: Sku
    name: Name
    kind: ProductKind = ProductKind.GOODS
    external_ids: ExternalIds = {}


class RegisterProducts(BaseModel):
    model_config = ConfigDict(extra="forbid")

    items: Annotated[list[RegisterProduct], Field(min_length=1, max_length=1000)]


class ChangeProduct(_Floored):
    """A JSON Merge Patch: members left out stay as they are, null removes the floor."""

    name: Name | None = None


class ProductView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    sku: str
    name: str
    kind: ProductKind
    floor_price: Exact | None
    floor_currency: str | None
    external_ids: dict[str, str]
    created_at: datetime
    version: int


class BatchView(BaseModel):
    """What became of the items; `ids` in their order."""

    created: int
    changed: int
    unchanged: int
    ids: list[UUID]
