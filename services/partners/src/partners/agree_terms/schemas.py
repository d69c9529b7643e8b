"""What crosses the boundary."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from partners.agree_terms.rules import POSSIBLE, AgreementState
from shared.values import Country, Exact, Instant


class DraftAgreement(BaseModel):
    model_config = ConfigDict(extra="forbid")

    partner_id: UUID
    commission_percent: Annotated[Exact, Field(gt=0, le=100, decimal_places=4, examples=["5"])]
    territories: Annotated[list[Country], Field(min_length=1, max_length=250)]
    exclusive: Annotated[
        bool, Field(strict=True, description="no other partner sells in these territories")
    ] = False
    valid_from: Annotated[Instant | None, Field(description="now when left out")] = None
    valid_to: Annotated[Instant | None, Field(description="open when left out")] = None


class TerminateAgreement(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=3, max_length=300, examples=["Targets were missed."])]


class AgreementView(BaseModel):
    id: UUID
    partner_id: UUID
    commission_percent: Exact
    territories: list[str]
    exclusive: bool
    valid_from: datetime
    valid_to: datetime | None
    state: AgreementState
    signed_by: str | None
    reason: str | None
    created_at: datetime
    allowed_actions: list[str]
    version: int

    @classmethod
    def of(cls, found: object) -> Self:
        names = (name for name in cls.model_fields if name != "allowed_actions")
        row = {name: getattr(found, name) for name in names}
        return cls(**row, allowed_actions=sorted(POSSIBLE[row["state"]]))
