"""The doors every service has: health, metrics, its jobs, its dead letters."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response, status
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from shared.kit.consume import ConsumerRuntime
from shared.kit.dead_letters import (
    DiscardLetter,
    LetterDetail,
    LetterView,
    ReplayView,
    discard_letter,
    replay_key,
)
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing
from shared.kit.inbox import DeadLetter, LetterState
from shared.kit.jobs import Job, JobState, cancel_job
from shared.kit.service import Running

LETTERS = Listing(
    DeadLetter,
    filters={"state": LetterState, "topic": str, "cause": str, "key": str},
    sorts=("id", "created_at"),
    default="id",
)
JOBS = Listing(
    Job, filters={"state": JobState, "kind": str}, sorts=("created_at",), default="-created_at"
)


class JobView(BaseModel):
    """Long work: how far it is, and how it ended."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str
    state: JobState
    progress: float = Field(description="0 to 1")
    counts: dict[str, Any]
    error: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


def system_doors(running: Running) -> Sequence[Doors]:
    """Made for each service, so that operation ids carry its name."""
    return (_health(running), _jobs(running.service.name), _letters(running))


def _health(running: Running) -> Doors:
    name = running.service.name
    doors = Doors(name, tag="Health")
    open_to_all = serves(public=True)

    async def livez() -> Response:
        """Whether the process turns. A consumer that fails is for readiness to say."""
        return Response('{"state":"ok"}', media_type="application/json")

    async def readyz() -> Response:
        """Whether it can do its work now: database, migrations, transport, consumer loop."""
        found = await running.checks()
        ready = all(said == "ok" for said in found.values())
        body = {"state": "ok" if ready else "not_ready", "checks": found}
        return Response(to_json(body), 200 if ready else 503, media_type="application/json")

    async def metrics() -> Response:
        """Prometheus metrics."""
        await running.measure()
        return Response(running.metrics.text(), media_type="text/plain; version=0.0.4")

    for call in (livez, readyz, metrics):
        doors.add_api_route(
            f"/{call.__name__}",
            call,
            methods=["GET"],
            name=f"read_{name}_{call.__name__}",
            openapi_extra=open_to_all,
            include_in_schema=False,
        )
    return doors


def _jobs(name: str) -> Doors:
    doors = Doors(name, "jobs", tag="Jobs")

    @doors.get("", name=f"list_{name}_jobs", openapi_extra=serves())
    async def list_jobs(work: Reading, asked: Annotated[Asked, Depends(JOBS)]) -> Page[JobView]:
        """Long work of this service, newest first."""
        async with work:
            return work.answer(await JOBS.page(work, asked, JobView))

    @doors.get("/{job_id}", name=f"read_{name}_job", openapi_extra=serves())
    async def read_job(job_id: UUID, work: Reading) -> JobView:
        """How far a job is."""
        async with work:
            return work.answer(JobView.model_validate(await work.get(Job, job_id)))

    @doors.post("/{job_id}/cancel", name=f"cancel_{name}_job", openapi_extra=serves())
    async def cancel(job_id: UUID, work: Writing) -> JobView:
        """Ask a job to stop. What it has committed stays."""
        async with work:
            return work.answer(JobView.model_validate(await cancel_job(work, job_id)))

    return doors


def _letters(running: Running) -> Doors:
    name = running.service.name
    consumer: ConsumerRuntime = running.consumer
    doors = Doors(name, "dead-letters", tag="Dead letters")

    @doors.get("", name=f"list_{name}_dead_letters", openapi_extra=serves())
    async def list_letters(
        work: Reading, asked: Annotated[Asked, Depends(LETTERS)]
    ) -> Page[LetterView]:
        """Events this service could not take, and those parked behind them."""
        async with work:
            return work.answer(await LETTERS.page(work, asked, LetterView))

    @doors.get("/{letter_id}", name=f"read_{name}_dead_letter", openapi_extra=serves())
    async def read_letter(letter_id: UUID, work: Reading) -> LetterDetail:
        """A dead letter with its record."""
        async with work:
            letter = await work.get(DeadLetter, letter_id)
            return work.answer(LetterDetail.of(letter))

    @doors.post(
        "/{letter_id}/replay",
        name=f"replay_{name}_dead_letter",
        status_code=status.HTTP_200_OK,
        openapi_extra=serves(),
    )
    async def replay(letter_id: UUID, work: Writing) -> ReplayView:
        """Apply it again, and after it what is parked behind it, in order; stops at a failure."""
        async with work:
            letter = await work.get(DeadLetter, letter_id)
            view = await replay_key(work, consumer, letter, dry_run=work.dry_run)
            return work.answer(view)

    @doors.post("/{letter_id}/discard", name=f"discard_{name}_dead_letter", openapi_extra=serves())
    async def discard(letter_id: UUID, request: DiscardLetter, work: Writing) -> LetterView:
        """Give it up, with a reason. What is parked behind it can be replayed then."""
        async with work:
            letter = await discard_letter(work, letter_id, request.reason)
            return work.answer(LetterView.model_validate(letter))

    return doors
