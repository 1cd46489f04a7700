"""The comparisons of conditionals and filters, by upstream's codes and words.

Text is compared exactly as written, letter case included, except that `contains`, `begins` and `ends`
ignore it, as the device's search does. What can't be compared is unequal.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import IntEnum

from pydantic import JsonValue

from environments.shortcuts.coercion import boolean_of, date_of, number_of, text_of
from environments.shortcuts.dates import Clock
from environments.shortcuts.values import Value


class Operator(IntEnum):
    """Upstream's `WFCondition` and filter operator codes."""

    LESS = 0
    AT_MOST = 1
    GREATER = 2
    AT_LEAST = 3
    IS = 4
    IS_NOT = 5
    BEGINS = 8
    ENDS = 9
    CONTAINS = 99
    HAS_VALUE = 100
    NO_VALUE = 101
    LACKS = 999
    IN_THE_NEXT = 1000
    IN_THE_LAST = 1001
    TODAY = 1002
    BETWEEN = 1003


_WORDS = {
    "is less than": Operator.LESS,
    "is less than or equal to": Operator.AT_MOST,
    "is greater than": Operator.GREATER,
    "is greater than or equal to": Operator.AT_LEAST,
    "equals": Operator.IS,
    "is": Operator.IS,
    "is not": Operator.IS_NOT,
    "begins with": Operator.BEGINS,
    "ends with": Operator.ENDS,
    "contains": Operator.CONTAINS,
    "does not contain": Operator.LACKS,
    "has any value": Operator.HAS_VALUE,
    "does not have any value": Operator.NO_VALUE,
    "is today": Operator.TODAY,
    "is between": Operator.BETWEEN,
}
_SECONDS = {16: 86_400, 32: 3_600, 64: 60, 128: 1, 8192: 604_800, 8: 2_592_000, 4: 31_536_000}
"""Lengths of NSCalendarUnit values; months and years as 30 and 365 days."""


def operator_code(given: JsonValue) -> int | None:
    """The operator that a code, or the word of an old shortcut, means; `None` where it means none."""
    if isinstance(given, str):
        return _WORDS.get(given.strip().casefold())
    if isinstance(given, int | float) and not isinstance(given, bool) and given in list(Operator):
        return int(given)
    return None


def holds(operator: int, left: Value, right: Value, second: Value, clock: Clock, unit: int = 0) -> bool:
    """Whether `left operator right` holds; `second` is the upper end of `BETWEEN`."""
    match operator:
        case Operator.HAS_VALUE:
            return text_of(left, clock) != ""
        case Operator.NO_VALUE:
            return text_of(left, clock) == ""
        case Operator.IS:
            return _equal(left, right, clock)
        case Operator.IS_NOT:
            return not _equal(left, right, clock)
        case Operator.CONTAINS:
            return _searched(left, right, clock)
        case Operator.LACKS:
            return not _searched(left, right, clock)
        case Operator.BEGINS:
            return text_of(left, clock).casefold().startswith(text_of(right, clock).casefold())
        case Operator.ENDS:
            return text_of(left, clock).casefold().endswith(text_of(right, clock).casefold())
        case Operator.TODAY:
            when = date_of(left, clock)
            return when is not None and when.date() == clock.now.date()
        case Operator.IN_THE_NEXT | Operator.IN_THE_LAST:
            return _near(left, right, clock, unit, ahead=operator == Operator.IN_THE_NEXT)
        case Operator.BETWEEN:
            return _order(left, right, clock) in (0, 1) and _order(left, second, clock) in (0, -1)
        case Operator.LESS:
            return _order(left, right, clock) == -1
        case Operator.AT_MOST:
            return _order(left, right, clock) in (-1, 0)
        case Operator.GREATER:
            return _order(left, right, clock) == 1
        case _:
            return _order(left, right, clock) in (0, 1)


def _equal(left: Value, right: Value, clock: Clock) -> bool:
    if left and isinstance(left[0], bool):
        return boolean_of(left) == boolean_of(right)
    if left and isinstance(left[0], datetime):
        return _order(left, right, clock) == 0
    if any(isinstance(item, Decimal) for item in (*left[:1], *right[:1])):
        numbers = number_of(left), number_of(right)
        return None not in numbers and numbers[0] == numbers[1]
    return text_of(left, clock) == text_of(right, clock)


def _searched(left: Value, right: Value, clock: Clock) -> bool:
    return text_of(right, clock).casefold() in text_of(left, clock).casefold()


def _order(left: Value, right: Value, clock: Clock) -> int | None:
    """-1, 0 or 1; `None` where the two can't be ordered. Dates are compared if the left side is one."""
    if left and isinstance(left[0], datetime):
        dates = left[0], date_of(right, clock)
        return None if dates[1] is None else (dates[0] > dates[1]) - (dates[0] < dates[1])
    numbers = number_of(left), number_of(right)
    if numbers[0] is None or numbers[1] is None:
        return None
    return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])


def _near(left: Value, right: Value, clock: Clock, unit: int, *, ahead: bool) -> bool:
    """Whether a date lies within so many units before or after now; without a unit, `right` is a date."""
    when, count = date_of(left, clock), number_of(right)
    if when is None:
        return False
    if unit not in _SECONDS or count is None:
        other = date_of(right, clock)
        return other is not None and (when > other if ahead else when < other)
    try:
        span = timedelta(seconds=float(count) * _SECONDS[unit])
        limits = (clock.now, clock.now + span) if ahead else (clock.now - span, clock.now)
    except OverflowError:
        return True
    return limits[0] <= when <= limits[1]
