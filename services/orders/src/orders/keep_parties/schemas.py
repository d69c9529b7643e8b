"""What crosses the boundary."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from orders.keep_parties.rules import PartyState


class ChangeParty(BaseModel):
    """A JSON Merge Patch: members left out stay as they are."""

    model_config = ConfigDict(extra="forbid")

    state: PartyState | None = None
    payment_days: Annotated[int | None, Field(ge=0, le=365, examples=[30])] = None


class PartyView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    country: str
    segment: str | None
    state: PartyState
    payment_days: int
    external_ids: dict[str, str]
    created_at: datetime
    version: int
