"""Jobs: work that takes longer than a request, in the calculation process.

A job is a row: kind, arguments, state, progress. Its door in `jobs.py` of a slice loads, computes,
writes rows and tells, in as many transactions as it likes, and leaves a bookmark in each, so that
a crash goes on where it stood:

    jobs = Jobs()

    @jobs.on("import_history")
    async def import_history(run: Run, arguments: ImportHistory) -> None: ...

One job of a subject at a time (the row is locked by a session advisory lock while it runs); a job
whose process died is free again by that.
"""

import asyncio
import contextlib
import logging
import traceback
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Index, Text, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from shared.errors import Conflict, DomainError
from shared.kit.context import Context
from shared.kit.database import Kit, new_id
from shared.kit.work import NewWork, Work

log = logging.getLogger(__name__)

Arguments = TypeVar("Arguments", bound=BaseModel)

JOB_LOCKS = 7_305_100
ATTEMPTS = 3


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    DONE_WITH_FAULTS = "done_with_faults"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = (JobState.DONE, JobState.DONE_WITH_FAULTS, JobState.FAILED, JobState.CANCELLED)


class Job(Kit, kw_only=True):
    """A piece of long work: what, how far, and how it ended."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index(
            "ix_jobs_open", "created_at", postgresql_where=text("state in ('waiting','running')")
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str]
    arguments: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(default="")
    correlation_id: Mapped[str] = mapped_column(default="")
    state: Mapped[JobState] = mapped_column(default=JobState.WAITING)
    progress: Mapped[float] = mapped_column(default=0.0)
    counts: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    bookmark: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text, default=None)
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class JobHasEnded(Conflict):
    """The job has ended; it cannot be cancelled."""


class Cancelled(Exception):
    """Somebody asked the job to stop."""


class Superseded(Exception):
    """The runner lost its lock with its connection, and another has taken the job since."""


class Run:
    """A running job: opens works, notes progress, sees a wish to cancel."""

    def __init__(self, job: Job, new_work: NewWork) -> None:
        self.job_id = job.id
        self.bookmark = dict(job.bookmark)
        self._attempt = job.attempts
        self._new_work = new_work
        self._context = Context(actor=job.created_by, correlation_id=job.correlation_id)

    def work(self) -> Work:
        return self._new_work(self._context)

    async def note(
        self, work: Work, *, progress: float, counts: dict[str, Any], bookmark: dict[str, Any]
    ) -> None:
        """In the transaction of what was done: how far it is, and where to go on after a crash.

        Raises `Cancelled` when somebody asked to stop; what was noted before stays. Raises
        `Superseded` when another runner has the job: its bookmark counts, not ours.
        """
        row = await self.held(work)
        row.progress, row.counts, row.bookmark = progress, counts, bookmark
        self.bookmark = bookmark
        if row.cancel_asked:
            raise Cancelled

    async def held(self, work: Work) -> Job:
        """The job's row, locked, while it is still ours."""
        row = await work.edit(Job, self.job_id)
        if row.attempts != self._attempt or row.state in ENDED:
            raise Superseded
        return row

    async def end(self, state: JobState, counts: dict[str, Any] | None = None) -> None:
        async with self.work() as work:
            row = await self.held(work)
            row.state, row.ended_at = state, work.now
            row.progress = (
                1.0 if state in (JobState.DONE, JobState.DONE_WITH_FAULTS) else row.progress
            )
            if counts is not None:
                row.counts = counts


@dataclass(frozen=True, slots=True)
class JobDoor:
    kind: str
    arguments: type[BaseModel]
    call: Callable[[Run, Any], Awaitable[JobState | None]]


class Jobs:
    """The calculation doors of a slice."""

    def __init__(self) -> None:
        self.doors: list[JobDoor] = []

    def on(
        self, kind: str, arguments: type[Arguments]
    ) -> Callable[
        [Callable[[Run, Arguments], Awaitable[JobState | None]]],
        Callable[[Run, Arguments], Awaitable[JobState | None]],
    ]:
        def register(
            call: Callable[[Run, Arguments], Awaitable[JobState | None]],
        ) -> Callable[[Run, Arguments], Awaitable[JobState | None]]:
            self.doors.append(JobDoor(kind, arguments, call))
            return call

        return register


