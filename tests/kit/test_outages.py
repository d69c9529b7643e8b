"""Connections come and go: a consumer loses nothing and sets nothing aside; old rows go."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.events.leads import AccountRegistered
from shared.events.orders import PartyRegistered
from shared.kit.database import new_id
from shared.kit.keeping import sweep
from shared.kit.testing import Bench
from shared.kit.transports.transport import Outgoing, Topic


async def test_a_consumer_whose_connections_end_loses_nothing(orders: Bench) -> None:
    transport, consumer = orders.running.transport, orders.running.consumer
    await transport.start()
    await transport.declare([Topic(name) for name in consumer.topics])
    accounts = [
        AccountRegistered(account_id=new_id(), name=f"Shop {n}", country="GB") for n in range(60)
    ]
    running = asyncio.create_task(consumer.run())
    try:
        for n, account in enumerate(accounts):
            record = orders._record(account, new_id())  # the bench's own record
            await transport.publish(
                [Outgoing(record.topic, record.key, record.value, record.headers)]
            )
            if n % 20 == 10:
                await _end_connections(orders)
        async with asyncio.timeout(60):
            while await _parties(orders) < len(accounts) or consumer.pulse.failing:
                await asyncio.sleep(0.05)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await transport.stop()

    assert await orders.dead_letters() == []
    assert len(await orders.told(PartyRegistered)) == len(accounts)


async def _parties(orders: Bench) -> int:
    with suppress(DBAPIError):  # the pool may hand out a connection that was ended
        return await orders.count("parties")
    return 0


async def _end_connections(orders: Bench) -> None:
    """All of this service's; who asks comes from outside its pool."""
    outside = create_async_engine(orders.running.engine.url, poolclass=NullPool)
    async with outside.connect() as connection:
        await connection.execute(
            text(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        )


async def test_what_was_kept_long_enough_goes_and_the_rest_stays(orders: Bench) -> None:
    now = orders.clock.now()
    async with orders.running.engine.begin() as connection:
        for age in (timedelta(days=1), timedelta(days=31), timedelta(days=90)):
            await connection.execute(
                text("insert into inbox (event_id, received_at) values (:id, :at)"),
                {"id": new_id(), "at": now - age},
            )

    assert await sweep(orders.running) == 2
    assert await orders.count("inbox") == 1
    assert await sweep(orders.running) == 0
