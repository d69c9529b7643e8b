"""Problems (RFC 9457): every answer ≥ 400, with all faults at once, each with a remedy.

One table says which kind of error is which status. `type` is a relative URL of a page that exists
(`/problems/<slug>`).
"""

import difflib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.routing import Match

from shared.errors import (
    Busy,
    Conflict,
    DomainError,
    Fault,
    Forbidden,
    Invalid,
    Misunderstood,
    NotFound,
    Place,
    VersionConflict,
)

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: what its page says."""

    status: int
    title: str
    cause: str
    remedy: str


KINDS: Mapping[str, Kind] = {
    "not-understood": Kind(
        400,
        "The request was not understood.",
        "The body is not JSON, or a query parameter is not one of this operation's.",
        "Correct what `errors` names. Parameters are listed in the service's openapi.json.",
    ),
    "unauthenticated": Kind(
        401,
        "The request carries no valid token.",
        "The Authorization header is missing, or its token is expired or not from our issuer.",
        "Send `Authorization: Bearer <token>`; on one machine `tradepost token` prints one.",
    ),
    "forbidden": Kind(
        403,
        "The caller may not do this.",
        "The token lacks a scope, or the rules of the resource forbid the act to this caller.",
        "Ask for the scope named in `missing_scope`, or let somebody act who may.",
    ),
    "not-found": Kind(
        404,
        "It does not exist.",
        "No resource has this id, or no operation has this path.",
        "Check the id; list the collection; the service's openapi.json lists all paths.",
    ),
    "method-not-allowed": Kind(
        405,
        "This path does not take this method.",
        "The path exists, with other methods.",
        "Use one of the methods in the Allow header.",
    ),
    "conflict": Kind(
        409,
        "The present state does not allow this.",
        "The resource is in another state, or another request was faster.",
        "Read the resource again; its `allowed_actions` say what is possible now.",
    ),
    "in-flight": Kind(
        409,
        "A request with this Idempotency-Key is still running.",
        "Two requests with one key met.",
        "Wait as long as Retry-After says and repeat; you will get the first one's answer.",
    ),
    "version-conflict": Kind(
        412,
        "It was changed since you read it.",
        "If-Match names a version that is no longer the current one.",
        "Read it again, repeat the change on that version, and send its ETag.",
    ),
    "too-large": Kind(
        413,
        "The body is too large.",
        "The request body exceeds the limit of this operation.",
        "Split it into several requests, or use the import for bulk data.",
    ),
    "unsupported-media-type": Kind(
        415,
        "The body has another media type than this operation takes.",
        "The Content-Type header is missing or names another type.",
        "Send the type named in `expected`.",
    ),
    "invalid-content": Kind(
        422,
        "The content cannot be accepted.",
        "The request was understood, but some of it is wrong.",
        "Mend every entry of `errors`; each says where and how. Nothing was stored.",
    ),
    "key-reused": Kind(
        422,
        "The Idempotency-Key was used for another request.",
        "A key belongs to one request: same method, path, query and body.",
        "Use a new key for a new request.",
    ),
    "precondition-required": Kind(
        428,
        "This change needs If-Match.",
        "People edit this resource, so that a change must name the version it was made on.",
        "Read it, and send its ETag as If-Match.",
    ),
    "internal-error": Kind(
        500,
        "Something went wrong on our side.",
        "A bug. It was logged with the request id.",
        "Repeat later; report the request id if it stays.",
    ),
    "busy": Kind(
        503,
        "Not now.",
        "The database or the transport is away, or the records are in use.",
        "Repeat after Retry-After with the same Idempotency-Key.",
    ),
}

_SLUG_OF_STATUS = {
    400: "not-understood",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    412: "version-conflict",
    413: "too-large",
    415: "unsupported-media-type",
    422: "invalid-content",
    428: "precondition-required",
    503: "busy",
}


def slug_of(error: DomainError) -> str:
    """The kind's slug: the first of the base kinds that the error is."""
    for kind in (VersionConflict, Conflict, Misunderstood, Invalid, NotFound, Forbidden, Busy):
        if isinstance(error, kind):
            return error.slug if error.slug in KINDS else kind.slug
    return "invalid-content"


class FaultView(BaseModel):
    """One thing that is wrong, and how to mend it."""

    model_config = ConfigDict(populate_by_name=True)

    place: str = Field(alias="in", description="body, query, path or header")
    pointer: str = Field(
        description="JSON Pointer into the body, such as #/lines/0/quantity; elsewhere the name"
    )
    code: str
    detail: str
    remedy: str
    given: Any = None


class Problem(BaseModel):
    """An answer that is not what was asked for (RFC 9457)."""

    type: str = Field(examples=["/problems/invalid-content"])
    title: str
    status: int
    detail: str
    instance: str = Field(description="names this occurrence")
    request_id: str
    errors: list[FaultView] = Field(default_factory=list)


