"""Parties and how to find them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from orders.keep_parties.rules import PartyState
from orders.table import Table
from shared.kit.database import Versioned


class Party(Versioned, Table, kw_only=True):
    """An account as the one who orders. It has the account's id."""

    __tablename__ = "parties"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    country: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    segment: Mapped[str | None] = mapped_column(default=None)
    external_ids: Mapped[dict[str, str]] = mapped_column(default_factory=dict)
    state: Mapped[PartyState] = mapped_column(default=PartyState.ACTIVE)
    payment_days: Mapped[int] = mapped_column(default=30)
