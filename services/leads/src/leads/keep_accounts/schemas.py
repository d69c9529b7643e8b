"""What crosses the boundary."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from leads.keep_accounts.rules import email_of, host_of, phone_of
from shared.events.parts import personal
from shared.kit.external import ExternalId, ExternalIds, System
from shared.values import Country


def _email(given: str) -> str:
    return _found(email_of(given), "is not an address", "name@company.example")


def _phone(given: str) -> str:
    return _found(phone_of(given), "is not a number with its country", "+442071234567")


def _website(given: str) -> str:
    _found(host_of(given), "is not a web address", "https://www.company.example")
    return given.strip()


def _found(value: str | None, complaint: str, example: str) -> str:
    if value is None:
        raise PydanticCustomError(
            "string_pattern_mismatch", "{what}", {"what": complaint, "pattern": example}
        )
    return value


Email = Annotated[str, AfterValidator(_email), Field(examples=["ann@shop.example"])]
Phone = Annotated[str, AfterValidator(_phone), Field(examples=["+442071234567"])]
Website = Annotated[
    str, AfterValidator(_website), Field(max_length=200, examples=["https://www.shop.example"])
]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S", examples=["Corner Shop"])]
Segment = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$", examples=["wholesale"])]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RegisterAccount(_Input):
    name: Name
    country: Country
    segment: Segment | None = None
    email: Email | None = personal(default=None)
    phone: Phone | None = personal(default=None)
    website: Website | None = None
    external_ids: ExternalIds = {}

    def sent(self) -> dict[str, Any]:
        """What the caller said; what they left out stays as it is."""
        return self.model_dump(exclude_unset=True)


class RegisterAccounts(_Input):
    items: Annotated[list[RegisterAccount], Field(min_length=1, max_length=1000)]


class ChangeAccount(_Input):
    """A JSON Merge Patch: members left out stay as they are, null removes."""

    name: Name = ""
    country: Country = ""
    segment: Segment | None = None
    email: Email | None = personal(default=None)
    phone: Phone | None = personal(default=None)
    website: Website | None = None
    external_ids: Annotated[
        dict[System, ExternalId | None], Field(examples=[{"sap": "4711", "old": None}])
    ] = {}

    def sent(self) -> dict[str, Any]:
        """What the caller said; what they left out stays as it is."""
        return self.model_dump(exclude_unset=True)


class AccountView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    country: str
    segment: str | None
    email: str | None = personal()
    phone: str | None = personal()
    website: str | None
    external_ids: dict[str, str]
    created_at: datetime
    version: int


class BatchView(BaseModel):
    """What became of a batch; the ids are in the order of its items."""

    created: int
    changed: int
    unchanged: int
    ids: list[UUID]
