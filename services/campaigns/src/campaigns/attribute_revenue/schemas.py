"""What crosses the boundary."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel

from shared.values import Money


class AttributionView(BaseModel):
    """`net` is what is left of `revenue` after returns and cancellations."""

    id: UUID
    campaign_id: UUID
    order_id: UUID
    opportunity_id: UUID
    revenue: Money
    net: Money
    attributed_at: datetime
    version: int

    @classmethod
    def of(cls, found: object) -> Self:
        """From a row, whose amounts are numbers beside one currency."""
        row = {name: getattr(found, name) for name in cls.model_fields}
        currency = str(getattr(found, "currency"))  # noqa: B009  # an Attribution
        for name in ("revenue", "net"):
            row[name] = Money.of(row[name], currency)
        return cls(**row)


class RevenueView(BaseModel):
    orders: int
    revenue: Money
    net: Money


class ResultsView(BaseModel):
    """What came of a campaign, counted from events."""

    campaign_id: UUID
    recipients: int
    responses: int
    opportunities: int
    revenue: list[RevenueView]
