"""The ids other systems know our records by: one table a service, one record an id.

    claim(work, "partner", partner.id, request.external_ids)
    partner = await find(work, Partner, "partner", system, external_id)

A record keeps its ids beside it (`external_ids`) for reading; that nobody else has them is what this
table says, also under concurrency.
"""

from collections.abc import Collection, Mapping
from typing import Annotated, TypeVar
from uuid import UUID

from pydantic import Field
from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.errors import Conflict, NotFound
from shared.kit.database import Kit, means
from shared.kit.work import Work

Row = TypeVar("Row", bound=DeclarativeBase)

System = Annotated[str, Field(pattern="^[a-z0-9_-]{1,30}$", examples=["sap"])]
ExternalId = Annotated[str, Field(min_length=1, max_length=80, examples=["4711"])]
ExternalIds = Annotated[dict[System, ExternalId], Field(examples=[{"sap": "4711"}])]


class ExternalIdTaken(Conflict):
    """Another record has this external id."""


class UnknownExternalId(NotFound):
    """No record has this external id."""


class ExternalKey(Kit, kw_only=True):
    """A record's id in another system."""

    __tablename__ = "external_keys"

    kind: Mapped[str] = mapped_column(primary_key=True)
    system: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    row_id: Mapped[UUID] = mapped_column(index=True)


means("pk_external_keys", ExternalIdTaken)


def claim(work: Work, kind: str, row_id: UUID, ids: Mapping[str, str]) -> None:
    """The record has these ids from now on; `ExternalIdTaken` at commit when another has one."""
    for system, key in sorted(ids.items()):
        work.add(ExternalKey(kind=kind, system=system, key=key, row_id=row_id))


async def give_up(session: AsyncSession, kind: str, row_id: UUID, system: str) -> None:
    """The record has no id in this system any more."""
    mine = (ExternalKey.kind == kind, ExternalKey.row_id == row_id, ExternalKey.system == system)
    await session.execute(delete(ExternalKey).where(*mine))


async def owners(
    session: AsyncSession, kind: str, pairs: Collection[tuple[str, str]]
) -> dict[tuple[str, str], UUID]:
    """(system, external id) → the record that has it."""
    if not pairs:
        return {}
    chosen = select(ExternalKey.system, ExternalKey.key, ExternalKey.row_id).where(
        ExternalKey.kind == kind, tuple_(ExternalKey.system, ExternalKey.key).in_(list(pairs))
    )
    return {(system, key): row_id for system, key, row_id in await session.execute(chosen)}


async def find(work: Work, row: type[Row], kind: str, system: str, key: str) -> Row:
    """The record another system knows by this id, or `UnknownExternalId`."""
    found = await owners(work.session, kind, [(system, key)])
    if not found:
        raise UnknownExternalId(f"No {kind} has {key} in {system}.")
    return await work.get(row, found[system, key])


async def hold(session: AsyncSession, kind: str, system: str, key: str) -> None:
    """Until commit nobody else upserts under this id: what is not there cannot be locked as a row."""
    lock = func.pg_advisory_xact_lock(func.hashtextextended(f"{kind}\n{system}\n{key}", 0))
    await session.execute(select(lock))
