"""A piece of reference SQL in everyday words: what it says apart from SQL, tables and columns.

A user must not speak SQL, nor name tables and columns. What is left of a piece is a direction, a number of digits,
the values that it compares with; where nothing of the kind is in it, the words say only that the point matters.
"""

from __future__ import annotations

import re

ASKED_BY: dict[str, tuple[str, ...]] = {
    "sort": ("sort", "order", "ascending", "descending"),
    "decimal": ("decimal", "round", "rounding", "precision", "digits"),
    "null": ("null", "missing", "empty values"),
    "join": ("without a match", "no partner", "unmatched"),
    "distinct": ("distinct", "duplicate", "twice"),
    "divide_zero": ("division by zero", "divisor", "zero"),
    "rank": ("rank", "ranking", "ties"),
    "date_format": ("date format",),
}
"""By the kind of an open point (BIRD-INTERACT's non-critical ones): words by which an agent asks for it."""
_TEXT = re.compile(r"'((?:[^']|'')*)'")
_NUMBER = re.compile(r"(?<![\w.\"'])-?\d+(?:\.\d+)?(?![\w.\"'])")
_DIGITS = re.compile(r"ROUND\s*\(.*,\s*(\d+)\s*\)", re.I | re.S)
_LIMIT = re.compile(r"\bLIMIT\s+(\d+)", re.I)
_FILLED = re.compile(r"\b(?:COALESCE|IFNULL)\s*\(.*,\s*('(?:[^']|'')*'|-?\d+(?:\.\d+)?)\s*\)", re.I | re.S)
_SAYS_NOTHING = frozenset({"0", "1", ""})
_SHOWN = 8


def in_words(kind: str, sql: str) -> str:
    """What the piece says, as the end of a sentence.

    Args:
        kind: of the open point, without upstream's `_ambiguity`.
        sql: the piece.
    """
    match kind:
        case "sort":
            return _sorted(sql)
        case "decimal" if digits := _DIGITS.search(sql):
            return f"round it to {digits[1]} decimal places."
        case "null" if filled := _FILLED.search(sql):
            return f"where a value is missing, take {filled[1]} for it."
        case "null" if re.search(r"IS\s+NOT\s+NULL", sql, re.I):
            return "leave out what has no value there."
        case "join":
            kept = re.search(r"\b(LEFT|FULL|RIGHT)\b", sql, re.I)
            return "keep also what has no partner on the other side." if kept else "only what has a partner counts."
        case "distinct":
            return "count or list each of them once."
        case "divide_zero":
            return "where the divisor is zero there is no value, and no error."
        case _:
            return _values(sql)


def _sorted(sql: str) -> str:
    if "ORDER BY" not in sql.upper():
        return _values(sql)
    first = re.split(r"ORDER\s+BY", sql, flags=re.I)[-1].split(",")[0]
    direction = "the highest first" if re.search(r"\bDESC\b", first, re.I) else "the lowest first"
    limit = _LIMIT.search(sql)
    return f"sort by it, {direction}{f', and only the first {limit[1]}' if limit else ''}."


def _values(sql: str) -> str:
    """The values in a piece of SQL; paths into JSON documents are names, not values."""
    texts = [text.replace("''", "'") for text in _TEXT.findall(sql)]
    numbers = _NUMBER.findall(_TEXT.sub(" ", sql))
    wanted = [value for value in (*texts, *numbers) if value not in _SAYS_NOTHING and not value.startswith(("$", "%"))]
    values = list(dict.fromkeys(wanted))[:_SHOWN]
    if not values:
        return "it has a particular meaning here; the knowledge base or the data tell it."
    return f"it has a particular meaning here, in which these values matter: {', '.join(values)}."
