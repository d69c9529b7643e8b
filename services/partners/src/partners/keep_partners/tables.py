"""Partners."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from partners.keep_partners.rules import PartnerState
from partners.table import Table
from shared.kit.database import Versioned


class Partner(Versioned, Table, kw_only=True):
    __tablename__ = "partners"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    country: Mapped[str]
    email: Mapped[str] = mapped_column(repr=False)
    created_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[PartnerState] = mapped_column(default=PartnerState.ACTIVE)
    external_ids: Mapped[dict[str, str]] = mapped_column(default_factory=dict)
