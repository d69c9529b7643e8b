"""What crosses the boundary."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from leads.capture_leads.schemas import PartView
from leads.manage_pipeline.schemas import Expected, Reason, Title


class QualifyLead(BaseModel):
    """What may be won: it becomes an opportunity in the pipeline."""

    model_config = ConfigDict(extra="forbid")

    name: Title
    expected: Expected
    override_reason: Annotated[
        Reason | None, Field(description="why it is qualified below the threshold of 30")
    ] = None


class ScoreView(BaseModel):
    """A lead's score as of an instant, with its explanation."""

    lead_id: UUID
    as_of: datetime
    score: int
    fit: int
    behaviour: int
    threshold: int
    explanation: list[PartView]
