"""What crosses the boundary."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from leads.capture_leads.rules import Heard, LeadState
from leads.keep_accounts.schemas import Email, Name, Phone
from leads.score_leads.rules import LeadSource
from shared.events.parts import personal
from shared.values import Country, Instant


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class GivenConsent(_Input):
    channel: Annotated[str, Field(pattern="^[a-z_]{2,30}$", examples=["email"])]
    given: bool
    at: Instant
    wording: Annotated[
        str, Field(min_length=1, max_length=500, examples=["You may write to me about offers."])
    ]


class CaptureLead(_Input):
    """Somebody who may buy. An address or a number is needed, or nobody can answer them."""

    country: Country
    source: LeadSource = LeadSource.API
    company: Name | None = None
    contact_name: Name | None = personal(default=None, examples=["Ann Shopkeeper"])
    email: Email | None = personal(default=None)
    phone: Phone | None = personal(default=None)
    campaign_id: UUID | None = None
    consents: Annotated[list[GivenConsent], Field(max_length=20)] = []

    @model_validator(mode="after")
    def _can_be_answered(self) -> Self:
        if self.email is None and self.phone is None:
            raise PydanticCustomError(
                "unreachable", "Neither email nor phone is given; send one of them"
            )
        return self

    def heard(self) -> Heard:
        return Heard(
            source=self.source,
            country=self.country,
            company=self.company,
            contact_name=self.contact_name,
            email=self.email,
            phone=self.phone,
            campaign_id=self.campaign_id,
            consents=[
                {**consent.model_dump(mode="json"), "source": self.source.value}
                for consent in self.consents
            ],
        )


class GiveReason(_Input):
    reason: Annotated[str, Field(min_length=3, max_length=300, examples=["No budget this year."])]


class ConsentView(BaseModel):
    channel: str
    given: bool
    at: datetime
    wording: str
    source: str


class PartView(BaseModel):
    """One line of a score's explanation. The points of all lines sum to the score."""

    model_config = ConfigDict(from_attributes=True)

    what: str
    points: int


class TouchView(BaseModel):
    """A time the lead was heard of."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    source: LeadSource
    kind: str
    weight: int
    campaign_id: UUID | None
    response_id: UUID | None
    deal_id: UUID | None


class LeadHead(BaseModel):
    """A lead without its touches, as lists show it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    source: LeadSource
    state: LeadState
    company: str | None
    contact_name: str | None = personal()
    email: str | None = personal()
    phone: str | None = personal()
    country: str
    account_id: UUID | None
    campaign_id: UUID | None
    response_id: UUID | None
    deal_id: UUID | None
    opportunity_id: UUID | None
    score: int
    fit: int
    behaviour: int
    scored_at: datetime
    explanation: list[PartView]
    consents: list[ConsentView]
    reason: str | None
    created_at: datetime
    first_response_due_at: datetime
    responded_at: datetime | None
    allowed_actions: list[str]
    version: int


class LeadView(LeadHead):
    touches: list[TouchView]
    recognised: bool = Field(
        default=False, description="in the answer to a capture: the lead was known already"
    )

    @classmethod
    def whole(cls, lead: Any, touches: list[Any], *, recognised: bool = False) -> Self:
        head = LeadHead.model_validate(lead)
        shown = [TouchView.model_validate(touch) for touch in touches]
        return cls(**head.model_dump(), touches=shown, recognised=recognised)
