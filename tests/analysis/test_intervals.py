"""Intervals against published values, independent implementations, and what they promise: 95 of 100 hold the truth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from harness.analysis.intervals import bootstrap_interval, paired_interval, resampled, share_interval, t95, wilson

Interval = tuple[float, float]
RUNS = 2000


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_wilson_interval_equals_published_values(successes: int, trials: int, low: float, high: float) -> None:
    found = wilson(successes, trials)
    assert found == pytest.approx((low, high), abs=5e-5)


def test_nothing_tried_says_nothing_and_all_solved_ends_at_one() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(30, 30)[1] == 1.0
    assert share_interval([], []) == (0.0, 1.0)
    assert share_interval([0.0], [0.0]) == (0.0, 1.0)


@pytest.mark.parametrize(("successes", "trials"), [(0, 7), (3, 10), (50, 99), (12, 12)])
def test_the_wilson_interval_equals_that_of_statsmodels(successes: int, trials: int) -> None:
    assert wilson(successes, trials) == pytest.approx(proportion_confint(successes, trials, method="wilson"))


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 8, 15, 40, 1000])
def test_students_t_is_scipys_to_two_in_a_thousand(freedom: int) -> None:
    assert t95(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=2e-3)


def test_the_clustered_interval_is_wilsons_with_the_cluster_robust_variance_of_statsmodels() -> None:
    draw = np.random.default_rng(3)
    counts = draw.integers(1, 6, size=40)
    solved = draw.binomial(counts, draw.beta(1, 1, size=40))
    outcomes = np.concatenate([np.repeat([1.0, 0.0], (c, n - c)) for n, c in zip(counts, solved, strict=True)])
    groups = np.repeat(np.arange(40), counts)
    fitted = sm.OLS(outcomes, np.ones(len(outcomes))).fit(cov_type="cluster", cov_kwds={"groups": groups})
    share, error = fitted.params[0], fitted.bse[0] * stats.t.ppf(0.975, 39) / stats.norm.ppf(0.975)
    worth = share * (1 - share) / error**2
    assert share_interval(solved, counts) == pytest.approx(
        proportion_confint(share * worth, worth, method="wilson"), rel=1e-3
    )


def test_a_single_trial_a_task_gives_wilsons_interval_to_the_letter_and_weights_stand_for_tasks() -> None:
    assert share_interval([1, 0, 1, 1], [1, 1, 1, 1]) == wilson(3, 4)
    assert share_interval([1, 0], [1, 1], [3, 1]) == wilson(3, 4)
    spread = share_interval([2, 2, 1, 0, 0], [2, 2, 2, 2, 2])
    assert share_interval([2, 1, 0], [2, 2, 2], [2, 1, 2]) == pytest.approx(spread)


def test_more_trials_of_the_same_tasks_never_pass_for_more_tasks() -> None:
    few = share_interval([1, 0] * 10, [1] * 20)
    many = share_interval([50, 0] * 10, [50] * 20)
    assert many[1] - many[0] == pytest.approx(few[1] - few[0], rel=0.15)
    one = share_interval([40], [50])
    assert one[1] - one[0] > 0.6


def test_the_bootstrap_is_that_of_scipy() -> None:
    draw = np.random.default_rng(5)
    values = draw.beta(2, 1, size=60)
    ours = resampled(values, np.ones(60), draws=20_000)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=20_000, method="percentile", rng=1).bootstrap_distribution
    assert np.quantile(ours, (0.025, 0.5, 0.975)) == pytest.approx(np.quantile(theirs, (0.025, 0.5, 0.975)), abs=0.003)
    assert np.array_equal(ours, resampled(values, np.ones(60), draws=20_000))


def test_the_bootstrap_of_many_different_tasks_is_its_normal_limit() -> None:
    values = np.random.default_rng(5).beta(2, 1, size=3000)
    assert resampled(values, np.ones(3000)).std() == pytest.approx(values.std() / np.sqrt(3000), rel=0.1)
    assert bootstrap_interval(np.array([0.5]), 1) is None


def covered(interval: Callable[[int], Interval], truth: float) -> float:
    """The share of simulated runs whose interval holds the truth."""
    found = [interval(run) for run in range(RUNS)]
    return sum(low <= truth <= high for low, high in found) / RUNS


def drawn(tasks: int, trials: int, seed: int) -> NDArray[np.int64]:
    """Solved trials by run and task; the tasks of each run are a new sample, of which a mean of 0.6 is solved."""
    draw = np.random.default_rng(seed)
    return draw.binomial(trials, draw.beta(1.2, 0.8, size=(RUNS, tasks)))


@pytest.mark.parametrize(("tasks", "trials"), [(50, 1), (25, 4), (100, 8)])
def test_the_interval_of_the_pass_rate_holds_the_truth_in_95_of_100_runs(tasks: int, trials: int) -> None:
    solved, counts = drawn(tasks, trials, seed=tasks), np.full(tasks, trials)
    assert 0.93 <= covered(lambda run: share_interval(solved[run], counts), 0.6) <= 0.97


def test_wilsons_interval_over_trials_would_promise_more_than_it_keeps() -> None:
    solved = drawn(25, 8, seed=2)
    assert covered(lambda run: wilson(int(solved[run].sum()), 200), 0.6) < 0.85


def test_the_interval_of_unequally_many_trials_holds_the_truth() -> None:
    draw = np.random.default_rng(11)
    counts = draw.integers(1, 5, size=(RUNS, 40))
    solved = draw.binomial(counts, draw.beta(1.2, 0.8, size=counts.shape))
    assert 0.93 <= covered(lambda run: share_interval(solved[run], counts[run]), 0.6) <= 0.97


def test_the_interval_of_pass_k_holds_the_truth() -> None:
    """pass^2 of Beta(1.2, 0.8) is E[p²] = a(a + 1) / ((a + b)(a + b + 1))."""
    solved = drawn(40, 4, seed=4)
    values = solved * (solved - 1) / 12
    truth = 1.2 * 2.2 / (2.0 * 3.0)
    assert 0.93 <= covered(lambda run: share_interval(values[run], np.ones(40), trials=80), truth) <= 0.97


def test_the_interval_of_the_mean_reward_holds_the_truth() -> None:
    """Rewards of 0, 0.7 and 1, as in two phases."""
    draw = np.random.default_rng(8)
    skill = draw.beta(1.2, 0.8, size=(RUNS, 40, 1))
    first, second = draw.random((2, RUNS, 40, 3)) < skill
    totals = (0.7 * first + 0.3 * (first & second)).sum(axis=2)
    truth = 0.7 * 0.6 + 0.3 * 1.2 * 2.2 / 6.0
    assert 0.93 <= covered(lambda run: share_interval(totals[run], np.full(40, 3)), truth) <= 0.97


def test_the_bootstrap_interval_holds_the_truth() -> None:
    solved, counts = drawn(40, 4, seed=6), np.full(40, 4)

    def interval(run: int) -> Interval:
        found = bootstrap_interval(resampled(solved[run], counts, seed=run, draws=400), 40)
        assert found is not None
        return found

    assert 0.93 <= covered(interval, 0.6) <= 0.97


@pytest.mark.parametrize(("tasks", "trials", "alike"), [(30, 1, 0.8), (60, 1, 0.0), (30, 4, 0.8), (40, 8, 1.0)])
def test_the_interval_of_a_paired_difference_holds_the_truth(tasks: int, trials: int, alike: float) -> None:
    """A share `alike` of the tasks is as hard for both agents; at the others B is another agent, 0.1 better."""
    draw = np.random.default_rng(tasks + trials)
    a = draw.beta(1.2, 0.8, size=(RUNS, tasks))
    b = np.where(draw.random(a.shape) < alike, a, draw.beta(1.4, 0.6, size=a.shape))
    gained = (draw.binomial(trials, b) - draw.binomial(trials, a)) / trials
    truth = (1 - alike) * 0.1
    assert 0.93 <= covered(lambda run: paired_interval(gained[run], step=1 / trials), truth) <= 0.97


def test_one_pair_says_nothing() -> None:
    assert paired_interval([1.0]) == (-1.0, 1.0)
