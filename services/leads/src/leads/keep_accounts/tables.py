"""Accounts, and how to find and hold them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID
from zlib import crc32

from sqlalchemy import Index, Select, case, false, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from leads.table import Table
from shared.kit.database import Versioned

ACCOUNT = "account"
"""The kind of our external ids."""

STRIPES = 64
STRIPE_LOCKS = 7_306_000


class Account(Versioned, Table, kw_only=True):
    """A company that buys or may buy. `name_key` and `domain` are what it is recognised by."""

    __tablename__ = "accounts"
    __table_args__ = (
        Index("ix_accounts_name_key_country", "name_key", "country"),
        Index("ix_accounts_domain_country", "domain", "country"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    name_key: Mapped[str] = mapped_column(repr=False)
    country: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    segment: Mapped[str | None] = mapped_column(default=None, index=True)
    email: Mapped[str | None] = mapped_column(default=None, repr=False)
    phone: Mapped[str | None] = mapped_column(default=None, repr=False)
    website: Mapped[str | None] = mapped_column(default=None)
    domain: Mapped[str | None] = mapped_column(default=None)
    external_ids: Mapped[dict[str, str]] = mapped_column(default_factory=dict)


def key_of_external_id(system: str, external_id: str) -> str:
    return f"id\n{system}\n{external_id}"


def key_of_name(name: str, country: str) -> str:
    return f"name\n{name}\n{country}"


_HOLD = text(
    "select pg_advisory_xact_lock(stripe) from"
    " (select distinct unnest(cast(:stripes as bigint[])) as stripe order by 1) as ordered"
)


async def hold_keys(session: AsyncSession, keys: Iterable[str]) -> None:
    """Until commit nobody else registers an account under one of these keys.

    What is not there yet cannot be locked as a row. A few stripes, taken in one order, bound the
    locks of a batch and cannot deadlock with another batch.
    """
    stripes = sorted({STRIPE_LOCKS + crc32(key.encode()) % STRIPES for key in keys})
    await session.execute(_HOLD, {"stripes": stripes})


async def ids_by_names(
    session: AsyncSession, pairs: Collection[tuple[str, str]]
) -> dict[tuple[str, str], UUID]:
    """(name key, country) → the account that had it first."""
    if not pairs:
        return {}
    chosen = (
        select(Account.name_key, Account.country, Account.id)
        .where(tuple_(Account.name_key, Account.country).in_(list(pairs)))
        .order_by(Account.id.desc())
    )
    return {(r.name_key, r.country): r.id for r in await session.execute(chosen)}


def accounts_held(ids: Sequence[UUID]) -> Select[Account]:
    """Locked until commit, always in the order of id."""
    return select(Account).where(Account.id.in_(ids)).order_by(Account.id).with_for_update()


def account_recognised(name: str | None, domain: str | None, country: str) -> Select[UUID]:
    """The account a company is: by its name's key, else by its domain, in its country.

    What is not known is like nothing: companies without a domain are not the same for it.
    """
    same_name = Account.name_key == name if name else false()
    same_domain = Account.domain == domain if domain else false()
    return (
        select(Account.id)
        .where(Account.country == country, or_(same_name, same_domain))
        .order_by(case((same_name, 0), else_=1), Account.id)
        .limit(1)
    )
