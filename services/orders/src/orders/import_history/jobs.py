"""The calculation door: reads the file in flat memory, and goes on where it stood after a crash."""

import csv
import io
import zlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from orders.import_history.rules import (
    LineKind,
    PastLine,
    Refusal,
    UnreadableFile,
    columns_of,
    line_of,
)
from orders.import_history.schemas import ImportHistory
from orders.import_history.tables import HistoryImport, pieces_of
from orders.import_history.use_cases import forget_pieces, zone_of
from shared.events.orders import HistoryImported
from shared.kit.jobs import Jobs, JobState, Run

jobs = Jobs()

ROWS = 5_000
GZIP = b"\x1f\x8b"

LINE_COLUMNS = (
    "import_id",
    "row",
    "invoice",
    "sku",
    "goods",
    "description",
    "kind",
    "quantity",
    "unit_price",
    "net",
    "customer",
    "country",
    "sold_at",
)
REFUSED_COLUMNS = ("import_id", "row", "code", "detail", "content")


@dataclass
class Tally:
    """What was found so far: rows = sold + returned + refused."""

    rows: int = 0
    sold: int = 0
    returned: int = 0
    refused: int = 0
    by_code: dict[str, int] = field(default_factory=dict)


@jobs.on("import_history", ImportHistory)
async def import_history(run: Run, arguments: ImportHistory) -> JobState:
    """Rows in thousands, each thousand a transaction with its bookmark."""
    tally = Tally(**run.bookmark.get("tally", {}))
    zone = zone_of(arguments.zone)
    places: dict[str, int] | None = None
    number = 0
    batch: list[tuple[int, list[str]]] = []
    async for row, done in _rows(run, arguments):
        if places is None:
            places = columns_of(row)
            continue
        number += 1
        if number <= tally.rows:
            continue
        batch.append((number, row))
        if len(batch) == ROWS:
            await _keep(run, arguments, batch, places, zone, tally, done)
            batch = []
    if places is None:
        raise UnreadableFile("The file has no row.")
    if batch:
        await _keep(run, arguments, batch, places, zone, tally, 1.0)
    async with run.work() as work:
        found = await work.edit(HistoryImport, arguments.import_id)
        await forget_pieces(work, arguments.import_id)
        told = HistoryImported(
            import_id=found.id,
            rows=tally.rows,
            sold=tally.sold,
            returned=tally.returned,
            refused=tally.refused,
        )
        work.emit(told, of=found)
    return JobState.DONE_WITH_FAULTS if tally.refused else JobState.DONE


async def _keep(
    run: Run,
    arguments: ImportHistory,
    batch: Sequence[tuple[int, list[str]]],
    places: dict[str, int],
    zone: ZoneInfo,
    tally: Tally,
    done: float,
) -> None:
    lines: list[tuple[object, ...]] = []
    refused: list[tuple[object, ...]] = []
    for number, row in batch:
        found = line_of(row, places, arguments.currency, zone)
        if isinstance(found, Refusal):
            content = ",".join(row)
            refused.append((arguments.import_id, number, found.code, found.detail, content))
            tally.by_code[found.code] = tally.by_code.get(found.code, 0) + 1
            tally.refused += 1
        else:
            lines.append(_record(arguments.import_id, number, found))
            if found.kind is LineKind.SOLD:
                tally.sold += 1
            else:
                tally.returned += 1
    tally.rows = batch[-1][0]
    counts = dict(vars(tally))
    async with run.work() as work:
        await run.note(work, progress=min(0.99, done), counts=counts, bookmark={"tally": counts})
        await _copy(work.session, "sales_lines", LINE_COLUMNS, lines)
        await _copy(work.session, "refused_rows", REFUSED_COLUMNS, refused)


def _record(import_id: UUID, number: int, line: PastLine) -> tuple[object, ...]:
    return (
        import_id,
        number,
        line.invoice,
        line.sku,
        line.goods,
        line.description,
        str(line.kind),
        line.quantity,
        line.unit_price,
        line.net,
        line.customer,
        line.country,
        line.sold_at,
    )


async def _copy(
    session: AsyncSession, table: str, columns: Sequence[str], records: list[tuple[object, ...]]
) -> None:
    """COPY inside the session's transaction: five thousand rows in one go."""
    if records:
        connection = await (await session.connection()).get_raw_connection()
        driver = connection.driver_connection
        # SQLAlchemy begins with its own first statement; a COPY before it would commit by itself.
        assert driver is not None
        assert driver.is_in_transaction(), "a statement of the session has to come first"
        await driver.copy_records_to_table(table, records=records, columns=columns)


async def _rows(run: Run, arguments: ImportHistory) -> AsyncIterator[tuple[list[str], float]]:
    """The rows of the file and how much of it was read, from 0 to 1."""
    unpack = None
    held = b""
    for position in range(arguments.pieces):
        async with run.work() as work:
            piece = await work.session.scalar(pieces_of(arguments.import_id, position))
        if piece is None:
            raise UnreadableFile(f"Piece {position} of the file is missing.")
        if position == 0 and piece.startswith(GZIP):
            unpack = zlib.decompressobj(wbits=31)
        try:
            held += unpack.decompress(piece) if unpack else piece
        except zlib.error as error:
            raise UnreadableFile(f"The file is not gzip: {error}.") from error
        whole, _, held = held.rpartition(b"\n")
        # A record with a quoted line break may be torn at the end of a piece: keep it back.
        while whole.count(b'"') % 2:
            whole, _, torn = whole.rpartition(b"\n")
            held = torn + b"\n" + held
        for row in _parsed(whole):
            yield row, (position + 1) / arguments.pieces
    if held.strip():
        for row in _parsed(held):
            yield row, 1.0


def _parsed(content: bytes) -> Sequence[list[str]]:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    try:
        return [row for row in csv.reader(io.StringIO(text), strict=True) if row]
    except csv.Error as error:
        raise UnreadableFile(f"The file is no CSV: {error}.") from error
