"""One unit of work: a transaction, its rows and its events, one commit.

    async with work:
        order = await accept_order(work, request)
        return work.answer(OrderView.model_validate(order))

Leaving the block commits; an exception rolls back. Nobody calls commit or flush. The events and
the idempotency record are part of the same transaction; the relay is woken after the commit.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from decimal import InvalidOperation
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, cast
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm.exc import StaleDataError

from shared.errors import Busy, DomainError, Invalid, NotFound, VersionConflict
from shared.events.contract import Envelope, Event
from shared.kit.context import Context
from shared.kit.database import Versioned, domain_error, is_away, new_id
from shared.kit.outbox import Letter, append

log = logging.getLogger(__name__)

Row = TypeVar("Row", bound=DeclarativeBase)
View = TypeVar("View")


class Answering(Protocol):
    """What a door adds to a transaction: its safe retry, its expectations, its answer."""

    expected_version: int | None
    dry_run: bool

    async def before(self, work: "Work") -> None:
        """Runs first inside the transaction; raises to replay an earlier answer."""
        ...

    async def after(self, work: "Work") -> None:
        """Runs last inside the transaction."""
        ...

    def answer(self, view: Any, events: Sequence[Envelope], **how: Any) -> Any: ...


class Work:
    """Load, decide, write, tell: `get`, `edit`, `session`; `add`; `emit`; `answer`."""

    def __init__(
        self,
        service: str,
        sessions: async_sessionmaker[AsyncSession],
        *,
        now: datetime,
        context: Context,
        door: Answering | None = None,
        committed: Callable[[], None] = lambda: None,
    ) -> None:
        self.service = service
        self.now = now
        self.context = context
        self.session: AsyncSession
        self._sessions = sessions
        self._door = door
        self._committed = committed
        self._told: list[tuple[Envelope, str, str | None]] = []

    async def __aenter__(self) -> Self:
        self.session = self._sessions()
        self._told.clear()
        if self._door is not None:
            try:
                await self._door.before(self)
            except BaseException as error:
                await self.session.close()
                _translate(error)
                raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                await self._finish()
            else:
                await self.session.rollback()
                _translate(error)
        finally:
            await self.session.close()

    async def _finish(self) -> None:
        try:
            await self.session.flush()
            if self._told:
                letters = [
                    Letter(topic, e.subject, _text(e), data) for e, topic, data in self._told
                ]
                await append(self.session, letters, self.now)
            if self._door is not None:
                await self._door.after(self)
                if self._door.dry_run:
                    await self.session.execute(text("set constraints all immediate"))
                    await self.session.rollback()
                    return
            await self.session.commit()
        except BaseException as error:
            await self.session.rollback()
            _translate(error)
            raise
        if self._told:
            self._committed()

    def add(self, row: DeclarativeBase) -> None:
        self.session.add(row)

    async def get(self, kind: type[Row], row_id: UUID | str) -> Row:
        """The row, or `NotFound` naming what was looked for."""
        return _found(await self.session.get(kind, row_id), kind, row_id)

    async def edit(self, kind: type[Row], row_id: UUID | str) -> Row:
        """The row, locked until commit, if the caller's `If-Match` (when sent) still holds."""
        row = _found(
            await self.session.get(kind, row_id, with_for_update=True, populate_existing=True),
            kind,
            row_id,
        )
        expected = None if self._door is None else self._door.expected_version
        version: int | None = getattr(row, "version", None)
        if expected is not None and version is not None and expected != version:
            raise VersionConflict(current_version=version)
        return row

    def emit(
        self, event: Event, *, of: Versioned | None = None, sequence: int | None = None
    ) -> None:
        """Tells the event when the work commits.

        `of` is the aggregate it is about: its version is raised and becomes the `sequence`. Bulk
        statements that count versions themselves pass `sequence`. Only the publishing service may
        emit a contract.
        """
        if event.service() != self.service:
            raise TypeError(
                f"{self.service} cannot emit {event.TYPE}: it belongs to another service."
            )
        if of is not None:
            of.version = (of.version or 0) + 1
            sequence = of.version
        if sequence is None:
            raise TypeError(f"{event.TYPE} needs the aggregate it is about, or its sequence.")
        envelope = Envelope(
            id=new_id(),
            type=event.TYPE,
            source=f"/{self.service}",
            subject=event.key(),
            time=self.now,
            sequence=sequence,
            data=event,
            correlation_id=self.context.correlation_id,
            causation_id=self.context.causation_id,
            traceparent=self.context.traceparent,
            actor=self.context.actor,
        )
        self._told.append((envelope, event.topic(), event.model_dump_json()))

    def answer(self, view: View, **how: Any) -> View:
        """The block's answer, rendered once: what is sent is what a repeated request gets.

        `status`, `location` and `headers` may be given. Typed as the view, which documents the
        route; in truth it is the ready response, which FastAPI passes through.
        """
        assert self._door is not None, "only a door can answer"
        return cast("View", self._door.answer(view, self.told, **how))

    @property
    def dry_run(self) -> bool:
        """Whether nothing will be kept (for what would act outside this transaction)."""
        return self._door is not None and self._door.dry_run

    @property
    def told(self) -> Sequence[Envelope]:
        """What will be told at commit (dry runs and tests)."""
        return [envelope for envelope, _, _ in self._told]


NewWork = Callable[[Context], Work]
Handler = Callable[..., Awaitable[None]]


def _text(envelope: Envelope) -> str:
    return to_json(envelope.attributes()).decode()


def _found(row: Row | None, kind: type[Row], row_id: object) -> Row:
    if row is None:
        raise NotFound(f"There is no {_spoken(kind.__name__)} {row_id}.")
    return row


def _spoken(name: str) -> str:
    """OrderLine → order line."""
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()


def _translate(error: BaseException) -> None:
    """Raises what a database error means to the caller; returns when it means nothing to them."""
    if isinstance(error, DomainError):
        return
    if isinstance(error, OverflowError | InvalidOperation):
        # A date past the year 9999, a product of more digits than a Decimal has.
        log.warning("out of range", exc_info=error)
        raise Invalid("A number or a date is too large to be computed with.") from error
    if isinstance(error, StaleDataError):
        raise Busy("Somebody changed the same record at the same moment; repeat.") from error
    if isinstance(error, DBAPIError):
        meaning = domain_error(error)
        if meaning is not None:
            raise meaning from error
    if is_away(error) or isinstance(error, OperationalError):
        raise Busy("The database cannot be reached now.") from error
