"""Replay beside a running consumer: once in effect, in the order of the key, nothing left behind."""

import asyncio

import pytest

from shared.errors import Conflict
from shared.events.contract import Envelope
from shared.events.leads import AccountRegistered
from shared.kit.consume import Consumer, ConsumerRuntime
from shared.kit.database import new_id
from shared.kit.dead_letters import ReplayView, discard_letter, replay_key
from shared.kit.testing import Bench
from shared.kit.transports.transport import Batch, Incoming
from shared.kit.work import Work


class Broken(Conflict):
    """The first event cannot be taken yet."""


class Key:
    """One account whose first event is dead, and a handler that can be held in the middle."""

    def __init__(self, orders: Bench) -> None:
        self.orders = orders
        self.key = new_id()
        self.broken = True
        self.heard: list[str] = []
        self.inside = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()
        self._offset = 0
        consumer = Consumer()
        consumer.on(AccountRegistered)(self._hear)
        running = orders.running
        self.runtime = ConsumerRuntime(
            "orders", [consumer], running.transport, running.new_work, running.metrics
        )

    async def _hear(self, work: Work, account: AccountRegistered) -> None:
        if self.broken:
            raise Broken
        self.inside.set()
        await self.go_on.wait()
        self.heard.append(account.name)

    async def take(self, name: str) -> None:
        event = AccountRegistered(account_id=self.key, name=name, country="GB")
        self._offset += 1
        envelope = Envelope(
            id=new_id(),
            type=event.TYPE,
            source="/leads",
            subject=event.key(),
            time=self.orders.clock.now(),
            sequence=self._offset,
            data=event.model_dump(mode="json"),
        )
        record = Incoming(
            event.topic(),
            0,
            self._offset,
            event.key(),
            envelope.structured(),
            envelope.headers(),
            envelope.time,
        )
        assert await self.runtime.apply(Batch(record.topic, 0, [record])) is None

    async def replay(self) -> ReplayView:
        letter = (await self.orders.dead_letters())[0]
        async with self.orders.work() as work:
            return await replay_key(work, self.runtime, letter, dry_run=False)

    async def states(self) -> list[str]:
        return [letter.state for letter in await self.orders.dead_letters()]


@pytest.fixture
async def key(orders: Bench) -> Key:
    """The first and the second event of the key lie in the dead letters."""
    found = Key(orders)
    await found.take("first")
    await found.take("second")
    assert await found.states() == ["dead", "parked"]
    found.broken = False
    return found


async def test_an_event_that_arrives_during_a_replay_is_not_left_behind(key: Key) -> None:
    key.go_on.clear()
    replaying = asyncio.create_task(key.replay())
    await key.inside.wait()
    arriving = asyncio.create_task(key.take("third"))
    # The third may be parked at once, or wait for the replay: it is applied either way.
    await asyncio.wait([arriving], timeout=0.3)
    key.go_on.set()
    await asyncio.gather(replaying, arriving)

    assert key.heard == ["first", "second", "third"]
    assert set(await key.states()) == {"replayed"}


async def test_two_replays_at_once_apply_each_event_once_and_in_order(key: Key) -> None:
    views = await asyncio.gather(key.replay(), key.replay())

    assert key.heard == ["first", "second"]
    assert await key.states() == ["replayed", "replayed"]
    assert [view.error for view in views] == [None, None]


async def test_a_letter_discarded_during_a_replay_is_not_applied(key: Key) -> None:
    second = (await key.orders.dead_letters())[1]
    key.go_on.clear()
    replaying = asyncio.create_task(key.replay())
    await key.inside.wait()
    async with key.orders.work() as work:
        await discard_letter(work, second.id, "Not wanted any more.")
    key.go_on.set()
    await replaying

    assert key.heard == ["first"]
    assert await key.states() == ["replayed", "discarded"]
