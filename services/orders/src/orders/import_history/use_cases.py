"""Take a file in: pieces as they come, then one job for the same content."""

import hashlib
from collections.abc import AsyncIterator
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from orders.import_history.rules import UnreadableFile
from orders.import_history.schemas import ImportHistory
from orders.import_history.tables import HistoryImport, HistoryPiece
from shared.kit.database import new_id
from shared.kit.jobs import start_job
from shared.kit.work import Work

PIECE = 512 * 1024


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name (IANA). Raises `UnreadableFile`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder, or no name of a file at all
        raise UnreadableFile(f"{name} is no time zone; send one such as Europe/London.") from None


class Upload:
    """A file on its way in. Each piece is a transaction of its own: nothing waits for the net."""

    def __init__(self) -> None:
        self.id = new_id()
        self.pieces = 0
        self.size = 0
        self._digest = hashlib.sha256()

    async def keep(self, work: Work, content: bytes) -> None:
        async with work:
            work.add(HistoryPiece(upload_id=self.id, position=self.pieces, content=content))
        self._digest.update(content)
        self.pieces += 1
        self.size += len(content)

    @property
    def digest(self) -> bytes:
        return self._digest.digest()


async def in_pieces(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The body in pieces of an even size, whatever the size of its chunks."""
    held = bytearray()
    async for chunk in stream:
        held += chunk
        while len(held) >= PIECE:
            yield bytes(held[:PIECE])
            del held[:PIECE]
    if held:
        yield bytes(held)


async def start_import(
    work: Work, upload: Upload, *, file_name: str, currency: str, zone: str
) -> tuple[HistoryImport, bool]:
    """The import of this content, and whether it is a new one."""
    if not upload.size:
        raise UnreadableFile("The file is empty.")
    job_id = new_id()
    values = {
        "id": upload.id,
        "digest": upload.digest,
        "file_name": file_name,
        "bytes_count": upload.size,
        "currency": currency,
        "zone": zone,
        "job_id": job_id,
        "created_at": work.now,
        "version": 0,
    }
    made = insert(HistoryImport).values(values).on_conflict_do_nothing().returning(HistoryImport.id)
    if await work.session.scalar(made) is None:
        await forget_pieces(work, upload.id)
        known = select(HistoryImport).where(HistoryImport.digest == upload.digest)
        return (await work.session.scalars(known)).one(), False
    arguments = ImportHistory(
        import_id=upload.id, pieces=upload.pieces, currency=currency, zone=zone
    )
    start_job(work, "import_history", str(upload.id), arguments, job_id=job_id)
    return await work.get(HistoryImport, upload.id), True


async def forget_pieces(work: Work, upload_id: UUID) -> None:
    await work.session.execute(delete(HistoryPiece).where(HistoryPiece.upload_id == upload_id))
