"""What crosses the boundary."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from campaigns.run_campaigns.rules import CampaignState, allowed_actions
from shared.values import Country

Segment = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$", examples=["wholesale"])]
Name = Annotated[str, Field(min_length=1, max_length=120, examples=["Spring lights"])]
Words = Annotated[str, Field(min_length=1, max_length=1000)]
Segments = Annotated[list[Segment], Field(min_length=1, max_length=50)]
Countries = Annotated[list[Country], Field(max_length=250, description="all when empty")]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{2,40}$", examples=["SPRING10"])]


class DraftCampaign(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    objective: Annotated[Words, Field(examples=["Win back shops that bought lights last spring"])]
    offer: Annotated[Words, Field(examples=["Ten percent off all lights until May"])]
    segments: Segments
    countries: Countries = []
    promotion_code: Code | None = None


class ChangeCampaign(BaseModel):
    """A JSON Merge Patch: members left out stay as they are."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    objective: Words | None = None
    offer: Words | None = None
    segments: Segments | None = None
    countries: Countries | None = None
    promotion_code: Annotated[Code | None, Field(description="null removes it")] = None


class EndCampaign(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=3, max_length=300, examples=["The season is over."])]


class CampaignView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    objective: str
    offer: str
    segments: list[str]
    countries: list[str]
    promotion_code: str | None
    state: CampaignState
    recipients: int
    created_at: datetime
    launched_at: datetime | None
    ended_at: datetime | None
    reason: str | None
    allowed_actions: list[str]
    version: int

    @classmethod
    def of(cls, campaign: object) -> Self:
        names = (name for name in cls.model_fields if name != "allowed_actions")
        members = {name: getattr(campaign, name) for name in names}
        actions = allowed_actions(CampaignState(str(members["state"])))
        return cls.model_validate({**members, "allowed_actions": actions})


class AudienceView(BaseModel):
    """Whom a launch would reach now."""

    count: int
    sample: list[str] = Field(description="names of the first twenty")


class RecipientView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    account_id: UUID
    name: str
