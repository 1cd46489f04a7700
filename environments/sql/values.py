"""Values of a database as JSON: what an agent sees and a check compares, and what a fingerprint counts.

`scalar` keeps numbers as numbers so that a check can round them; `exact` writes equal numbers of any
type (`12.50`, `12.5`) alike and loses nothing. Neither depends on locale, time zone or clock.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal

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
