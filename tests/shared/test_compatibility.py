"""The additive-only check, proved by mutation."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kit.compatibility import breaking_changes

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "kind": {"const": "order"},
        "state": {"type": "string", "enum": ["accepted", "cancelled"]},
        "note": {
            "anyOf": [{"type": "string", "maxLength": 200}, {"type": "null"}],
            "default": None,
        },
        "count": {"type": "integer", "minimum": 0, "maximum": 10, "multipleOf": 2},
        "code": {"type": "string", "pattern": "^[A-Z]{3}$", "minLength": 3},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}, "maxItems": 5},
        "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "parent": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
    },
    "required": ["id", "state", "lines"],
    "$defs": {
        "Line": {
            "type": "object",
            "properties": {"sku": {"type": "string"}, "quantity": {"type": "integer"}},
            "required": ["sku"],
        },
        "Node": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
            },
        },
    },
}

Mutation = Callable[[dict[str, Any]], Any]


def mutated(mutation: Mutation) -> dict[str, Any]:
    schema = deepcopy(SCHEMA)
    mutation(schema)
    return schema


def member(schema: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = schema["properties"][name]
    return found


BREAKING: dict[str, tuple[Mutation, str]] = {
    "removal": (lambda s: s["properties"].pop("count"), "#/count: removed or renamed"),
    "rename": (
        lambda s: s["properties"].update(amount=s["properties"].pop("count")),
        "#/count: removed or renamed",
    ),
    "retyping": (lambda s: member(s, "code").update(type="integer"), "#/code: retyped"),
    "new required": (
        lambda s: (s["properties"].update(new={}), s["required"].append("new")),
        "#/new: now required",
    ),
    "optional made required": (lambda s: s["required"].append("count"), "#/count: now required"),
    "required made optional": (lambda s: s["required"].remove("id"), "#/id: no longer always"),
    "enum value removed": (lambda s: member(s, "state")["enum"].pop(), "#/state: value cancelled"),
    "enum introduced": (lambda s: member(s, "code").update(enum=["A"]), "#/code: limited to"),
    "const changed": (lambda s: member(s, "kind").update(const="quote"), "#/kind: value order"),
    "const dropped": (lambda s: member(s, "kind").clear(), "#/kind: no longer always"),
    "maximum": (lambda s: member(s, "count").update(maximum=9), "#/count: maximum narrowed"),
    "minimum": (lambda s: member(s, "count").update(minimum=1), "#/count: minimum narrowed"),
    "new limit": (lambda s: member(s, "code").update(maxLength=3), "#/code: maxLength narrowed"),
    "multipleOf": (lambda s: member(s, "count").update(multipleOf=4), "#/count: multipleOf"),
    "items limit": (lambda s: member(s, "lines").update(maxItems=4), "#/lines: maxItems narrowed"),
    "unique": (lambda s: member(s, "lines").update(uniqueItems=True), "#/lines: uniqueItems"),
    "limit inside a choice": (
        lambda s: member(s, "note")["anyOf"][0].update(maxLength=20),
        "#/note: maxLength narrowed",
    ),
    "pattern": (lambda s: member(s, "code").update(pattern="^[A-Z]{4}$"), "#/code: pattern"),
    "format changed": (lambda s: member(s, "id").update(format="uri"), "#/id: format changed"),
    "format added": (lambda s: member(s, "code").update(format="uri"), "#/code: format changed"),
    "format dropped": (lambda s: member(s, "id").pop("format"), "#/id: format uuid dropped"),
    "null allowed": (
        lambda s: s["properties"].update(id={"anyOf": [member(s, "id"), {"type": "null"}]}),
        "#/id: may now be null",
    ),
    "null allowed by a list of types": (
        lambda s: member(s, "id").update(type=["string", "null"]),
        "#/id: may now be null",
    ),
    "null forbidden": (lambda s: member(s, "note")["anyOf"].pop(), "#/note: null is no longer"),
    "nested removal": (
        lambda s: s["$defs"]["Line"]["properties"].pop("quantity"),
        "#/lines/*/quantity: removed",
    ),
    "nested required": (
        lambda s: s["$defs"]["Line"]["required"].append("quantity"),
        "#/lines/*/quantity: now required",
    ),
    "inside the recursion": (
        lambda s: s["$defs"]["Node"]["properties"].pop("name"),
        "#/parent/name: removed",
    ),
    "closed": (lambda s: s.update(additionalProperties=False), "#: additionalProperties"),
    "map retyped": (
        lambda s: member(s, "labels")["additionalProperties"].update(type="integer"),
        "#/labels/*: retyped",
    ),
    "items forgotten": (lambda s: member(s, "lines").pop("items"), "#/lines: items changed"),
    "tuple longer": (lambda s: member(s, "pair")["prefixItems"].append({}), "#/pair: a fixed"),
    "tuple retyped": (
        lambda s: member(s, "pair")["prefixItems"][1].update(type="string"),
        "#/pair/1: retyped",
    ),
    "rare word": (lambda s: member(s, "code").update({"not": {"const": "XXX"}}), "#/code: not"),
}

HARMLESS: dict[str, Mutation] = {
    "nothing": lambda s: None,
    "new optional member": lambda s: s["properties"].update(new={"type": "string"}),
    "nested optional member": lambda s: s["$defs"]["Line"]["properties"].update(new={}),
    "enum value added": lambda s: member(s, "state")["enum"].append("shipped"),
    "const grows into an enum": lambda s: s["properties"].update(kind={"enum": ["order", "quote"]}),
    "wider limit": lambda s: member(s, "count").update(maximum=20),
    "limit dropped": lambda s: member(s, "lines").pop("maxItems"),
    "described": lambda s: member(s, "id").update(description="Whose.", examples=["x"], title="I"),
    "marked": lambda s: member(s, "id").update({"x-personal": True}),
    "choice in another order": lambda s: member(s, "note")["anyOf"].reverse(),
    "same choice as types": lambda s: s["properties"].update(
        note={"type": ["string", "null"], "maxLength": 200}
    ),
    "definition renamed": lambda s: (
        s["$defs"].update(Row=s["$defs"].pop("Line")),
        member(s, "lines").update(items={"$ref": "#/$defs/Row"}),
    ),
    "definition written out": lambda s: member(s, "lines").update(items=s["$defs"].pop("Line")),
    "reference with a description": lambda s: member(s, "lines").update(
        items={"allOf": [{"$ref": "#/$defs/Line"}], "description": "A line."}
    ),
}


@pytest.mark.parametrize("name", BREAKING)
def test_a_breaking_change_is_found_and_placed(name):
    mutation, said = BREAKING[name]
    found = breaking_changes(SCHEMA, mutated(mutation))
    assert any(sentence.startswith(said) for sentence in found), found


@pytest.mark.parametrize("name", HARMLESS)
def test_an_addition_passes(name):
    assert breaking_changes(SCHEMA, mutated(HARMLESS[name])) == []


def test_a_sender_minds_other_changes_than_a_reader():
    harder = mutated(lambda s: s["required"].append("count"))
    looser = mutated(lambda s: s["required"].remove("id"))
    assert breaking_changes(SCHEMA, harder, sent=False) == []
    assert breaking_changes(SCHEMA, harder, read=False)
    assert breaking_changes(SCHEMA, looser, read=False) == []
    assert breaking_changes(SCHEMA, looser, sent=False)


leaves = st.sampled_from(
    [
        {"type": "string", "maxLength": 9},
        {"type": "integer", "minimum": 1},
        {"type": "boolean"},
        {"enum": ["a", "b"]},
        {"anyOf": [{"type": "number"}, {"type": "null"}]},
    ]
)


def objects_of(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    members = st.dictionaries(st.sampled_from("abcd"), children, min_size=1)
    return members.flatmap(
        lambda found: st.lists(st.sampled_from(sorted(found)), unique=True).map(
            lambda required: {"type": "object", "properties": found, "required": required}
        )
    )


schemas = st.recursive(
    leaves,
    lambda children: st.one_of(
        objects_of(children), children.map(lambda items: {"type": "array", "items": items})
    ),
    max_leaves=12,
)


@given(schemas)
def test_no_schema_breaks_itself(schema):
    assert breaking_changes(schema, deepcopy(schema)) == []


@given(objects_of(schemas), schemas)
def test_any_optional_member_may_be_added(schema, new):
    grown = {**schema, "properties": {**schema["properties"], "new": new}}
    assert breaking_changes(schema, grown) == []
    assert breaking_changes(grown, schema) == ["#/new: removed or renamed"]


@given(objects_of(schemas), st.data())
def test_the_removal_of_any_member_at_any_depth_is_found(schema, data):
    cut = deepcopy(schema)
    spot, place = cut, "#"
    while True:
        name = data.draw(st.sampled_from(sorted(spot["properties"])))
        inner, deeper = spot["properties"][name], f"{place}/{name}"
        while inner.get("type") == "array":
            inner, deeper = inner["items"], f"{deeper}/*"
        if inner.get("type") != "object" or not data.draw(st.booleans()):
            break
        spot, place = inner, deeper
    del spot["properties"][name]
    assert f"{place}/{name}: removed or renamed" in breaking_changes(schema, cut)
