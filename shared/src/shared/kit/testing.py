"""What tests stand on: one service with its real database, its doors in memory, its topic doors.

async def test_…(orders: Bench) -> None:
answer = await orders.post("/orders/orders", {...})
await orders.hear(AccountRegistered(...))
assert [event.type for event in await orders.told()] == [...]
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import httpx
from pydantic import SecretStr
from pydantic_core import from_json
from sqlalchemy import select, text

from shared.events.contract import Envelope, Event
from shared.kit.clock import Clock
from shared.kit.context import Context
from shared.kit.database import Kit, new_id
from shared.kit.http.app import create_app
from shared.kit.inbox import DeadLetter
from shared.kit.issuer import LocalIssuer
from shared.kit.outbox import OutboxRow
from shared.kit.security import Verifier
from shared.kit.service import Running, Service
from shared.kit.settings import Settings
from shared.kit.transports.transport import Batch, Incoming, Transport
from shared.kit.work import Work

ISSUER = "https://issuer.test"
EVERYTHING = tuple(
    f"{service}:{act}"
    for service in ("leads", "pricing", "orders", "loyalty", "campaigns", "partners")
    for act in ("read", "write", "approve")
)


@dataclass
class Told:
    """An event waiting in the outbox."""

    type: str
    key: str
    sequence: int
    data: dict[str, Any]
    attributes: dict[str, Any] = field(repr=False)


class Bench:
    """A service under test. Its loops do not run: a test hears and relays when it says so."""

    def __init__(
        self,
        service: Service,
        url: str,
        transport: Transport,
        issuer: LocalIssuer,
        clock: Clock | None = None,
    ) -> None:
        self.service = service
        self.issuer = issuer
        self.clock = clock or Clock()
        settings = Settings(database_url=url, cursor_secret=SecretStr("for tests"), pool_size=20)
        verifier = Verifier(ISSUER, "tradepost", str(issuer.jwks_path))
        self.running = Running(service, settings, transport, verifier, self.clock)
        self.app = create_app(service, self.running)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, raise_app_exceptions=False),
            base_url="http://tradepost.test",
            headers=self.bearer(*EVERYTHING),
        )
        self._offsets: dict[str, int] = {}

    @classmethod
    def made(cls, service: Service, url: str, transport: Transport, folder: Path) -> Self:
        return cls(service, url, transport, LocalIssuer(folder, ISSUER, "tradepost"))

    def bearer(self, *scopes: str, subject: str = "tester") -> dict[str, str]:
        """An Authorization header of somebody with these scopes."""
        return {"Authorization": f"Bearer {self.issuer.token(subject, scopes, timedelta(hours=1))}"}

    def work(self, actor: str = "tester") -> Work:
        return self.running.new_work(Context(actor=actor, correlation_id=str(new_id())))

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.client.get(path, params=query or None)

    async def post(self, path: str, body: Any = None, **how: Any) -> httpx.Response:
        """A POST of JSON; `how` as httpx takes it (headers, params). None sends no body."""
        return await self.client.post(path, json=body, **how)

    async def patch(self, path: str, body: Any, *, version: int | None = None) -> httpx.Response:
        headers = {} if version is None else {"If-Match": f'"v{version}"'}
        return await self.client.patch(path, json=body, headers=headers)

    async def put(self, path: str, body: Any, **how: Any) -> httpx.Response:
        return await self.client.put(path, json=body, **how)

    async def hear(self, *events: Event, ids: Sequence[UUID] | None = None) -> list[UUID]:
        """Delivers events as one batch a topic. Returns their ids, so that they can come again.

        Raises AssertionError when one of them ended in the dead letters.
        """
        given = list(ids or [new_id() for _ in events])
        before = await self.dead_letters()
        by_topic: dict[str, list[Incoming]] = {}
        for event, event_id in zip(events, given, strict=True):
            by_topic.setdefault(event.topic(), []).append(self._record(event, event_id))
        for topic, records in by_topic.items():
            while await self.running.consumer.apply(Batch(topic, 0, records)) is not None:
                pass
        new = (await self.dead_letters())[len(before) :]
        assert not new, [f"{letter.type}: {letter.cause} {letter.error}" for letter in new]
        return given

    def _record(self, event: Event, event_id: UUID) -> Incoming:
        envelope = Envelope(
            id=event_id,
            type=event.TYPE,
            source=f"/{event.service()}",
            subject=event.key(),
            time=self.clock.now(),
            sequence=1,
            data=event.model_dump(mode="json"),
        )
        topic = event.topic()
        offset = self._offsets[topic] = self._offsets.get(topic, -1) + 1
        return Incoming(
            topic, 0, offset, event.key(), envelope.structured(), envelope.headers(), envelope.time
        )

    async def told(self, kind: type[Event] | None = None) -> list[Told]:
        """What waits in the outbox, in order; of one contract when it is given."""
        async with self.running.sessions() as session:
            rows = (await session.scalars(select(OutboxRow).order_by(OutboxRow.position))).all()
        found = []
        for row in rows:
            attributes = from_json(row.attributes)
            if kind is None or attributes["type"] == kind.TYPE:
                found.append(
                    Told(
                        attributes["type"],
                        row.key,
                        int(attributes["sequence"]),
                        from_json(row.data or "null"),
                        attributes,
                    )
                )
        return found

    async def dead_letters(self) -> list[DeadLetter]:
        async with self.running.sessions() as session:
            return list(await session.scalars(select(DeadLetter).order_by(DeadLetter.id)))

    async def count(self, table: str) -> int:
        async with self.running.sessions() as session:
            return await session.scalar(text(f"select count(*) from {table}")) or 0  # noqa: S608  # a test's own word

    async def forget(self) -> None:
        """Empties every table, and takes the caches back."""
        names = [t.name for m in (self.service.tables, Kit.metadata) for t in m.sorted_tables]
        async with self.running.engine.begin() as connection:
            await connection.execute(text(f"truncate {', '.join(names)} restart identity cascade"))

    async def close(self) -> None:
        await self.client.aclose()
        await self.running.engine.dispose()


def faults_of(answer: httpx.Response) -> Mapping[str, str]:
    """Pointer → code of a problem's faults."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return {fault["pointer"]: fault["code"] for fault in answer.json()["errors"]}
