"""Row comparison: what counts as the same result."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.checks.rows import differ

CELLS = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.text(max_size=2)
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=5)


def equal(given_rows: object, wanted: object, *, ordered: bool = False, decimals: int = 2) -> bool:
    return differ(given_rows, wanted, ordered=ordered, decimals=decimals) == ""  # type: ignore[arg-type]


@given(rows=ROWS, data=st.data())
def test_any_order_of_the_same_rows_is_equal_unless_order_counts(rows: list[list[object]], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rows))
    assert equal(shuffled, rows)
    assert equal(rows, rows, ordered=True)


@given(rows=ROWS.filter(bool))
def test_a_doubled_or_a_dropped_row_is_a_difference(rows: list[list[object]]) -> None:
    assert not equal([*rows, rows[0]], rows)
    assert not equal(rows[1:], rows)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1.0, True),
        (0.333, 0.33, True),
        (0.34, 0.33, False),
        (-0.0, 0.0, True),
        (True, 1, True),
        (False, None, False),
        (["decimal", "0.33"], 0.33, True),
        (["decimal", "0.330"], ["decimal", "0.33"], True),
        (
            ["decimal", "12345678901234567890123456789012345.67"],
            ["decimal", "12345678901234567890123456789012345.68"],
            False,
        ),
        (0.1 + 0.2, 0.3, True),
        (2.675, 2.6749999999999998, True),
        (["float", "NaN"], ["float", "NaN"], True),
        (["float", "Infinity"], ["float", "-Infinity"], False),
        (["float", "NaN"], None, False),
        (["date", "2024-05-01"], "2024-05-01", True),
        (["datetime", "2024-05-01T00:00:00"], ["date", "2024-05-01"], True),
        (["datetime", "2024-05-01T10:30:00"], ["date", "2024-05-01"], False),
        (["datetime", "2024-05-01T10:30:00.500000"], "2024-05-01 10:30:00.5", True),
        (["dict", [["a", 1], ["b", ["decimal", "2.0"]]]], '{"b": 2, "a": 1.0}', True),
        (["list", [1, 2]], ["list", [2, 1]], False),
        (["list", [["date", "2024-05-01"]]], '["2024-05-01"]', True),
        (["bytes", "00ff"], ["bytes", "00fe"], False),
        (9007199254740993, 9007199254740992, False),
        ("1", 1, False),
        (None, "", False),
        ("{broken", "{broken", True),
    ],
)
def test_cells_compare_by_what_they_mean(one: object, other: object, same: bool) -> None:
    assert equal([[one]], [[other]]) is same


def test_a_wrong_order_is_told_apart_from_wrong_rows() -> None:
    assert differ([[2], [1]], [[1], [2]], ordered=True, decimals=2) == "the rows are right, their order is not"
    assert differ([[3], [1]], [[1], [2]], ordered=True, decimals=2) == "1 rows too many or wrong, 1 missing, of 2"


def test_two_empty_results_are_equal_and_one_is_not() -> None:
    assert equal([], [])
    assert not equal([], [[1]])


def test_handing_in_nothing_is_not_an_empty_result() -> None:
    assert differ(None, [], ordered=False, decimals=2) == "no rows were handed in"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (0.125, 0.13, True),
        (["decimal", "-0.125"], ["decimal", "-0.13"], True),
        (["time", "10:00:00"], "10:00", True),
        (["time", "10:00:00.250000"], "10:00:00.25", True),
        (["datetime", "2024-05-01T10:00:00+00:00"], "2024-05-01 10:00", True),
        (["datetime", "2024-05-01T10:00:00+02:00"], "2024-05-01 10:00", False),
        (["text-of", "uuid", "a0eebc99"], "a0eebc99", True),
        (["text-of", "interval", "1 day, 0:00:00"], "1 day, 0:00:00", False),
    ],
)
def test_halves_zones_times_and_ids_compare_as_the_engines_write_them(one: object, other: object, same: bool) -> None:
    assert equal([[one]], [[other]]) is same
    assert equal([[other]], [[one]]) is same
