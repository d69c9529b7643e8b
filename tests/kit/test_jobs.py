"""One job, one runner: whatever becomes of connections and processes."""

import asyncio
from collections.abc import Awaitable, Callable

from pydantic import BaseModel
from sqlalchemy import text

from shared.kit.jobs import JOB_LOCKS, Job, JobRunner, Jobs, JobState, Run, cancel_job, start_job
from shared.kit.testing import Bench


class Nothing(BaseModel):
    """A job that needs no arguments."""


Door = Callable[[Run, Nothing], Awaitable[JobState | None]]


def _runner(orders: Bench, door: Door) -> JobRunner:
    jobs = Jobs()
    jobs.on("test", Nothing)(door)
    return JobRunner([jobs], orders.running.engine, orders.running.new_work)


async def _start(orders: Bench, subject: str = "one") -> Job:
    async with orders.work() as work:
        return start_job(work, "test", subject, Nothing())


async def _state(orders: Bench, job: Job) -> Job:
    async with orders.work() as work:
        return await work.get(Job, job.id)


async def _step(run: Run, step: int) -> None:
    async with run.work() as work:
        await run.note(work, progress=step / 3, counts={"steps": step}, bookmark={"step": step})


async def test_two_runners_never_run_one_job_twice(orders: Bench) -> None:
    taken: list[str] = []

    async def door(run: Run, _: Nothing) -> None:
        taken.append(str(run.job_id))
        await _step(run, 1)

    jobs = [await _start(orders, str(n)) for n in range(4)]
    runners = [_runner(orders, door) for _ in range(3)]

    while any(await asyncio.gather(*(r.run_next() for r in runners))):
        pass

    assert sorted(taken) == sorted(str(job.id) for job in jobs)
    assert {(await _state(orders, job)).state for job in jobs} == {JobState.DONE}


async def test_a_runner_that_lost_its_lock_leaves_the_job_to_its_successor(orders: Bench) -> None:
    inside, go_on = asyncio.Event(), asyncio.Event()
    noted: list[str] = []

    async def slow(run: Run, _: Nothing) -> None:
        await _step(run, 1)
        inside.set()
        await go_on.wait()
        await _step(run, 2)
        noted.append("slow")

    async def quick(run: Run, _: Nothing) -> None:
        assert run.bookmark == {"step": 1}
        await _step(run, 3)
        noted.append("quick")

    job = await _start(orders)
    former = asyncio.create_task(_runner(orders, slow).run_next())
    await inside.wait()
    async with orders.running.sessions() as session:
        await session.execute(
            text(
                "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'"
                " and classid = :space and database ="
                " (select oid from pg_database where datname = current_database())"
            ),
            {"space": JOB_LOCKS},
        )
    successor = _runner(orders, quick)
    while not await successor.run_next():
        await asyncio.sleep(0.02)
    go_on.set()
    await former

    ended = await _state(orders, job)
    assert noted == ["quick"]
    assert (ended.state, ended.bookmark, ended.error) == (JobState.DONE, {"step": 3}, None)


async def test_a_running_job_ends_at_its_next_note_when_it_is_cancelled(orders: Bench) -> None:
    async def door(run: Run, _: Nothing) -> None:
        await _step(run, 1)
        async with orders.work() as work:
            await cancel_job(work, run.job_id)
        await _step(run, 2)

    job = await _start(orders)
    await _runner(orders, door).run_next()

    ended = await _state(orders, job)
    assert (ended.state, ended.bookmark) == (JobState.CANCELLED, {"step": 1})


async def test_a_job_that_fails_is_tried_again_and_then_given_up(orders: Bench) -> None:
    async def door(run: Run, _: Nothing) -> None:
        raise KeyError("broken")

    job = await _start(orders)
    runner = _runner(orders, door)
    while await runner.run_next():
        pass

    ended = await _state(orders, job)
    assert (ended.state, ended.attempts, ended.error) == (JobState.FAILED, 3, "KeyError: 'broken'")
