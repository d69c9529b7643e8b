"""The AsyncAPI document and the JSON Schemas of the event contracts, made from the contracts.

Source: AsyncAPI 3.1.0, its Kafka bindings 0.5.0, JSON Schema 2020-12, CloudEvents 1.0.2.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from inspect import cleandoc
from typing import Any
from uuid import UUID

from pydantic.json_schema import models_json_schema
from pydantic_core import from_json, to_json

from shared.events.contract import CONTENT_TYPE, Envelope, Event
from shared.kit.examples import BEGIN, Maker
from shared.kit.transports.transport import Topic

VERSION = "3.1.0"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_BINDING = "0.5.0"
_TEXT: Mapping[str, Any] = {"type": "string"}

Contract = type[Event]


def schema_of(contract: Contract, base: str = "") -> dict[str, Any]:
    """The JSON Schema of the whole CloudEvent, as served under `/events/schemas/<type>.json`.

    `base` is the address of the host that serves it, when an absolute `$id` is wanted.
    """
    data = contract.model_json_schema(mode="validation")
    definitions = data.pop("$defs", {})
    schema = {"$schema": DIALECT, "$id": f"{base}/events/schemas/{contract.TYPE}.json"}
    schema |= _cloud_event(contract, data)
    return {**schema, "$defs": definitions} if definitions else schema


def examples_of(contract: Contract) -> list[dict[str, Any]]:
    """Two whole CloudEvents: one with every member, one with the required ones.

    Raises when a made-up one is not valid data of the contract: then it must say `examples`.
    """
    schema = contract.model_json_schema(mode="validation")
    made = []
    for number in range(2):
        ids = Maker(schema, f"{contract.TYPE}#envelope", number)
        data = Maker(schema, contract.TYPE, number).make(schema)
        event = contract.model_validate_json(to_json(data))
        identifier = ids.make({"type": "string", "format": "uuid7"})
        envelope = Envelope(
            id=UUID(identifier),
            type=contract.TYPE,
            source=f"/{contract.service()}",
            subject=event.key(),
            time=BEGIN + timedelta(days=number),
            sequence=number + 1,
            data=data,
            correlation_id=identifier,
            traceparent=f"00-{UUID(identifier).hex}-{UUID(identifier).hex[:16]}-01",
        )
        made.append(from_json(envelope.structured()))
    return made


def asyncapi(
    contracts: Sequence[Contract],
    consumers: Mapping[str, Sequence[str]],
    topics: Sequence[Topic],
    version: str = "1",
) -> dict[str, Any]:
    """The document of these contracts. `consumers` says which types each service hears."""
    declared = {topic.name: topic for topic in topics}
    for contract in contracts:
        declared.setdefault(contract.topic(), Topic(contract.topic()))
    _, schemas = models_json_schema(
        [(contract, "validation") for contract in contracts],
        ref_template="#/components/schemas/{model}",
    )
    return {
        "asyncapi": VERSION,
        "info": {
            "title": "Tradepost events",
            "version": version,
            "description": "At least once, in order per key. Ignore what you do not know.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {
            name: _channel(declared[name], [c for c in contracts if c.topic() == name])
            for name in sorted(declared)
        },
        "operations": _operations(contracts, consumers),
        "components": {
            "messages": {contract.TYPE: _message(contract) for contract in contracts},
            "schemas": schemas.get("$defs", {}),
        },
    }


def _cloud_event(contract: Contract, data: Mapping[str, Any]) -> dict[str, Any]:
    attributes = {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid"},
        "source": {"type": "string", "format": "uri-reference"},
        "type": {"const": contract.TYPE},
        "subject": {**_TEXT, "description": f"The `{contract.KEY}` of the data."},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "dataschema": {"type": "string", "format": "uri-reference"},
        "partitionkey": _TEXT,
        "sequence": {
            "type": "string",
            "pattern": "^[0-9]{20}$",
            "description": "The aggregate's version, without gaps, padded to compare as text.",
        },
        "correlationid": _TEXT,
        "causationid": _TEXT,
        "traceparent": {
            "type": "string",
            "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}",
        },
        "actor": _TEXT,
    }
    always = ("specversion", "id", "source", "type", "subject", "time", "sequence", "data")
    return {
        "title": contract.__name__,
        "description": _meaning(contract),
        "type": "object",
        "properties": {**attributes, "data": data},
        "required": list(always),
        "x-pcf": list(contract.PCF),
    }


def _message(contract: Contract) -> dict[str, Any]:
    data = {"$ref": f"#/components/schemas/{contract.__name__}"}
    envelope = _cloud_event(contract, data)
    attributes = envelope["properties"]
    headers = {f"ce_{name}": rule for name, rule in attributes.items() if name != "data"}
    return {
        "name": contract.TYPE,
        "title": contract.__name__,
        "summary": _meaning(contract).split("\n", 1)[0],
        "description": _meaning(contract),
        "contentType": CONTENT_TYPE,
        "headers": {
            "type": "object",
            "properties": {"content-type": {"const": CONTENT_TYPE}, **headers},
            "required": ["content-type", "ce_specversion", "ce_id", "ce_source", "ce_type"],
        },
        "payload": envelope,
        "correlationId": {"location": "$message.header#/ce_correlationid"},
        "bindings": {"kafka": {"key": _TEXT, "bindingVersion": _BINDING}},
        "examples": [
            {"name": name, "headers": _headers_of(example), "payload": example}
            for name, example in zip(("full", "shortest"), examples_of(contract), strict=True)
        ],
        "x-pcf": list(contract.PCF),
    }


def _headers_of(example: Mapping[str, Any]) -> dict[str, str]:
    found = {f"ce_{name}": value for name, value in example.items() if name != "data"}
    return {"content-type": CONTENT_TYPE, **found}


def _channel(topic: Topic, contracts: Sequence[Contract]) -> dict[str, Any]:
    kept = {
        "cleanup.policy": ["compact" if topic.compacted else "delete"],
        "retention.ms": -1 if topic.compacted else topic.retention // timedelta(milliseconds=1),
    }
    return {
        "address": topic.name,
        "messages": {c.TYPE: {"$ref": f"#/components/messages/{c.TYPE}"} for c in contracts},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": kept,
                "bindingVersion": _BINDING,
            }
        },
        "x-key": sorted({contract.KEY for contract in contracts}),
        "x-pcf": sorted({element for contract in contracts for element in contract.PCF}),
    }


def _operations(
    contracts: Sequence[Contract], consumers: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    by_type = {contract.TYPE: contract for contract in contracts}
    found: dict[str, Any] = {}
    for contract in contracts:
        _mention(found, contract.service(), "send", contract)
    for service, types in sorted(consumers.items()):
        for heard in types:
            if heard not in by_type:
                raise LookupError(f"{service} hears {heard}, of which there is no contract.")
            _mention(found, service, "receive", by_type[heard])
    return found


def _mention(found: dict[str, Any], service: str, action: str, contract: Contract) -> None:
    topic = contract.topic()
    operation = found.setdefault(
        f"{service}.{action}.{topic}",
        {
            "action": action,
            "channel": {"$ref": f"#/channels/{topic}"},
            "messages": [],
            "tags": [{"name": service}],
            "x-pcf": [],
        },
    )
    if action == "receive":
        group = {"type": "string", "enum": [service]}
        operation["bindings"] = {"kafka": {"groupId": group, "bindingVersion": _BINDING}}
    operation["messages"].append({"$ref": f"#/channels/{topic}/messages/{contract.TYPE}"})
    operation["x-pcf"] = sorted({*operation["x-pcf"], *contract.PCF})


def _meaning(contract: Contract) -> str:
    return cleandoc(contract.__doc__ or contract.__name__)
