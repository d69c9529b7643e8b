"""Once in effect: duplicates, poison, parked keys, replay in order, outages."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from asyncpg.exceptions import CannotConnectNowError, TooManyConnectionsError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.errors import Busy, Conflict
from shared.events.contract import Envelope, Event
from shared.events.leads import AccountRegistered
from shared.events.pricing import PriceSet
from shared.kit.consume import ATTEMPTS, Consumer, ConsumerRuntime
from shared.kit.database import new_id
from shared.kit.inbox import LetterState
from shared.kit.observe import bound
from shared.kit.testing import Bench
from shared.kit.transports.transport import Batch, Incoming
from shared.kit.work import Work


class Poison(Conflict):
    """This one cannot be taken."""


class Listener:
    """A consumer that notes what it heard, and fails where it is told to."""

    def __init__(self, orders: Bench) -> None:
        self.heard: list[str] = []
        self.poison: set[str] = set()
        self.bugs: dict[str, int] = {}
        self.away = 0
        self.offset = 0
        self.orders = orders
        consumer = Consumer()
        consumer.on(AccountRegistered)(self._hear)
        self.runtime = ConsumerRuntime(
            "orders",
            [consumer],
            orders.running.transport,
            orders.running.new_work,
            orders.running.metrics,
        )

    async def _hear(self, work: Work, account: AccountRegistered) -> None:
        if self.away:
            self.away -= 1
            raise Busy
        if account.name in self.poison:
            raise Poison
        if self.bugs.get(account.name, 0):
            self.bugs[account.name] -= 1
            raise KeyError(account.name)
        self.heard.append(account.name)

    def record(self, name: str, key: UUID, event_id: UUID | None = None) -> Incoming:
        account = AccountRegistered(account_id=key, name=name, country="GB")
        return self.raw(account, event_id)

    def raw(self, event: Event, event_id: UUID | None = None) -> Incoming:
        envelope = Envelope(
            id=event_id or new_id(),
            type=event.TYPE,
            source="/leads",
            subject=event.key(),
            time=self.orders.clock.now(),
            sequence=1,
            data=event.model_dump(mode="json"),
            correlation_id="story",
        )
        self.offset += 1
        return Incoming(
            event.topic(),
            0,
            self.offset,
            event.key(),
            envelope.structured(),
            envelope.headers(),
            envelope.time,
        )

    async def take(self, *records: Incoming) -> int:
        """Applies until settled. Returns how often it had to be retried."""
        retries = 0
        while await self.runtime.apply(Batch(records[0].topic, 0, records)) is not None:
            retries += 1
        return retries

    async def letters(self) -> list[tuple[str, str]]:
        return [(one.state, one.cause) for one in await self.orders.dead_letters()]


@pytest.fixture
def listener(orders: Bench) -> Listener:
    return Listener(orders)


async def test_an_event_delivered_twice_is_applied_once(listener: Listener) -> None:
    one, other = listener.record("a", new_id()), listener.record("b", new_id())

    await listener.take(one, other, one)
    await listener.take(one, other)

    assert listener.heard == ["a", "b"]


async def test_a_poison_event_does_not_hold_back_others(listener: Listener) -> None:
    listener.poison = {"bad"}

    await listener.take(
        listener.record("a", new_id()),
        listener.record("bad", new_id()),
        listener.record("c", new_id()),
    )

    # The batch began together, was undone, and its good events were applied one by one.
    assert listener.heard[-2:] == ["a", "c"]
    assert await listener.letters() == [("dead", "Poison")]


async def test_later_events_of_a_dead_key_wait_and_are_replayed_in_order(
    listener: Listener, orders: Bench
) -> None:
    key = new_id()
    listener.poison = {"first"}
    await listener.take(listener.record("first", key))
    await listener.take(listener.record("second", key), listener.record("other", new_id()))
    await listener.take(listener.record("third", key))
    assert listener.heard == ["other"]
    assert await listener.letters() == [
        ("dead", "Poison"),
        ("parked", "Parked"),
        ("parked", "Parked"),
    ]

    listener.poison = set()
    for letter in await orders.dead_letters():
        await listener.runtime.replay(letter)

    assert listener.heard == ["other", "first", "second", "third"]
    assert {state for state, _ in await listener.letters()} == {LetterState.REPLAYED}
    await listener.take(listener.record("fourth", key))
    assert listener.heard[-1] == "fourth"


async def test_a_bug_is_retried_and_then_set_aside(listener: Listener) -> None:
    listener.bugs = {"shaky": ATTEMPTS, "broken": 10**6}

    shaky = await listener.take(listener.record("shaky", new_id()))
    broken = await listener.take(listener.record("broken", new_id()))

    assert listener.heard == ["shaky"]
    assert shaky >= 1
    assert broken == ATTEMPTS - 1
    letter = (await listener.orders.dead_letters())[0]
    assert (letter.cause, letter.attempts, letter.error) == (
        "KeyError",
        ATTEMPTS,
        "KeyError: 'broken'",
    )


async def test_an_outage_is_waited_for_and_nothing_is_set_aside(listener: Listener) -> None:
    listener.away = 6

    retries = await listener.take(listener.record("a", new_id()))

    assert retries >= 2
    assert listener.heard == ["a"]
    assert await listener.letters() == []


async def test_garbage_and_wrong_content_are_set_aside_and_the_rest_goes_on(
    listener: Listener,
) -> None:
    good = listener.record("a", new_id())
    garbage = Incoming(good.topic, 0, 1000, "k1", b"\x00garbage", (), good.at)
    wrong = Incoming(
        good.topic,
        0,
        1001,
        "k2",
        (good.value or b"").replace(b'"name"', b'"nome"'),
        good.headers,
        good.at,
    )

    await listener.take(garbage, wrong, good)

    assert listener.heard == ["a"]
    assert await listener.letters() == [("dead", "Unreadable"), ("dead", "Unreadable")]


async def test_what_nobody_wants_is_passed_over(listener: Listener, orders: Bench) -> None:
    price = PriceSet(
        price_id=new_id(), sku="X", currency="GBP", amount=1, valid_from=orders.clock.now()
    )

    await listener.take(listener.raw(price))

    assert await listener.letters() == []
    assert await orders.count("inbox") == 0


async def test_many_events_of_one_kind_come_in_one_call(orders: Bench) -> None:
    calls: list[int] = []
    consumer = Consumer()

    @consumer.on_many(AccountRegistered)
    async def note(work: Work, accounts: Sequence[AccountRegistered]) -> None:
        calls.append(len(accounts))

    listener = Listener(orders)
    listener.runtime = ConsumerRuntime(
        "orders",
        [consumer],
        orders.running.transport,
        orders.running.new_work,
        orders.running.metrics,
    )

    await listener.take(*(listener.record(str(n), new_id()) for n in range(30)))

    assert calls == [30]


async def test_dead_letters_are_seen_replayed_and_discarded_through_http(orders: Bench) -> None:
    """The service's own doors: whoever may write may replay; a settled letter stays settled."""
    listener = Listener(orders)
    key = new_id()
    broken = listener.record("x", key)
    record = Incoming(
        broken.topic,
        0,
        7,
        str(key),
        (broken.value or b"").replace(b'"GB"', b'{"a": 1}'),
        broken.headers,
        broken.at,
    )
    await orders.running.consumer.apply(Batch(broken.topic, 0, [record]))
    letters = (await orders.get("/orders/dead-letters", state="dead")).json()["items"]
    assert len(letters) == 1
    path = f"/orders/dead-letters/{letters[0]['id']}"
    assert '"a": 1' in (await orders.get(path)).json()["value"]

    trial = await orders.post(f"{path}/replay", params={"dry_run": True})
    assert trial.json()["replayed"] == [letters[0]["id"]]
    failed = await orders.post(f"{path}/replay")
    assert failed.json()["stopped_at"] == letters[0]["id"]
    gone = await orders.post(f"{path}/discard", {"reason": "Written by a test."})
    assert (gone.json()["state"], gone.json()["settled_by"]) == ("discarded", "tester")
    assert (await orders.post(f"{path}/discard", {"reason": "Again."})).status_code == 409


