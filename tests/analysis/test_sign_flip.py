"""The exact test of paired differences against its definition and against independent implementations."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from harness.analysis.sign_flip import common_unit, sign_flip_p


@pytest.mark.parametrize(("better", "worse"), [(8, 2), (5, 0), (1, 1), (30, 12), (400, 330), (3, 900), (7000, 6900)])
def test_for_single_trials_the_p_value_is_mcnemars_exact_one(better: int, worse: int) -> None:
    differences = np.array([1.0] * better + [-1.0] * worse + [0.0] * 7)
    theirs = mcnemar([[50, worse], [better, 70]], exact=True).pvalue
    assert sign_flip_p(differences, 1) == pytest.approx(theirs, rel=1e-9)


@given(st.integers(1, 6).flatmap(lambda unit: st.tuples(st.just(unit), st.lists(st.integers(-unit, unit), max_size=9))))
def test_the_p_value_is_that_of_all_sign_flips_written_out(drawn: tuple[int, list[int]]) -> None:
    unit, steps = drawn
    sums = [
        abs(sum(sign * step for sign, step in zip(signs, steps, strict=True)))
        for signs in product((1, -1), repeat=len(steps))
    ]
    wanted = sum(one >= abs(sum(steps)) for one in sums) / len(sums)
    differences = np.array(steps) / unit
    assert sign_flip_p(differences, unit) == pytest.approx(wanted)
    assert sign_flip_p(differences) == pytest.approx(wanted)


def test_the_p_value_of_more_tasks_is_that_of_scipys_permutation_test() -> None:
    draw = np.random.default_rng(2)
    differences = draw.integers(-4, 6, size=60) / 4
    theirs = stats.permutation_test(
        (differences, np.zeros(60)), lambda x, y: (x - y).mean(), permutation_type="samples", n_resamples=40_000, rng=1
    )
    assert sign_flip_p(differences, 4) == pytest.approx(theirs.pvalue, abs=0.01)


def test_the_normal_approximation_takes_over_without_a_jump(monkeypatch: pytest.MonkeyPatch) -> None:
    differences = np.random.default_rng(9).integers(-4, 5, size=400) / 4
    exact = sign_flip_p(differences, 4)
    monkeypatch.setattr("harness.analysis.sign_flip._MOST_WORK", 0)
    assert sign_flip_p(differences, 4) == pytest.approx(exact, abs=0.01)


def test_shares_of_many_different_counts_have_no_common_unit_and_still_a_p_value() -> None:
    counts = np.arange(1, 60)
    assert common_unit(counts) is None
    assert common_unit(np.array([2, 4]), np.array([3])) == 12
    assert 0 < sign_flip_p(np.random.default_rng(1).random(300) - 0.48) < 1
    assert sign_flip_p(np.zeros(5)) == sign_flip_p(np.array([])) == 1.0


def test_where_nothing_differs_five_of_a_hundred_comparisons_are_significant_at_most() -> None:
    draw = np.random.default_rng(7)
    same = draw.beta(1, 1, size=(2000, 60))
    gained = (draw.binomial(2, same) - draw.binomial(2, same)) / 2
    assert sum(sign_flip_p(row, 2) <= 0.05 for row in gained) / 2000 <= 0.06
