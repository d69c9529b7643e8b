"""`tradepost serve`: one service in one process, as a container runs it."""

import uvicorn
import uvloop

from shared.kit.observe import configure_logs
from shared.kit.service import Role
from shared.kit.settings import Settings
from tradepost.faults import GroundError
from tradepost.platform import NAMES, Platform, installed


def serve(name: str, role: Role, host: str, port: int) -> None:
    """Until SIGTERM: drains HTTP, finishes the batch in hand, leaves the group."""
    services = installed([name]) if name in NAMES else []
    if not services:
        raise GroundError(f"{name} is not installed here; services are {', '.join(NAMES)}.")
    settings = Settings()
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
    uvloop.run(uvicorn.Server(config).serve())
