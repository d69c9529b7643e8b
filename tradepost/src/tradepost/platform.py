"""The services of this installation, wired to one transport and one issuer, as one application."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from shared.kit.clock import Clock
from shared.kit.http.app import Together, create_app, together
from shared.kit.security import Verifier
from shared.kit.service import Role, Running, Service
from shared.kit.settings import Settings
from shared.kit.transports.kafka import KafkaTransport
from shared.kit.transports.postgres import PostgresTransport
from shared.kit.transports.transport import Transport
from tradepost.front import front_door

NAMES = ("leads", "pricing", "orders", "loyalty", "campaigns", "partners")


def installed(names: Sequence[str] = NAMES) -> list[Service]:
    """The services whose packages are here: six on one machine, one in an image."""
    return [
        import_module(f"{name}.main").service
        for name in names
        if find_spec(name) and find_spec(f"{name}.main")
    ]


def make_transport(settings: Settings) -> Transport:
    """What `TRADEPOST_TRANSPORT` says."""
    address = settings.transport_address()
    if settings.transport == "kafka":
        return KafkaTransport(address)
    return PostgresTransport(address)


@dataclass
class Platform:
    """Services in one process, from `start` to `stop` by the application's lifespan."""

    settings: Settings
    services: Sequence[Service]
    roles: frozenset[Role] = frozenset({Role.ALL})
    clock_file: Path | None = None
    running: list[Running] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.clock = Clock(self.clock_file)
        self.transport = make_transport(self.settings)
        # Tokens are of the real world: moving a sandbox's clock ends nobody's session.
        self.verifier = Verifier(self.settings.issuer, self.settings.audience, self.settings.jwks)
        self.running = [
            Running(service, self.settings, self.transport, self.verifier, self.clock, self.roles)
            for service in self.services
        ]

    def application(self) -> Together:
        """All of it behind one port."""
        apps = [(one.service.name, create_app(one.service, one)) for one in self.running]
        return together(
            apps, front_door(self.settings, self.transport, self.clock, self.verifier, dict(apps))
        )
