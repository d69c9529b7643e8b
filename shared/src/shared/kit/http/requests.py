"""What a request adds to its work: safe retry, trial, expected version; and how it is answered.

`Idempotency-Key`: the claim is an advisory lock, the record a row of the same transaction, so the
effect and the answer are stored together or not at all. Both the quoted form of
draft-ietf-httpapi-idempotency-key-header-07 and the bare form are one key.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel
from pydantic_core import from_json, to_json
from sqlalchemy import LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.errors import Conflict, Fault, Invalid, Misunderstood
from shared.events.contract import Envelope
from shared.kit.context import Context
from shared.kit.database import Kit, means
from shared.kit.work import Work


class InFlight(Conflict):
    """Another request with this Idempotency-Key is still running."""

    slug = "in-flight"


class KeyReused(Invalid):
    """The Idempotency-Key belongs to another request."""

    slug = "key-reused"


class IdempotencyRow(Kit, kw_only=True):
    """An answered request. Kept seven days."""

    __tablename__ = "idempotency"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int]
    headers: Mapped[list[Any]]
    body: Mapped[bytes] = mapped_column(LargeBinary, repr=False)
    created_at: Mapped[datetime] = mapped_column(index=True)


means("pk_idempotency", InFlight)

_CLAIM = text(
    "select pg_try_advisory_xact_lock(:lock) as mine, i.fingerprint, i.status, i.headers, i.body,"
    " i.created_at from (select 1) as one left join idempotency i on i.key = :key"
)
_KEEP = text(
    "insert into idempotency (key, fingerprint, status, headers, body, created_at)"
    " values (:key, :fingerprint, :status, cast(:headers as jsonb), :body, :now)"
)


class Replay(Exception):
    """The request was answered before: here is that answer."""

    def __init__(self, response: Response) -> None:
        super().__init__("replayed")
        self.response = response


class Door:
    """The request's side of a unit of work (see `shared.kit.work.Answering`)."""

    def __init__(self, request: Request, *, dry_run: bool = False) -> None:
        headers = request.headers
        self.dry_run = dry_run
        self.expected_version = version_of(headers.get("if-match"))
        self._request = request
        self._key = _key_of(request) if request.method == "POST" and not self.dry_run else None
        self._fingerprint = b""
        self._response: Response | None = None

    async def before(self, work: Work) -> None:
        if self._key is None:
            return
        request = self._request
        # A streamed file was read by its door, which tells contents apart itself.
        body = (
            await request.body()
            if "json" in request.headers.get("content-type", "").lower()
            else b""
        )
        self._fingerprint = hashlib.sha256(request.url.query.encode() + b"\n" + body).digest()
        lock = int.from_bytes(self._key[:8], "big", signed=True)
        found = (await work.session.execute(_CLAIM, {"lock": lock, "key": self._key})).one()
        if found.status is not None:
            if found.fingerprint != self._fingerprint:
                raise KeyReused(
                    f"This Idempotency-Key was first used at {found.created_at.isoformat()}"
                    " for another request.",
                    first_used_at=found.created_at.isoformat(),
                )
            sent = {**dict(found.headers), "Idempotency-Replayed": "true"}
            raise Replay(Response(found.body, found.status, sent))
        if not found.mine:
            raise InFlight

    def answer(
        self,
        view: Any,
        events: Sequence[Envelope],
        *,
        status: int | None = None,
        location: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Response:
        body = (
            view.model_dump_json(by_alias=True).encode()
            if isinstance(view, BaseModel)
            else to_json(view)
        )
        sent = dict(headers or {})
        sent["content-type"] = "application/json"
        version = getattr(view, "version", None)
        if version is not None:
            sent["ETag"] = etag_of(version)
        if location:
            sent["Location"] = location
        if events:
            sent["Event-Ids"] = ",".join(str(event.id) for event in events[:20])
        if self.dry_run:
            sent["Dry-Run"] = "true"
            shown = [{"type": e.type, "subject": e.subject, "data": e.data} for e in events]
            content = from_json(body)
            if isinstance(content, dict):
                body = to_json({**content, "would_emit": shown})
        code = status or self._request.scope["route"].status_code or 200
        if self._request.method in ("GET", "HEAD") and self._not_modified(sent.get("ETag")):
            body, code = b"", 304
        self._response = Response(body, code, sent)
        return self._response

    def _not_modified(self, etag: str | None) -> bool:
        given = self._request.headers.get("if-none-match")
        return etag is not None and given is not None and etag in _listed(given)

    async def after(self, work: Work) -> None:
        if self._key is None or self.dry_run:
            return
        if self._response is None:
            raise RuntimeError("A door with an Idempotency-Key must answer inside its work.")
        kept = [
            (name, value)
            for name, value in self._response.headers.items()
            if name != "content-length"
        ]
        await work.session.execute(
            _KEEP,
            {
                "key": self._key,
                "fingerprint": self._fingerprint,
                "status": self._response.status_code,
                "headers": to_json(kept).decode(),
                "body": bytes(self._response.body),
                "now": work.now,
            },
        )


def _key_of(request: Request) -> bytes | None:
    given = request.headers.get("idempotency-key")
    if given is None:
        return None
    bare = given.strip()
    if len(bare) >= 2 and bare[0] == bare[-1] == '"':
        bare = bare[1:-1]
    if not 1 <= len(bare) <= 255:
        fault = Fault(
            "Idempotency-Key",
            "wrong_length",
            "An Idempotency-Key has 1 to 255 characters.",
            "Send a UUID.",
            "header",
        )
        raise Misunderstood(faults=[fault])
    caller = request.scope.get("tradepost.caller")
    scope = f"{caller.subject if caller else ''}\n{request.method}\n{request.url.path}\n{bare}"
    return hashlib.sha256(scope.encode()).digest()


def _listed(header: str) -> list[str]:
    return [part.strip().removeprefix("W/") for part in header.split(",")]


def etag_of(version: int) -> str:
    return f'"v{version}"'


def version_of(if_match: str | None) -> int | None:
    """The version an If-Match names. `*` and absence expect nothing."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = re.fullmatch(r'(?:W/)?"?v?(\d{1,9})"?', if_match.strip())
    if not found:
        fault = Fault(
            "If-Match",
            "wrong_format",
            f"{if_match} is not an ETag of ours.",
            'Send the ETag of the resource as it was read, such as "v3".',
            "header",
        )
        raise Misunderstood(faults=[fault])
    return int(found[1])


def context_of(request: Request) -> Context:
    """The context a request starts: its caller, its trace, the story it belongs to."""
    scope = request.scope
    caller = scope.get("tradepost.caller")
    return Context(
        actor=caller.subject if caller else "",
        request_id=scope["tradepost.request_id"],
        correlation_id=scope["tradepost.correlation_id"],
        traceparent=scope["tradepost.traceparent"],
        scopes=caller.scopes if caller else frozenset(),
    )


async def _reading(
    request: Request,
    if_none_match: Annotated[
        str | None, Header(description="The ETag you hold; 304 if it still is.")
    ] = None,
) -> Work:
    del if_none_match  # read from the request; declared for the document
    work: Work = request.app.state.running.new_work(context_of(request), Door(request))
    return work


async def _writing(
    request: Request,
    dry_run: Annotated[  # noqa: FBT002  # a query parameter
        bool,
        Query(
            description="Do everything but keep it: the answer has the same status and body, and"
            " `would_emit` lists the events that would be told."
        ),
    ] = False,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="Makes a POST safe to repeat for seven days: the same key and body get"
            " the same answer.",
            max_length=257,
        ),
    ] = None,
    if_match: Annotated[
        str | None, Header(description="The ETag this change was made on; 412 if it is old.")
    ] = None,
) -> Work:
    del idempotency_key, if_match  # the door reads the request; declared for the document
    door = Door(request, dry_run=dry_run)
    work: Work = request.app.state.running.new_work(context_of(request), door)
    return work


Reading = Annotated[Work, Depends(_reading)]
"""A work for a GET."""

Writing = Annotated[Work, Depends(_writing)]
"""A work for anything that changes something."""
