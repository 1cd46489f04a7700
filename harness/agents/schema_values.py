"""Random values that fit a JSON Schema, as far as the schemas of tools go.

Understood: `type` (also several), `enum`, `const`, `anyOf`, `oneOf`, `$ref` into `$defs`, bounds of numbers, lengths of
texts and lists, `format: date`, `properties`, `required`, `additionalProperties`. A `pattern` isn't: a text for it is a
guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import cast

from pydantic import JsonValue

from harness.core.parsing import JsonObject

_TYPES = ("string", "integer", "number", "boolean", "null")
_SPAN = 20
_LONGEST = 3
_DEEPEST = 4
_SEEN = 0.7
"""Share of texts that are taken from what was seen: an id made up is never right."""
_WORDS = ("a", "note", "today", "yes", "5", "all", "main", "x1")


class Values:
    """Draws values from one generator."""

    def __init__(self, rng: Random, seen: Sequence[str] = ()) -> None:
        """`seen`: texts that may turn up where a schema asks for one."""
        self._rng = rng
        self._seen = seen

    def draw(self, schema: JsonObject) -> JsonObject:
        """An object that fits the schema of a tool's arguments."""
        value = self._value({"type": "object", **schema}, _definitions(schema), 0)
        return value if isinstance(value, dict) else {}

    def _value(self, schema: JsonValue, known: JsonObject, depth: int) -> JsonValue:
        if not isinstance(schema, dict):
            return self._scalar({"type": self._rng.choice(_TYPES)})
        if isinstance(ref := schema.get("$ref"), str):
            return self._value(known.get(ref.rpartition("/")[2], {}), known, depth + 1)
        if "const" in schema:
            return schema["const"]
        if isinstance(options := schema.get("enum"), list) and options:
            return self._rng.choice(options)
        for several in ("anyOf", "oneOf"):
            if isinstance(branches := schema.get(several), list) and branches:
                return self._value(self._rng.choice(branches), known, depth)
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = self._rng.choice(kind)
        if kind == "object":
            return self._object(schema, known, depth)
        if kind == "array":
            return self._array(schema, known, depth)
        return self._scalar({**schema, "type": kind or self._rng.choice(_TYPES)})

    def _object(self, schema: JsonObject, known: JsonObject, depth: int) -> JsonObject:
        properties = schema.get("properties")
        required = schema.get("required")
        must = required if isinstance(required, list) else []
        found: JsonObject = {}
        for name, inner in (properties if isinstance(properties, dict) else {}).items():
            if name in must or (depth < _DEEPEST and self._rng.random() < 0.5):
                found[name] = self._value(inner, known, depth + 1)
        more = schema.get("additionalProperties")
        if not properties and isinstance(more, dict) and depth < _DEEPEST:
            for _ in range(self._rng.randint(0, 2)):
                found[self._text({})] = self._value(more, known, depth + 1)
        return found

    def _array(self, schema: JsonObject, known: JsonObject, depth: int) -> list[JsonValue]:
        least = _whole(schema.get("minItems"), 0)
        most = _whole(schema.get("maxItems"), max(least, _LONGEST if depth < _DEEPEST else 0))
        return [self._value(schema.get("items", {}), known, depth + 1) for _ in range(self._rng.randint(least, most))]

    def _scalar(self, schema: JsonObject) -> JsonValue:
        match schema["type"]:
            case "boolean":
                return self._rng.random() < 0.5
            case "null":
                return None
            case "integer" | "number" as kind:
                return self._number(schema, whole=kind == "integer")
        return self._text(schema)

    def _number(self, schema: JsonObject, *, whole: bool) -> int | float:
        step = 1 if whole else 0.01
        least = _number(schema.get("minimum"), None, _number(schema.get("exclusiveMinimum"), step, None))
        most = _number(schema.get("maximum"), None, _number(schema.get("exclusiveMaximum"), -step, None))
        if least is None:
            least = 0 if most is None else most - _SPAN
        if most is None:
            most = least + _SPAN
        if whole:
            return self._rng.randint(int(least), max(int(least), int(most)))
        return round(self._rng.uniform(least, most), 2)

    def _text(self, schema: JsonObject) -> str:
        if schema.get("format") == "date":
            return (date(2025, 1, 1) + timedelta(days=self._rng.randrange(365))).isoformat()
        text = self._rng.choice(self._seen if self._seen and self._rng.random() < _SEEN else _WORDS)
        least = _whole(schema.get("minLength"), 0)
        most = _whole(schema.get("maxLength"), max(len(text), least))
        return text[:most].ljust(least, "x")


def _definitions(schema: JsonObject) -> JsonObject:
    for word in ("$defs", "definitions"):
        if isinstance(found := schema.get(word), dict):
            return found
    return {}


def _whole(value: JsonValue, default: int) -> int:
    return value if isinstance(value, int) else default


def _number(value: JsonValue, shift: float | None, default: float | None) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return default
    return cast("float", value + (shift or 0))
