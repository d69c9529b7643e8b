"""The tables of the log in PostgreSQL, and the statements that speak to them.

The schema `transport` belongs to the kit and is made at start: no service migrates it. Topics and
partitions are numbered from one sequence, so that a number names the advisory lock of either.
Offsets of a partition have no gaps when written and become visible in their order: an append holds
the partition's row until its commit, and always takes rows in the order of their numbers.
"""

from collections.abc import Sequence

SCHEMA_LOCK = 0x7472_616E_7370_6F72
"""Advisory lock: making the schema and declaring topics."""

TIDY_LOCK = SCHEMA_LOCK + 1
"""Advisory lock: retention and compaction, one process at a time."""

MEMBERS = 0x5450_0000
PARTITIONS = 0x5460_0000
"""First halves of two-part advisory locks, plus the group's number: who takes part in a topic
(shared), and who owns a partition (exclusive)."""

VERSIONS: Sequence[str] = (
    """
    create sequence transport.numbers as int;
    create table transport.topics (
        id int primary key default nextval('transport.numbers'),
        name text not null unique,
        partitions int not null check (partitions > 0),
        retention interval not null,
        compacted boolean not null
    );
    create table transport.partitions (
        id int primary key default nextval('transport.numbers'),
        topic_id int not null references transport.topics,
        partition int not null,
        next_offset bigint not null default 0,
        compacted_to bigint not null default 0,
        unique (topic_id, partition)
    ) with (fillfactor = 50);
    create table transport.log (
        partition_id int not null,
        "offset" bigint not null,
        key text not null,
        value bytea,
        headers bytea not null,
        at timestamptz not null,
        primary key (partition_id, "offset")
    );
    create table transport.groups (
        id int primary key generated always as identity check (id < 65536),
        name text not null unique
    );
    create table transport.group_offsets (
        group_id int not null references transport.groups,
        partition_id int not null references transport.partitions,
        next_offset bigint not null,
        primary key (group_id, partition_id)
    ) with (fillfactor = 50);
    create function transport.append(ids int[], keys text[], contents bytea[], headings bytea[])
    returns void language plpgsql as $$
    declare now_ timestamptz;
    begin
        perform from transport.partitions where id = any(ids) order by id for no key update;
        now_ := clock_timestamp();
        with room as (
            update transport.partitions p set next_offset = p.next_offset + wanted.records
            from (select id, count(*) as records from unnest(ids) as given(id) group by id) wanted
            where p.id = wanted.id
            returning p.id, p.next_offset - wanted.records as first
        )
        insert into transport.log (partition_id, "offset", key, value, headers, at)
        select r.id, room.first - 1 + row_number() over (partition by r.id order by r.place),
            r.key, r.content, r.heading, now_
        from unnest(ids, keys, contents, headings) with ordinality
            as r(id, key, content, heading, place)
        join room on room.id = r.id;
    end $$;
    """,
)
"""What each version adds; never changed once released."""

TOPIC = """
    select t.id as topic_id, p.id, p.partition from transport.topics t
    join transport.partitions p on p.topic_id = t.id
    where t.name = $1 order by p.partition
"""

APPEND = "select transport.append($1, $2, $3, $4)"

RECORDS = """
    select "offset", key, value, headers, at from transport.log
    where partition_id = $1 and "offset" >= $2 order by "offset" limit $3
"""

NEWS = "select id, next_offset from transport.partitions where id = any($1::int[])"

GROUP = """
    with made as (insert into transport.groups (name) values ($1) on conflict do nothing
                  returning id)
    select id from made union all select id from transport.groups where name = $1 limit 1
"""

LOCKS = """
    select classid::bigint as kind, objid::bigint as number, count(*) as holders
    from pg_locks
    where locktype = 'advisory' and objsubid = 2 and granted and classid = any($1::oid[])
        and database = (select oid from pg_database where datname = current_database())
    group by 1, 2
"""

POSITIONS = """
    select partition_id, next_offset from transport.group_offsets
    where group_id = $1 and partition_id = any($2::int[])
"""

COMMIT = """
    insert into transport.group_offsets (group_id, partition_id, next_offset) values ($1, $2, $3)
    on conflict (group_id, partition_id) do update set next_offset = excluded.next_offset
"""

DECLARE = """
    with made as (
        insert into transport.topics (name, partitions, retention, compacted)
        values ($1, $2, $3, $4) on conflict (name) do nothing returning id, partitions
    )
    insert into transport.partitions (topic_id, partition)
    select made.id, n from made, generate_series(0, made.partitions - 1) as n
"""

ENDS = """
    select p.partition, p.next_offset as next,
        coalesce((select min("offset") from transport.log where partition_id = p.id), p.next_offset)
            as first
    from transport.partitions p join transport.topics t on t.id = p.topic_id where t.name = $1
"""

LAG = """
    select t.name, p.partition, p.next_offset - unread."offset" as records, unread.at
    from transport.topics t
    join transport.partitions p on p.topic_id = t.id
    left join transport.groups g on g.name = $1
    left join transport.group_offsets o on o.group_id = g.id and o.partition_id = p.id
    left join lateral (
        select "offset", at from transport.log
        where partition_id = p.id and "offset" >= coalesce(o.next_offset, 0)
        order by "offset" limit 1
    ) unread on true
    where t.name = any($2::text[]) order by t.name, p.partition
"""

OUTDATED = """
    select p.id, t.retention from transport.topics t
    join transport.partitions p on p.topic_id = t.id
    cross join lateral (
        select at from transport.log where partition_id = p.id order by "offset" limit 1
    ) oldest
    where not t.compacted and oldest.at < clock_timestamp() - t.retention
"""

DELETE_OUTDATED = """
    with oldest as (
        select "offset" from transport.log where partition_id = $1 order by "offset" limit $3
    ), gone as (
        delete from transport.log l using oldest
        where l.partition_id = $1 and l."offset" = oldest."offset"
            and l.at < clock_timestamp() - $2::interval
        returning 1
    )
    select count(*) from gone
"""

UNCOMPACTED = """
    select p.id, p.next_offset from transport.topics t
    join transport.partitions p on p.topic_id = t.id
    where t.compacted and p.next_offset > p.compacted_to
"""

DELETE_SUPERSEDED = """
    with gone as (
        delete from transport.log where partition_id = $1 and "offset" in (
            select "offset" from (
                select "offset", value is null as tombstone, at,
                    lead("offset") over (partition by key order by "offset") is not null as old
                from transport.log where partition_id = $1
            ) held
            where old or (tombstone and at < clock_timestamp() - $2::interval) limit $3
        )
        returning 1
    )
    select count(*) from gone
"""

COMPACTED = "update transport.partitions set compacted_to = $2 where id = $1"
