"""Whether a comparison can find what it promises to find, and what chance alone flips."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from harness.analysis.power import chance_flips, detectable, tasks_needed, trials_needed
from harness.analysis.sign_flip import sign_flip_p

Solved = NDArray[np.int64]


def agents(tasks: int, trials: int, gain: float, seed: int) -> tuple[Solved, Solved]:
    """Solved trials by task of two agents, the second of which is better at each task it could be better at."""
    draw = np.random.default_rng(seed)
    a = draw.beta(1, 1, size=tasks) * (1 - gain)
    return draw.binomial(trials, a), draw.binomial(trials, a + gain)


def found(tasks: int, trials: int, gain: float, runs: int = 400) -> float:
    """The share of simulated comparisons that find the gain."""
    pairs = (agents(tasks, trials, gain, seed) for seed in range(runs))
    return sum(sign_flip_p((b - a) / trials, trials) <= 0.05 for a, b in pairs) / runs


def test_the_smallest_detectable_difference_is_found_in_80_of_100_comparisons() -> None:
    a, b = agents(4000, 2, 0.1, seed=1)
    samples = ((b - a) / 2).reshape(50, 80)
    promised = float(np.mean([detectable(sample, step=0.5) for sample in samples]))
    assert found(80, 2, promised) == pytest.approx(0.8, abs=0.07)


def test_as_many_tasks_as_are_said_to_be_needed_find_the_difference() -> None:
    a, b = agents(4000, 1, 0.12, seed=2)
    gained = b - a
    needed = tasks_needed(gained - gained.mean() + 0.12, step=1.0)
    assert needed is not None
    assert found(needed, 1, 0.12) == pytest.approx(0.8, abs=0.07)


def test_as_many_trials_as_are_said_to_be_needed_find_the_difference() -> None:
    a, b = agents(4000, 2, 0.08, seed=3)
    sample = slice(0, 4000)
    gained, counts = (b - a)[sample] / 2, np.full(4000, 2)
    # What 4,000 tasks tell of a task's variance holds for 60 of them.
    variance = float(gained.var())
    between = variance - float(((a * (2 - a) + b * (2 - b)) / 2 / 2).mean())
    rows = np.random.default_rng(0).permutation(4000)[:60]
    needed = trials_needed(
        gained[rows] - gained[rows].mean() + 0.08, 0.5, (counts[rows], a[rows]), (counts[rows], b[rows])
    )
    assert between < 0.02
    assert needed is not None
    assert found(60, needed, 0.08) == pytest.approx(0.8, abs=0.12)


def test_trials_alone_do_not_help_where_tasks_differ_too_much_and_nothing_seen_needs_nothing() -> None:
    solved = np.array([2, 0] * 10)
    counts = np.full(20, 2)
    gained = (solved[::-1] - solved) / 2 + 0.01
    assert trials_needed(gained, 0.5, (counts, solved), (counts, solved[::-1])) is None
    assert tasks_needed(np.zeros(20)) is None
    assert trials_needed(np.zeros(20), 0.5, (counts, solved), (counts, solved)) is None
    assert trials_needed(gained, 1.0, (np.ones(20, dtype=int), solved), (counts, solved)) is None


@pytest.mark.parametrize(("n", "m", "solved"), [(4, 4, 3), (2, 5, 4), (1, 1, 1), (3, 3, 0), (3, 2, 5)])
def test_flips_by_chance_are_those_of_scipys_hypergeometric_distribution(n: int, m: int, solved: int) -> None:
    of_a = np.arange(n + 1)
    chances = stats.hypergeom(n + m, solved, n).pmf(of_a)
    better = float(chances[(solved - of_a) / m > of_a / n].sum())
    worse = float(chances[(solved - of_a) / m < of_a / n].sum())
    counts = tuple(np.array([one]) for one in (n, m))
    assert chance_flips((counts[0], np.array([0])), (counts[1], np.array([solved]))) == pytest.approx((better, worse))


def test_an_agent_that_did_not_change_flips_as_often_as_chance_says() -> None:
    draw = np.random.default_rng(5)
    same = draw.beta(1, 1, size=3000)
    a, b, counts = draw.binomial(3, same), draw.binomial(3, same), np.full(3000, 3)
    better, worse = chance_flips((counts, a), (counts, b))
    assert (b > a).sum() == pytest.approx(better, rel=0.1)
    assert (b < a).sum() == pytest.approx(worse, rel=0.1)
