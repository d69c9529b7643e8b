"""What crosses the boundary."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from partners.keep_partners.rules import PartnerState
from shared.events.parts import personal
from shared.kit.external import ExternalIds
from shared.values import Country

Name = Annotated[str, Field(min_length=1, max_length=200, examples=["Lakeland Agents"])]
Email = Annotated[
    str, Field(pattern=r"^[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}$", examples=["desk@agents.example"])
]


class RegisterPartner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    country: Country
    email: Email = personal()
    external_ids: ExternalIds = {}


class PutPartner(BaseModel):
    """The whole of a partner, known by the external id of the path."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    country: Country
    email: Email = personal()


class ChangePartner(BaseModel):
    """A JSON Merge Patch: members left out stay as they are."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    country: Country | None = None
    email: Email | None = personal(default=None)
    state: PartnerState | None = None


class PartnerView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    country: str
    email: str = personal()
    state: PartnerState
    external_ids: dict[str, str]
    created_at: datetime
    version: int
