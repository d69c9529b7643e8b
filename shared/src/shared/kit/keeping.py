"""Housekeeping: what is kept for a time goes when the time is over, in small bites."""

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from shared.kit.service import Running

log = logging.getLogger(__name__)

KEPT = {
    "idempotency": ("created_at", timedelta(days=7)),
    "inbox": ("received_at", timedelta(days=30)),
}
EVERY = timedelta(minutes=10)
BITE = 5_000


async def keep_house(running: "Running") -> None:
    """Until cancelled. Several processes may do it at once: a bite skips what another holds."""
    while True:
        await asyncio.sleep(EVERY.total_seconds())
        try:
            await sweep(running)
        except Exception:
            log.exception("Housekeeping failed; it tries again in %s", EVERY)


async def sweep(running: "Running") -> int:
    """Deletes what is older than it is kept. Returns how many rows went."""
    gone = 0
    for table, (column, kept) in KEPT.items():
        statement = text(
            f"delete from {table} where ctid = any(array(select ctid from {table}"  # noqa: S608  # our own names
            f" where {column} < :before limit {BITE} for update skip locked))"
        )
        before = running.clock.now() - kept
        while True:
            async with running.engine.begin() as connection:
                count = (await connection.execute(statement, {"before": before})).rowcount
            gone += count
            if count < BITE:
                break
    return gone
