"""What an operator can set, each by an environment variable that begins with TRADEPOST_."""

import os
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from rapidfuzz.fuzz import ratio
from rapidfuzz.process import extractOne

PREFIX = "TRADEPOST_"

# Kubernetes puts such variables into every container beside a Service named tradepost-…
_FROM_KUBERNETES = re.compile(r"_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP)(_\w+)?)?)$")
_FOR_TESTS = f"{PREFIX}TEST_"


class Unset(Exception):
    """A setting that is needed here was not given."""


Address = Annotated[str, Field(repr=False)]
"""A URL that may hold a password, so it is not shown."""


class Settings(BaseSettings):
    """Read once at the start. A misspelt variable is refused, not ignored."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    database_url: Address = Field(
        "", description="PostgreSQL of the one service that this process runs."
    )
    leads_database_url: Address = Field("", description="PostgreSQL of leads.")
    pricing_database_url: Address = Field("", description="PostgreSQL of pricing.")
    orders_database_url: Address = Field("", description="PostgreSQL of orders.")
    loyalty_database_url: Address = Field("", description="PostgreSQL of loyalty.")
    campaigns_database_url: Address = Field("", description="PostgreSQL of campaigns.")
    partners_database_url: Address = Field("", description="PostgreSQL of partners.")
    pool_size: int = Field(10, ge=1, le=500, description="Database connections per process.")

    transport: Literal["postgres", "kafka"] = Field(
        "postgres", description="What carries events: the embedded log, or Apache Kafka."
    )
    transport_url: Address = Field("", description="PostgreSQL of the embedded log.")
    kafka_bootstrap_servers: str = Field("", description="host:port of brokers, by commas.")

    issuer: str = Field("", description="Who issues tokens: the `iss` they must carry.")
    audience: str = Field("tradepost", description="Whom they are for: the `aud` they must carry.")
    jwks: str = Field("", description="URL or file of the issuer's public keys.")
    cursor_secret: SecretStr = Field(
        SecretStr(""), description="Signs page cursors; the same in all processes of a service."
    )

    sandbox: bool = Field(False, description="A trial deployment, whose clock may be moved.")
    log_json: bool = Field(True, description="JSON lines; false for text that people read.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Lines below it are left out."
    )
    max_body_bytes: int = Field(
        2_000_000, ge=1_000, description="The longest request body that is read."
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_misspelt_variables(cls, given: Any) -> Any:
        faults = misspelt(os.environ, cls.model_fields)
        if faults:
            raise ValueError(" ".join(faults))
        return given

    def database_url_for(self, service: str) -> str:
        """The service's own URL, or the process's only one. Raises `Unset` without either."""
        own: str = getattr(self, f"{service}_database_url", "")
        return own or self.database_url or _needed(f"{service}_database_url", "database_url")

    def transport_address(self) -> str:
        """Where the chosen transport is. Raises `Unset`."""
        if self.transport == "kafka":
            return self.kafka_bootstrap_servers or _needed("kafka_bootstrap_servers")
        return self.transport_url or _needed("transport_url")

    def cursor_key(self) -> bytes:
        """Raises `Unset`: a made-up one would differ from process to process."""
        return self.cursor_secret.get_secret_value().encode() or _needed("cursor_secret")


def _needed(*fields: str) -> Any:
    names = " or ".join(PREFIX + field.upper() for field in fields)
    raise Unset(f"{names} is not set. {Settings.model_fields[fields[0]].description}")


def misspelt(environ: Mapping[str, str], fields: Iterable[str]) -> list[str]:
    """A sentence for each variable that has our prefix and is no setting."""
    bare = [field.upper() for field in fields]
    known = [PREFIX + name for name in bare]
    faults = []
    for name in sorted(environ):
        upper = name.upper()
        if not upper.startswith(PREFIX) or upper in known or upper.startswith(_FOR_TESTS):
            continue
        if _FROM_KUBERNETES.search(upper):
            continue
        near = extractOne(upper.removeprefix(PREFIX), bare, scorer=ratio, score_cutoff=70)
        hint = f"Did you mean {PREFIX}{near[0]}?" if near else f"Known are {', '.join(known)}."
        faults.append(f"{name} is not a setting. {hint}")
    return faults
