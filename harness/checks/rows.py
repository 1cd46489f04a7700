"""Compare two results of SQL queries: exact in duplicates, tolerant in the last decimals.

Columns are compared by position, their names don't count. Unlike upstream BIRD-INTERACT, which
compares sets, a row that stands twice on one side must stand twice on the other.
"""

from __future__ import annotations

from collections import Counter

from pydantic import JsonValue


def differ(given: JsonValue, wanted: JsonValue, *, ordered: bool, decimals: int) -> str:
    """Why two lists of rows aren't equal; empty where they are.

    Args:
        given: rows of the agent, or None where nothing was handed in.
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
    return repr([_cell(cell, decimals) for cell in row] if isinstance(row, list) else row)


def _cell(cell: JsonValue, decimals: int) -> JsonValue:
    match cell:
        case bool() | None | str():
            return cell
        case int():
            return cell
        case float():
            rounded = round(cell, decimals)
            # Whole numbers as integers: 1.0 equals 1, and an id beyond 2^53 keeps its last digits.
            return int(rounded) if rounded.is_integer() else rounded
        case list():
            return [_cell(item, decimals) for item in cell]
        case _:
            return {key: _cell(cell[key], decimals) for key in sorted(cell)}
