"""`create_app` makes the application of a service; `together` serves several in one process."""

import contextlib
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from time import perf_counter
from typing import Any
from uuid import UUID

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import DomainError
from shared.kit.database import new_id
from shared.kit.http.documents import finish_openapi
from shared.kit.http.problems import (
    on_bug,
    on_domain_error,
    on_http_exception,
    on_validation_error,
)
from shared.kit.http.reference import reference_doors
from shared.kit.http.requests import Replay
from shared.kit.http.system import system_doors
from shared.kit.observe import Trace, bind, unbind
from shared.kit.service import Running, Service

log = logging.getLogger(__name__)


def create_app(service: Service, running: Running) -> FastAPI:
    """The application of one service. Its paths begin with the service's name."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await running.start()
        try:
            yield
        finally:
            await running.stop()

    app = FastAPI(
        title=service.title,
        description=service.about,
        version="0.1.0",
        openapi_url=f"/{service.name}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        separate_input_output_schemas=False,
        redirect_slashes=False,
        exception_handlers={
            DomainError: on_domain_error,
            RequestValidationError: on_validation_error,
            HTTPException: on_http_exception,
            Replay: _replay,
            Exception: on_bug,
        },
    )
    app.state.running = running
    app.add_middleware(Thread, running=running)
    reference = reference_doors(service.name, service.title)
    for doors in (*service.doors, *system_doors(running), reference):
        app.router.routes.extend(doors.routes)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                tags=[{"name": tag} for tag in _tags(service)],
                servers=[{"url": "/"}],
            )
            app.openapi_schema = finish_openapi(document)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    return app


def _tags(service: Service) -> list[str]:
    return list(dict.fromkeys(str(tag) for doors in service.doors for tag in doors.tags))


async def _replay(_: Request, error: Exception) -> Response:
    assert isinstance(error, Replay)
    return error.response


class Thread:
    """The outermost layer: request id, story, trace, log context, metrics.

    Pure ASGI: it adds two headers and one observation to a request, nothing else.
    """

    def __init__(self, app: ASGIApp, running: Running) -> None:
        self.app = app
        self.running = running

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id = _id_of(headers.get(b"x-request-id", b"").decode("latin-1"))
        correlation = headers.get(b"x-correlation-id", b"").decode("latin-1")[:100] or request_id
        trace = Trace.parsed(headers.get(b"traceparent", b"").decode("latin-1")).child()
        scope["tradepost.request_id"] = request_id
        scope["tradepost.correlation_id"] = correlation
        scope["tradepost.traceparent"] = str(trace)
        scope.setdefault("state", {})
        started = perf_counter()
        status = 500
        token = bind(request_id=request_id, trace_id=trace.trace_id, correlation_id=correlation)

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", request_id.encode()),
                    (b"x-correlation-id", correlation.encode("latin-1")),
                ]
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            seconds = perf_counter() - started
            self.running.metrics.request(scope["method"], route, status, seconds)
            if log.isEnabledFor(logging.INFO):
                line = "%s %s %d %.1f ms"
                log.info(line, scope["method"], route, status, seconds * 1000)
            if "tradepost.problem" in scope:
                self.running.metrics.problems.labels(scope["tradepost.problem"]).inc()
            unbind(token)


def _id_of(given: str) -> str:
    """The caller's request id when it is a UUID, else a new one."""
    try:
        return str(UUID(given))
    except ValueError:
        return str(new_id())


class Together:
    """Several applications in one process, told apart by the first segment of the path.

    Nothing is mounted and nothing is rewritten: a service has the same paths alone and together.
    Mounted applications get no lifespan, so each one's is entered here.
    """

    def __init__(self, apps: Mapping[str, FastAPI], root: FastAPI) -> None:
        self.apps = dict(apps)
        self.root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.root(scope, receive, send)
            return
        first = scope["path"].split("/", 2)[1] if "/" in scope["path"] else ""
        await self.apps.get(first, self.root)(scope, receive, send)


def together(apps: Sequence[tuple[str, FastAPI]], root: FastAPI) -> Together:
    """One application of many. The lifespans of all are entered with the root's."""
    own = root.router.lifespan_context

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(own(app))
            for _, one in apps:
                await stack.enter_async_context(one.router.lifespan_context(one))
            yield

    root.router.lifespan_context = lifespan
    return Together(dict(apps), root)
