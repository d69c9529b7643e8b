"""What crosses the boundary."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from loyalty.define_programs.rules import ProgramState, allowed_actions
from shared.values import Currency, Exact


class DefineProgram(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=120, examples=["Good Company"])]
    currency: Currency
    points_per_unit: Annotated[
        Exact, Field(gt=0, le=1000, decimal_places=4, description="points for each unit of money")
    ]
    point_value: Annotated[
        Exact,
        Field(gt=0, le=100, decimal_places=6, description="what a point pays", examples=["0.01"]),
    ]


class ProgramView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    currency: str
    points_per_unit: Exact
    point_value: Exact
    state: ProgramState
    created_at: datetime
    allowed_actions: list[str]
    version: int

    @classmethod
    def of(cls, program: object) -> Self:
        names = (name for name in cls.model_fields if name != "allowed_actions")
        members = {name: getattr(program, name) for name in names}
        actions = allowed_actions(ProgramState(str(members["state"])))
        return cls.model_validate({**members, "allowed_actions": actions})
