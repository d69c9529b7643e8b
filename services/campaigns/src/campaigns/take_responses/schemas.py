"""What crosses the boundary."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from campaigns.take_responses.rules import email_of
from shared.events.parts import Consent, personal
from shared.values import Country, Instant


def _email(given: str) -> str:
    found = email_of(given)
    if found is None:
        raise PydanticCustomError(
            "string_pattern_mismatch", "not an address", {"pattern": "name@company.example"}
        )
    return found


Email = Annotated[str, AfterValidator(_email), Field(max_length=254, examples=["ann@shop.example"])]


class GiveConsent(BaseModel):
    """What the person agreed to, in the words they saw; `given` may be false."""

    model_config = ConfigDict(extra="forbid")

    channel: Annotated[str, Field(pattern="^[a-z_]{2,30}$", examples=["email"])]
    given: Annotated[bool, Field(strict=True)]
    wording: Annotated[
        str, Field(min_length=3, max_length=500, examples=["You may write to me about offers."])
    ]
    at: Annotated[Instant | None, Field(description="now when left out")] = None


class TakeResponse(BaseModel):
    model_config = ConfigDict(extra="forbid")

    company: Annotated[str, Field(min_length=1, max_length=200, examples=["Juniper Gifts Ltd"])]
    country: Country
    contact_name: Annotated[str, Field(min_length=1, max_length=120)] = personal()
    email: Email = personal()
    consent: GiveConsent
    phone: Annotated[str | None, Field(max_length=40)] = personal(default=None)
    account_id: Annotated[UUID | None, Field(description="a recipient, when known")] = None


class ResponseView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    campaign_id: UUID
    account_id: UUID | None
    company: str
    country: str
    contact_name: str = personal()
    email: str = personal()
    phone: str | None = personal()
    consent: Consent
    created_at: datetime
    version: int