def start_job(
    work: Work, kind: str, subject: str, arguments: BaseModel, *, job_id: UUID | None = None
) -> Job:
    """Queues a job in the caller's transaction. A subject's jobs run one after the other."""
    job = Job(
        id=job_id or new_id(),
        kind=kind,
        subject=subject,
        arguments=arguments.model_dump(mode="json"),
        created_at=work.now,
        created_by=work.context.actor,
        correlation_id=work.context.correlation_id,
    )
    work.add(job)
    return job


async def cancel_job(work: Work, job_id: UUID) -> Job:
    """Asks a job to stop; a waiting one ends at once."""
    job = await work.edit(Job, job_id)
    if job.state in ENDED:
        raise JobHasEnded
    job.cancel_asked = True
    if job.state is JobState.WAITING:
        job.state, job.ended_at = JobState.CANCELLED, work.now
    return job


class JobRunner:
    """Takes the jobs of one service, one at a time, oldest first."""

    def __init__(self, jobs: Iterable[Jobs], engine: AsyncEngine, new_work: NewWork) -> None:
        self._doors = {door.kind: door for found in jobs for door in found.doors}
        self._engine = engine
        self._new_work = new_work

    @property
    def kinds(self) -> Sequence[str]:
        return sorted(self._doors)

    async def run(self) -> None:
        """Until cancelled."""
        while self._doors:
            try:
                if not await self.run_next():
                    await asyncio.sleep(0.5)
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("The job runner failed and goes on")
                await asyncio.sleep(2)

    async def waiting(self) -> bool:
        """Whether there is something to do (asked before a calculation process is started)."""
        async with self._engine.connect() as connection:
            return bool(
                await connection.scalar(
                    text("select exists (select from jobs where state in ('waiting','running'))")
                )
            )

    async def run_next(self) -> bool:
        """Runs one job to its end. False when there was none to take."""
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            for job_id, subject in await self._candidates(connection):
                lock = {"space": JOB_LOCKS, "subject": subject}
                taken = await connection.scalar(
                    text("select pg_try_advisory_lock(:space, hashtext(:subject))"), lock
                )
                if not taken:
                    continue
                try:
                    return await self._run_job(job_id)
                finally:
                    # A lost connection has lost its lock; whatever ends this must not be lost too.
                    with contextlib.suppress(DBAPIError):
                        await connection.execute(
                            text("select pg_advisory_unlock(:space, hashtext(:subject))"), lock
                        )
        return False

    async def _candidates(self, connection: AsyncConnection) -> Sequence[Any]:
        found = await connection.execute(
            text(
                "select id, kind || ':' || subject from jobs where kind = any(:kinds)"
                " and state in ('waiting','running') order by created_at limit 20"
            ),
            {"kinds": list(self._doors)},
        )
        return found.all()

    async def _run_job(self, job_id: UUID) -> bool:
        async with self._new_work(Context()) as work:
            job = (
                await work.session.scalars(select(Job).where(Job.id == job_id).with_for_update())
            ).one()
            if job.state in ENDED:
                return False
            job.attempts += 1
            job.state = JobState.RUNNING
            job.started_at = job.started_at or work.now
        run = Run(job, self._new_work)
        door = self._doors[job.kind]
        try:
            ended = await door.call(run, door.arguments.model_validate(job.arguments))
            await run.end(ended or JobState.DONE)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it was, the job says so
            with contextlib.suppress(Superseded):
                await self._end_badly(run, job, error)
        return True

    async def _end_badly(self, run: Run, job: Job, error: Exception) -> None:
        if isinstance(error, Superseded):
            log.warning("Job %s (%s) is run by another now", job.id, job.kind)
            return
        if isinstance(error, Cancelled):
            await run.end(JobState.CANCELLED)
            return
        log.error("Job %s (%s) failed", job.id, job.kind, exc_info=error)
        final = isinstance(error, DomainError) or job.attempts >= ATTEMPTS
        words = (
            error.detail
            if isinstance(error, DomainError)
            else "".join(traceback.format_exception_only(error)).strip()
        )
        async with self._new_work(Context()) as work:
            row = await run.held(work)
            row.error = words
            row.state = JobState.FAILED if final else JobState.WAITING
            if final:
                row.ended_at = work.now
