"""pass^k against its definition, and against runs whose numbers can be worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.intervals import wilson
from harness.analysis.pass_k import PassK, pass_at_k, pass_hat_k, pass_k
from harness.analysis.summary import summarize
from harness.analysis.trials import TaskKey
from harness.core.check import is_success

A, B, C = ("p", "a"), ("p", "b"), ("p", "c")


def counted(planned: dict[TaskKey, int], rewards: dict[TaskKey, list[float | None]]) -> PassK:
    """pass^k of tasks with these rewards."""
    return pass_k(planned, [(task, reward) for task, values in rewards.items() for reward in values])


@pytest.mark.parametrize("trials", range(1, 8))
def test_the_estimate_is_the_share_of_subsets_in_which_all_succeed(trials: int) -> None:
    for successes in range(trials + 1):
        outcomes = [True] * successes + [False] * (trials - successes)
        for k in range(1, trials + 1):
            subsets = list(combinations(outcomes, k))
            assert pass_hat_k(trials, successes, k) == Fraction(sum(map(all, subsets)), len(subsets))


@pytest.mark.parametrize(
    ("trials", "successes", "k", "expected"),
    [(4, 2, 1, "1/2"), (4, 2, 2, "1/6"), (4, 2, 3, "0"), (4, 3, 2, "1/2"), (4, 3, 4, "0"), (8, 6, 4, "3/14")],
)
def test_the_estimate_equals_numbers_worked_out_by_hand(trials: int, successes: int, k: int, expected: str) -> None:
    assert pass_hat_k(trials, successes, k) == Fraction(expected)


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_it_falls_with_k_and_never_or_always_solving_stays_what_it_is(counts: tuple[int, int]) -> None:
    trials, successes = counts
    curve = [pass_hat_k(trials, successes, k) for k in range(1, trials + 1)]
    assert curve == sorted(curve, reverse=True)
    assert curve[0] == Fraction(successes, trials)
    assert {pass_hat_k(trials, 0, k) for k in range(1, trials + 1)} == {0}
    assert {pass_hat_k(trials, trials, k) for k in range(1, trials + 1)} == {1}


@pytest.mark.parametrize(("trials", "successes", "k"), [(3, 1, 4), (3, 1, 0), (3, 4, 1), (3, -1, 1), (0, 0, 1)])
def test_counts_that_cannot_be_are_refused(trials: int, successes: int, k: int) -> None:
    with pytest.raises(ValueError, match="must lie in"):
        pass_hat_k(trials, successes, k)


@pytest.mark.parametrize(("reward", "solved"), [(1.0, True), (1 - 1e-7, True), (1 - 1e-5, False), (0.5, False)])
def test_a_success_is_a_reward_of_one_within_upstreams_tolerance(reward: float, solved: bool) -> None:
    assert is_success(reward) is solved


def test_a_task_with_too_few_decided_trials_is_dropped_for_that_k_and_counted() -> None:
    found = counted({A: 4, B: 4, C: 4}, {A: [1.0, 1.0, 1.0, 0.0], B: [1.0, None, 0.0], C: [None, None]})
    assert {k: (one.value, one.tasks) for k, one in found.at.items()} == {
        1: ((3 / 4 + 1 / 2) / 2, 2),
        2: ((1 / 2 + 0) / 2, 2),
        3: (1 / 4, 1),
        4: (0.0, 1),
    }
    assert (found.tasks, found.dropped, found.trials, found.fewest) == (2, ("p/c",), 4, 2)
    assert (found.short, found.undecided) == (1, 3)


def test_without_any_decided_trial_there_is_no_estimate_rather_than_a_zero() -> None:
    found = counted({A: 2, B: 2}, {A: [None, None]})
    assert (found.at, found.tasks, found.fewest, found.dropped) == ({}, 0, 0, ("p/a", "p/b"))


def test_the_interval_is_wilsons_over_tasks_where_each_is_solved_always_or_never() -> None:
    solved = counted({A: 2, B: 2, C: 2}, {A: [1.0, 1.0], B: [0.0, 0.0], C: [0.0, 0.0]})
    assert solved.at[2].interval == wilson(1, 3)
    mixed = counted({A: 2, B: 2, C: 2}, {A: [1.0, 1.0], B: [1.0, 0.0], C: [0.0, 0.0]})
    assert (mixed.at[2].interval, mixed.any[2].interval) == (wilson(1, 3), wilson(2, 3))


@pytest.mark.parametrize("trials", [3, 32, 33, 100])
def test_both_curves_equal_their_exact_definitions_whatever_the_number_of_trials(trials: int) -> None:
    solved = {("p", str(c)): c for c in (0, 1, trials // 2, trials - 1, trials)}
    found = counted(
        dict.fromkeys(solved, trials), {task: [1.0] * c + [0.0] * (trials - c) for task, c in solved.items()}
    )
    assert list(found.at) == list(found.any)
    assert {1, 2, trials} <= set(found.at)
    for k in found.at:
        every = sum(pass_hat_k(trials, c, k) for c in solved.values()) / len(solved)
        some = sum(pass_at_k(trials, c, k) for c in solved.values()) / len(solved)
        assert (found.at[k].value, found.any[k].value) == (pytest.approx(float(every)), pytest.approx(float(some)))


@pytest.mark.parametrize(("trials", "successes", "k"), [(5, 2, 1), (5, 2, 3), (6, 1, 2), (4, 0, 2), (4, 4, 1)])
def test_pass_at_k_is_the_share_of_subsets_with_a_success(trials: int, successes: int, k: int) -> None:
    subsets = list(combinations([True] * successes + [False] * (trials - successes), k))
    assert pass_at_k(trials, successes, k) == Fraction(sum(map(any, subsets)), len(subsets))


def test_a_run_of_four_trials_has_the_curve_of_its_records(plant: Callable[..., Path]) -> None:
    run = plant("r", {A: [1.0, 1.0, 1.0, 0.0], B: [1.0, 1.0, 0.0, 0.0], ("q", "a"): [1.0, 1.0, 1.0, None]})
    found = summarize(run)
    assert {k: one.value for k, one in found.packs["p"].pass_k.at.items()} == {
        1: (3 / 4 + 1 / 2) / 2,
        2: pytest.approx((1 / 2 + 1 / 6) / 2),
        3: (1 / 4 + 0) / 2,
        4: 0.0,
    }
    assert (found.pass_k.at[3].tasks, found.pass_k.at[4].tasks) == (3, 2)
    assert (found.pass_rate, found.undecided, found.mean_reward) == (8 / 11, 1, 8 / 11)


def test_show_prints_pass_k_and_says_which_tasks_are_missing_from_it(bench, plant) -> None:
    plant("r", {A: [1.0, 1.0, 1.0, 0.0], B: [1.0, None, 0.0, "missing"], C: [None, "missing", "missing", "missing"]})
    shown = bench("show", "r")
    assert shown.returncode == 0, shown.stderr
    line = next(line for line in shown.stdout.splitlines() if "62.5%" in line and "2/3" in line)
    assert [word for word in line.split() if word.endswith("%")] == ["62.5%", "25.0%", "25.0%", "0.0%"]
    assert "fewer tasks than 2 have k rewards: 1 for k=3, 1 for k=4" in shown.stdout
    assert "1 tasks have no reward and are in no rate: p/c" in shown.stdout
    assert json.loads(bench("show", "r", "--json").stdout)["pass_k"]["at"]["3"]["tasks"] == 1


def test_a_run_of_which_nothing_has_finished_can_be_shown(bench, plant) -> None:
    plant("r", {A: ["missing"], B: ["missing"]})
    shown = bench("show", "r")
    assert shown.returncode == 0, shown.stderr
    assert "nothing has finished yet" in shown.stdout
    assert "2 episodes are missing: bench run --resume r" in shown.stdout
    assert json.loads(bench("show", "r", "--json").stdout)["pass_rate"] is None


def test_four_trials_of_real_tasks_have_four_ks(play: Callable[..., Path]) -> None:
    solved = summarize(play("oracle", "--trials", "4"))
    assert (solved.episodes, solved.pass_k.tasks, solved.pass_k.short) == (80, 20, 0)
    assert {k: one.value for k, one in solved.pass_k.at.items()} == {1: 1.0, 2: 1.0, 3: 1.0, 4: 1.0}
    lost = summarize(play("noop", "--trials", "4"))
    assert {one.value for one in lost.pass_k.at.values()} == {0.0}
