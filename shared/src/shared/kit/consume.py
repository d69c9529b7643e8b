"""The consumer runtime: applies each event once in effect.

A batch of one partition is one transaction: the inbox drops duplicates, handlers run, their own
events go to the outbox, commit; then the offset. If the batch fails, it is applied one by one,
each in a transaction of its own, so that one bad event cannot hold back good ones:

- a `DomainError` is an answer: the event goes to the dead letters, and so does, after
  `ATTEMPTS` tries with jittered backoff, one whose handler fails in any other way;
- later events of the same key are parked behind a dead one, other keys flow on;
- while database or transport are away, the batch waits and nothing is counted.

Slices subscribe by contract class:

    consumer = Consumer()

    @consumer.on(QuoteWon)
    async def order_what_was_quoted(work: Work, won: QuoteWon) -> None: ...

    @consumer.on_many(OrderPlaced)      # consecutive events of a batch in one call
    async def count_orders(work: Work, placed: Sequence[OrderPlaced]) -> None: ...
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count, groupby
from time import perf_counter
from typing import Any, TypeVar
from uuid import UUID

from pydantic import ValidationError

from shared.errors import Busy, DomainError
from shared.events.contract import Envelope, Event, Unreadable, envelope_of
from shared.kit.context import Context
from shared.kit.database import is_away, new_id
from shared.kit.inbox import (
    OPEN,
    DeadLetter,
    LetterState,
    blocked_keys,
    hold_keys,
    receive,
    set_aside,
)
from shared.kit.observe import Metrics, Trace, bind, unbind
from shared.kit.transports.transport import Batch, Incoming, Lost, Subscription, Transport
from shared.kit.work import NewWork, Work

log = logging.getLogger(__name__)

E = TypeVar("E", bound=Event)

ATTEMPTS = 4
BATCH = 500
ALONE = 10


@dataclass(frozen=True, slots=True)
class Handler:
    """A function for a contract; `many` takes consecutive events of a batch in one call."""

    contract: type[Event]
    call: Callable[..., Awaitable[None]]
    many: bool


class Consumer:
    """The topic doors of a slice."""

    def __init__(self) -> None:
        self.handlers: list[Handler] = []

    def on(
        self, contract: type[E]
    ) -> Callable[[Callable[[Work, E], Awaitable[None]]], Callable[[Work, E], Awaitable[None]]]:
        def register(
            call: Callable[[Work, E], Awaitable[None]],
        ) -> Callable[[Work, E], Awaitable[None]]:
            self.handlers.append(Handler(contract, call, many=False))
            return call

        return register

    def on_many(
        self, contract: type[E]
    ) -> Callable[
        [Callable[[Work, Sequence[E]], Awaitable[None]]],
        Callable[[Work, Sequence[E]], Awaitable[None]],
    ]:
        def register(
            call: Callable[[Work, Sequence[E]], Awaitable[None]],
        ) -> Callable[[Work, Sequence[E]], Awaitable[None]]:
            self.handlers.append(Handler(contract, call, many=True))
            return call

        return register


@dataclass(frozen=True, slots=True)
class Heard:
    """A record that could be read and that somebody here wants."""

    record: Incoming
    envelope: Envelope
    event: Event


@dataclass(slots=True)
class Pulse:
    """What readiness looks at: when the loop last turned, and what it fails with, if it does."""

    beat: float = field(default_factory=perf_counter)
    failing: str | None = None
    joining: bool = False
    in_hand: bool = False
    owned: int = 0

    def rejoined(self) -> None:
        """It fell out of its group and is in again, with nothing in hand that could still fail."""
        if self.joining and not self.in_hand:
            self.well()

    def well(self) -> None:
        self.joining, self.failing = False, None

    def age(self) -> float:
        return perf_counter() - self.beat


class ConsumerRuntime:
    """Runs the handlers of one service as one group."""

    def __init__(
        self,
        service: str,
        consumers: Iterable[Consumer],
        transport: Transport,
        new_work: NewWork,
        metrics: Metrics,
    ) -> None:
        self.service = service
        self._transport = transport
        self._new_work = new_work
        self._metrics = metrics
        self._handlers: dict[str, list[Handler]] = {}
        for handler in (h for consumer in consumers for h in consumer.handlers):
            self._handlers.setdefault(handler.contract.TYPE, []).append(handler)
        self._tries: dict[tuple[str, int, int], int] = {}
        self.pulse = Pulse()
        self.subscription: Subscription | None = None

    @property
    def contracts(self) -> Sequence[type[Event]]:
        return [handlers[0].contract for handlers in self._handlers.values()]

    @property
    def topics(self) -> Sequence[str]:
        return sorted({contract.topic() for contract in self.contracts})

    async def run(self) -> None:
        """Until cancelled. After a fault of the transport it joins again, backing off."""
        failures = 0
        while self.topics:
            try:
                async with self._transport.subscribe(
                    self.service, self.topics, max_records=BATCH
                ) as subscription:
                    self.subscription = subscription
                    beating = asyncio.create_task(self._beat(subscription))
                    try:
                        async for batch in subscription.batches():
                            await self._take(subscription, batch)
                            failures = 0
                    finally:
                        beating.cancel()
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001  # whatever it was, it joins again
                failures += 1
                self.pulse.joining = True
                self.pulse.failing = f"{type(error).__name__}: {error}"
                log.warning("The consumer failed and joins again: %s", self.pulse.failing)
                await asyncio.sleep(backoff(failures).total_seconds())
            finally:
                self.subscription = None

    async def _beat(self, subscription: Subscription) -> None:
        """An idle loop is alive too: it owns its partitions and waits."""
        for turn in count():
            self.pulse.owned = len(subscription.owned())
            # A member may own nothing because others own all.
            if self.pulse.owned or turn >= ALONE:
                self.pulse.rejoined()
            if self.pulse.failing is None:
                self.pulse.beat = perf_counter()
            await asyncio.sleep(1)

    async def _take(self, subscription: Subscription, batch: Batch) -> None:
        self.pulse.beat = started = perf_counter()
        self.pulse.in_hand = True
        try:
            wait = await self.apply(batch)
            if wait is None:
                await subscription.commit(batch)
            else:
                await subscription.retry(batch, wait)
        except Lost:
            self.pulse.well()  # what failed here is another's now
            log.info(
                "%s/%d is taken by another; its events come there", batch.topic, batch.partition
            )
        finally:
            self.pulse.in_hand = False
        self._metrics.processing.labels(batch.topic, self.service).observe(perf_counter() - started)

    async def apply(self, batch: Batch) -> timedelta | None:
        """Applies a batch. None when all of it is settled; else how long to wait before retrying."""
        try:
            heard, unreadable = self._read(batch.records)
            for record, error in unreadable:
                await self._bury(record, None, "Unreadable", str(error), attempts=1)
            if heard:
                await self._apply_together(batch.topic, heard)
        except Exception as error:  # noqa: BLE001  # whatever it was, one by one finds the culprit
            if not isinstance(error, DomainError):
                log.debug("Batch of %s is applied one by one after %r", batch.topic, error)
            return await self._apply_singly(batch)
        self.pulse.well()
        return None

    def _read(
        self, records: Sequence[Incoming]
    ) -> tuple[list[Heard], list[tuple[Incoming, Exception]]]:
        heard: list[Heard] = []
        unreadable: list[tuple[Incoming, Exception]] = []
        for record in records:
            if record.value is None:
                continue
            try:
                envelope = envelope_of(record.value, record.headers)
                handlers = self._handlers.get(envelope.type)
                if handlers:
                    event = handlers[0].contract.model_validate(envelope.data)
                    heard.append(Heard(record, envelope, event))
            except (Unreadable, ValidationError) as error:
                unreadable.append((record, error))
        return heard, unreadable

    async def _apply_together(self, topic: str, heard: Sequence[Heard]) -> None:
        first = heard[0].envelope
        work = self._new_work(context_of(first))
        async with work:
            blocked = await blocked_keys(work.session, topic, (h.record.key for h in heard))
            for item in heard:
                if item.record.key in blocked:
                    parked = _letter(item.record, item.envelope, "Parked", "", 0, work.now)
                    await set_aside(work.session, parked)
            free = [item for item in heard if item.record.key not in blocked]
            new = await receive(work.session, [h.envelope.id for h in free], work.now)
            fresh = _first_of_each([item for item in free if item.envelope.id in new])
            if len(fresh) < len(free):
                self._metrics.inbox_duplicates.labels(topic).inc(len(free) - len(fresh))
            await self._call(work, fresh)

    async def _call(self, work: Work, fresh: Sequence[Heard]) -> None:
        """In order; consecutive events of one contract go together where a handler takes many."""
        for kind, run in groupby(fresh, key=lambda item: item.envelope.type):
            items = list(run)
            handlers = self._handlers[kind]
            many = [handler for handler in handlers if handler.many]
            single = [handler for handler in handlers if not handler.many]
            for handler in many:
                await handler.call(work, [item.event for item in items])
            for item in items if single else ():
                with _told_apart(item.envelope) as context:
                    work.context = context
                    for handler in single:
                        await handler.call(work, item.event)

    async def _apply_singly(self, batch: Batch) -> timedelta | None:
        for record in batch.records:
            wait = await self._apply_one(record)
            if wait is not None:
                return wait
        self.pulse.well()
        return None

    async def _apply_one(self, record: Incoming) -> timedelta | None:
        place = (record.topic, record.partition, record.offset)
        envelope: Envelope | None = None
        try:
            heard, unreadable = self._read([record])
            if unreadable:
                await self._bury(record, None, "Unreadable", str(unreadable[0][1]), attempts=1)
                return None
            if heard:
                envelope = heard[0].envelope
                await self._apply_together(record.topic, heard)
            self._tries.pop(place, None)
            return None
        except Exception as error:
            if _is_outage(error):
                self.pulse.failing = f"{type(error).__name__}: {error}"
                self._tries[place] = self._tries.get(place, 0)
                log.warning("%s waits: %s", record.topic, self.pulse.failing)
                return backoff(3)
            tries = self._tries.get(place, 0) + 1
            if isinstance(error, DomainError) or tries >= ATTEMPTS:
                self._tries.pop(place, None)
                log.exception(
                    "%s goes to the dead letters", envelope.type if envelope else record.topic
                )
                await self._bury(record, envelope, type(error).__name__, _words(error), tries)
                return None
            self._tries[place] = tries
            return backoff(tries)

    async def _bury(
        self, record: Incoming, envelope: Envelope | None, cause: str, error: str, attempts: int
    ) -> None:
        context = Context() if envelope is None else context_of(envelope)
        work = self._new_work(context)
        async with work:
            letter = _letter(record, envelope, cause, error, attempts, work.now)
            await set_aside(work.session, letter)
        self._metrics.dead_letters.labels(record.topic, cause).inc()

    async def replay(self, letter: DeadLetter) -> bool:
        """Applies a dead letter now, in a transaction of its own. Raises what its handler raises.

        False when somebody else settled it meanwhile.
        """
        record = Incoming(
            letter.topic,
            letter.partition,
            letter.offset,
            letter.key,
            letter.value,
            [(name, text.encode("latin-1")) for name, text in letter.headers],
            letter.created_at,
        )
        envelope = envelope_of(record.value, record.headers)
        handlers = self._handlers.get(envelope.type, [])
        event = handlers[0].contract.model_validate(envelope.data) if handlers else None
        work = self._new_work(context_of(envelope))
        async with work:
            await hold_keys(work.session, letter.topic, [letter.key])
            row = await work.edit(DeadLetter, letter.id)
            if row.state not in OPEN:
                return False
            new = await receive(work.session, [envelope.id], work.now)
            if new and event is not None:
                await self._call(work, [Heard(record, envelope, event)])
            row.state, row.settled_at = LetterState.REPLAYED, work.now
        return True


def _first_of_each(items: Sequence[Heard]) -> list[Heard]:
    """A batch may hold the same event twice; the inbox reports its id once."""
    seen: set[UUID] = set()
    return [h for h in items if not (h.envelope.id in seen or seen.add(h.envelope.id))]  # type: ignore[func-returns-value]  # add answers None


def _letter(
    record: Incoming,
    envelope: Envelope | None,
    cause: str,
    error: str,
    attempts: int,
    now: datetime,
) -> DeadLetter:
    return DeadLetter(
        id=new_id(),
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        event_id=str(envelope.id) if envelope else "",
        type=envelope.type if envelope else "",
        cause=cause,
        error=error,
        attempts=attempts,
        state=LetterState.PARKED if cause == "Parked" else LetterState.DEAD,
        value=record.value,
        headers=[[name, text.decode("latin-1")] for name, text in record.headers],
        correlation_id=envelope.correlation_id if envelope else "",
        created_at=now,
    )


@contextmanager
def _told_apart(envelope: Envelope) -> Iterator[Context]:
    """The context of one event; every line that is logged meanwhile carries its ids."""
    context = context_of(envelope)
    token = bind(
        trace_id=Trace.parsed(context.traceparent).trace_id,
        correlation_id=context.correlation_id,
        causation_id=context.causation_id,
    )
    try:
        yield context
        log.info("%s %s was applied", envelope.type, envelope.subject)
    finally:
        unbind(token)


def context_of(envelope: Envelope) -> Context:
    """The context in which an event is handled: a child of the trace that emitted it."""
    return Context().caused_by(envelope, str(Trace.parsed(envelope.traceparent).child()))


def backoff(failures: int) -> timedelta:
    """Doubling from 100 ms up to 10 s, with full jitter on the upper half."""
    return timedelta(seconds=min(10.0, 0.1 * 2**failures) * random.uniform(0.5, 1))  # noqa: S311  # jitter


def _is_outage(error: Exception) -> bool:
    """Whether it says something of the platform, and nothing of the event."""
    return is_away(error) or isinstance(error, Busy | OSError | TimeoutError)


def _words(error: Exception) -> str:
    if isinstance(error, DomainError):
        details = [error.detail, *(f"{f.pointer}: {f.detail}" for f in error.faults)]
        return " ".join(details)
    return f"{type(error).__name__}: {error}"


def heard_by(consumers: Iterable[Consumer]) -> Mapping[str, list[Any]]:
    """Event type → the functions that hear it (for the catalogue and the process map)."""
    found: dict[str, list[Any]] = {}
    for handler in (h for consumer in consumers for h in consumer.handlers):
        found.setdefault(handler.contract.TYPE, []).append(handler.call)
    return found
