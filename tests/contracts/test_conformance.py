"""Walks every operation of all six documents: what it refuses, it refuses as the document says."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi.routing import APIRoute

from shared.kit.examples import Maker
from shared.kit.http.doors import query_names
from shared.kit.http.problems import KINDS, MEDIA_TYPE
from shared.kit.http.system import system_doors
from shared.kit.service import Running
from shared.kit.testing import EVERYTHING, Bench
from tradepost.platform import NAMES

NUMBERS = (-1, 2**31, 2**63, 1e300)
HOSTILE = (
    "", "\u202e🛒", "x" * 3000, "999999999999999999", "1e-30", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z", "9999-12-31", "Europe",
)  # fmt: skip

UNKNOWN = "no_such_member"


def _routes() -> Iterator[tuple[str, APIRoute]]:
    for name in NAMES:
        service = import_module(f"{name}.main").service
        # The doors every service has need its name alone to be listed.
        nameless = cast("Running", SimpleNamespace(service=service, consumer=None))
        for doors in (*service.doors, *system_doors(nameless)):
            for route in doors.routes:
                if isinstance(route, APIRoute) and route.include_in_schema:
                    yield name, route


def _walk(wanted: Callable[[APIRoute], object] = bool) -> list[tuple[str, str]]:
    """The operations of which that is so: a case for each, and none that is passed over."""
    return sorted({(name, route.name) for name, route in _routes() if wanted(route)})


def _required(route: APIRoute) -> bool:
    body = route.body_field and route.body_field.field_info.annotation
    return body is not None and any(f.is_required() for f in body.model_fields.values())


def _has_uuid(route: APIRoute) -> bool:
    return any(one.field_info.annotation is UUID for one in route.dependant.path_params)


def _asks(route: APIRoute, name: str) -> bool:
    return name in query_names(route)


WALK = _walk()
WITH_JSON = _walk(lambda route: route.body_field)
WITH_REQUIRED = _walk(_required)
WITH_ID = _walk(lambda route: route.dependant.path_params and "PUT" not in route.methods)
WITH_UUID = _walk(_has_uuid)
LISTS = _walk(lambda route: route.name.startswith("list_") and "{" not in route.path)
REFUSING = [
    (name, route.name, parameter, value)
    for name, route in _routes()
    for parameter, value in (
        ("limit", "0"),
        ("limit", "201"),
        ("sort", "no_such_sort"),
        ("cursor", "AAAAAAAAAAAAAAAAAAAA"),
    )
    if route.name.startswith("list_")
    and _asks(route, parameter)
    and (parameter != "cursor" or "{" not in route.path)
]


@dataclass(frozen=True)
class Operation:
    """One operation of one service, and how it is called."""

    bench: Bench
    id: str
    method: str
    path: str
    said: Mapping[str, Any]
    document: Mapping[str, Any]

    def parameters(self, place: str) -> list[Mapping[str, Any]]:
        return [one for one in self.said.get("parameters", []) if one["in"] == place]

    def made(self, schema: Any, name: str = "") -> Any:
        return Maker(self.document, self.id, 0).make(schema, name)

    def resolved(self, schema: Any) -> dict[str, Any]:
        return Maker(self.document, self.id, 0)._resolved(schema)

    def url(self, **given: str) -> str:
        """The path, with an id nobody has for each of its parameters that is not given."""
        steps = {}
        for one in self.parameters("path"):
            kind = self.resolved(one["schema"])
            steps[one["name"]] = given.get(one["name"]) or (
                str(uuid4()) if kind.get("format") == "uuid" else "nobody"
            )
        return self.path.format(**steps)

    @property
    def query(self) -> dict[str, Any]:
        """What must be asked, with values that are accepted."""
        return {
            one["name"]: self.made(one["schema"], one["name"])
            for one in self.parameters("query")
            if one.get("required")
        }

    @property
    def schema(self) -> Any:
        """The schema of its JSON body; None when it takes none."""
        content = self.said.get("requestBody", {}).get("content", {})
        return content.get("application/json", {}).get("schema")

    @property
    def headers(self) -> dict[str, str]:
        return {"If-Match": '"v1"'} if self.said.get("x-must-match") else {}

    async def call(self, **how: Any) -> httpx.Response:
        how = {"params": self.query, **how}
        how["headers"] = {**self.headers, **how.get("headers", {})}
        url = how.pop("url", None) or self.url()
        return await self.bench.client.request(how.pop("method", self.method), url, **how)

    def refused(self, answer: httpx.Response, status: int) -> dict[str, Any]:
        """The problem of an answer: whole, of a kind that has a page, and a documented one."""
        assert answer.status_code == status, f"{answer.status_code} {answer.text[:800]}"
        assert answer.headers["content-type"] == MEDIA_TYPE
        body: dict[str, Any] = answer.json()
        assert {"type", "title", "status", "detail", "instance", "request_id"} <= body.keys()
        kind = KINDS[body["type"].removeprefix("/problems/")]
        assert body["status"] == kind.status == status
        assert body["title"] == kind.title
        assert body["detail"]
        assert body["request_id"] == answer.headers["x-request-id"]
        assert str(status) in self.said["responses"]
        for fault in body["errors"]:
            assert fault["code"], fault
            assert fault["detail"], fault
            assert fault["remedy"], fault
        return body


@pytest.fixture
def operation(
    request: pytest.FixtureRequest,
    leads_bench: Bench,
    pricing_bench: Bench,
    orders_bench: Bench,
    loyalty_bench: Bench,
    campaigns_bench: Bench,
    partners_bench: Bench,
) -> Operation:
    benches = (
        leads_bench, pricing_bench, orders_bench, loyalty_bench, campaigns_bench, partners_bench,
    )  # fmt: skip
    service, wanted = request.param
    bench = next(bench for bench in benches if bench.service.name == service)
    document = bench.app.openapi()
    for path, operations in document["paths"].items():
        for method, said in operations.items():
            if said["operationId"] == wanted:
                return Operation(bench, wanted, method.upper(), path, said, document)
    raise AssertionError(f"{wanted} is in no document")


def _each(wanted: list[tuple[str, str]]) -> pytest.MarkDecorator:
    ids = [f"{service}-{name}" for service, name in wanted]
    return pytest.mark.parametrize("operation", wanted, ids=ids, indirect=True)


def _in(document: Any, pointer: str) -> bool:
    """Whether a pointer leads to something in what was sent, or to a member of it."""
    steps = [s.replace("~1", "/").replace("~0", "~") for s in pointer.split("/")[1:]]
    for step in steps[:-1]:
        document = document[int(step) if isinstance(document, list) else step]
    return pointer.startswith("#") and (not steps or isinstance(document, list | dict))


def _wrong(operation: Operation, schema: Any) -> Any:
    """A value of a type this schema does not take."""
    found = operation.resolved(schema)
    branches = [operation.resolved(one) for one in found.get("anyOf", found.get("oneOf", [found]))]
    types = {one.get("type", "object" if "properties" in one else None) for one in branches}
    return 7 if "object" in types and not types & {"integer", "number", "string"} else {"no": "no"}


def _leaves(document: Any, place: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    inner = document.items() if isinstance(document, dict) else enumerate(document)
    for step, value in inner:
        if isinstance(value, dict | list):
            yield from _leaves(value, (*place, step))
        else:
            yield (*place, step)


def _with(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    copy = document.copy()
    copy[place[0]] = _with(copy[place[0]], place[1:], value)
    return copy


@_each(WALK)
async def test_without_a_token_or_its_scope_it_names_the_scope(operation: Operation) -> None:
    scope = operation.said["x-scope"]
    others = operation.bench.bearer(*(one for one in EVERYTHING if one != scope))

    nobody = await operation.call(headers={"Authorization": ""})
    somebody = await operation.call(headers=others)

    assert operation.refused(nobody, 401)["missing_scope"] == scope
    assert operation.refused(somebody, 403)["missing_scope"] == scope


@_each(WALK)
async def test_an_unknown_parameter_is_named(operation: Operation) -> None:
    answer = await operation.call(params={**operation.query, "no_such_parameter": "1"})

    (fault,) = operation.refused(answer, 400)["errors"]
    assert (fault["in"], fault["pointer"]) == ("query", "no_such_parameter")


@_each(WALK)
async def test_another_method_is_told_those_there_are(operation: Operation) -> None:
    answer = await operation.call(method="TRACE")

    operation.refused(answer, 405)
    assert operation.method in answer.headers["allow"].split(", ")


@_each(WITH_JSON)
async def test_every_wrong_member_is_a_fault(operation: Operation) -> None:
    members = operation.resolved(operation.schema)["properties"]
    body = {name: _wrong(operation, schema) for name, schema in members.items()}
    body[UNKNOWN] = 1

    problem = operation.refused(await operation.call(json=body), 422)

    pointers = {fault["pointer"]: fault for fault in problem["errors"]}
    assert {pointer.split("/")[1] for pointer in pointers} == body.keys()
    assert pointers[f"#/{UNKNOWN}"]["code"] == "unknown_member"
    for pointer, fault in pointers.items():
        assert fault["in"] == "body"
        assert _in(body, pointer), pointer


@_each(WITH_JSON)
async def test_a_body_that_cannot_be_read_is_refused(operation: Operation) -> None:
    json = {"Content-Type": "application/json"}
    limit = operation.said.get("x-max-bytes", operation.bench.running.settings.max_body_bytes)

    broken = await operation.call(content=b'{"half": ', headers=json)
    other = await operation.call(content=b"half", headers={"Content-Type": "text/plain"})
    long = await operation.call(content=b"{}", headers={**json, "Content-Length": f"{limit + 1}"})

    operation.refused(broken, 400)
    operation.refused(other, 415)
    assert operation.refused(long, 413)["max_bytes"] == limit


@_each(WITH_REQUIRED)
async def test_what_is_missing_is_said_for_each_member(operation: Operation) -> None:
    required = operation.resolved(operation.schema)["required"]

    problem = operation.refused(await operation.call(json={}), 422)

    missing = {fault["pointer"] for fault in problem["errors"] if fault["code"] == "required"}
    assert missing >= {f"#/{name}" for name in required}


@_each(WITH_ID)
async def test_an_id_nobody_has_is_not_found(operation: Operation) -> None:
    body = None if operation.schema is None else operation.made(operation.schema)

    operation.refused(await operation.call(json=body), 404)


@_each(WITH_UUID)
async def test_an_id_that_is_none_is_named(operation: Operation) -> None:
    ids = [
        one["name"]
        for one in operation.parameters("path")
        if operation.resolved(one["schema"]).get("format") == "uuid"
    ]
    url = operation.url(**dict.fromkeys(ids, "4711"))
    body = None if operation.schema is None else operation.made(operation.schema)

    problem = operation.refused(await operation.call(url=url, json=body), 422)

    found = {fault["pointer"] for fault in problem["errors"] if fault["in"] == "path"}
    assert found == set(ids)


@_each(WALK)
async def test_no_value_of_a_parameter_is_a_bug(operation: Operation) -> None:
    bugs = []
    for one in operation.parameters("query"):
        for value in (*HOSTILE, *map(str, NUMBERS)):
            query = {**operation.query, one["name"]: value}
            answer = await operation.call(params=query)
            if answer.status_code >= 500:
                bugs.append((one["name"], str(value)[:40], answer.status_code))
            if answer.status_code >= 400:
                operation.refused(answer, answer.status_code)

    assert bugs == []


@_each(WITH_JSON)
async def test_no_value_of_a_member_is_a_bug(operation: Operation) -> None:
    whole = operation.made(operation.schema)
    bugs = []
    for place in _leaves(whole, ()):
        for value in (*HOSTILE, *NUMBERS, None):
            answer = await operation.call(json=_with(whole, place, value))
            if answer.status_code >= 500:
                bugs.append((place, str(value)[:40], answer.status_code))
            elif answer.status_code >= 400:
                operation.refused(answer, answer.status_code)

    assert bugs == []


@_each(LISTS)
async def test_a_list_that_is_empty_has_no_items_and_counts_none(operation: Operation) -> None:
    await operation.bench.forget()
    counting = "include_total" in {one["name"] for one in operation.parameters("query")}
    query = {**operation.query, **({"include_total": "true"} if counting else {})}

    answer = await operation.call(params=query)

    assert answer.status_code == 200, answer.text
    assert answer.json()["items"] == []
    if counting:
        page = answer.json()
        assert (page["total"], page["next"], page["prev"]) == (0, None, None)


@pytest.mark.parametrize(
    ("operation", "parameter", "value"),
    [((service, name), parameter, value) for service, name, parameter, value in REFUSING],
    ids=["-".join(one) for one in REFUSING],
    indirect=["operation"],
)
async def test_a_list_names_what_it_cannot_do(
    operation: Operation, parameter: str, value: str
) -> None:
    answer = await operation.call(params={**operation.query, parameter: value})

    (fault,) = operation.refused(answer, 400)["errors"]
    assert (fault["in"], fault["pointer"]) == ("query", parameter)