async def test_a_dead_record_that_comes_again_is_kept_once(listener: Listener) -> None:
    """The transport may deliver again what was set aside before its offset was committed."""
    listener.poison = {"bad"}
    bad, good = listener.record("bad", new_id()), listener.record("good", new_id())
    await listener.take(bad, good)

    await listener.take(bad, good)

    assert listener.heard[-1] == "good"
    assert await listener.letters() == [("dead", "Poison")]


async def test_garbage_beside_a_poison_event_is_kept_once(listener: Listener) -> None:
    listener.poison = {"bad"}
    bad, good = listener.record("bad", new_id()), listener.record("good", new_id())
    garbage = Incoming(bad.topic, 0, 1000, "k1", b"\x00garbage", (), bad.at)

    await listener.take(garbage, bad, good)

    assert listener.heard[-1] == "good"
    assert sorted(await listener.letters()) == [("dead", "Poison"), ("dead", "Unreadable")]


async def test_poison_among_many_is_set_aside_alone(orders: Bench) -> None:
    taken: list[str] = []
    consumer = Consumer()

    @consumer.on_many(AccountRegistered)
    async def note(work: Work, accounts: Sequence[AccountRegistered]) -> None:
        names = [account.name for account in accounts]
        if "bad" in names:
            raise KeyError("bad")
        taken.extend(names)

    listener = Listener(orders)
    listener.runtime = ConsumerRuntime(
        "orders",
        [consumer],
        orders.running.transport,
        orders.running.new_work,
        orders.running.metrics,
    )
    names = ["a", "b", "bad", "c"]

    await listener.take(*(listener.record(name, new_id()) for name in names))

    # What went well before a retry is not applied again.
    assert taken == ["a", "b", "c"]
    assert await listener.letters() == [("dead", "KeyError")]


