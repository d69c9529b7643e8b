"""The calculation process: jobs of all services here, away from the process that answers requests.

On one machine it is a child, started when there is something to do, and gone when there is not.
"""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

from shared.kit.observe import configure_logs, logger
from shared.kit.service import Role, Running
from shared.kit.settings import Settings
from tradepost.ground import environment
from tradepost.platform import Platform, installed

log = logger(__name__)

IDLE_SECONDS = 15


async def calculate(settings: Settings, names: Sequence[str]) -> None:
    """Runs jobs of these services until there have been none for a while, or the parent is gone."""
    configure_logs(json=settings.log_json, level=settings.log_level)
    platform = Platform(settings, installed(names), frozenset({Role.CALC}))
    parent = os.getppid()
    idle_since = time.monotonic()
    await platform.transport.start()
    try:
        while time.monotonic() - idle_since < IDLE_SECONDS and os.getppid() == parent:
            ran = [await one.jobs.run_next() for one in platform.running if one.jobs.kinds]
            if any(ran):
                idle_since = time.monotonic()
            else:
                await asyncio.sleep(0.3)
    finally:
        for one in platform.running:
            await one.stop()
        await platform.transport.stop()


class Calculator:
    """Watches the job tables and keeps a calculation process while there is work."""

    def __init__(self, settings: Settings, running: Sequence[Running]) -> None:
        self._settings = settings
        self._running = [one for one in running if one.jobs.kinds]
        self._child: asyncio.subprocess.Process | None = None

    async def run(self) -> None:
        """Until cancelled; then the child is ended too."""
        try:
            while True:
                with suppress(OSError):
                    await self._look()
                await asyncio.sleep(0.5)
        finally:
            await self._end()

    async def _look(self) -> None:
        if self._child is not None and self._child.returncode is None:
            return
        if any([await one.jobs.waiting() for one in self._running]):
            self._child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tradepost.calculation",
                *(one.service.name for one in self._running),
                env={**os.environ, **environment(self._settings)},
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )

    async def _end(self) -> None:
        if self._child is None or self._child.returncode is not None:
            return
        self._child.terminate()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._child.wait(), 5)
        if self._child.returncode is None:
            self._child.kill()
            await self._child.wait()


if __name__ == "__main__":
    asyncio.run(calculate(Settings(), sys.argv[1:]))
