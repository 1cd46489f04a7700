"""Estimates from tasks drawn by lot: unbiased, and as sure as they say; picks of hard tasks: neither."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.analysis.estimate import SuiteDifference, SuiteEstimate, estimate_difference, estimate_suite
from harness.analysis.outcomes import Outcomes
from harness.core.run import Schedule, ScheduledTask, ScheduleKind
from harness.runner.schedule import TaskKey, allot, draw

RUNS = 2000
LEVELS = {"easy": (60, 3.0, 1.0), "medium": (110, 1.5, 1.5), "hard": (30, 1.0, 4.0)}
"""Tasks, and the Beta distribution of their chances to be solved."""


def suite(seed: int) -> tuple[dict[TaskKey, tuple[str, str]], NDArray[np.float64]]:
    """200 tasks of two packs with their strata, and the chances to be solved."""
    random = np.random.default_rng(seed)
    groups: dict[TaskKey, tuple[str, str]] = {}
    chances = []
    for level, (count, *shape) in LEVELS.items():
        for number in range(count):
            pack = "p" if number % 3 else "q"
            groups[pack, f"{level}-{number}"] = (f"{pack}/{level}", pack)
            chances.append(random.beta(*shape))
    return groups, np.array(chances)


class Lots:
    """Runs of one suite, each with tasks drawn anew."""

    def __init__(self, tasks: int, seed: int = 1) -> None:
        self.groups, self.chances = suite(seed)
        self.keys = list(self.groups)
        self.strata = allot(self.groups, tasks)
        places = {key: stratum for stratum in self.strata for key in stratum.tasks}
        self.schedule = Schedule(
            kind=ScheduleKind.ESTIMATE,
            budget=tasks,
            tasks=tuple(
                ScheduledTask(
                    pack=key[0],
                    task=key[1],
                    stratum=places[key].name,
                    chance=places[key].drawn / len(places[key].tasks),
                )
                for key in self.keys
            ),
        )
        self._place = {key: number for number, key in enumerate(self.keys)}

    def drawn(self, run: int) -> NDArray[np.int64]:
        """Places of the tasks of one run."""
        return np.array([self._place[key] for key in draw(self.strata, run)])

    def play(self, places: NDArray[np.int64], chances: NDArray[np.float64], trials: int, seed: int) -> Outcomes:
        """What came of them."""
        solved = np.random.default_rng(seed).binomial(trials, chances[places])
        counts, nothing = np.full(len(places), trials), np.zeros(len(places), dtype=np.int64)
        return Outcomes(
            tasks=tuple(self.keys[place] for place in places),
            planned=counts,
            finished=counts,
            decided=counts,
            solved=solved,
            first_solved=nothing,
            first_failed=nothing,
            reward=solved.astype(float),
            turns=nothing,
            tokens=nothing,
            cost=nothing.astype(float),
        )


def coverage(found: list[tuple[float, tuple[float, float]]], truth: float) -> tuple[float, float]:
    """(mean of the estimates, share of the intervals that hold the truth)."""
    held = sum(low <= truth <= high for _, (low, high) in found) / len(found)
    return float(np.mean([value for value, _ in found])), held


@pytest.mark.parametrize(("tasks", "trials"), [(60, 2), (24, 1)])
def test_the_estimate_is_unbiased_and_its_interval_holds_the_truth(tasks: int, trials: int) -> None:
    lots = Lots(tasks)

    def one(run: int) -> SuiteEstimate:
        found = estimate_suite(lots.schedule, lots.play(lots.drawn(run), lots.chances, trials, run))
        assert found is not None
        return found

    found = [one(run) for run in range(RUNS)]
    mean, held = coverage([(run.pass_1.value, run.pass_1.interval) for run in found], float(lots.chances.mean()))
    assert mean == pytest.approx(float(lots.chances.mean()), abs=0.006)
    assert 0.93 <= held <= 0.97
    packs = np.array([pack for pack, _ in lots.keys])
    wanted = float(lots.chances[packs == "q"].mean())
    assert np.mean([run.packs["q"].value for run in found]) == pytest.approx(wanted, abs=0.01)


def test_without_repeated_trials_the_interval_errs_on_the_wide_side() -> None:
    lots = Lots(120)
    found = [estimate_suite(lots.schedule, lots.play(lots.drawn(run), lots.chances, 1, run)) for run in range(500)]
    shares = [(one.pass_1.value, one.pass_1.interval) for one in found if one is not None]
    mean, held = coverage(shares, float(lots.chances.mean()))
    assert mean == pytest.approx(float(lots.chances.mean()), abs=0.01)
    assert held >= 0.95


@pytest.mark.parametrize(("tasks", "trials"), [(60, 2), (100, 1)])
def test_the_difference_is_unbiased_and_its_interval_holds_the_truth(tasks: int, trials: int) -> None:
    lots = Lots(tasks)
    better = np.clip(lots.chances + np.random.default_rng(3).choice([0.0, 0.2], size=200), 0, 1)

    def one(run: int) -> SuiteDifference:
        places = lots.drawn(run)
        a = lots.play(places, lots.chances, trials, 2 * run)
        return estimate_difference(lots.schedule, a, lots.play(places, better, trials, 2 * run + 1))

    found = [one(run) for run in range(RUNS)]
    truth = float((better - lots.chances).mean())
    mean, held = coverage([(run.difference, run.interval) for run in found], truth)
    assert mean == pytest.approx(truth, abs=0.006)
    assert 0.93 <= held <= 0.97


def test_the_mean_of_tasks_that_were_picked_as_hard_is_biased_and_the_estimate_is_not() -> None:
    """An earlier run of one trial picks 60 tasks that failed; played again, they do worse than the suite does."""
    lots = Lots(60)
    truth = float(lots.chances.mean())
    naive, drawn = [], []
    for run in range(200):
        earlier = lots.play(np.arange(200), lots.chances, 1, run)
        picked = np.argsort(earlier.solved, kind="stable")[:60]
        naive.append(lots.play(picked, lots.chances, 1, run + 5000).solved.mean())
        found = estimate_suite(lots.schedule, lots.play(lots.drawn(run), lots.chances, 1, run))
        assert found is not None
        drawn.append(found.pass_1.value)
    assert np.mean(naive) < truth - 0.1
    assert np.mean(drawn) == pytest.approx(truth, abs=0.01)


def test_the_estimate_is_horvitz_and_thompsons_sum_over_chances() -> None:
    lots = Lots(37)
    found = lots.play(lots.drawn(3), lots.chances, 2, 4)
    chance = {(one.pack, one.task): one.chance or 0.0 for one in lots.schedule.tasks}
    wanted = sum(solved / 2 / chance[key] for key, solved in zip(found.tasks, found.solved.tolist(), strict=True)) / 200
    estimate = estimate_suite(lots.schedule, found)
    assert estimate is not None
    assert estimate.pass_1.value == pytest.approx(wanted)
    assert (estimate.pass_1.tasks, estimate.pass_1.drawn) == (200, 37)


def test_a_drawn_task_without_a_reward_is_stood_for_by_the_others_of_its_stratum() -> None:
    lots = Lots(37)
    found = lots.play(lots.drawn(3), np.ones(200), 2, 4)
    found.decided[5] = found.solved[5] = 0
    estimate = estimate_suite(lots.schedule, found)
    assert estimate is not None
    assert (estimate.pass_1.value, estimate.undecided, estimate.pass_1.drawn) == (1.0, 1, 36)
    found.decided[:] = 0
    assert estimate_suite(lots.schedule, found) is None


def test_drawing_all_tasks_leaves_only_the_chance_within_them() -> None:
    lots = Lots(200)
    sure = estimate_suite(lots.schedule, lots.play(lots.drawn(0), np.round(lots.chances), 4, 1))
    assert sure is not None
    assert sure.pass_1.value == pytest.approx(float(np.round(lots.chances).mean()))
    assert sure.pass_1.interval[1] - sure.pass_1.interval[0] < 0.05
