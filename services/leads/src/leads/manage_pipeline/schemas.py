"""What crosses the boundary."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from leads.manage_pipeline.rules import MoveKind, Stage, allowed_actions
from shared.values import Exact, Money


def _not_negative(given: Money) -> Money:
    if given.amount < 0:
        raise PydanticCustomError(
            "greater_than_equal", "The amount is below 0", {"ge": "0", "given": str(given)}
        )
    return given


Expected = Annotated[Money, AfterValidator(_not_negative)]
Title = Annotated[str, Field(min_length=1, max_length=200, examples=["Lamps for 12 shops"])]
Reason = Annotated[str, Field(min_length=3, max_length=300, examples=["Too expensive."])]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OpenOpportunity(_Input):
    account_id: UUID
    name: Title
    expected: Expected
    expected_close_on: date | None = None
    campaign_id: UUID | None = None


class MoveOpportunity(_Input):
    stage: Stage
    reason: Reason | None = None


class LoseOpportunity(_Input):
    reason: Reason
    competitor: Annotated[str | None, Field(max_length=200, examples=["Lamps & Co"])] = None


class MoveView(BaseModel):
    """A line of an opportunity's history."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    kind: MoveKind
    before: Stage | None
    stage: Stage
    note: str | None
    quote_id: UUID | None
    actor: str


class OpportunityHead(BaseModel):
    """An opportunity without its history, as lists show it."""

    id: UUID
    account_id: UUID
    name: str
    stage: Stage
    expected: Money
    expected_close_on: date | None
    value: Money | None = Field(description="what it was won for")
    lead_id: UUID | None
    campaign_id: UUID | None
    response_id: UUID | None
    deal_id: UUID | None
    quote_id: UUID | None
    order_id: UUID | None
    lost_reason: str | None
    competitor: str | None
    created_at: datetime
    closed_at: datetime | None
    allowed_actions: list[str]
    version: int

    @classmethod
    def of(cls, row: Any) -> Self:
        """From a row, whose amounts are numbers beside one currency."""
        return cls.model_validate(_members(row))


class OpportunityView(OpportunityHead):
    history: list[MoveView]

    @classmethod
    def whole(cls, row: Any, moves: list[Any]) -> Self:
        history = [MoveView.model_validate(move) for move in moves]
        return cls.model_validate({**_members(row), "history": history})


_MADE = ("expected", "value", "allowed_actions")


def _members(row: Any) -> dict[str, Any]:
    members = {n: getattr(row, n) for n in OpportunityHead.model_fields if n not in _MADE}
    won: Decimal | None = row.won_amount
    return {
        **members,
        "expected": Money.of(row.expected_amount, row.currency),
        "value": None if won is None else Money.of(won, row.won_currency),
        "allowed_actions": allowed_actions(row.stage),
    }


class PipelinePart(BaseModel):
    """What stands in a stage, in a currency. Won counts what it was won for."""

    stage: Stage
    probability: Exact
    count: int
    total: Money
    weighted: Money


class PipelineView(BaseModel):
    items: list[PipelinePart]
