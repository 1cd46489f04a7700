"""BIRD-INTERACT's own comparison of two queries, kept for `comparison = "compat"` because published scores mean it.

Both sides are cleaned as text (comments, DISTINCT and ROUND go), run, and compared as sets of rows with every date cut
to its day and every number to two digits. Its consequences are part of it: what is cut may have been no comment, and
a cleaned query may not run at all. Source: the default test case of upstream's evaluator, commit 451fe2c.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from uuid import UUID

_BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_LINE_COMMENT = re.compile(r"--[^\r\n]*(\r\n|\r|\n)")
"""Only up to a line's end: a comment that ends the text stays."""
_BLANK_LINES = re.compile(r"\n\s*\n+")
_ROUND = re.compile(r"ROUND\s*\(", re.IGNORECASE)
"""In any word, so `background(` holds one."""
_DIGITS = 2


def clean(sql: str) -> str:
    """The query without comments, DISTINCT and ROUND, as upstream's text replacements leave it."""
    return without_round(without_distinct(without_comments(sql)))


def without_comments(sql: str) -> str:
    """Comments removed, and blank lines and blanks around the text, also where they stand in a text literal."""
    return _BLANK_LINES.sub("\n", _LINE_COMMENT.sub(r"\1", _BLOCK_COMMENT.sub("", sql))).strip()


def without_distinct(sql: str) -> str:
    """Every DISTINCT removed that has a space on both sides; `IS DISTINCT FROM` and `DISTINCT ON` break by that."""
    return " ".join(word for word in sql.split(" ") if word.lower() != "distinct")


def without_round(sql: str) -> str:
    """Every `ROUND(x, n)` replaced by a bare `x`, innermost ones too; precedence is not kept.

    One that isn't closed (it may stand in a text literal) ends it: those behind it stay.
    """
    while (found := _ROUND.search(sql)) is not None:
        argument, end = _first_argument(sql, found.end())
        if end is None:
            break
        sql = sql[: found.start()] + argument + sql[end:]
    return sql


def difference(given: Sequence[Sequence[object]], wanted: Sequence[Sequence[object]], *, ordered: bool) -> str:
    """Why two results of cleaned queries aren't the same to upstream; empty where they are.

    Args:
        given: rows of the prediction, as Python values.
        wanted: rows of the reference.
        ordered: whether to compare lists instead of sets.
    """
    if not given or not wanted:
        return f"the {'prediction' if not given else 'reference'} returns no rows, which never counts as equal"
    try:
        mine, theirs = normalised(given), normalised(wanted)
        equal = mine == theirs if ordered else set(mine) == set(theirs)
    except InvalidOperation:
        return "a decimal has more digits than can be rounded"
    except TypeError as error:
        return f"a value can't be compared: {error}"
    if equal:
        return ""
    if ordered:
        return "the lists of rows differ"
    return f"{len(set(mine) - set(theirs))} rows too many or wrong, {len(set(theirs) - set(mine))} missing"


def normalised(rows: Sequence[Sequence[object]], digits: int = _DIGITS) -> list[tuple[object, ...]]:
    """Rows with dates cut to their day, numbers to so many digits, and lists and dictionaries as JSON text.

    Raises:
        InvalidOperation: a decimal has too many digits to be rounded.
        TypeError: a list or dictionary holds what JSON can't.
    """
    return [tuple(_cell(value, digits) for value in row) for row in rows]


def _first_argument(sql: str, start: int) -> tuple[str, int | None]:
    """The text up to the first comma outside of parentheses, and where the call ends."""
    depth, comma = 1, None
    for place in range(start, len(sql)):
        match sql[place]:
            case "(":
                depth += 1
            case ")":
                depth -= 1
                if depth == 0:
                    return sql[start : place if comma is None else comma].strip(), place + 1
            case "," if depth == 1 and comma is None:
                comma = place
    return "", None


def _cell(value: object, digits: int) -> object:
    if isinstance(value, date):  # A datetime is one too.
        return value.strftime("%Y-%m-%d")
    if isinstance(value, list | tuple | dict):
        # Decimals and dates in it can't be written as JSON, and upstream counts that as a failure.
        return json.dumps(_rounded(list(value) if isinstance(value, tuple) else value, digits), sort_keys=True)
    return _rounded(value, digits)


def _rounded(value: object, digits: int) -> object:
    match value:
        case Decimal():
            return value if value.is_nan() else value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
        case float():
            return round(value, digits)
        case list():
            return [_rounded(item, digits) for item in value]
        case dict():
            return {key: _rounded(item, digits) for key, item in value.items()}
        case UUID():
            return str(value)  # As upstream's driver gives it.
        case _:
            return value
