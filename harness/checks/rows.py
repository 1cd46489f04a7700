"""Compare two results of SQL queries: exact in duplicates, tolerant in the last decimals.

Columns are compared by position, their names don't count. Unlike upstream BIRD-INTERACT, which compares sets, a row
that stands twice on one side must stand twice on the other, and two empty results are equal. Values count by what
they mean and not by the type in which an engine keeps them, so that the engines agree: a truth value is 1 or 0, a
decimal is the number, midnight is its day, a moment without a zone is meant in UTC, a JSON text is the document.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext

from pydantic import JsonValue

_MOMENT = re.compile(r"(\d{4,}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:Z|\+00(?::00)?)?)?")
_TIME = re.compile(r"(\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?")
_DIGITS = 1000
"""Precision of exact arithmetic: more than any engine's decimals have."""


def differ(given: JsonValue, wanted: JsonValue, *, ordered: bool, decimals: int) -> str:
    """Why two lists of rows aren't equal; empty where they are.

    Args:
        given: rows of the agent, cells as `environments.sql.values.tagged` writes them, or None where nothing was
            handed in.
        wanted: rows of the reference.
        ordered: whether the order of the rows counts.
        decimals: digits after the point to which numbers must agree.
    """
    if not isinstance(given, list):
        return "no rows were handed in"
    if not isinstance(wanted, list):
        return "the reference hands in no rows"
    mine = [_row(row, decimals) for row in given]
    theirs = [_row(row, decimals) for row in wanted]
    if ordered:
        if mine == theirs:
            return ""
        if sorted(mine) == sorted(theirs):
            return "the rows are right, their order is not"
    missing, surplus = Counter(theirs) - Counter(mine), Counter(mine) - Counter(theirs)
    if not missing and not surplus:
        return ""
    return f"{surplus.total()} rows too many or wrong, {missing.total()} missing, of {len(theirs)}"


def _row(row: JsonValue, decimals: int) -> str:
    """A row's canonical text, so that rows can be counted and sorted whatever their types."""
    cells = row if isinstance(row, list) else [row]
    return json.dumps([_cell(cell, decimals) for cell in cells], ensure_ascii=False)


def _cell(cell: JsonValue, decimals: int) -> JsonValue:
    match cell:
        case None:
            return None
        case bool() | int():
            return _number(Decimal(int(cell)), decimals)
        case float():
            # What lies beyond twelve digits is the order in which an engine added.
            return _number(Decimal(f"{cell:.12g}"), decimals)
        case str():
            return _text(cell, decimals)
        case [str() as kind, *rest]:
            return _tagged(kind, rest, decimals)
    raise ValueError(f"not a tagged cell: {cell!r}")


def _tagged(kind: str, rest: Sequence[JsonValue], decimals: int) -> JsonValue:
    match kind, rest:
        case "decimal", [str(text)]:
            number = Decimal(text)
            return _number(number, decimals) if number.is_finite() else _odd(float(number))
        case "float", [str(text)]:
            return _odd(float(text))
        case ("date" | "datetime" | "time", [str(text)]) | ("text-of", ["uuid", str(text)]):
            return _text(text, decimals)
        case "list", [list(items)]:
            return ["document", [_cell(item, decimals) for item in items]]
        case "dict", [list(pairs)]:
            found = {json.dumps(_key(pair)): _cell(_value(pair), decimals) for pair in pairs}
            return ["document", {key: found[key] for key in sorted(found)}]
        case _:
            return [kind, *rest]


def _key(pair: JsonValue) -> str:
    key = pair[0] if isinstance(pair, list) else pair
    return key if isinstance(key, str) else json.dumps(key)


def _value(pair: JsonValue) -> JsonValue:
    return pair[1] if isinstance(pair, list) else None


def _number(number: Decimal, decimals: int) -> JsonValue:
    with localcontext() as context:
        context.prec = _DIGITS
        # Halves away from zero, as the engines round: what wasn't rounded must equal what ROUND made of it.
        rounded = number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP).normalize()
    return ["number", "0" if rounded.is_zero() else format(rounded, "f")]


def _odd(number: float) -> JsonValue:
    """NaN equals NaN here: it is what both queries found."""
    return ["number", "NaN" if math.isnan(number) else str(number)]


def _text(text: str, decimals: int) -> JsonValue:
    moment = _MOMENT.fullmatch(text)
    if moment is not None:
        day, *rest = moment.groups()
        clock = _clock(*rest)
        return day if clock == "00:00:00" else f"{day} {clock}"
    time = _TIME.fullmatch(text)
    if time is not None:
        return _clock(*time.groups())
    if text[:1] in ("{", "["):
        try:
            return _document(json.loads(text), decimals)
        except (ValueError, RecursionError):
            return text
    return text


def _clock(minute: str | None, second: str | None, fraction: str | None) -> str:
    return f"{minute or '00:00'}:{second or '00'}.{(fraction or '').rstrip('0')}".rstrip(".")


def _document(value: JsonValue, decimals: int) -> JsonValue:
    """A parsed JSON text in the form that lists and dictionaries of an engine get."""
    match value:
        case list():
            return ["document", [_document(item, decimals) for item in value]]
        case dict():
            return ["document", {json.dumps(key): _document(value[key], decimals) for key in sorted(value)}]
        case _:
            return _cell(value, decimals)
