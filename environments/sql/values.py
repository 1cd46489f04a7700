"""Values of a database as JSON: what an agent sees and a check compares, and what a fingerprint counts.

`scalar` keeps numbers as numbers so that a check can round them; `exact` writes equal numbers of any
type (`12.50`, `12.5`) alike and loses nothing; `tagged` tells types apart. None of them
depends on locale, time zone or clock.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue

_CELL = 200


def scalar(value: object) -> JsonValue:
    """One value as a JSON scalar.

    Decimals become numbers; NaN and the infinities text; dates and times ISO 8601 text; blobs `\\x` and
    hexadecimal digits; lists, structs and maps JSON text; anything else its plain text.
    """
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else _odd_float(value)
        case Decimal():
            return int(value) if value.as_tuple().exponent == 0 else float(value)
        case list() | tuple() | dict():
            return json.dumps(_nested(value), ensure_ascii=False)
        case _:
            return _text(value)


def exact(value: object) -> JsonValue:
    """One value as JSON such that two are equal exactly where SQL would call them the same value."""
    match value:
        case None | bool():
            return value
        case int() | float() | Decimal():
            return ["number", _number(value)]
        case list() | tuple():
            return ["list", *(exact(item) for item in value)]
        case dict():
            return ["struct", *([exact(key), exact(item)] for key, item in value.items())]
        case _:
            return ["text", value if isinstance(value, str) else _text(value)]


def tagged(value: object) -> JsonValue:
    """One value as JSON that keeps its type, for comparisons that depend on it.

    None, truth values, integers, finite floats and text stand for themselves. Others are pairs:
    `["decimal", "1.50"]`, `["date" | "datetime" | "time", ISO 8601]`, `["bytes", hexadecimal digits]`,
    `["float", "NaN"]`, `["list", [...]]`, `["dict", [[key, value], ...]]`; anything else is a triple,
    `["text-of", "interval" | the type's name, its text]`.
    """
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else ["float", _odd_float(value)]
        case Decimal():
            return ["decimal", str(value)]
        case datetime():
            return ["datetime", value.isoformat()]
        case date():
            return ["date", value.isoformat()]
        case time():
            return ["time", value.isoformat()]
        case bytes():
            return ["bytes", value.hex()]
        case list() | tuple():
            return ["list", [tagged(item) for item in value]]
        case dict():
            return ["dict", [[tagged(key), tagged(item)] for key, item in value.items()]]
        case timedelta():
            return ["text-of", "interval", str(value)]
        case _:
            return ["text-of", type(value).__name__.lower(), str(value)]


def native(value: object) -> tuple[object, int]:
    """A value as a `Rows` may hold it, and about how many bytes it takes.

    What engines return beyond the types that `tagged` names becomes its text.
    """
    match value:
        case str() | bytes():
            return value, len(value) + 8
        case None | bool() | int() | float() | Decimal() | date() | time() | timedelta() | UUID():
            return value, 8
        case bytearray() | memoryview():
            return bytes(value), len(value) + 8
        case list() | tuple():
            items = [native(item) for item in value]
            return type(value)(item for item, _ in items), sum(size for _, size in items) + 8
        case dict():
            pairs = [(native(key), native(item)) for key, item in value.items()]
            return {key: item for (key, _), (item, _) in pairs}, sum(a + b for (_, a), (_, b) in pairs) + 8
        case _:
            return str(value), len(str(value)) + 8


def digest_rows(rows: Iterable[Sequence[object]]) -> list[str]:
    """A hash a row, sorted: equal for equal rows in any order."""
    return sorted(hashlib.sha256(json.dumps([exact(value) for value in row]).encode()).hexdigest() for row in rows)


def render(columns: Sequence[str], rows: Sequence[Sequence[JsonValue]], *, cut: bool, characters: int) -> str:
    """A result as the agent sees it: a header, a line a row, cells joined by ` | `; what was cut is said.

    `cut` says that there are more rows than these; long cells and a long table are cut here.
    """
    if not columns:
        return "Done; the statement returns no rows."
    lines = [" | ".join(columns), "-+-".join("-" * len(name) for name in columns)]
    used = sum(map(len, lines))
    shown = 0
    for row in rows:
        line = " | ".join(_cell(value) for value in row)
        used += len(line) + 1
        if used > characters and shown:
            break
        lines.append(line[:characters])
        shown += 1
    if cut or shown < len(rows):
        lines.append(f"(only the first {shown} rows are shown; there are more)")
    else:
        lines.append(f"({shown} row{'' if shown == 1 else 's'})")
    return "\n".join(lines)


def _cell(value: JsonValue) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).lower()
        case _:
            text = " ".join(str(value).splitlines())
            return text if len(text) <= _CELL else f"{text[:_CELL]}…"


def _nested(value: object) -> JsonValue:
    match value:
        case list() | tuple():
            return [_nested(item) for item in value]
        case dict():
            return {str(scalar(key)): _nested(item) for key, item in value.items()}
        case _:
            return scalar(value)


def _number(value: int | float | Decimal) -> str:
    if isinstance(value, float):
        if not math.isfinite(value):
            return _odd_float(value)
        value = Decimal(repr(value))
    if isinstance(value, int):
        return str(value)
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _odd_float(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _text(value: object) -> str:
    match value:
        case datetime():
            return value.isoformat(" ")
        case date() | time():
            return value.isoformat()
        case bytes() | bytearray() | memoryview():
            return "\\x" + bytes(value).hex()
        case _:
            return str(value)
