"""`tradepost serve`: one service in one process, as a container runs it."""

import asyncio
from contextlib import suppress

import uvicorn
import uvloop
from pydantic import ValidationError

from shared.kit.observe import configure_logs
from shared.kit.service import Role, Service
from shared.kit.settings import Settings, Unset
from tradepost.calculation import Calculator
from tradepost.faults import GroundError
from tradepost.platform import NAMES, Platform, installed


def serve(name: str, role: Role, host: str, port: int) -> None:
    """Until SIGTERM: drains HTTP, finishes the batch in hand, leaves the group.

    Every role answers the probes and `/metrics` on its port. `all` keeps a calculation process
    beside it while there are jobs; `calc` is that process.
    """
    services = installed([name]) if name in NAMES else []
    if not services:
        raise GroundError(f"{name} is not installed here; services are {', '.join(NAMES)}.")
    try:
        settings = Settings()
        uvloop.run(_serve(settings, services, role, host, port))
    except ValidationError as error:
        words = "; ".join(fault["msg"].removeprefix("Value error, ") for fault in error.errors())
        raise GroundError(words) from error
    except Unset as error:
        raise GroundError(str(error)) from error


async def _serve(
    settings: Settings, services: list[Service], role: Role, host: str, port: int
) -> None:
    configure_logs(json=settings.log_json, level=settings.log_level)
    platform = Platform(settings, services, frozenset({role}))
    config = uvicorn.Config(
        platform.application(),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=20,
    )
    beside = [Calculator(settings, platform.running).run()] if role is Role.ALL else []
    tasks = [asyncio.create_task(one) for one in beside]
    try:
        await uvicorn.Server(config).serve()
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
