"""Reads what a request carries strictly: what no database or no other service could hold is refused.

A body is one JSON document in UTF-8 (RFC 8259), of finite numbers, nested at most 200 deep. The
character U+0000 is legal in JSON and in a URL, and cannot be stored as text by PostgreSQL.
"""

import re
from collections.abc import Iterator, Mapping
from math import isinf
from typing import Any

from fastapi import Request
from pydantic_core import from_json
from typing_extensions import override

from shared.errors import Fault, Invalid, Misunderstood, Place

NUL = "\x00"
# Both are cheap to look for, and rare enough that the document need not be walked without them.
_PERHAPS_NUL = b"\\u0000"
_PERHAPS_INFINITE = re.compile(rb"[eE]\+?\d{3}|\d{300}")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class JsonRequest(Request):
    """A request whose body is read strictly, once."""

    _content: Any = None

    async def read(self) -> None:
        """Reads the body; raises the problem when it is not JSON, or holds what cannot be kept."""
        body = await self.body()
        if body:
            self._content = _parsed(body)

    @override
    async def json(self) -> Any:
        return self._content


def _parsed(body: bytes) -> Any:
    try:
        content = from_json(body.removeprefix(_BYTE_ORDER_MARK), allow_inf_nan=False)
    except ValueError as error:
        said = f"The body is not JSON: {error}."
        fault = Fault("#", "malformed_json", said, "Send one JSON document in UTF-8.")
        raise Misunderstood(said, faults=[fault]) from None
    if _PERHAPS_NUL in body or _PERHAPS_INFINITE.search(body):
        faults = list(_unkeepable(content, "#"))
        if faults:
            raise Invalid("Nothing was stored.", faults=faults)
    return content


def _unkeepable(content: Any, pointer: str) -> Iterator[Fault]:
    if isinstance(content, str) and NUL in content:
        yield _nul(pointer, "body")
    elif isinstance(content, float) and isinf(content):
        detail = f"{pointer}: The number is too large."
        yield Fault(pointer, "too_large", detail, "Send a number below 10^308.")
    elif isinstance(content, dict):
        for name, inner in content.items():
            if NUL in name:
                yield _nul(pointer, "body")
                continue
            step = name.replace("~", "~0").replace("/", "~1")
            yield from _unkeepable(inner, f"{pointer}/{step}")
    elif isinstance(content, list):
        for index, inner in enumerate(content):
            yield from _unkeepable(inner, f"{pointer}/{index}")


def _nul(pointer: str, place: Place) -> Fault:
    return Fault(
        pointer,
        "forbidden_character",
        f"{pointer}: Text cannot hold the character U+0000.",
        "Leave that character out.",
        place,
    )


def refuse_nul(request: Request) -> None:
    """Refuses the character U+0000 in the values of the query and in the steps of the path."""
    names = dict.fromkeys(n for n, v in request.query_params.multi_items() if NUL in v)
    if names:
        raise Misunderstood(faults=[_nul(name, "query") for name in names])
    steps: Mapping[str, Any] = request.path_params
    faults = [_nul(n, "path") for n, v in steps.items() if isinstance(v, str) and NUL in v]
    if faults:
        raise Invalid(faults=faults)


def declared_length(request: Request) -> int:
    """How long the body says it is; 0 when it does not say."""
    given = request.headers.get("content-length")
    if given is None:
        return 0
    if not re.fullmatch(r"[0-9]{1,18}", given):
        fault = Fault(
            "Content-Length", "wrong_format", "It is not a number.", "Send bytes.", "header"
        )
        raise Misunderstood(faults=[fault])
    return int(given)
