"""What crosses the boundary."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from partners.keep_partners.schemas import Email, Name
from partners.register_deals.rules import DealState
from shared.events.parts import personal
from shared.values import Country, Exact, Money


class RegisterDeal(BaseModel):
    model_config = ConfigDict(extra="forbid")

    partner_id: UUID
    company: Name
    country: Country
    contact_name: Annotated[str, Field(min_length=1, max_length=120)] = personal()
    email: Email = personal()
    expected: Money


class DealView(BaseModel):
    id: UUID
    partner_id: UUID
    agreement_id: UUID
    commission_percent: Exact
    company: str
    country: str
    contact_name: str = personal()
    email: str = personal()
    expected: Money
    state: DealState
    lead_id: UUID | None
    opportunity_id: UUID | None
    reason: str | None
    created_at: datetime
    version: int

    @classmethod
    def of(cls, found: object) -> Self:
        """From a row, whose amount is a number beside its currency."""
        row = {name: getattr(found, name) for name in cls.model_fields}
        currency = str(getattr(found, "currency"))  # noqa: B009  # a Deal
        return cls(**{**row, "expected": Money.of(row["expected"], currency)})
