"""Campaigns and their frozen audiences."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.run_campaigns.rules import CampaignState
from campaigns.table import Table
from shared.kit.database import Versioned


class Campaign(Versioned, Table, kw_only=True):
    __tablename__ = "campaigns"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    objective: Mapped[str]
    offer: Mapped[str]
    segments: Mapped[list[str]]
    countries: Mapped[list[str]]
    created_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[CampaignState] = mapped_column(default=CampaignState.DRAFT, index=True)
    promotion_code: Mapped[str | None] = mapped_column(default=None)
    recipients: Mapped[int] = mapped_column(default=0)
    launched_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    reason: Mapped[str | None] = mapped_column(default=None)


class Recipient(Table, kw_only=True):
    """An account that was in the audience when the campaign was launched."""

    __tablename__ = "recipients"

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
