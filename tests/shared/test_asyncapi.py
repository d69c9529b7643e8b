"""The AsyncAPI document against the official schema, offline, and its examples against all."""

from copy import deepcopy
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import jsonschema_rs
import orjson
import pytest
from pydantic import BaseModel, Field

from shared.events.contract import Event, envelope_of
from shared.kit.asyncapi import asyncapi, examples_of, schema_of
from shared.kit.examples import NoExample
from shared.kit.transports.transport import Topic
from shared.values import Currency, Exact, Instant, Money, Quantity

OFFICIAL = Path(__file__).parents[1] / "contracts" / "asyncapi" / "3.1.0.json"


class Channel(StrEnum):
    WEB = "web"
    SHOP = "shop"


class Part(BaseModel):
    sku: str = Field(min_length=1, max_length=40)
    quantity: Quantity
    price: Money
    parts: list["Part"] = Field(default_factory=list)


class LampLit(Event, type="lights.lamp.lit.v1", key="lamp_id", pcf=("3.5.4.1", "3.5.4.2")):
    """A lamp was lit.

    It burns until it is put out.
    """

    lamp_id: UUID
    lit_at: Instant
    until: date | None = None
    channel: Channel
    kind: Literal["lamp"] = "lamp"
    parts: list[Part] = Field(min_length=1)
    rate: Exact
    currency: Currency
    watts: int = Field(gt=0, le=100, multiple_of=5)
    share: float = Field(gt=0, lt=1)
    labels: dict[str, str] = Field(default_factory=dict)
    pair: tuple[str, int] | None = None
    code: Annotated[str, Field(pattern="^L-[0-9]{4}$", examples=["L-0001", "L-0002"])]
    seen_at: datetime | None = None


class LampBroken(Event, type="lights.lamp.broken.v1", key="lamp_id", pcf=("3.5.4.1",)):
    """A lamp broke."""

    lamp_id: UUID
    by: str | None = None


CONTRACTS = (LampLit, LampBroken)
TOPICS = (
    Topic("lights.lamp", partitions=3, retention=timedelta(days=7)),
    Topic("lights.lamp.state", compacted=True),
)


@pytest.fixture
def document() -> dict[str, Any]:
    return asyncapi(CONTRACTS, {"orders": ["lights.lamp.lit.v1"]}, TOPICS)


@cache
def official() -> Any:
    schema = orjson.loads(OFFICIAL.read_bytes())
    return jsonschema_rs.validator_for(schema, validate_formats=False)


def test_the_official_schema_is_the_one_that_was_published():
    digest = sha256(OFFICIAL.read_bytes()).hexdigest()
    assert digest == "51d3274899ad2875f25c18fd1aef4d5512f0a97be785d519740bde55a4162f61"
    assert digest in (OFFICIAL.parent / "README.md").read_text()


def test_the_document_obeys_the_official_schema(document):
    assert [error.message for error in official().iter_errors(document)] == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d["operations"]["orders.receive.lights.lamp"].update(action="listen"),
        lambda d: d["channels"]["lights.lamp"].update(adress="x"),
        lambda d: d["channels"]["lights.lamp"]["bindings"]["kafka"].update(partitions=0),
        lambda d: d["components"]["messages"]["lights.lamp.lit.v1"].update(nmae="x"),
        lambda d: d.pop("info"),
    ],
)
def test_the_official_schema_finds_what_is_wrong(document, spoil):
    spoilt = deepcopy(document)
    spoil(spoilt)
    assert not official().is_valid(spoilt)


def test_a_document_without_contracts_is_valid():
    assert official().is_valid(asyncapi((), {}, ()))


def test_channels_say_how_their_topic_is_kept(document):
    kafka = {name: c["bindings"]["kafka"] for name, c in document["channels"].items()}
    assert kafka["lights.lamp"] == {
        "topic": "lights.lamp",
        "partitions": 3,
        "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": 604_800_000},
        "bindingVersion": "0.5.0",
    }
    assert kafka["lights.lamp.state"]["topicConfiguration"]["cleanup.policy"] == ["compact"]
    assert document["channels"]["lights.lamp"]["x-key"] == ["lamp_id"]


def test_operations_say_who_sends_and_who_hears(document):
    assert set(document["operations"]) == {"lights.send.lights.lamp", "orders.receive.lights.lamp"}
    heard = document["operations"]["orders.receive.lights.lamp"]
    assert heard["messages"] == [{"$ref": "#/channels/lights.lamp/messages/lights.lamp.lit.v1"}]
    assert heard["bindings"]["kafka"]["groupId"] == {"type": "string", "enum": ["orders"]}
    assert heard["x-pcf"] == ["3.5.4.1", "3.5.4.2"]


def test_hearing_an_event_without_contract_is_a_mistake():
    with pytest.raises(LookupError, match=r"lights\.lamp\.sold\.v1"):
        asyncapi(CONTRACTS, {"orders": ["lights.lamp.sold.v1"]}, TOPICS)


def test_every_reference_leads_somewhere(document):
    def references(value: Any) -> Any:
        if isinstance(value, dict):
            yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
            for inner in value.values():
                yield from references(inner)
        if isinstance(value, list):
            for inner in value:
                yield from references(inner)

    found = set(references(document))
    assert found
    for reference in found:
        target = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_examples_are_valid_everywhere(contract, document):
    message = document["components"]["messages"][contract.TYPE]
    examples = [example["payload"] for example in message["examples"]]
    assert examples == examples_of(contract)
    schema = schema_of(contract)
    headers = jsonschema_rs.validator_for(message["headers"], validate_formats=True)
    payload = jsonschema_rs.validator_for(
        {**message["payload"], "components": document["components"]}, validate_formats=True
    )
    for example in message["examples"]:
        jsonschema_rs.validate(schema, example["payload"], validate_formats=True)
        payload.validate(example["payload"])
        headers.validate(example["headers"])
        event = contract.model_validate(example["payload"]["data"])
        envelope = envelope_of(orjson.dumps(example["payload"]), ())
        assert (envelope.type, envelope.subject) == (contract.TYPE, event.key())
    assert examples[0] != examples[1]


def test_the_full_example_has_every_member_and_the_short_one_the_required():
    full, short = (set(example["data"]) for example in examples_of(LampLit))
    assert full == set(LampLit.model_fields)
    assert short == {name for name, f in LampLit.model_fields.items() if f.is_required()}


def test_the_schema_names_itself_and_its_meaning():
    schema = schema_of(LampLit, "https://events.example")
    assert schema["$id"] == "https://events.example/events/schemas/lights.lamp.lit.v1.json"
    assert schema["description"] == "A lamp was lit.\n\nIt burns until it is put out."
    assert schema["properties"]["type"] == {"const": "lights.lamp.lit.v1"}
    assert jsonschema_rs.meta.is_valid(schema)


def test_a_pattern_that_nothing_made_up_fits_asks_for_an_example():
    class LampNamed(Event, type="lights.lamp.named.v1", key="code"):
        """A lamp has a name."""

        code: str = Field(pattern="^L-[0-9]{4}$")

    with pytest.raises(NoExample, match=r"lights\.lamp\.named\.v1: give 'code'"):
        examples_of(LampNamed)
