"""Whether a JSON Schema changed by addition only.

Two parties can be broken. Who *reads* what we send suffers when a member goes or a new kind of
value comes; who *sends* to us (and the old records that we read again) suffers when we accept less.
Events are both; an OpenAPI request is `read=False`, a response `sent=False`. Enums are open: a new
value is an addition. Titles, descriptions, examples, defaults and `x-…` do not count.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
# Rare keywords: we do not reason about them, so any change needs a new major version.
_OPAQUE = (
    "not", "if", "then", "else", "contains", "minContains", "maxContains", "dependentRequired",
    "dependentSchemas", "unevaluatedProperties", "unevaluatedItems", "contentEncoding",
    "contentMediaType",
)  # fmt: skip
_SPEAKS_OF = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
    "object": ("properties", "required", "additionalProperties", "propertyNames"),
}
_NOTHING: Schema = {"not": {}}


def breaking_changes(
    old_schema: Schema, new_schema: Schema, *, read: bool = True, sent: bool = True
) -> list[str]:
    """One sentence for each change that breaks somebody, with its place; empty when none does."""
    comparison = _Comparison(old_schema, new_schema, read=read, sent=sent)
    return list(dict.fromkeys(comparison.of(old_schema, new_schema, "#")))


@dataclass
class _Comparison:
    old_root: Schema
    new_root: Schema
    read: bool
    sent: bool
    open: set[tuple[int, int]] = field(default_factory=set)

    def of(self, old: Any, new: Any, place: str) -> Iterator[str]:
        pair = (id(old), id(new))  # both belong to the roots, so no id is used twice
        if pair in self.open:  # a recursive schema: this pair is being compared already
            return
        self.open.add(pair)
        before = _alternatives(_resolved(old, self.old_root), self.old_root)
        after = _alternatives(_resolved(new, self.new_root), self.new_root)
        if len(before) == len(after) == 1:
            yield from self._plain(before[0], after[0], place)
        else:
            yield from self._choices(before, after, place)
        self.open.discard(pair)

    def _choices(self, before: list[Schema], after: list[Schema], place: str) -> Iterator[str]:
        left = list(after)
        for old in before:
            alike = [at for at, new in enumerate(left) if _name(new) == _name(old)]
            found = [(list(self._plain(old, left[at], place)), at) for at in alike]
            if not found:
                yield f"{place}: {_name(old)} is no longer allowed"
                continue
            changes, at = min(found, key=lambda each: len(each[0]))
            yield from changes
            del left[at]
        if self.read:
            yield from (f"{place}: may now be {_name(new)}" for new in left)

    def _plain(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        if old == new and old in ({}, _NOTHING):
            return
        if old.get("type") != new.get("type"):
            yield f"{place}: retyped from {_name(old)} to {_name(new)}"
            return
        yield from self._values(old, new, place)
        yield from self._limits(old, new, place)
        yield from self._members(old, new, place)
        yield from self._items(old, new, place)
        for word in _OPAQUE:
            if old.get(word) != new.get(word):
                yield f"{place}: {word} changed"

    def _values(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        before, after = _enumerated(old), _enumerated(new)
        if before is None and after is not None and self.sent:
            yield f"{place}: limited to {after}"
        if before is not None and after is not None:
            gone = [value for value in before if value not in after]
            yield from (f"{place}: value {value} removed" for value in gone)
        if "const" in old and after is None and self.read:
            yield f"{place}: no longer always {old['const']!r}"
        for word in ("pattern", "format"):
            first, second = old.get(word), new.get(word)
            if second is not None and first != second:
                yield f"{place}: {word} changed from {first} to {second}"
            elif word == "format" and first != second and self.read:
                yield f"{place}: format {first} dropped"

    def _limits(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        if not self.sent:
            return
        for words, sign in ((_LOWER, 1), (_UPPER, -1)):
            for word in words:
                first, second = old.get(word), new.get(word)
                if second is not None and (first is None or sign * second > sign * first):
                    yield f"{place}: {word} narrowed from {first} to {second}"
        if new.get("uniqueItems") and not old.get("uniqueItems"):
            yield f"{place}: uniqueItems demanded"
        step, wider = new.get("multipleOf"), old.get("multipleOf")
        if step is not None and (wider is None or wider % step):
            yield f"{place}: multipleOf narrowed from {wider} to {step}"

    def _members(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        for word in ("properties", "patternProperties"):
            before, after = old.get(word, {}), new.get(word, {})
            for name, schema in before.items():
                if name in after:
                    yield from self.of(schema, after[name], f"{place}/{name}")
                else:
                    yield f"{place}/{name}: removed or renamed"
        must, now_must = old.get("required", []), new.get("required", [])
        if self.sent:
            added = [name for name in now_must if name not in must]
            yield from (f"{place}/{name}: now required" for name in added)
        if self.read:
            dropped = [name for name in must if name not in now_must]
            yield from (f"{place}/{name}: no longer always present" for name in dropped)
        yield from self._inner("additionalProperties", old, new, place)
        yield from self._inner("propertyNames", old, new, place)

    def _items(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        before, after = old.get("prefixItems", []), new.get("prefixItems", [])
        if len(before) != len(after):
            yield f"{place}: a fixed array of {len(before)} became one of {len(after)}"
        for at, (first, second) in enumerate(zip(before, after, strict=False)):
            yield from self.of(first, second, f"{place}/{at}")
        yield from self._inner("items", old, new, place)

    def _inner(self, word: str, old: Schema, new: Schema, place: str) -> Iterator[str]:
        first, second = _object(old.get(word, True)), _object(new.get(word, True))
        if first == second and first in ({}, _NOTHING):  # equal references may lead to unequal ends
            return
        if not first or first == _NOTHING or not second or second == _NOTHING:
            narrowed = first != _NOTHING and second != {}
            if (narrowed and self.sent) or (not narrowed and word == "items" and self.read):
                yield f"{place}: {word} changed"
            return
        yield from self.of(first, second, f"{place}/*")


def _object(schema: Any) -> Schema:
    """`true` allows everything and `false` nothing."""
    if isinstance(schema, bool):
        return {} if schema else _NOTHING
    found: Schema = schema
    return found


def _resolved(schema: Any, root: Schema) -> Schema:
    """The schema with its local reference followed and its `allOf` merged."""
    found = dict(_object(schema))
    followed: set[str] = set()
    while "$ref" in found:
        pointer = found.pop("$ref")
        if not pointer.startswith("#") or pointer in followed:
            raise ValueError(f"The reference {pointer} cannot be followed.")
        followed.add(pointer)
        target: Any = root
        for step in pointer[1:].split("/")[1:]:
            target = target[step.replace("~1", "/").replace("~0", "~")]
        found = {**_object(target), **found}
    for part in found.pop("allOf", []):
        merged = _resolved(part, root)
        found = {
            **merged,
            **found,
            "properties": {**merged.get("properties", {}), **found.get("properties", {})},
            "required": [*merged.get("required", []), *found.get("required", [])],
        }
    return found


def _alternatives(schema: Schema, root: Schema) -> list[Schema]:
    """`anyOf`, `oneOf` and a list of types as one flat list of plain schemas."""
    for word in ("anyOf", "oneOf"):
        if word in schema:
            rest = {name: value for name, value in schema.items() if name != word}
            parts = [{**rest, **_resolved(part, root)} for part in schema[word]]
            return [flat for part in parts for flat in _alternatives(part, root)]
    if isinstance(schema.get("type"), list):
        return [_narrowed_to(each, schema) for each in schema["type"]]
    return [schema]


def _narrowed_to(kind: str, schema: Schema) -> Schema:
    """The schema as it binds values of one type: a length says nothing of null."""
    foreign = {word for owner, words in _SPEAKS_OF.items() if owner != kind for word in words}
    return {**{n: value for n, value in schema.items() if n not in foreign}, "type": kind}


def _enumerated(schema: Schema) -> list[Any] | None:
    found: list[Any] | None = [schema["const"]] if "const" in schema else schema.get("enum")
    return found


def _name(schema: Schema) -> str:
    if "const" in schema:
        return repr(schema["const"])
    return str(schema.get("type", "nothing" if schema == _NOTHING else "anything"))