def problem(
    request: Request,
    slug: str,
    detail: str = "",
    *,
    faults: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
    **extra: Any,
) -> Response:
    """Renders a problem of a kind. `extra` members are added as they are (RFC 9457, 3.2)."""
    kind = KINDS[slug]
    request_id = request.scope.get("tradepost.request_id", "")
    body: dict[str, Any] = {
        "type": f"/problems/{slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail or kind.cause,
        "instance": f"urn:uuid:{request_id}",
        "request_id": request_id,
        **extra,
    }
    if traceparent := request.scope.get("tradepost.traceparent"):
        body["traceparent"] = traceparent
    body["errors"] = [_fault(fault) for fault in faults]
    request.scope["tradepost.problem"] = slug
    sent = dict(headers or {})
    if kind.status == 503 or slug == "in-flight":
        sent.setdefault("Retry-After", "1")
    if kind.status == 401:
        sent.setdefault("WWW-Authenticate", 'Bearer realm="tradepost"')
    return Response(to_json(body), kind.status, sent, MEDIA_TYPE)


def _fault(fault: Fault) -> dict[str, Any]:
    said: dict[str, Any] = {
        "in": fault.place,
        "pointer": fault.pointer,
        "code": fault.code,
        "detail": fault.detail,
        "remedy": fault.remedy,
    }
    if fault.given is not None:
        said["given"] = fault.given
    return said


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """« Did you mean state? », or the whole choice when it is short, or nothing."""
    names = sorted(known)
    near = difflib.get_close_matches(given.lower(), names, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {near[0]}?"
    return f"Known are: {', '.join(names)}." if len(names) <= 12 else ""


async def on_domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    return problem(request, slug_of(error), error.detail, faults=error.faults, **error.extra)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: unknown path, wrong method, broken body, too large."""
    assert isinstance(error, HTTPException)
    slug = _SLUG_OF_STATUS.get(error.status_code, "internal-error")
    detail = str(error.detail)
    headers = dict(error.headers or {})
    if error.status_code == 404:
        detail = f"No operation has the path {request.url.path}. {_near_path(request)}".strip()
    elif error.status_code == 405:
        detail = f"{request.url.path} does not take {request.method}."
        headers["Allow"] = ", ".join(_methods_of(request))
    elif error.status_code == 400:
        fault = Fault("", "malformed_json", "The body is not JSON.", "Send one JSON document.")
        return problem(request, slug, "The body is not JSON.", faults=[fault])
    return problem(request, slug, detail, headers=headers)


def _methods_of(request: Request) -> list[str]:
    """All methods of this path; the framework names those of the first route it finds there."""
    taken = {
        method
        for route in request.app.routes
        if route.matches(request.scope)[0] is not Match.NONE
        for method in getattr(route, "methods", None) or ()
    }
    return sorted(taken)


def _near_path(request: Request) -> str:
    known = {getattr(route, "path", "") for route in request.app.routes}
    return did_you_mean(request.url.path, known) if known else ""


async def on_bug(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(request, "internal-error")


async def on_validation_error(request: Request, error: Exception) -> Response:
    """All faults of body, query, path and headers, each with pointer, code and remedy."""
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        item = next(item for item in found if item["type"] == "json_invalid")
        position = item["loc"][-1]
        fault = Fault(
            "#",
            "malformed_json",
            f"The body is not JSON: {item.get('ctx', {}).get('error', 'unreadable')} at {position}.",
            "Send one JSON document in UTF-8.",
        )
        return problem(request, "not-understood", fault.detail, faults=[fault])
    faults = faults_of(found)
    only_parameters = all(fault.place in {"query", "header"} for fault in faults)
    slug = "not-understood" if only_parameters else "invalid-content"
    count = len(faults)
    detail = f"{count} fault{'s' if count != 1 else ''}; nothing was stored."
    return problem(request, slug, detail, faults=faults)


_PLACES: Mapping[str, Place] = {
    "body": "body",
    "query": "query",
    "path": "path",
    "header": "header",
}


def faults_of(
    found: Iterable[Mapping[str, Any]], *, model_fields: Iterable[str] = ()
) -> list[Fault]:
    """Pydantic's errors as faults. Errors of several branches of one union are one fault."""
    faults: dict[tuple[str, str], Fault] = {}
    for item in found:
        place = _PLACES.get(str(item["loc"][0]) if item["loc"] else "body", "body")
        location = item["loc"][1:] if item["loc"] and item["loc"][0] in _PLACES else item["loc"]
        pointer = _pointer(place, location)
        code, remedy = _code_and_remedy(item, model_fields)
        given = _shown(item)
        fault = Fault(pointer, code, _sentence(item, pointer), remedy, place, given)
        faults.setdefault((place, pointer), fault)
    return list(faults.values())


def _pointer(place: Place, location: Sequence[Any]) -> str:
    steps = [str(s) for s in location if not (isinstance(s, str) and "[" in s)]
    if place == "body":
        escaped = (s.replace("~", "~0").replace("/", "~1") for s in steps)
        return "#" + "".join(f"/{step}" for step in escaped)
    name = steps[0] if steps else ""
    # A header is named as it is written everywhere: Idempotency-Key.
    return name.title() if place == "header" else name


def _shown(item: Mapping[str, Any]) -> Any:
    given = item.get("input")
    if item["type"] in {"missing", "extra_forbidden"} or isinstance(given, dict | list):
        return None
    text = str(given)
    return text if len(text) <= 80 else text[:77] + "…"


def _sentence(item: Mapping[str, Any], pointer: str) -> str:
    name = pointer.rsplit("/", 1)[-1].lstrip("#") or "The body"
    if item["type"] == "missing":
        return f"{name} is missing."
    if item["type"] == "extra_forbidden":
        return f"{name} is not a member here."
    message = str(item.get("msg", "is wrong")).removeprefix("Value error, ")
    return f"{name}: {message}." if not message.endswith(".") else f"{name}: {message}"


_REMEDIES: Mapping[str, tuple[str, str]] = {
    "missing": ("required", "Send it."),
    "greater_than": ("too_small", "Send a value greater than {gt}."),
    "greater_than_equal": ("too_small", "Send at least {ge}."),
    "less_than": ("too_large", "Send a value below {lt}."),
    "less_than_equal": ("too_large", "Send at most {le}."),
    "string_too_short": ("too_short", "Send at least {min_length} characters."),
    "string_too_long": ("too_long", "Send at most {max_length} characters."),
    "too_short": ("too_few", "Send at least {min_length}."),
    "too_long": ("too_many", "Send at most {max_length}."),
    "string_pattern_mismatch": ("wrong_format", "Send text that matches {pattern}."),
    "enum": ("unknown_value", "Send one of {expected}."),
    "literal_error": ("unknown_value", "Send one of {expected}."),
    "uuid_parsing": ("wrong_format", "Send a UUID such as 0198f3c2-7d1e-7c40-9d0e-3d6d6f2a9b11."),
    "uuid_type": ("wrong_type", "Send a UUID as a string."),
    "string_type": ("wrong_type", "Send a string."),
    "int_type": ("wrong_type", "Send a whole number."),
    "int_parsing": ("wrong_type", "Send a whole number."),
    "int_from_float": ("wrong_type", "Send a whole number."),
    "bool_type": ("wrong_type", "Send true or false."),
    "bool_parsing": ("wrong_type", "Send true or false."),
    "list_type": ("wrong_type", "Send a list."),
    "dict_type": ("wrong_type", "Send an object."),
    "model_type": ("wrong_type", "Send an object."),
    "model_attributes_type": ("wrong_type", "Send an object."),
    "decimal_parsing": ("wrong_type", "Send a string of digits such as 19.90."),
    "decimal_type": ("wrong_type", "Send a string of digits such as 19.90."),
    "datetime_parsing": ("wrong_format", "Send an instant such as 2026-11-24T09:30:00Z."),
    "datetime_from_date_parsing": ("wrong_format", "Send an instant such as 2026-11-24T09:30:00Z."),
    "datetime_type": ("wrong_type", "Send an instant such as 2026-11-24T09:30:00Z."),
    "timezone_aware": ("wrong_format", "Add the time zone, such as Z."),
    "date_parsing": ("wrong_format", "Send a date such as 2026-11-24."),
    "date_from_datetime_parsing": ("wrong_format", "Send a date such as 2026-11-24."),
    "date_type": ("wrong_type", "Send a date such as 2026-11-24."),
    "too_many_decimals": ("too_many_decimals", "Send at most {scale} decimals."),
}


def _code_and_remedy(item: Mapping[str, Any], fields: Iterable[str]) -> tuple[str, str]:
    kind = str(item["type"])
    context = item.get("ctx") or {}
    if kind == "extra_forbidden":
        given = str(item["loc"][-1])
        known = context.get("known", fields)
        return "unknown_member", f"Leave it out. {did_you_mean(given, known)}".strip()
    if kind == "unknown_currency":
        return kind, "Send a code of ISO 4217 such as EUR or GBP."
    code, remedy = _REMEDIES.get(kind, (kind, "Correct it; the schema is in openapi.json."))
    try:
        return code, remedy.format(**context)
    except KeyError:
        return code, remedy
