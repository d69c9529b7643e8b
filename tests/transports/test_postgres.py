"""What is particular to the log in PostgreSQL: locks, tidying, the address."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from shared.kit.transports.postgres import PostgresTransport
from shared.kit.transports.transport import Lost, Outgoing, Topic


@pytest.fixture(scope="module")
async def log(postgres_url):
    transport = PostgresTransport(postgres_url, balance=timedelta(milliseconds=200))
    await transport.start()
    yield transport
    await transport.stop()


def plain(url: str) -> str:
    return url.replace("+asyncpg", "")


async def kill(url: str, group: str) -> None:
    connection = await asyncpg.connect(plain(url))
    killed = await connection.fetch(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1",
        f"group {group}",
    )
    await connection.close()
    assert len(killed) == 1


async def test_a_subscription_whose_connection_dies_is_over_and_its_partitions_free(
    log, postgres_url, name
):
    await log.declare([Topic(name, partitions=2)])
    await log.publish([Outgoing(name, "a", b"1")])
    async with asyncio.timeout(25), log.subscribe(name, [name]) as dying:
        batch = await anext(dying.batches())
        await kill(postgres_url, name)
        with pytest.raises(Lost):
            await dying.commit(batch)
        assert dying.owned() == []
        with pytest.raises(Lost):
            await anext(dying.batches())
        async with log.subscribe(name, [name]) as heir:
            again = await anext(heir.batches())
            assert again.records == batch.records
            await heir.commit(again)


async def test_an_idle_subscription_notices_that_its_connection_died(log, postgres_url, name):
    await log.declare([Topic(name)])
    async with asyncio.timeout(25), log.subscribe(name, [name]) as dying:
        waiting = asyncio.ensure_future(anext(dying.batches()))
        await asyncio.sleep(0.2)
        await kill(postgres_url, name)
        with pytest.raises(Lost):
            await waiting


async def test_a_member_owns_as_many_locks_as_it_believes(log, postgres_url, name):
    await log.declare([Topic(name, partitions=7)])
    async with log.subscribe(name, [name]) as one, log.subscribe(name, [name]) as two:
        async with asyncio.timeout(25):
            while sorted(len(member.owned()) for member in (one, two)) != [3, 4]:
                for member in (one, two):
                    await member._balance()
        connection = await asyncpg.connect(plain(postgres_url))
        held = await connection.fetchval(
            """select count(*) from pg_locks l join transport.partitions p on p.id = l.objid::int
            join transport.topics t on t.id = p.topic_id
            where locktype = 'advisory' and mode = 'ExclusiveLock' and t.name = $1""",
            name,
        )
        await connection.close()
        assert held == 7


async def test_old_records_are_deleted_and_the_offsets_go_on(log, postgres_url, name):
    await log.declare([Topic(name, partitions=1, retention=timedelta(hours=1))])
    await log.publish([Outgoing(name, "a", str(n).encode()) for n in range(2500)])
    connection = await asyncpg.connect(plain(postgres_url))
    await connection.execute(
        """update transport.log set at = at - interval '2 hours' where "offset" < 2400
        and partition_id = (select p.id from transport.partitions p
        join transport.topics t on t.id = p.topic_id where t.name = $1)""",
        name,
    )
    await connection.close()
    assert await log.tidy() == 2400
    assert await log.ends(name) == {0: (2400, 2500)}
    async with asyncio.timeout(25), log.subscribe(name, [name]) as subscription:
        assert [lag.records for lag in await subscription.lag()] == [100]
        batch = await anext(subscription.batches())
    assert batch.records[0].offset == 2400


async def test_compaction_keeps_the_last_record_of_each_key(log, name):
    await log.declare([Topic(name, partitions=1, compacted=True)])
    await log.publish([Outgoing(name, key, str(n).encode()) for n in range(3) for key in "abc"])
    await log.publish([Outgoing(name, "b", None)])
    assert await log.tidy() == 7
    assert await log.tidy() == 0
    left = await log.read(name, 0, 0)
    assert [(r.offset, r.key, r.value) for r in left] == [
        (6, "a", b"2"), (8, "c", b"2"), (9, "b", None),
    ]  # fmt: skip


async def test_processes_that_start_at_once_make_one_schema(postgres):
    url = postgres.create_database("another", "another")
    transports = [PostgresTransport(url) for _ in range(4)]
    await asyncio.gather(*(transport.start() for transport in transports))
    assert await transports[0].healthy()
    await asyncio.gather(*(transport.stop() for transport in transports))


async def test_a_server_that_is_not_there_is_named():
    with pytest.raises(ConnectionError, match=r"127\.0\.0\.1:1/nowhere") as refused:
        await PostgresTransport("postgresql://postgres:secret@127.0.0.1:1/nowhere").start()
    assert "secret" not in str(refused.value)
