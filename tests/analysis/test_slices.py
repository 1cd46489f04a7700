"""Where a run fails: what is planted is found, what isn't there is not, and little of what is told is chance."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.multitest import multipletests
from test_breakdown import persona, with_rewards

from harness.analysis.features import conditions
from harness.analysis.multiple import adjusted_p, permutation_p, welch_z
from harness.analysis.slices import find_slices, search
from harness.core.errors import InputError
from harness.core.task import Task

BASE = "tau2-telecom:base"


def test_q_values_are_those_of_statsmodels() -> None:
    p_values = np.random.default_rng(1).beta(0.5, 2, size=40)
    assert adjusted_p(p_values) == pytest.approx(multipletests(p_values, method="fdr_bh")[1])


def test_the_permutation_test_is_fishers_exact_one_for_scores_of_0_and_1() -> None:
    draw = np.random.default_rng(2)
    scores, groups = draw.integers(0, 2, size=60).astype(float), draw.random((60, 3)) < 0.3
    found = permutation_p(scores, groups, draws=20_000)
    for column in range(3):
        inside, outside = scores[groups[:, column]], scores[~groups[:, column]]
        table = [[inside.sum(), (1 - inside).sum()], [outside.sum(), (1 - outside).sum()]]
        assert found[column] == pytest.approx(stats.fisher_exact(table, alternative="less").pvalue, abs=0.015)


def test_the_normal_limit_of_many_tasks_is_near_the_permutation_test(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(3)
    scores, groups = draw.random(800), draw.random((800, 4)) < 0.2
    exact = permutation_p(scores, groups)
    monkeypatch.setattr("harness.analysis.multiple._MOST_TASKS", 0)
    assert permutation_p(scores, groups) == pytest.approx(exact, abs=0.02)


def test_the_gap_of_the_proposing_half_is_welchs_statistic() -> None:
    draw = np.random.default_rng(4)
    scores, groups = draw.random(50), draw.random((50, 2)) < 0.4
    gap, off = welch_z(scores, groups)
    inside, outside = scores[groups[:, 0]], scores[~groups[:, 0]]
    assert gap[0] == pytest.approx(inside.mean() - outside.mean())
    error = np.sqrt(inside.var() / len(inside) + outside.var() / len(outside))
    assert off[0] == pytest.approx(gap[0] / error)


def made(tasks: int, seed: int) -> tuple[list[tuple[str, str]], dict[str, NDArray[np.bool_]]]:
    """Tasks with 30 conditions that mean nothing."""
    draw = np.random.default_rng(seed)
    return [("p", str(number)) for number in range(tasks)], {
        f"tag:{number}": draw.random(tasks) < draw.uniform(0.1, 0.6) for number in range(30)
    }


def test_what_is_not_there_is_reported_in_no_more_runs_than_the_bound_allows() -> None:
    """Without any true group each finding is false, so that the rate bounds how often anything is found at all."""
    reported = 0
    for run in range(60):
        keys, known = made(120, run)
        scores = np.random.default_rng(run + 1000).binomial(2, 0.6, size=120) / 2
        found = search("r", dict(zip(keys, scores.tolist(), strict=True)), known, 0.1, run, [])
        reported += bool(found.confirmed)
    assert reported / 60 <= 0.2


def test_planted_groups_are_found_and_false_ones_beside_them_stay_below_the_bound() -> None:
    hits, rates = 0, []
    for run in range(40):
        keys, known = made(200, run)
        draw = np.random.default_rng(run + 1000)
        planted = {"tag:a": draw.random(200) < 0.25, "tag:b": draw.random(200) < 0.3}
        chances = 0.75 - 0.35 * planted["tag:a"] - 0.35 * planted["tag:b"]
        scores = draw.binomial(4, chances) / 4
        found = search("r", dict(zip(keys, scores.tolist(), strict=True)), {**planted, **known}, 0.1, run, [])
        names = [one.where for one in found.confirmed]
        false = [name for name in names if "tag:a" not in name and "tag:b" not in name]
        hits += sum(name in names for name in planted)
        rates.append(len(false) / len(names) if names else 0.0)
    assert hits / 80 >= 0.85
    assert np.mean(rates) <= 0.1


def test_the_confirming_half_tells_the_gap_without_the_flattery_of_the_choice() -> None:
    found, told = [], []
    for run in range(50):
        keys, known = made(100, run)
        scores = np.random.default_rng(run + 1000).binomial(1, 0.5, size=100).astype(float)
        result = search("r", dict(zip(keys, scores.tolist(), strict=True)), known, 0.1, run, [])
        for one in (*result.confirmed, *result.others):
            found.append(one.gap_found)
            told.append(one.gap)
    assert np.mean(found) < -0.2
    assert abs(np.mean(told)) < 0.05


def test_a_pair_is_proposed_where_it_is_worse_than_both_of_its_conditions() -> None:
    keys, known = made(400, 1)
    a, b = known["tag:0"], known["tag:1"]
    chances = np.where(a & b, 0.1, 0.8)
    scores = np.random.default_rng(1).binomial(4, chances) / 4
    found = search("r", dict(zip(keys, scores.tolist(), strict=True)), known, 0.1, 0, [])
    assert found.confirmed[0].where == "tag:0 and tag:1"


def task(name: str, **fields: Any) -> Task:
    return Task.model_validate({"id": name, "phases": [{"request": "one two three"}], **fields})


def test_features_are_what_the_task_says() -> None:
    tasks = {
        ("p", "a"): task("a", tags=["issue:x", "rare"], difficulty="easy"),
        ("p", "b"): task("b", tags=["issue:y"], difficulty="hard", user={"persona": "gruff"}),
        ("q", "c"): task("c", phases=[{"request": "w " * 40, "weight": 0.5}, {"request": "then", "weight": 0.5}]),
    }
    found = {name: rows.tolist() for name, rows in conditions(tasks, dict.fromkeys(tasks, 0)).items()}
    assert found["difficulty easy"] == [True, False, False]
    assert {"issue:x", "rare", "issue:y"} & set(found) == set()
    assert found["pack p"] == [True, True, False]
    assert found["pack q"] == [False, False, True]
    assert len({tuple(rows) for rows in found.values()}) == len(found)
    assert all(any(rows) and not all(rows) for rows in found.values())


def test_a_persona_that_makes_real_tasks_fail_is_found(play: Callable[..., Path], tmp_path: Path, bench: Any) -> None:
    run = with_rewards(
        play("oracle", suite=BASE), tmp_path / "r", lambda attempt: float(persona(attempt.record.task) != "Hard")
    )
    found = find_slices(run)
    assert found.tasks == 114
    assert found.confirmed[0].where == "persona:Hard"
    assert (found.confirmed[0].solved, found.confirmed[0].others) == (0.0, 1.0)
    assert find_slices(run) == found
    shown = bench("slices", run).stdout
    assert ("persona:Hard" in shown, f"bench show {run} " in shown) == (True, True)
    keys = json.loads(bench("slices", run, "--json").stdout)
    assert keys["confirmed"][0]["where"] == "persona:Hard"


def test_a_run_that_is_too_small_or_always_the_same_says_so(
    play: Callable[..., Path], bench: Any, tmp_path: Path
) -> None:
    small = bench("slices", play("oracle"))
    assert (small.returncode, "20 decided tasks are too few" in small.stdout) == (0, True)
    same = bench("slices", play("oracle", suite=BASE))
    assert (same.returncode, "solved equally often" in same.stdout) == (0, True)
    undecided = with_rewards(play("oracle", suite=BASE), tmp_path / "r", lambda attempt: None)
    assert find_slices(undecided).pass_1 is None


def test_without_its_packs_a_run_has_no_slices(plant: Any) -> None:
    with pytest.raises(InputError, match="pack 'p'"):
        find_slices(plant("r", {("p", "a"): [1.0]}))
