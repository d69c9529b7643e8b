"""`tradepost events tail`: the topics as they grow."""

import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from shared.events.catalogue import contracts
from shared.events.contract import Unreadable, envelope_of
from shared.kit.transports.transport import Incoming, Transport
from tradepost.faults import GroundError
from tradepost.ground import default_folder, read_whereabouts

app = App(name="events", help="The events that services tell.")


@app.command
def tail(
    *,
    topic: Annotated[str, Parameter(help="One topic; all when empty.")] = "",
    from_start: Annotated[bool, Parameter(negative="", help="Not only what comes now.")] = False,
    count: Annotated[int, Parameter(help="Stop after so many; 0 never stops.")] = 0,
    as_json: Annotated[bool, Parameter(name="--json", negative="", help="Whole records.")] = False,
    data_dir: Annotated[Path | None, Parameter(env_var="DATA_DIR")] = None,
) -> None:
    """Print events as they come, one a line. Ctrl-C ends it."""
    known = sorted({contract.topic() for contract in contracts()})
    if topic and topic not in known:
        raise GroundError(f"{topic} is no topic; topics are {', '.join(known)}.")
    folder = (data_dir or default_folder()).absolute()
    transport = read_whereabouts(folder).make_transport()
    topics = [topic] if topic else known
    with suppress(KeyboardInterrupt):
        asyncio.run(_tail(transport, topics, from_start=from_start, count=count, whole=as_json))


async def _tail(
    transport: Transport, topics: Sequence[str], *, from_start: bool, count: int, whole: bool
) -> None:
    await transport.start()
    try:
        places: dict[tuple[str, int], int] = {}
        printed = 0
        while True:
            found: list[Incoming] = []
            for topic in topics:
                for partition, (first, end) in (await transport.ends(topic)).items():
                    place = places.setdefault((topic, partition), first if from_start else end)
                    if place < end:
                        records = await transport.read(topic, partition, place)
                        found += records
                        places[topic, partition] = records[-1].offset + 1 if records else end
            for record in sorted(found, key=lambda r: r.at):
                sys.stdout.write(_line(record, whole=whole) + "\n")
                printed += 1
                if printed == count:
                    return
            sys.stdout.flush()
            await asyncio.sleep(0.25)
    finally:
        await transport.stop()


def _line(record: Incoming, *, whole: bool) -> str:
    if whole:
        return (record.value or b"null").decode()
    try:
        envelope = envelope_of(record.value, record.headers)
    except Unreadable as error:
        return f"{record.topic}/{record.partition}@{record.offset} unreadable: {error}"
    at = envelope.time.strftime("%H:%M:%S.%f")[:-3]
    data = json.dumps(envelope.data, ensure_ascii=False)
    shown = data if len(data) <= 140 else data[:139] + "…"
    return f"{at} {envelope.type} {envelope.subject} #{envelope.sequence} {shown}"
