"""From commit to topic: in order per key, nothing lost, one relay at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic_core import from_json
from sqlalchemy import text

from orders.hold_stock.tables import MAIN, Stock
from shared.errors import Conflict
from shared.events.contract import envelope_of
from shared.events.leads import OpportunityLost
from shared.events.orders import StockChanged
from shared.kit.database import new_id
from shared.kit.outbox import RELAY_LOCK, Relay
from shared.kit.testing import Bench
from shared.kit.transports.transport import Topic, Transport


async def _count(orders: Bench, stock_id, on_hand: int = 1) -> None:
    """A change of a stock position that is told."""
    async with orders.work() as work:
        stock = await work.session.get(Stock, stock_id, with_for_update=True)
        if stock is None:
            stock = Stock(
                id=stock_id, sku=str(stock_id)[-12:], location=MAIN, on_hand=0, updated_at=work.now
            )
            work.add(stock)
        stock.on_hand += on_hand
        told = StockChanged(
            stock_id=stock.id,
            sku=stock.sku,
            location=MAIN,
            on_hand=stock.on_hand,
            reserved=0,
            reason="count",
        )
        work.emit(told, of=stock)


@asynccontextmanager
async def _relaying(*relays: Relay) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(relay.run()) for relay in relays]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _published(transport: Transport, keys: set[str], wanted: int) -> list:
    """The records of these keys, in the order of their partitions."""
    found: list = []
    while len(found) < wanted:
        found = []
        for partition, (first, end) in (await transport.ends("orders.stock")).items():
            place = first
            while place < end:
                records = await transport.read("orders.stock", partition, place)
                place = records[-1].offset + 1
                found += [r for r in records if r.key in keys]
        await asyncio.sleep(0.02)
    return found


@pytest.fixture
async def log(orders: Bench) -> AsyncIterator[Transport]:
    transport = orders.running.transport
    await transport.start()
    await transport.declare([Topic("orders.stock")])
    yield transport
    await transport.stop()


async def test_what_is_committed_reaches_its_topic_in_the_order_of_its_key(
    orders: Bench, log: Transport
) -> None:
    keys = [new_id() for _ in range(4)]
    relay = Relay(orders.running.engine, log)
    async with _relaying(relay):
        await asyncio.gather(*(_count(orders, key) for key in keys))
        await asyncio.gather(*(_count(orders, key) for key in keys * 9))
        records = await _published(log, {str(key) for key in keys}, 40)

    for key in keys:
        mine = [envelope_of(r.value, r.headers) for r in records if r.key == str(key)]
        assert [e.sequence for e in mine] == list(range(1, 11))
        assert [e.data["on_hand"] for e in mine] == list(range(1, 11))
    assert await orders.count("outbox") == 0


async def test_two_relays_do_not_share_the_work(orders: Bench, log: Transport) -> None:
    key = new_id()
    one, other = Relay(orders.running.engine, log), Relay(orders.running.engine, log)
    async with _relaying(one, other):
        for _ in range(20):
            await _count(orders, key)
        records = await _published(log, {str(key)}, 20)
        assert one.leading != other.leading

    assert len(records) == 20


async def test_a_refused_work_tells_nothing(orders: Bench) -> None:
    class Refused(Conflict):
        """Not like this."""

    async def refuse() -> None:
        async with orders.work() as work:
            stock = Stock(id=new_id(), sku="X", location=MAIN, on_hand=1, updated_at=work.now)
            work.add(stock)
            told = StockChanged(
                stock_id=stock.id, sku="X", location=MAIN, on_hand=1, reserved=0, reason="count"
            )
            work.emit(told, of=stock)
            raise Refused

    with pytest.raises(Refused):
        await refuse()

    assert await orders.told() == []
    assert await orders.count("stock") == 0


async def test_nobody_tells_the_events_of_another_service(orders: Bench) -> None:
    lost = OpportunityLost(opportunity_id=new_id(), account_id=new_id(), reason="price")

    async def tell() -> None:
        async with orders.work() as work:
            work.emit(lost, sequence=1)

    with pytest.raises(TypeError, match="belongs to another service"):
        await tell()


async def test_an_event_carries_story_actor_and_trace(orders: Bench) -> None:
    headers = {
        "X-Correlation-Id": "story-7",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    refused = await orders.post("/orders/stock/receipts", {}, headers=headers)

    assert refused.headers["x-correlation-id"] == "story-7"
    assert refused.json()["traceparent"].startswith("00-0af7651916cd43dd8448eb211c80319c-")


async def test_when_the_leader_loses_its_connection_another_takes_over(
    orders: Bench, log: Transport
) -> None:
    """Nothing is lost, and the first delivery of each event comes in the order of its key."""
    keys = [new_id() for _ in range(3)]
    relays = [Relay(orders.running.engine, log) for _ in range(2)]
    async with _relaying(*relays):
        for turn in range(30):
            for key in keys:
                await _count(orders, key)
            if turn % 10 == 5:
                await _until(lambda: any(relay.leading for relay in relays))
                await _terminate_leader(orders)
        records = await _published_once(log, {str(key) for key in keys}, 90)

    for key in keys:
        counts = [r["data"]["on_hand"] for r in records if r["subject"] == str(key)]
        assert counts == list(range(1, 31))


async def _until(holds) -> None:
    while not holds():
        await asyncio.sleep(0.02)


async def _terminate_leader(orders: Bench) -> None:
    async with orders.running.sessions() as session:
        await session.execute(
            text(
                "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'"
                " and granted and objid = :k and database ="
                " (select oid from pg_database where datname = current_database())"
            ),
            {"k": RELAY_LOCK},
        )


async def _published_once(transport: Transport, keys: set[str], wanted: int) -> list[dict]:
    """Each event as it was delivered first: at least once is what the relay promises."""
    first: dict[str, dict] = {}
    while len(first) < wanted:
        first = {}
        for record in await _published(transport, keys, wanted):
            content = from_json(record.value)
            first.setdefault(content["id"], content)
    return list(first.values())


async def test_one_work_may_tell_more_than_a_statement_has_parameters(orders: Bench) -> None:
    told = [
        StockChanged(
            stock_id=new_id(), sku="X", location=MAIN, on_hand=n, reserved=0, reason="count"
        )
        for n in range(7_000)
    ]
    async with orders.work() as work:
        for one in told:
            work.emit(one, sequence=1)

    assert [t.data["on_hand"] for t in await orders.told(StockChanged)] == list(range(7_000))
