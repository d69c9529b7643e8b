"""Answers that were given, one for each revision of a quote."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from pricing.table import Table
from shared.kit.database import Versioned


class PriceResolution(Versioned, Table, kw_only=True):
    """What a revision of a quote was told. `refused` lists why it could not be priced."""

    __tablename__ = "price_resolutions"
    __table_args__ = (
        Index("uq_price_resolutions_quote_id_revision", "quote_id", "revision", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    quote_id: Mapped[UUID]
    revision: Mapped[int]
    customer_id: Mapped[UUID]
    resolved_at: Mapped[datetime] = mapped_column(index=True)
    answer: Mapped[dict[str, Any]] = mapped_column(repr=False)
    refused: Mapped[list[str]] = mapped_column(default_factory=list)
