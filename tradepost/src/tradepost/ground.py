"""One machine's installation: its data folder, its databases, its issuer, its settings."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from shared.kit.issuer import LocalIssuer
from shared.kit.settings import Settings
from shared.kit.transports.kafka import KafkaTransport
from shared.kit.transports.postgres import PostgresTransport
from shared.kit.transports.transport import Transport
from tradepost.faults import GroundError
from tradepost.folder import made, write_private
from tradepost.kafka import LocalKafka
from tradepost.platform import NAMES
from tradepost.postgres import EmbeddedPostgres

ISSUER = "tradepost-local"
AUDIENCE = "tradepost"
LOG = "log"
PROJECT = Path(__file__).resolve().parents[3]


def default_folder() -> Path:
    """`.tradepost` in the project this program was installed from, wherever one stands."""
    return PROJECT / ".tradepost"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where the running platform is: its port, its log or its broker."""

    port: int
    transport: str
    address: str

    def make_transport(self) -> Transport:
        return (
            KafkaTransport(self.address)
            if self.transport == "kafka"
            else PostgresTransport(self.address)
        )


def write_whereabouts(folder: Path, where: Whereabouts) -> None:
    """For commands that talk to the platform; each start writes it anew."""
    write_private(folder / "running.json", json.dumps(asdict(where)))


def read_whereabouts(folder: Path) -> Whereabouts:
    """Raises `GroundError` when nothing was started on this data folder yet."""
    path = folder / "running.json"
    if not path.exists():
        raise GroundError(f"Nothing was started on {folder} yet; start it with `make run`")
    return Whereabouts(**json.loads(path.read_text()))


def local_issuer(folder: Path) -> LocalIssuer:
    """The issuer of an installation. Its key is made when first needed."""
    return LocalIssuer(made(folder / "identity"), ISSUER, AUDIENCE)


def local_token(folder: Path, scopes: list[str], subject: str, lifetime: timedelta) -> str:
    return local_issuer(folder).token(subject, scopes, lifetime)


def _cursor_secret(folder: Path) -> str:
    path = folder / "identity" / "cursor-secret"
    if not path.exists():
        write_private(path, secrets.token_hex(32))
    return path.read_text()


@contextmanager
def standing(
    folder: Path, *, kafka: bool = False, sandbox: bool = False, log_json: bool = False
) -> Iterator[Settings]:
    """Servers and databases, up for as long as the block runs; answers the settings to use.

    Start it from the main thread: the servers die with it. Raises `GroundError` in one sentence.
    """
    made(folder)
    postgres = EmbeddedPostgres(folder)
    postgres.start()
    broker: LocalKafka | None = None
    try:
        issuer = local_issuer(folder)
        urls = {f"{name}_database_url": postgres.create_database(name, name) for name in NAMES}
        log = postgres.create_database(LOG, LOG)
        servers = ""
        if kafka:
            broker = LocalKafka(folder / "kafka", cache=PROJECT / ".cache" / "kafka-4.3.1")
            servers = broker.start()
        yield Settings(
            transport="kafka" if kafka else "postgres",
            transport_url=log,
            kafka_bootstrap_servers=servers,
            issuer=ISSUER,
            audience=AUDIENCE,
            jwks=str(issuer.jwks_path),
            cursor_secret=SecretStr(_cursor_secret(folder)),
            sandbox=sandbox,
            log_json=log_json,
            log_level="WARNING",
            pool_size=8,
            **urls,  # type: ignore[arg-type]  # strings by name
        )
    finally:
        if broker is not None:
            broker.stop()
        postgres.stop()


def environment(settings: Settings) -> dict[str, str]:
    """The settings as the variables that a child process reads."""
    found = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if name == "cursor_secret":
            value = value.get_secret_value()
        found[f"TRADEPOST_{name.upper()}"] = (
            str(value).lower() if isinstance(value, bool) else str(value)
        )
    return found
