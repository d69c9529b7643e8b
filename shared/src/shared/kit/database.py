"""The database of one service: how tables are written, how the engine is made, how faults read."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import DateTime, Enum, MetaData, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column
from uuid_utils.compat import uuid7

from shared.errors import Busy, Conflict, DomainError, Invalid

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): unique, and in order of creation."""
    return uuid7()


class Columns:
    """The Python types of columns, the same in every service."""

    type_annotation_map: ClassVar[Mapping[Any, Any]] = {
        datetime: DateTime(timezone=True),
        Decimal: Numeric(24, 6),
        dict[str, Any]: JSONB,
        dict[str, str]: JSONB,
        list[Any]: JSONB,
        list[str]: JSONB,
        list[dict[str, Any]]: JSONB,
        StrEnum: Enum(
            StrEnum,
            native_enum=False,
            length=40,
            create_constraint=False,
            values_callable=lambda kind: [str(member.value) for member in kind],
        ),
    }


class Kit(MappedAsDataclass, DeclarativeBase, kw_only=True, eq=False):
    """Base of the platform's own tables, which every service's database holds."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = Columns.type_annotation_map


def table_base(service: str) -> MetaData:
    """The metadata of one service's tables; its name is in `info`."""
    return MetaData(naming_convention=NAMING, info={"service": service})


class Versioned(MappedAsDataclass, kw_only=True):
    """An aggregate whose changes are told. The version counts its events, without gaps.

    `Work.emit(event, of=row)` raises it, so a change that is told is a new version, and the
    version is the event's `sequence` and the resource's `ETag`.
    """

    version: Mapped[int] = mapped_column(default=0, init=False)


def make_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """An engine whose sessions speak UTC, and whose statements cannot hang for ever."""
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        json_serializer=lambda value: to_json(value).decode(),
        pool_timeout=10,
        connect_args={
            "server_settings": {
                "timezone": "UTC",
                "statement_timeout": "60000",
                "lock_timeout": "10000",
                "idle_in_transaction_session_timeout": "60000",
                "jit": "off",
            }
        },
    )


CONSTRAINTS: dict[str, type[DomainError]] = {}
"""Constraint name → the error it means. Filled by `means`."""


def means(constraint: str, error: type[DomainError]) -> str:
    """Says what a broken constraint means to the caller. Returns the name, to be used in place."""
    CONSTRAINTS[constraint] = error
    return constraint


_STATES: Mapping[str, tuple[type[DomainError], str]] = {
    "23505": (Conflict, "Another record already has this value."),
    "23P01": (Conflict, "This overlaps with another record."),
    "23514": (Conflict, "The present figures do not allow this."),
    "23503": (Invalid, "It refers to something that does not exist."),
    "40001": (Busy, "Two requests met on the same record; repeat yours."),
    "40P01": (Busy, "Two requests met on the same records; repeat yours."),
    "55P03": (Busy, "The record is in use; repeat the request."),
    "57014": (Busy, "The database took too long; repeat the request."),
    # What the doors let through and no column can hold. Other errors of class 22 are bugs of ours.
    "22000": (Invalid, "A value is out of the range that can be stored."),
    "22001": (Invalid, "A text is longer than what can be stored."),
    "22003": (Invalid, "A number is out of the range that can be stored."),
    "22008": (Invalid, "A date is out of the range that can be stored."),
    "22021": (Invalid, "A text holds a character that cannot be stored."),
    "22P05": (Invalid, "A text holds a character that cannot be stored."),
}


_AWAY = ("08", "53", "57")
"""Classes of SQLSTATE that speak of the server: connection, resources, operator's intervention."""


def is_away(error: BaseException) -> bool:
    """Whether the database could not be reached or had no room: nobody's data are at fault.

    A refused connection comes as the driver raised it, anything later wrapped by SQLAlchemy.
    """
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        found = getattr(error.orig, "sqlstate", None)
    else:
        found = getattr(error, "sqlstate", None)
    known = str(found or "").startswith(_AWAY)
    return known or isinstance(error, ConnectionError | PoolTimeout)


def domain_error(error: DBAPIError) -> DomainError | None:
    """What a database error means to the caller; None when it is a bug or an outage."""
    origin = error.orig
    cause = getattr(origin, "__cause__", None) or origin
    name = getattr(cause, "constraint_name", None) or ""
    if isinstance(error, IntegrityError) and name in CONSTRAINTS:
        return CONSTRAINTS[name]()
    state = str(getattr(origin, "sqlstate", None) or getattr(cause, "sqlstate", ""))
    if state not in _STATES:
        return None
    kind, detail = _STATES[state]
    return kind(detail, constraint=name) if name else kind(detail)
