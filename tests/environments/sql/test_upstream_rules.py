"""Upstream's cleaning and comparison, consequences included: published scores mean exactly these."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from environments.sql.upstream_rules import clean, difference


@pytest.mark.parametrize(
    ("sql", "cleaned"),
    [
        ("SELECT DISTINCT a FROM t", "SELECT a FROM t"),
        ("SELECT distinct a FROM t", "SELECT a FROM t"),
        ("SELECT DISTINCT\na FROM t", "SELECT DISTINCT\na FROM t"),
        ("SELECT COUNT(DISTINCT x) FROM t", "SELECT COUNT(DISTINCT x) FROM t"),
        ("SELECT DISTINCT ON (a) a FROM t", "SELECT ON (a) a FROM t"),
        ("WHERE a IS DISTINCT FROM b", "WHERE a IS FROM b"),
        ("SELECT ROUND(x, 2)", "SELECT x"),
        ("SELECT ROUND(x)", "SELECT x"),
        ("SELECT round ( x , 2 )", "SELECT x"),
        ("SELECT ROUND(ROUND(x, 3), 1)", "SELECT x"),
        ("SELECT ROUND(COALESCE(a, b), 2)", "SELECT COALESCE(a, b)"),
        ("SELECT 100*ROUND(a+b,2)", "SELECT 100*a+b"),
        ("SELECT my_round(a,2)", "SELECT my_a"),
        ("SELECT background(a,1)", "SELECT backga"),
        ("SELECT ROUND(a", "SELECT ROUND(a"),
        ("SELECT a -- why\nFROM t", "SELECT a \nFROM t"),
        ("SELECT a FROM t -- the end", "SELECT a FROM t -- the end"),
        ("SELECT /* b */ a", "SELECT  a"),
        ("SELECT '--' || a\nFROM t", "SELECT '\nFROM t"),
        ("SELECT '/*' || a || '*/'", "SELECT ''"),
    ],
)
def test_cleaning_changes_the_text_as_upstream_does(sql: str, cleaned: str) -> None:
    assert clean(sql) == cleaned


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Decimal("0.33"), 0.33, False),
        (Decimal("0.5"), 0.5, True),
        (Decimal("0.125"), Decimal("0.13"), True),
        (0.125, 0.12, True),
        (True, 1, True),
        (float("nan"), float("nan"), False),
        (datetime(2024, 5, 1, 10), date(2024, 5, 1), True),
        (date(2024, 5, 1), "2024-05-01", True),
        (Decimal("1" * 35), Decimal("1" * 35), False),
        ([1, 0.501], [1, 0.5], True),
        ([Decimal("0.5")], [Decimal("0.5")], False),
        ([date(2024, 5, 1)], [date(2024, 5, 1)], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        (None, None, True),
        ("1", 1, False),
    ],
)
def test_cells_are_equal_where_upstream_finds_them_so(one: object, other: object, same: bool) -> None:
    assert (difference([(one,)], [(other,)], ordered=False) == "") is same


def test_rows_are_sets_unless_their_order_counts() -> None:
    assert not difference([(1,), (1,), (2,)], [(2,), (1,)], ordered=False)
    assert difference([(1,), (1,), (2,)], [(2,), (1,)], ordered=True)
    assert not difference([(1,), (2,)], [(1,), (2,)], ordered=True)


def test_an_empty_result_is_never_equal_on_either_side() -> None:
    assert difference([], [], ordered=False)
    assert difference([], [(1,)], ordered=False)
    assert difference([(1,)], [], ordered=False)
