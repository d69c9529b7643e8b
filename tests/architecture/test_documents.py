"""What the documents of all six services promise, checked on the documents themselves."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from fastapi import FastAPI

from shared.events.catalogue import contracts
from shared.kit.testing import Bench
from tradepost.platform import NAMES, installed
from tradepost.processes import elements, process_map

SYSTEM = ("list_{}_jobs", "read_{}_job", "cancel_{}_job", "replay_{}_dead_letter")


@pytest.fixture
def apps(
    leads_bench: Bench,
    pricing_bench: Bench,
    orders_bench: Bench,
    loyalty_bench: Bench,
    campaigns_bench: Bench,
    partners_bench: Bench,
) -> dict[str, FastAPI]:
    benches = (
        leads_bench, pricing_bench, orders_bench, loyalty_bench, campaigns_bench, partners_bench,
    )  # fmt: skip
    return {bench.service.name: bench.app for bench in benches}


def _operations(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            yield method, path, operation


def test_six_services_are_installed() -> None:
    assert [service.name for service in installed()] == list(NAMES)


def test_operation_ids_are_verb_noun_and_unique_over_all_six(apps: dict[str, FastAPI]) -> None:
    ids = [
        operation["operationId"] for app in apps.values() for _, _, operation in _operations(app)
    ]

    assert len(ids) == len(set(ids))
    assert [one for one in ids if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", one)] == []


def test_no_schema_is_split_or_left_over_from_the_framework(apps: dict[str, FastAPI]) -> None:
    names = [name for app in apps.values() for name in app.openapi()["components"]["schemas"]]

    assert [n for n in names if re.search(r"-(Input|Output)$|^Body_|^HTTPValidation", n)] == []


def test_each_operation_says_its_scope_its_process_and_its_problems(
    apps: dict[str, FastAPI],
) -> None:
    known = {element.id for element in elements()}
    for name, app in apps.items():
        for method, path, operation in _operations(app):
            assert path.startswith(f"/{name}/"), path
            assert operation["x-scope"].startswith(f"{name}:"), path
            assert operation["security"] == [{"bearer": []}]
            assert set(operation["x-pcf"]) <= known, path
            assert operation["summary"], path
            for status, response in operation["responses"].items():
                if status >= "400":
                    assert list(response["content"]) == ["application/problem+json"], (method, path)


def test_each_write_names_events_of_its_own_service(apps: dict[str, FastAPI]) -> None:
    types = {contract.TYPE for contract in contracts()}
    for name, app in apps.items():
        for _, path, operation in _operations(app):
            for told in operation.get("x-events", []):
                assert told in types, path
                assert told.startswith(f"{name}."), path


def test_the_documents_are_openapi(apps: dict[str, FastAPI]) -> None:
    """Every schema in them is a JSON Schema (2020-12), and every reference leads somewhere."""
    for app in apps.values():
        document = json.loads(json.dumps(app.openapi()))
        schemas = document["components"]["schemas"]
        for schema in schemas.values():
            jsonschema_rs.meta.validate(schema)
        used = set(re.findall(r"#/components/schemas/([^\"]+)", json.dumps(document)))
        assert used <= schemas.keys()


def test_every_element_that_says_it_works_has_a_test() -> None:
    """An operation alone is no proof: each element with one has a marked scenario test too."""
    untested = [one.id for one in process_map() if one.operations and not one.tests]

    assert untested == []


def test_marks_name_elements_of_the_framework() -> None:
    known = {element.id for element in elements()}
    found = {one.id for one in process_map() if one.tests}

    assert found <= known
    assert len(known) == len(elements()) == 201
