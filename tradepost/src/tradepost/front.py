"""The front door: what belongs to no single service. The way in, the catalogue, the problem pages."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json, to_json
from starlette.exceptions import HTTPException

from shared.events.catalogue import contract_of, contracts
from shared.kit.asyncapi import asyncapi, schema_of
from shared.kit.clock import Clock
from shared.kit.consume import heard_by
from shared.kit.database import new_id
from shared.kit.http.problems import KINDS, on_bug, on_http_exception, problem
from shared.kit.security import Unauthenticated, Verifier
from shared.kit.service import Running
from shared.kit.settings import Settings
from shared.kit.transports.transport import Topic, Transport
from tradepost import pages


class AdvanceClock(BaseModel):
    """How far the clock of a sandbox moves, as an ISO 8601 duration."""

    model_config = ConfigDict(extra="forbid")

    by: timedelta = Field(gt=timedelta(), examples=["P30D"])


def front_door(
    settings: Settings,
    transport: Transport,
    clock: Clock,
    verifier: Verifier,
    apps: Mapping[str, FastAPI],
) -> FastAPI:
    """The application for every path that is no service's. It opens and closes the transport."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await transport.start()
        try:
            yield
        finally:
            await transport.stop()

    running = {name: app.state.running for name, app in apps.items()}
    door = FastAPI(
        title="Tradepost",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        exception_handlers={HTTPException: on_http_exception, Exception: on_bug},
    )
    door.add_middleware(_Named)
    _open_pages(door, settings, running)
    _open_events(door, running)
    _open_health(door, running)
    if settings.sandbox:
        _open_sandbox(door, clock, verifier)
    return door


def _open_pages(door: FastAPI, settings: Settings, running: Mapping[str, Running]) -> None:
    @door.get("/", response_class=HTMLResponse)
    async def way_in() -> str:
        return pages.way_in(running.values(), sandbox=settings.sandbox)

    @door.get("/problems/{slug}", response_class=HTMLResponse)
    async def read_problem(slug: str) -> str:
        if slug not in KINDS:
            raise HTTPException(404)
        return pages.problem(slug, KINDS[slug])

    @door.get("/.well-known/jwks.json")
    async def read_keys() -> Response:
        path = Path(settings.jwks)
        if settings.jwks.startswith("http") or not path.is_file():
            raise HTTPException(404)
        return Response(path.read_bytes(), media_type="application/jwk-set+json")


def _open_events(door: FastAPI, running: Mapping[str, Running]) -> None:
    document = to_json(_asyncapi(running))

    @door.get("/events/asyncapi.json")
    async def read_asyncapi() -> Response:
        return Response(document, media_type="application/json")

    @door.get("/events", response_class=HTMLResponse)
    async def list_events() -> str:
        return pages.events(contracts(), _hearers(running))

    @door.get("/events/schemas/{type}.json")
    async def read_schema(type: str) -> Response:  # noqa: A002  # the attribute's name
        contract = contract_of(type)
        if contract is None:
            raise HTTPException(404)
        return Response(to_json(schema_of(contract)), media_type="application/schema+json")


def _open_health(door: FastAPI, running: Mapping[str, Running]) -> None:
    @door.get("/livez")
    async def live() -> dict[str, str]:
        return {"state": "ok"}

    @door.get("/readyz")
    async def ready() -> Response:
        """All services at once."""
        found = {name: dict(await one.checks()) for name, one in running.items()}
        good = all(said == "ok" for checks in found.values() for said in checks.values())
        body = {"state": "ok" if good else "not_ready", "services": found}
        return Response(to_json(body), 200 if good else 503, media_type="application/json")


def _open_sandbox(door: FastAPI, clock: Clock, verifier: Verifier) -> None:
    @door.post("/sandbox/clock/advance")
    async def advance_clock(request: Request) -> Response:
        """Moves the clock of all services. Any caller with a token may: it is a sandbox."""
        _, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            await verifier.verify(token)
        except Unauthenticated as error:
            return problem(request, "unauthenticated", str(error))
        try:
            asked = AdvanceClock.model_validate(from_json(await request.body()))
        except ValueError as error:
            return problem(request, "invalid-content", f"Send a duration such as P30D. {error}")
        now = clock.advance(asked.by)
        return Response(to_json({"now": now}), media_type="application/json")


class _Named:
    """Gives each request its id, as the services do."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope["tradepost.request_id"] = str(new_id())
        await self.app(scope, receive, send)


def _asyncapi(running: Mapping[str, Running]) -> dict[str, Any]:
    heard = {name: sorted(heard_by(one.service.consumers)) for name, one in running.items()}
    topics = [Topic(contract.topic()) for contract in contracts()]
    return asyncapi(contracts(), heard, topics)


def _hearers(running: Mapping[str, Running]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, one in running.items():
        for kind in heard_by(one.service.consumers):
            found.setdefault(kind, []).append(name)
    return found
