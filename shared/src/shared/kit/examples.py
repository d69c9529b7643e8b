"""Examples made from a JSON Schema, the same ones every time: what a field says, or what fits it.

A schema that no made-up value fits (a pattern, a rule of the model) must carry `examples` itself.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import chain
from typing import Any
from uuid import UUID

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
_TEXTS = ("example", "EXAMPLE", "EX", "EXA", "EA", "E1", "EX-01", "ex.ample", "1", "2026", "19.90")


class NoExample(ValueError):
    """Nothing fits this schema; give it `examples`."""


class Maker:
    """Makes one example. `number` 0 is full, later ones leave out what is optional."""

    def __init__(self, root: Mapping[str, Any], seed: str, number: int) -> None:
        self._root = root
        self._seed = seed
        self._number = number
        self._count = 0

    def make(self, schema: Any, name: str = "", depth: int = 0) -> Any:
        found = self._resolved(schema)
        if found.get("examples"):
            return found["examples"][self._number % len(found["examples"])]
        if "const" in found:
            return found["const"]
        if "enum" in found:
            return found["enum"][self._number % len(found["enum"])]
        for word in ("anyOf", "oneOf"):
            if word in found:
                return self._choice(found[word], name, depth)
        return self._of_type(found, name, depth)

    def _choice(self, parts: list[Any], name: str, depth: int) -> Any:
        """The first that is not null, unless that would go on for ever."""
        if depth > 4 and any(part.get("type") == "null" for part in parts):
            return None
        real = [part for part in parts if part.get("type") != "null"]
        return self.make(real[self._number % len(real)], name, depth) if real else None

    def _of_type(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        kind = schema.get("type", "object" if "properties" in schema else "null")
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        if kind in {"integer", "number"}:
            return self._figure(schema)
        if kind == "boolean":
            return self._number % 2 == 0
        return self._text(schema, name) if kind == "string" else None

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        required = schema.get("required", [])
        made = {
            name: self.make(inner, name, depth + 1)
            for name, inner in schema.get("properties", {}).items()
            if name in required or (self._number == 0 and depth < 5)
        }
        values = schema.get("additionalProperties")
        if isinstance(values, Mapping) and not made:
            key = self.make(schema.get("propertyNames", {"type": "string"}), "key", depth + 1)
            made[key] = self.make(values, key, depth + 1)
        return made

    def _array(self, schema: Mapping[str, Any], name: str, depth: int) -> list[Any]:
        if "prefixItems" in schema:
            return [self.make(inner, name, depth + 1) for inner in schema["prefixItems"]]
        least = schema.get("minItems", 0)
        wanted = max(least, 1) if depth < 5 and schema.get("maxItems", 1) else least
        return [self.make(schema.get("items", {}), name, depth + 1) for _ in range(wanted)]

    def _figure(self, schema: Mapping[str, Any]) -> float:
        low = schema.get("minimum", schema.get("exclusiveMinimum"))
        high = schema.get("maximum", schema.get("exclusiveMaximum"))
        wanted: list[float] = [self._number + 1, 1, 0]
        wanted += [edge + more for edge in (low, high) if edge is not None for more in (1, 0, -1)]
        if low is not None and high is not None and schema["type"] == "number":
            wanted.append((low + high) / 2)
        step = schema.get("multipleOf")
        if step is not None:
            wanted += [-(-value // step) * step for value in wanted]
        for value in wanted:
            if _fits(value, schema):
                return value
        raise NoExample(f"{self._seed}: give the number ({schema}) an example.")

    def _text(self, schema: Mapping[str, Any], name: str) -> str:
        pattern = schema.get("pattern", "")
        least, most = schema.get("minLength", 0), schema.get("maxLength", 10**6)
        formatted = self._formatted(schema.get("format", ""))
        plain = chain([name.replace("_", " ")], _TEXTS, self._repeated(least, most))
        for text in plain if formatted is None else [formatted]:
            if least <= len(text) <= most and re.search(pattern, text):
                return text
        raise NoExample(f"{self._seed}: give {name!r} ({schema}) an example.")

    @staticmethod
    def _repeated(least: int, most: int) -> Iterator[str]:
        length = min(max(least, 1), most)
        return (letter * length for letter in ("x", "X", "1", "0", "a", "A"))

    def _formatted(self, kind: str) -> str | None:
        self._count += 1
        moment = BEGIN + timedelta(days=self._number, hours=self._count)
        if kind.startswith("uuid"):
            bits = sha256(f"{self._seed}/{self._number}/{self._count}".encode()).digest()[:16]
            return str(_uuid(int.from_bytes(bits), int(kind[4:] or 7)))
        if kind == "date":
            return (moment + timedelta(days=self._count)).date().isoformat()
        fixed = {
            "date-time": moment.isoformat().replace("+00:00", "Z"),
            "time": moment.strftime("%H:%M:%SZ"),
            "duration": f"PT{self._count}H",
            "email": "ada@example.com",
            "uri": "https://example.com/1",
            "decimal": "19.90",
        }
        return fixed.get(kind)

    def _resolved(self, schema: Any) -> dict[str, Any]:
        found = dict(schema) if isinstance(schema, Mapping) else {}
        while "$ref" in found or "allOf" in found:
            parts = found.pop("allOf", [])
            if "$ref" in found:
                parts = [*parts, self._target(found.pop("$ref"))]
            for part in parts:
                found = {**part, **found}
        return found

    def _target(self, reference: str) -> Mapping[str, Any]:
        target: Any = self._root
        for step in reference.split("/")[1:]:
            target = target[step]
        found: Mapping[str, Any] = target
        return found


def _uuid(bits: int, version: int) -> UUID:
    """Python 3.11 itself knows no version above five."""
    bits = bits & ~(0xF << 76) | version << 76
    return UUID(int=bits & ~(0b11 << 62) | 0b10 << 62)


def _fits(value: float, schema: Mapping[str, Any]) -> bool:
    return (
        value >= schema.get("minimum", value)
        and value <= schema.get("maximum", value)
        and value > schema.get("exclusiveMinimum", value - 1)
        and value < schema.get("exclusiveMaximum", value + 1)
        and not value % schema.get("multipleOf", value or 1)
    )
