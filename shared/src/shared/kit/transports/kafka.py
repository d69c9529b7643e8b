"""Apache Kafka as the transport: what production runs on.

Publishing is idempotent (`acks=all`, in order per partition, retried without duplicates for as long
as the caller waits); whole batches are handed to the client, because a future per record would cost
more than the record. Groups: see `kafka_subscription`. Offsets are committed after the work.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from ssl import SSLContext
from typing import Any, Literal

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from shared.kit.transports.hand import Place
from shared.kit.transports.kafka_subscription import KafkaSubscription, incoming
from shared.kit.transports.partitioning import partition_of
from shared.kit.transports.transport import (
    Incoming,
    Lag,
    Outgoing,
    Subscription,
    Topic,
    UnknownTopic,
)

_BATCH_BYTES = 256 * 1024
_STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class KafkaSecurity:
    """How to speak to the brokers: TLS and SASL, as the cluster demands."""

    protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    ssl_context: SSLContext | None = None
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    username: str | None = None
    password: str | None = None


class KafkaTransport:
    """Implements `Transport`.

    `hand_over` is how long a rebalance waits for the batches in hand; the broker gives a member
    three times `session` to join again, so keep it well below that.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        *,
        client_id: str = "tradepost",
        security: KafkaSecurity | None = None,
        compression: Literal["gzip"] | None = None,
        replication_factor: int = -1,
        session: timedelta = timedelta(seconds=10),
        hand_over: timedelta = timedelta(seconds=15),
    ) -> None:
        secured = security or KafkaSecurity()
        self._servers = bootstrap_servers
        self._client: dict[str, Any] = {
            "bootstrap_servers": bootstrap_servers,
            "client_id": client_id,
            "security_protocol": secured.protocol,
            "ssl_context": secured.ssl_context,
            "sasl_mechanism": secured.mechanism,
            "sasl_plain_username": secured.username,
            "sasl_plain_password": secured.password,
        }
        self._compression = compression
        self._replication_factor = replication_factor
        self._session = session
        self._hand_over = hand_over
        self._admin: AIOKafkaAdminClient = None
        self._producer: AIOKafkaProducer = None
        self._reader: AIOKafkaConsumer = None
        self._known: set[str] = set()
        self._reading = asyncio.Lock()
        self._renewing = asyncio.Lock()

    async def start(self) -> None:
        try:
            self._admin = AIOKafkaAdminClient(**self._client)
            await self._admin.start()
            self._producer = await self._new_producer()
            self._reader = AIOKafkaConsumer(
                **self._client,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_partition_fetch_bytes=_BATCH_BYTES,
            )
            await self._reader.start()
        except (KafkaError, OSError) as error:
            await self.stop()
            raise ConnectionError(f"No Kafka broker answers at {self._servers}: {error}") from error

    async def stop(self) -> None:
        """Sends what is waiting, for a while: with the broker gone it would wait for ever."""
        producer, reader, admin = self._producer, self._reader, self._admin
        self._producer = self._reader = self._admin = None
        for closing in (
            producer and producer.stop(),
            reader and reader.stop(),
            admin and admin.close(),
        ):
            if closing is not None:
                with suppress(KafkaError, OSError, TimeoutError):
                    await asyncio.wait_for(closing, _STOP_SECONDS)

    async def _new_producer(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **self._client,
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_batch_size=_BATCH_BYTES,
            compression_type=self._compression,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        return producer

    async def _renew(self, broken: AIOKafkaProducer) -> None:
        """Goes on with a new producer id.

        After an error that the client does not retry, its sequence numbers may have a gap, and
        every later batch would be refused.
        """
        async with self._renewing:
            if self._producer is broken:
                self._producer = await self._new_producer()
                with suppress(KafkaError, OSError, TimeoutError):
                    await asyncio.wait_for(broken.stop(), _STOP_SECONDS)

    async def declare(self, topics: Sequence[Topic]) -> None:
        if not topics:
            return
        wanted = [
            NewTopic(
                topic.name,
                topic.partitions,
                self._replication_factor,
                replica_assignments={} if self._replication_factor == -1 else None,
                topic_configs={"cleanup.policy": "compact"}
                if topic.compacted
                else {"retention.ms": str(int(topic.retention.total_seconds() * 1000))},
            )
            for topic in topics
        ]
        answer = await self._admin.create_topics(wanted)
        for name, code, *reason in answer.topic_errors:
            if code not in (0, TopicAlreadyExistsError.errno):
                raise for_code(code)(f"{name}: {reason[0] if reason else 'not created'}")
        while not await self._led([topic.name for topic in topics]):
            await asyncio.sleep(0.05)
        self._known.update(topic.name for topic in topics)

    async def _led(self, topics: Sequence[str]) -> bool:
        """Whether every partition has a leader, so that it can be written and read."""
        return all(
            not found["error_code"]
            and found["partitions"]
            and all(partition["leader"] >= 0 for partition in found["partitions"])
            for found in await self._admin.describe_topics(list(topics))
        )

    async def _check(self, topics: Sequence[str]) -> None:
        """The client would wait 40 s for a topic that is not there."""
        if unknown := [topic for topic in topics if topic not in self._known]:
            for found in await self._admin.describe_topics(unknown):
                if found["error_code"]:
                    raise UnknownTopic(found["topic"])
                self._known.add(found["topic"])

    async def publish(self, records: Sequence[Outgoing]) -> None:
        topics = {record.topic for record in records}
        await self._check(sorted(topics))
        producer = self._producer
        counts = {topic: len(await producer.partitions_for(topic)) for topic in topics}
        lanes: dict[Place, list[Outgoing]] = {}
        for record in records:
            partition = partition_of(record.key, counts[record.topic])
            lanes.setdefault((record.topic, partition), []).append(record)
        sent = await asyncio.gather(
            *(self._send(producer, place, lane) for place, lane in lanes.items()),
            return_exceptions=True,
        )
        errors = [error for error in sent if error is not None]
        if any(isinstance(error, KafkaError) for error in errors):
            await self._renew(producer)
        for error in errors:
            raise error

    async def _send(
        self, producer: AIOKafkaProducer, place: Place, records: Sequence[Outgoing]
    ) -> None:
        """One batch after the other: if one fails, nothing behind it has overtaken it."""
        topic, partition = place
        batch = producer.create_batch()
        for record in records:
            content = {
                "timestamp": None,
                "key": record.key.encode(),
                "value": record.value,
                "headers": list(record.headers),
            }
            if batch.append(**content) is None:
                await (await producer.send_batch(batch, topic, partition=partition))
                batch = producer.create_batch()
                batch.append(**content)
        batch.close()
        await (await producer.send_batch(batch, topic, partition=partition))

    @asynccontextmanager
    async def subscribe(
        self, group: str, topics: Sequence[str], *, max_records: int = 500
    ) -> AsyncIterator[Subscription]:
        await self._check(topics)
        session_ms = int(self._session.total_seconds() * 1000)
        consumer = AIOKafkaConsumer(
            **self._client,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=session_ms,
            heartbeat_interval_ms=min(1000, session_ms // 3),
            rebalance_timeout_ms=3 * session_ms,
            max_poll_interval_ms=2**31 - 1,
            # While a poll for idle partitions is under way, busy ones of that broker are not asked.
            fetch_max_wait_ms=100,
        )
        subscription = KafkaSubscription(
            consumer,
            max_records=max_records,
            hand_over=self._hand_over,
            measure=lambda places: self._lag(group, places),
        )
        consumer.subscribe(list(topics), listener=subscription)
        try:
            await consumer.start()
            yield subscription
        finally:
            with suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(subscription.leave(), _STOP_SECONDS)

    async def read(
        self, topic: str, partition: int, start: int, limit: int = 500
    ) -> Sequence[Incoming]:
        await self._check([topic])
        place = TopicPartition(topic, partition)
        found: list[Incoming] = []
        async with self._reading:
            first = (await self._reader.beginning_offsets([place]))[place]
            end = (await self._reader.end_offsets([place]))[place]
            position = max(start, first)
            if position >= end:
                return found
            self._reader.assign([place])
            self._reader.seek(place, position)
            while position < end and len(found) < limit:
                got = await self._reader.getmany(
                    place, timeout_ms=500, max_records=limit - len(found)
                )
                found += [incoming(record) for record in got.get(place, ())]
                position = await self._reader.position(place)
            self._reader.pause(place)  # else the client would go on fetching ahead
        return found

    async def ends(self, topic: str) -> dict[int, tuple[int, int]]:
        await self._check([topic])
        places = await self._places([topic])
        first = await self._reader.beginning_offsets(places)
        end = await self._reader.end_offsets(places)
        return {place.partition: (first[place], end[place]) for place in places}

    async def _places(self, topics: Sequence[str]) -> list[TopicPartition]:
        counts = {topic: await self._producer.partitions_for(topic) for topic in topics}
        return [TopicPartition(topic, n) for topic in topics for n in sorted(counts[topic])]

    async def lag(self, group: str, topics: Sequence[str]) -> Sequence[Lag]:
        await self._check(topics)
        return await self._lag(group, [tuple(place) for place in await self._places(topics)])

    async def _lag(self, group: str, places: Sequence[Place]) -> Sequence[Lag]:
        if not places:
            return []
        asked = [TopicPartition(*place) for place in places]
        committed = await self._admin.list_consumer_group_offsets(group, partitions=asked)
        first = await self._reader.beginning_offsets(asked)
        end = await self._reader.end_offsets(asked)
        lags = []
        for place in asked:
            at = max(committed[place].offset if place in committed else 0, first[place])
            topic, partition = place
            unread = await self.read(topic, partition, at, 1) if at < end[place] else ()
            oldest = unread[0].at if unread else None
            lags.append(Lag(topic, partition, max(0, end[place] - at), oldest))
        return lags

    async def healthy(self) -> bool:
        try:
            await asyncio.wait_for(self._admin.describe_topics([]), 3)
        except (KafkaError, OSError, TimeoutError):
            return False
        return True
