"""Accounts as campaigns knows them."""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.table import Table


class KnownAccount(Table, kw_only=True):
    __tablename__ = "known_accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    country: Mapped[str]
    segment: Mapped[str | None] = mapped_column(default=None, index=True)


def _in_audience(segments: list[str], countries: list[str]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [KnownAccount.segment.in_(segments)]
    if countries:
        conditions.append(KnownAccount.country.in_(countries))
    return conditions


def audience(segments: list[str], countries: list[str]) -> Select[KnownAccount]:
    """The accounts of these segments, in these countries when some are named."""
    chosen = select(KnownAccount).where(*_in_audience(segments, countries))
    return chosen.order_by(KnownAccount.name, KnownAccount.id)


def audience_size(segments: list[str], countries: list[str]) -> Select[int]:
    return select(func.count(KnownAccount.id)).where(*_in_audience(segments, countries))
