"""`tradepost demo`: performs the journey on the running platform and prints what happens.

Each call is printed as it was made, and under it the events that followed, as the topics carried
them, with the time from the call to each.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from aiokafka.errors import KafkaError
from rich.console import Console

from shared.events.catalogue import contracts
from shared.events.contract import Envelope, Unreadable, envelope_of
from shared.kit.transports.transport import Transport
from tradepost.calling import SCOPES
from tradepost.demo.books import read_books, reconcile
from tradepost.demo.journey import Journey
from tradepost.demo.story import Call, StoryBroke, Teller
from tradepost.faults import GroundError
from tradepost.ground import local_token, read_whereabouts


class Watcher:
    """Reads all topics as they grow, and sorts what comes by story."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._topics = sorted({contract.topic() for contract in contracts()})
        self._places: dict[tuple[str, int], int] = {}
        self.heard: dict[str, list[Envelope]] = defaultdict(list)

    async def _ends(self) -> list[dict[int, tuple[int, int]]]:
        """Of all topics at once: asked one by one, a broker takes seconds."""
        return await asyncio.gather(*(self._transport.ends(topic) for topic in self._topics))

    async def begin(self) -> None:
        """From now on."""
        for topic, ends in zip(self._topics, await self._ends(), strict=True):
            for partition, (_, end) in ends.items():
                self._places[topic, partition] = end

    async def look(self) -> None:
        for topic, ends in zip(self._topics, await self._ends(), strict=True):
            for partition, (_, end) in ends.items():
                place = self._places.get((topic, partition), 0)
                while place < end:
                    records = await self._transport.read(topic, partition, place)
                    if not records:
                        break
                    for record in records:
                        with suppress(Unreadable):
                            envelope = envelope_of(record.value, record.headers)
                            self.heard[envelope.correlation_id].append(envelope)
                    place = records[-1].offset + 1
                self._places[topic, partition] = place


@asynccontextmanager
async def _watching(transport: Transport) -> AsyncIterator[Watcher]:
    await transport.start()
    try:
        watcher = Watcher(transport)
        await watcher.begin()
        yield watcher
    finally:
        await transport.stop()


async def perform(folder: Path, *, as_json: bool) -> int:
    """Performs the journey. Returns the exit status: 0 when the books agree at its end."""
    where = read_whereabouts(folder)
    base = f"http://127.0.0.1:{where.port}"
    tokens: dict[str, str] = {}

    def headers(person: str) -> dict[str, str]:
        if person not in tokens:
            tokens[person] = local_token(folder, SCOPES, person, timedelta(hours=1))
        return {"Authorization": f"Bearer {tokens[person]}"}

    console = Console(highlight=False, soft_wrap=True)
    async with (
        httpx.AsyncClient(base_url=base, timeout=60, trust_env=False) as client,
        _watching(where.make_transport()) as watcher,
    ):
        teller = Teller(client, headers)
        journey = Journey(teller)
        steps: list[dict[str, Any]] = []
        try:
            for step in journey.steps():
                await step()
                steps.append(await _shown(teller, watcher))
                if not as_json:
                    _print_step(console, len(steps), steps[-1])
        except StoryBroke as broke:
            raise GroundError(f"The journey broke: {broke}") from broke
        except (httpx.TransportError, KafkaError) as error:
            raise GroundError(f"The platform at {base} does not answer: {error}") from error
        differences = reconcile(await read_books(teller, [journey.account["id"]]))
    if as_json:
        books = [str(difference) for difference in differences]
        console.out(json.dumps({"steps": steps, "differences": books}, indent=1))
    else:
        _print_books(console, journey, [str(difference) for difference in differences])
    return 1 if differences else 0


async def _shown(teller: Teller, watcher: Watcher) -> dict[str, Any]:
    """The last step with the events that followed each call, given a moment to come in."""
    step = teller.steps[-1]
    quiet = 0
    known = -1
    while quiet < 3:
        await watcher.look()
        count = sum(len(watcher.heard[call.correlation_id]) for call in step.calls)
        quiet = quiet + 1 if count == known else 0
        known = count
        await asyncio.sleep(0.05)
    calls = [_call(call, watcher.heard) for call in step.calls]
    return {
        "title": step.title,
        "status": max(call["status"] for call in calls),
        "events": [event["type"] for call in calls for event in call["events"]],
        "calls": calls,
    }


def _call(call: Call, heard: dict[str, list[Envelope]]) -> dict[str, Any]:
    events = sorted(heard[call.correlation_id], key=lambda one: (one.time, one.sequence))
    begun = events[0].time if events else None
    return {
        "person": call.person,
        "method": call.method,
        "path": call.path,
        "body": call.body,
        "status": call.status,
        "correlation_id": call.correlation_id,
        "events": [
            {
                "type": one.type,
                "subject": one.subject,
                "after_ms": round((one.time - begun).total_seconds() * 1000) if begun else 0,
            }
            for one in events
        ],
    }


def _print_step(console: Console, number: int, step: dict[str, Any]) -> None:
    console.print(f"\n[bold]{number}. {step['title']}[/]")
    for call in step["calls"]:
        body = "" if call["body"] is None else " " + _short(json.dumps(call["body"]))
        console.print(
            f"   [cyan]{call['method']}[/] {call['path']}[dim]{_plain(body)}[/]"
            f" → {call['status']} [dim]({call['person']})[/]"
        )
        for event in call["events"]:
            console.print(
                f"      [green]{event['type']}[/] {event['subject']} [dim]+{event['after_ms']} ms[/]"
            )


def _short(text: str) -> str:
    return text if len(text) <= 160 else text[:159] + "…"


def _plain(text: str) -> str:
    """Square brackets are markup to the console."""
    return text.replace("[", r"\[")


def _print_books(console: Console, journey: Journey, differences: Sequence[str]) -> None:
    console.print(f"\n[bold]The books of all six services for {journey.company}[/]")
    if differences:
        for difference in differences:
            console.print(f"   [red]{difference}[/]")
        return
    order = journey.order
    console.print(
        f"   agree to the cent and to the point: order {order['number']},"
        f" net {order['net']['amount']} {order['net']['currency']},"
        f" {journey.member['available']} points available."
    )
