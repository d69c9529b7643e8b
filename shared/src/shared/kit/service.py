"""A service as a list of its doors, and the same service running.

`Service` is what `main.py` of a service says; `Running` holds its database, its transport and its
loops. Nothing else is global: two services in one process share nothing but the transport.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import version
from typing import Any

from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.events.contract import Event
from shared.kit.clock import Clock
from shared.kit.consume import Consumer, ConsumerRuntime
from shared.kit.context import Context
from shared.kit.database import make_engine
from shared.kit.http.doors import Doors
from shared.kit.inbox import open_count
from shared.kit.jobs import JobRunner, Jobs
from shared.kit.keeping import keep_house
from shared.kit.migrate import current_revision, head_revision
from shared.kit.observe import Metrics
from shared.kit.outbox import Relay, waiting
from shared.kit.security import Verifier
from shared.kit.settings import Settings
from shared.kit.transports.transport import Topic, Transport
from shared.kit.work import Answering, Work

log = logging.getLogger(__name__)


class Role(StrEnum):
    """Which loops a process runs."""

    WEB = "web"
    RELAY = "relay"
    CONSUMER = "consumer"
    CALC = "calc"
    ALL = "all"


@dataclass(frozen=True)
class Service:
    """What a service is made of."""

    name: str
    title: str
    about: str
    tables: MetaData
    doors: Sequence[Doors]
    emits: Sequence[type[Event]] = ()
    consumers: Sequence[Consumer] = ()
    jobs: Sequence[Jobs] = ()
    started: Sequence[Callable[["Running"], None]] = ()

    def topics(self) -> list[Topic]:
        """The topics this service publishes."""
        return [Topic(name) for name in sorted({contract.topic() for contract in self.emits})]


@dataclass
class Running:
    """A service with its resources, from `start` to `stop`."""

    service: Service
    settings: Settings
    transport: Transport
    verifier: Verifier
    clock: Clock
    roles: frozenset[Role] = frozenset({Role.ALL})
    on_job: Callable[[], None] = field(default=lambda: None)

    def __post_init__(self) -> None:
        url = self.settings.database_url_for(self.service.name)
        self.engine = make_engine(url, pool_size=self.settings.pool_size)
        self.sessions: async_sessionmaker[AsyncSession] = async_sessionmaker(
            self.engine, expire_on_commit=False
        )
        self.metrics = Metrics(self.service.name, version("tradepost-shared"))
        self.cursor_secret = self.settings.cursor_key()
        self.relay = Relay(self.engine, self.transport, published=self._count_published)
        self.consumer = ConsumerRuntime(
            self.service.name, self.service.consumers, self.transport, self.new_work, self.metrics
        )
        self.jobs = JobRunner(self.service.jobs, self.engine, self.new_work)
        self.draining = False
        self._tasks: list[asyncio.Task[None]] = []
        self._migrated = False

    def has(self, role: Role) -> bool:
        return Role.ALL in self.roles or role in self.roles

    def new_work(self, context: Context, door: Answering | None = None) -> Work:
        return Work(
            self.service.name,
            self.sessions,
            now=self.clock.now(),
            context=context,
            door=door,
            committed=self._after_commit,
        )

    def _count_published(self, count: int) -> None:
        self.metrics.outbox_published.inc(count)

    def _after_commit(self) -> None:
        self.relay.wake()

    async def start(self) -> None:
        """Declares its topics and starts the loops of its roles."""
        await self.transport.declare(self.service.topics())
        if self.has(Role.RELAY):
            self._spawn(self.relay.run(), "relay")
            self._spawn(keep_house(self), "house")
        if self.has(Role.CONSUMER):
            heard = {c.topic() for c in self.consumer.contracts}
            await self.transport.declare([Topic(name) for name in sorted(heard)])
            self._spawn(self.consumer.run(), "consumer")
        if Role.CALC in self.roles:
            self._spawn(self.jobs.run(), "jobs")
        for begin in self.service.started:
            begin(self)

    def _spawn(self, loop: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks.append(asyncio.create_task(loop, name=f"{self.service.name}-{name}"))

    async def stop(self) -> None:
        """Ends the loops, each after the batch in hand, and closes the connections."""
        self.draining = True
        for task in reversed(self._tasks):
            task.cancel()
        for task in reversed(self._tasks):
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
        self._tasks.clear()
        await self.engine.dispose()

    async def checks(self) -> Mapping[str, str]:
        """What readiness looks at: each part is `ok`, or a sentence that says what is wrong."""
        found = {"database": await self._database(), "transport": "ok"}
        if found["database"] == "ok" and not self._migrated:
            found["migrations"] = await self._migrations()
            self._migrated = found["migrations"] == "ok"
        if not await self.transport.healthy():
            found["transport"] = "The transport does not answer."
        if self.has(Role.CONSUMER) and self.consumer.topics:
            found["consumer"] = self._consumer()
        if self.has(Role.RELAY) and self.relay.failing:
            found["relay"] = self.relay.failing
        if self.draining:
            found["process"] = "The process is ending."
        return found

    async def _database(self) -> str:
        try:
            async with asyncio.timeout(2), self.engine.connect() as connection:
                await connection.execute(text("select 1"))
        except Exception as error:  # noqa: BLE001  # any failure is the answer
            return f"The database does not answer: {error}."
        return "ok"

    async def _migrations(self) -> str:
        async with self.engine.connect() as connection:
            here = await current_revision(connection)
        head = head_revision(self.service.name)
        return "ok" if here == head else f"The database is at {here}, the code at {head}: migrate."

    def _consumer(self) -> str:
        pulse = self.consumer.pulse
        if pulse.failing:
            return pulse.failing
        if pulse.age() > 30:
            return f"The consumer has not turned for {pulse.age():.0f} s."
        return "ok"

    async def measure(self) -> None:
        """Brings the gauges up to date, when somebody scrapes."""
        async with self.sessions() as session:
            pending, oldest = await waiting(session)
            dead = await open_count(session)
        age = (self.clock.now() - oldest).total_seconds() if oldest else 0.0
        self.metrics.outbox_pending.set(pending)
        self.metrics.outbox_oldest.set(max(0.0, age))
        self.metrics.dead_letters_open.set(dead)
        if self.consumer.subscription is not None:
            for topic, records, seconds in await self._lags():
                self.metrics.lag_records.labels(topic).set(records)
                self.metrics.lag_seconds.labels(topic).set(seconds)

    async def _lags(self) -> list[tuple[str, int, float]]:
        assert self.consumer.subscription is not None
        found: dict[str, tuple[int, float]] = {}
        for lag in await self.consumer.subscription.lag():
            age = (
                (self.clock.now() - lag.oldest_unread_at).total_seconds()
                if lag.oldest_unread_at
                else 0.0
            )
            records, seconds = found.get(lag.topic, (0, 0.0))
            found[lag.topic] = (records + lag.records, max(seconds, age))
        return [(topic, records, seconds) for topic, (records, seconds) in found.items()]
