"""Responses, one of each address to a campaign."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Select, select
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.table import Table
from shared.kit.database import Versioned


class Response(Versioned, Table, kw_only=True):
    __tablename__ = "responses"
    __table_args__ = (Index("uq_responses_campaign_id_email", "campaign_id", "email", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    company: Mapped[str]
    country: Mapped[str]
    contact_name: Mapped[str] = mapped_column(repr=False)
    email: Mapped[str] = mapped_column(repr=False)
    consent: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(index=True)
    account_id: Mapped[UUID | None] = mapped_column(default=None)
    phone: Mapped[str | None] = mapped_column(default=None, repr=False)


def response_from(campaign_id: UUID, email: str) -> Select[Response]:
    return select(Response).where(Response.campaign_id == campaign_id, Response.email == email)
