"""Lists: declared filters and sorts, and cursor pages that hold still while rows come and go.

    ORDERS = Listing(
        Order,
        filters={"state": OrderState, "customer_id": UUID},
        ranges={"placed_at": datetime},
        sorts=("placed_at", "number"),
        default="-placed_at",
        text=("number",),
    )

    @router.get("")
    async def list_orders(work: Reading, asked: Annotated[Asked, Depends(ORDERS)]) -> Page[OrderView]:
        async with work:
            return work.answer(await ORDERS.page(work, asked, OrderView))

A cursor names the last row seen by its sort value and id (keyset), is signed, and is bound to the
filters and the sort it was made for. Sort columns must not be null.
"""

import base64
import hashlib
import hmac
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel, Field
from pydantic_core import from_json, to_json
from sqlalchemy import BigInteger, ColumnElement, Select, Text, cast, func, or_, select, tuple_
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute

from shared.errors import Fault, Misunderstood
from shared.kit.http.problems import did_you_mean
from shared.kit.work import Work
from shared.values import Exact, Instant

View = TypeVar("View", bound=BaseModel)

RANGES = {"gte": "at least", "gt": "more than", "lte": "at most", "lt": "less than"}


class Page(BaseModel, Generic[View]):
    """One page of a list. `next` and `prev` are links, null at the ends."""

    items: list[View]
    next: str | None = None
    prev: str | None = None
    total: int | None = Field(default=None, description="only with include_total=true")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a caller asked of a list."""

    request: Request = field(repr=False)
    limit: int = 50
    cursor: str | None = None
    sort: str = ""
    q: str | None = None
    include_total: bool = False
    filters: Mapping[str, Any] = field(default_factory=dict)


class BadCursor(Misunderstood):
    """The cursor is not one of ours, or belongs to another list, filter or sort."""

    def __init__(self) -> None:
        fault = Fault(
            "cursor",
            "bad_cursor",
            "The cursor is not one of ours, or was made for other filters or another sort.",
            "Follow the links of a page as they are, or start again without cursor.",
            "query",
        )
        super().__init__(faults=[fault])


class Listing:
    """What may be asked of a collection. As a dependency it parses the query into `Asked`."""

    def __init__(
        self,
        row: type[DeclarativeBase],
        *,
        filters: Mapping[str, Any] | None = None,
        ranges: Mapping[str, Any] | None = None,
        sorts: Sequence[str] = ("id",),
        default: str = "-id",
        text: Sequence[str] = (),
        key: str = "id",
    ) -> None:
        self._row = row
        self._filters = dict(filters or {})
        self._ranges = dict(ranges or {})
        self._sorts = tuple(sorts)
        self._default = default
        self._text = tuple(text)
        self._key = key
        self.__signature__ = inspect.Signature(self._parameters())

    def _parameters(self) -> list[inspect.Parameter]:
        sorts = ", ".join(self._sorts)
        declared: list[tuple[str, Any, Any]] = [
            ("request", Request, inspect.Parameter.empty),
            ("limit", Annotated[int, Query(ge=1, le=200, description="items a page")], 50),
            ("cursor", Annotated[str | None, Query(description="from next or prev")], None),
            (
                "sort",
                Annotated[str, Query(description=f"one of {sorts}; a minus sorts downwards")],
                self._default,
            ),
            ("include_total", Annotated[bool, Query(description="count all that match")], False),
        ]
        if self._text:
            said = Query(min_length=1, description=f"text in {', '.join(self._text)}")
            declared.append(("q", Annotated[str | None, said], None))
        for name, kind in self._filters.items():
            said = Query(description=f"{name} is one of these")
            shown = self._storable(name, kind)
            declared.append((name, Annotated[list[shown] | None, said], None))  # type: ignore[valid-type]  # known at run time
        for name, kind in self._ranges.items():
            shown = self._storable(name, kind)
            for suffix, words in RANGES.items():
                said = Query(description=f"{name} {words}")
                declared.append((f"{name}_{suffix}", Annotated[shown | None, said], None))
        return [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default
            )
            for name, kind, default in declared
        ]

    def _storable(self, name: str, kind: Any) -> Any:
        """The kind, narrowed to what the column can be compared with."""
        if kind is int:
            column = getattr(self._row, name, None)
            most = 2 ** (63 if isinstance(getattr(column, "type", None), BigInteger) else 31)
            return Annotated[int, Field(ge=-most, le=most - 1)]
        return {datetime: Instant, Decimal: Exact}.get(kind, kind)

    def __call__(self, **given: Any) -> Asked:
        wanted = str(given["sort"])
        if wanted.lstrip("-") not in self._sorts or wanted.count("-") > 1:
            fault = Fault(
                "sort",
                "unknown_sort",
                f"{wanted} is not a sort of this list.",
                f"Send one of {', '.join(self._sorts)}. "
                f"{did_you_mean(wanted.lstrip('-'), self._sorts)}".strip(),
                "query",
            )
            raise Misunderstood(faults=[fault])
        asked = {"request", "limit", "cursor", "sort", "include_total", "q"}
        return Asked(
            request=given["request"],
            limit=given["limit"],
            cursor=given["cursor"],
            sort=wanted,
            q=given.get("q"),
            include_total=given["include_total"],
            filters={n: v for n, v in given.items() if n not in asked and v is not None},
        )

    def _column(self, name: str) -> InstrumentedAttribute[Any]:
        found: InstrumentedAttribute[Any] = getattr(self._row, name)
        return found

    def conditions(self, asked: Asked) -> list[ColumnElement[bool]]:
        """The filters as SQL, for pages, totals and exports alike."""
        found: list[ColumnElement[bool]] = []
        for name, value in asked.filters.items():
            base, _, suffix = name.rpartition("_")
            if name in self._filters:
                found.append(self._column(name).in_(value))
            else:
                column = self._column(base)
                operators: Mapping[str, Callable[[], ColumnElement[bool]]] = {
                    "gte": lambda c=column, v=value: c >= v,  # type: ignore[misc]  # a bound default, not a parameter
                    "gt": lambda c=column, v=value: c > v,  # type: ignore[misc]  # as above
                    "lte": lambda c=column, v=value: c <= v,  # type: ignore[misc]  # as above
                    "lt": lambda c=column, v=value: c < v,  # type: ignore[misc]  # as above
                }
                found.append(operators[suffix]())
        if asked.q and self._text:
            escaped = asked.q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            columns = (cast(self._column(name), Text) for name in self._text)
            found.append(or_(*(column.ilike(f"%{escaped}%") for column in columns)))
        return found

    async def page(
        self,
        work: Work,
        asked: Asked,
        view: type[View],
        *,
        narrowed: Callable[[Select[Any]], Select[Any]] = lambda chosen: chosen,
        shown: Callable[[Any], View] | None = None,
    ) -> Page[View]:
        """One page. `narrowed` adds joins or conditions; `shown` makes the view of a row."""
        conditions = self.conditions(asked)
        chosen = narrowed(select(self._row).where(*conditions))
        sort_column = self._column(asked.sort.lstrip("-"))
        key = self._column(self._key)
        down = asked.sort.startswith("-")
        binding = self._binding(asked)
        backwards = False
        if asked.cursor is not None:
            backwards, value, key_value = _opened(asked, binding)
            last = tuple_(_typed(sort_column, value), _typed(key, key_value))
            here = tuple_(sort_column, key)
            chosen = chosen.where(here < last if down != backwards else here > last)
        downwards = down != backwards
        order = (sort_column.desc(), key.desc()) if downwards else (sort_column.asc(), key.asc())
        rows = list(
            (await work.session.scalars(chosen.order_by(*order).limit(asked.limit + 1))).unique()
        )
        more = len(rows) > asked.limit
        rows = rows[: asked.limit]
        if backwards:
            rows.reverse()
        make = shown or view.model_validate
        page = Page[view](items=[make(row) for row in rows])  # type: ignore[valid-type]  # the view is known at run time
        if rows:
            here_before = (backwards and more) or (not backwards and asked.cursor is not None)
            here_after = more if not backwards else True
            page.next = self._link(asked, binding, rows[-1], False) if here_after else None
            page.prev = self._link(asked, binding, rows[0], True) if here_before else None
        if asked.include_total:
            counted = narrowed(select(self._row).where(*conditions)).subquery()
            page.total = await work.session.scalar(select(func.count()).select_from(counted))
        return page

    def _binding(self, asked: Asked) -> str:
        bound = [asked.request.url.path, asked.sort, asked.q, sorted(asked.filters.items())]
        return hashlib.sha256(to_json(bound)).hexdigest()[:16]

    def _link(self, asked: Asked, binding: str, row: Any, backwards: bool) -> str:  # noqa: FBT001  # private
        place = [
            binding,
            backwards,
            _plain(getattr(row, asked.sort.lstrip("-"))),
            _plain(getattr(row, self._key)),
        ]
        content = to_json(place)
        seal = _seal(asked, content)
        cursor = base64.urlsafe_b64encode(seal + content).decode().rstrip("=")
        kept = [(n, v) for n, v in asked.request.query_params.multi_items() if n != "cursor"]
        return f"{asked.request.url.path}?{urlencode([*kept, ('cursor', cursor)])}"


def _seal(asked: Asked, content: bytes) -> bytes:
    secret: bytes = asked.request.app.state.running.cursor_secret
    return hmac.digest(secret, content, "sha256")[:12]


def _opened(asked: Asked, binding: str) -> tuple[bool, Any, Any]:
    try:
        given = (asked.cursor or "").encode()
        raw = base64.urlsafe_b64decode(given + b"=" * (-len(given) % 4))
        seal, content = raw[:12], raw[12:]
    except ValueError:
        raise BadCursor from None
    # The seal comes first: what it does not cover is not even read.
    if not hmac.compare_digest(seal, _seal(asked, content)):
        raise BadCursor
    bound, backwards, value, key_value = from_json(content)
    if bound != binding:
        raise BadCursor
    return bool(backwards), value, key_value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal | StrEnum):
        return str(value)
    return value


def _typed(column: InstrumentedAttribute[Any], value: Any) -> Any:
    """A cursor's value in the column's own Python type."""
    kind = column.type.python_type
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is date:
        return date.fromisoformat(value)
    if kind in (UUID, Decimal):
        return kind(value)
    return value
