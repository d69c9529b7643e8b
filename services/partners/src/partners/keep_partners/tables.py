"""Partners, and the keys that other systems know them by."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Select, select
from sqlalchemy.orm import Mapped, mapped_column

from partners.keep_partners.rules import ExternalIdIsTaken, PartnerState
from partners.table import Table
from shared.kit.database import Versioned, means


class Partner(Versioned, Table, kw_only=True):
    __tablename__ = "partners"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    country: Mapped[str]
    email: Mapped[str] = mapped_column(repr=False)
    created_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[PartnerState] = mapped_column(default=PartnerState.ACTIVE)
    external_ids: Mapped[dict[str, str]] = mapped_column(default_factory=dict)


class ExternalKey(Table, kw_only=True):
    """An external id, which one partner can have."""

    __tablename__ = "external_keys"

    system: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partners.id"), index=True)


means("pk_external_keys", ExternalIdIsTaken)


def partner_known_as(system: str, key: str) -> Select[Partner]:
    return (
        select(Partner)
        .join(ExternalKey, ExternalKey.partner_id == Partner.id)
        .where(ExternalKey.system == system, ExternalKey.key == key)
    )
