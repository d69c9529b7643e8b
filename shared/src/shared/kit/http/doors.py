"""HTTP doors: the router of a slice, and what each door checks before its function runs.

In this order: identity and scope (401, 403), unknown query parameters (400), media type (415),
length (413), If-Match where it is needed (428), JSON (400). Then FastAPI validates, and the
function opens its work.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.params import File, Form, Query
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive
from typing_extensions import override

from shared.errors import Fault, Misunderstood
from shared.events.contract import Event
from shared.kit.http.problems import did_you_mean, problem
from shared.kit.http.reading import JsonRequest, declared_length, refuse_nul
from shared.kit.security import Caller, Unauthenticated, Verifier

READS = frozenset({"GET", "HEAD"})
JSON_TYPES = ("application/json", "application/merge-patch+json")


def serves(
    *processes: str,
    scope: str = "",
    emits: Sequence[type[Event]] = (),
    public: bool = False,
    must_match: bool = False,
    max_bytes: int | None = None,
) -> dict[str, Any]:
    """What a door says of itself, for OpenAPI and for the checks.

    Args:
        processes: the elements of the process framework it serves.
        scope: `approve` where reading or writing is not enough; else it follows from the method.
        emits: the events a success may tell.
        public: open to callers without a token.
        must_match: the change must name the version it was made on (`If-Match`; else 428).
        max_bytes: the largest body, where it is not the service's usual limit.
    """
    said: dict[str, Any] = {"x-pcf": list(processes)}
    if scope:
        said["x-scope"] = scope
    if emits:
        said["x-events"] = [contract.TYPE for contract in emits]
    if public:
        said["x-public"] = True
    if must_match:
        said["x-must-match"] = True
    if max_bytes is not None:
        said["x-max-bytes"] = max_bytes
    return said


class TooLarge(Misunderstood):
    """The body is longer than this operation takes."""

    slug = "too-large"


class Door(APIRoute):
    """A route that knows its scope and its parameters."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        extra: Mapping[str, Any] = self.openapi_extra or {}
        service = self.path.split("/")[1]
        method = next(iter(self.methods or {"GET"}))
        kind = extra.get("x-scope") or ("read" if method in READS else "write")
        scope = f"{service}:{kind}"
        public = bool(extra.get("x-public"))
        must_match = bool(extra.get("x-must-match"))
        max_bytes: int | None = extra.get("x-max-bytes")
        known = query_names(self)
        wants_json = self.body_field is not None and not isinstance(
            self.body_field.field_info, Form | File
        )

        async def checked(request: Request) -> Response:
            if not public:
                refused = await _identify(request, scope)
                if refused is not None:
                    return refused
            unknown = [name for name in request.query_params if name not in known]
            if unknown:
                return _unknown_parameters(request, unknown, known)
            refuse_nul(request)
            if wants_json and not _is_json(request):
                return problem(
                    request, "unsupported-media-type", "Send JSON.", expected="application/json"
                )
            limit = max_bytes or request.app.state.running.settings.max_body_bytes
            request = _measured(request, limit)
            if must_match and "if-match" not in request.headers:
                return problem(request, "precondition-required")
            if wants_json:
                request = JsonRequest(request.scope, request.receive)
                await request.read()
            try:
                return await handle(request)
            except RequestValidationError as error:
                _name_known_members(self, error)
                raise

        return checked


def _measured(request: Request, limit: int) -> Request:
    """The request, whose body is refused when it is longer, as soon as that can be known."""
    if declared_length(request) > limit:
        raise TooLarge(f"At most {limit} bytes.", max_bytes=limit)
    if "transfer-encoding" in request.headers:
        return Request(request.scope, _up_to(limit, request.receive))
    return request


def _up_to(limit: int, receive: Receive) -> Receive:
    """A body without a declared length is counted as it comes."""
    count = 0

    async def counting() -> Message:
        nonlocal count
        message = await receive()
        count += len(message.get("body", b""))
        if count > limit:
            raise HTTPException(413, f"At most {limit} bytes.")
        return message

    return counting


def query_names(route: APIRoute) -> frozenset[str]:
    """The query parameters an operation knows, those of its dependencies included."""
    return frozenset(
        field.alias
        for field in get_flat_params(route.dependant)
        if isinstance(field.field_info, Query)
    )


async def _identify(request: Request, scope: str) -> Response | None:
    """Puts the caller into the request; answers the refusal when there is one."""
    verifier: Verifier = request.app.state.running.verifier
    header = request.headers.get("authorization", "")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        return problem(request, "unauthenticated", missing_scope=scope)
    try:
        caller: Caller = verifier.cached(token) or await verifier.verify(token)
    except Unauthenticated as error:
        return problem(request, "unauthenticated", str(error), missing_scope=scope)
    if not caller.may(scope):
        return problem(
            request,
            "forbidden",
            f"The token lacks the scope {scope}.",
            missing_scope=scope,
        )
    request.scope["tradepost.caller"] = caller
    return None


def _unknown_parameters(
    request: Request, unknown: Sequence[str], known: frozenset[str]
) -> Response:
    faults = [
        Fault(
            name,
            "unknown_parameter",
            f"{name} is not a parameter of this operation.",
            f"Leave it out. {did_you_mean(name, known)}".strip(),
            "query",
        )
        for name in dict.fromkeys(unknown)
    ]
    return problem(request, "not-understood", "Nothing was done.", faults=faults)


def _is_json(request: Request) -> bool:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return given in JSON_TYPES or (not given and request.headers.get("content-length") == "0")


def _name_known_members(route: APIRoute, error: RequestValidationError) -> None:
    """Gives each unknown member the names it could have meant."""
    if route.body_field is None:
        return
    for item in error.errors():
        if item["type"] == "extra_forbidden" and item["loc"][0] == "body":
            known = _members_at(route.body_field.field_info.annotation, item["loc"][1:-1])
            item["ctx"] = {**item.get("ctx", {}), "known": known}


def _members_at(annotation: Any, location: Sequence[Any]) -> list[str]:
    models = _models_in(annotation)
    for step in location:
        if isinstance(step, int):
            continue
        inner = [m.model_fields[step].annotation for m in models if step in m.model_fields]
        if inner:
            models = [model for part in inner for model in _models_in(part)]
    return [field.alias or name for m in models for name, field in m.model_fields.items()]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models_in(part)]


class Doors(APIRouter):
    """The router of a slice: `Doors("orders", "quotes", tag="Quote customers")`.

    Its paths begin with the service's name, on one machine as in production.
    """

    def __init__(self, service: str, *path: str, tag: str) -> None:
        super().__init__(
            prefix="/" + "/".join((service, *path)),
            tags=[tag],
            route_class=Door,
            generate_unique_id_function=lambda route: route.name,
        )