@pytest.mark.parametrize(
    "error",
    [TooManyConnectionsError("too many"), CannotConnectNowError("starting"), PoolTimeout("pool")],
    ids=["no connection left", "server starts", "pool is empty"],
)
async def test_a_database_without_a_free_connection_is_waited_for(
    orders: Bench, error: Exception
) -> None:
    failing = [error] * (2 * ATTEMPTS + 2)

    listener = Listener(orders)
    consumer = Consumer()

    @consumer.on(AccountRegistered)
    async def hear(work: Work, account: AccountRegistered) -> None:
        if failing:
            raise failing.pop()

    listener.runtime = ConsumerRuntime(
        "orders",
        [consumer],
        orders.running.transport,
        orders.running.new_work,
        orders.running.metrics,
    )

    await listener.take(listener.record("a", new_id()))

    assert await listener.letters() == []
    assert listener.runtime.pulse.failing is None


async def test_what_a_handler_logs_carries_the_ids_of_its_event(orders: Bench) -> None:
    seen: list[tuple[str, str]] = []
    consumer = Consumer()

    @consumer.on(AccountRegistered)
    async def look(work: Work, account: AccountRegistered) -> None:
        ids = bound()
        seen.append((ids.correlation_id, ids.causation_id))

    listener = Listener(orders)
    listener.runtime = ConsumerRuntime(
        "orders",
        [consumer],
        orders.running.transport,
        orders.running.new_work,
        orders.running.metrics,
    )
    event_id = new_id()

    await listener.take(listener.record("a", new_id(), event_id))

    assert seen == [("story", str(event_id))]
    assert bound().causation_id == ""
