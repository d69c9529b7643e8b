"""The published schema of every event contract may grow and may not break."""

import os
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest

from shared.events.catalogue import contract_of, contracts
from shared.events.contract import Event
from shared.kit.asyncapi import asyncapi, examples_of, schema_of
from shared.kit.compatibility import breaking_changes
from shared.kit.consume import heard_by
from shared.kit.transports.transport import Topic
from tradepost.platform import installed

GOLDEN = Path(__file__).parent / "events"
OFFICIAL = Path(__file__).parent / "asyncapi" / "3.1.0.json"
COMMAND = "UPDATE_GOLDEN=1 pytest tests/contracts"


def complaints(contract: type[Event], golden: Path) -> list[str]:
    """What is wrong with the golden file; with UPDATE_GOLDEN an addition is written down first."""
    schema = schema_of(contract)
    held = orjson.loads(golden.read_bytes()) if golden.exists() else None
    broken = [] if held is None else breaking_changes(held, schema)
    if broken:
        return [f"{contract.TYPE} breaks: {change}. Make it a new version." for change in broken]
    if held == schema:
        return []
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        option = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
        golden.write_bytes(orjson.dumps(schema, option=option))
        return []
    state = "has no golden schema" if held is None else "grew"
    return [f"{contract.TYPE} {state}. Write it down: {COMMAND}"]


def orphans(folder: Path, known: set[str]) -> list[str]:
    return sorted(path.name for path in folder.glob("*.json") if path.stem not in known)


def test_every_contract_keeps_what_it_promised():
    found = [
        said for each in contracts() for said in complaints(each, GOLDEN / f"{each.TYPE}.json")
    ]
    assert found == []


def test_no_published_contract_disappears():
    assert orphans(GOLDEN, {contract.TYPE for contract in contracts()}) == []


def test_every_contract_is_found_by_its_type():
    assert [contract_of(contract.TYPE) for contract in contracts()] == list(contracts())
    assert contract_of("orders.order.dreamt_of.v9") is None


def test_every_contract_has_two_examples_that_obey_it():
    for contract in contracts():
        validator = jsonschema_rs.validator_for(schema_of(contract), validate_formats=True)
        for example in examples_of(contract):
            validator.validate(example)


def test_the_document_of_all_contracts_obeys_the_official_schema():
    official = orjson.loads(OFFICIAL.read_bytes())
    validator = jsonschema_rs.validator_for(official, validate_formats=False)
    heard = {service.name: sorted(heard_by(service.consumers)) for service in installed()}
    document = asyncapi(contracts(), heard, [Topic(one.topic()) for one in contracts()])
    document = orjson.loads(orjson.dumps(document))
    assert [error.message for error in validator.iter_errors(document)] == []
    receiving = [one for one in document["operations"].values() if one["action"] == "receive"]
    assert len(receiving) > 20


class Sung(Event, type="birds.song.sung.v1", key="song"):
    """A bird sang."""

    song: str


class SungLouder(Event, type="birds.song.sung.v1", key="song"):
    """A bird sang."""

    song: str
    volume: int | None = None


class Silent(Event, type="birds.song.sung.v1", key="melody"):
    """A bird sang."""

    melody: str


@pytest.fixture
def golden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "events" / "birds.song.sung.v1.json"
    monkeypatch.setenv("UPDATE_GOLDEN", "1")
    assert complaints(Sung, path) == []
    monkeypatch.delenv("UPDATE_GOLDEN")
    return path


def test_an_unwritten_contract_is_told_with_the_command(tmp_path, monkeypatch):
    monkeypatch.delenv("UPDATE_GOLDEN", raising=False)
    (said,) = complaints(Sung, tmp_path / "birds.song.sung.v1.json")
    assert said == f"birds.song.sung.v1 has no golden schema. Write it down: {COMMAND}"


def test_what_is_written_down_and_unchanged_is_fine(golden: Path):
    assert complaints(Sung, golden) == []


def test_a_contract_that_grew_is_written_down_on_request(golden: Path, monkeypatch):
    assert complaints(SungLouder, golden) == [f"birds.song.sung.v1 grew. Write it down: {COMMAND}"]
    monkeypatch.setenv("UPDATE_GOLDEN", "1")
    assert complaints(SungLouder, golden) == []
    held: Any = orjson.loads(golden.read_bytes())
    assert "volume" in held["properties"]["data"]["properties"]


def test_a_broken_contract_is_refused_also_on_request(golden: Path, monkeypatch):
    before = golden.read_bytes()
    monkeypatch.setenv("UPDATE_GOLDEN", "1")
    said = complaints(Silent, golden)
    assert "birds.song.sung.v1 breaks: #/data/song: removed or renamed. Make it a new version." in (
        said
    )
    assert golden.read_bytes() == before


def test_a_golden_file_without_contract_is_found(golden: Path):
    assert orphans(golden.parent, set()) == ["birds.song.sung.v1.json"]
