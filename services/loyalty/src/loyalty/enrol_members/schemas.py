"""What crosses the boundary."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.kit.external import ExternalIds
from shared.values import Instant


class GiveConsent(BaseModel):
    model_config = ConfigDict(extra="forbid")

    given: Annotated[bool, Field(strict=True)]
    wording: Annotated[
        str, Field(min_length=3, max_length=500, examples=["I want to collect points."])
    ]
    at: Instant | None = None


class EnrolMember(BaseModel):
    model_config = ConfigDict(extra="forbid")

    customer_id: UUID
    program_id: UUID
    consent: GiveConsent
    source: Annotated[str, Field(pattern="^[a-z_]{2,30}$", examples=["api"])] = "api"
    external_ids: ExternalIds = {}


class ConsentView(BaseModel):
    given: bool
    at: Instant
    wording: str


class MemberView(BaseModel):
    """`available` can be spent; below zero it is a debt that the next points pay."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: str
    customer_id: UUID
    program_id: UUID
    source: str
    consent: ConsentView
    external_ids: dict[str, str]
    enrolled_at: datetime
    pending: int
    available: int
    spent: int
    version: int
