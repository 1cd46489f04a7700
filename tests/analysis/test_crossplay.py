"""Agents by simulators: rankings against scipy's tau, components against statsmodels' analysis of variance."""

from __future__ import annotations

import json
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.anova import anova_lm

from harness.analysis.crossplay import cross_play
from harness.analysis.ranks import mean_tau, ranks
from harness.analysis.variance import components, mean_squares
from harness.core.errors import InputError


@pytest.mark.parametrize("seed", range(5))
def test_tau_is_the_mean_of_scipys_over_all_pairs_of_rankings_with_ties(seed: int) -> None:
    scores = np.random.default_rng(seed).integers(0, 5, size=(6, 4)) / 4
    wanted = [stats.kendalltau(scores[:, a], scores[:, b]).statistic for a, b in combinations(range(4), 2)]
    assert float(mean_tau(scores)) == pytest.approx(np.nanmean(wanted))
    stacked = np.stack([scores, scores[::-1]])
    assert mean_tau(stacked) == pytest.approx([np.nanmean(wanted)] * 2)


def test_ranks_are_those_of_scipy_best_first() -> None:
    scores = np.random.default_rng(1).integers(0, 4, size=(7, 3)) / 3
    assert ranks(scores) == pytest.approx(stats.rankdata(-scores, axis=0))


def test_the_mean_squares_are_those_of_statsmodels() -> None:
    scores = np.random.default_rng(2).random((3, 4, 5))
    cells = [(*place, scores[place]) for place in product(*map(range, scores.shape))]
    frame = pd.DataFrame(cells, columns=["a", "s", "t", "y"])
    table = anova_lm(smf.ols("y ~ C(a)*C(s) + C(a)*C(t) + C(s)*C(t)", data=frame).fit())
    wanted = [table.loc[name, "mean_sq"] for name in ("C(a)", "C(s)", "C(t)", "C(a):C(s)", "C(a):C(t)", "C(s):C(t)")]
    assert mean_squares(scores) == pytest.approx((*wanted, table.loc["Residual", "mean_sq"]))


def test_the_components_are_found_again_on_average() -> None:
    draw = np.random.default_rng(4)
    spreads = {"agent": 0.09, "simulator": 0.04, "task": 0.16, "agent_simulator": 0.02, "rest": 0.25}

    def effect(name: str, *shape: int) -> NDArray[np.float64]:
        return draw.normal(0, spreads[name] ** 0.5, size=shape)

    found: dict[str, list[float]] = {}
    for _ in range(400):
        scores = effect("agent", 5, 1, 1) + effect("simulator", 1, 4, 1) + effect("task", 1, 1, 60)
        scores = scores + effect("agent_simulator", 5, 4, 1) + effect("rest", 5, 4, 60)
        for name, value in components(scores).model_dump().items():
            found.setdefault(name, []).append(value)
    for name, wanted in spreads.items():
        assert np.mean(found[name]) == pytest.approx(wanted, rel=0.12)
    assert np.mean(found["agent_task"]) < 0.01
    with pytest.raises(ValueError, match="two agents"):
        components(np.zeros((1, 3, 4)))


@pytest.fixture
def grid(plant: Any) -> Any:
    """Runs of agents x and y with users u and v; what each solved is given."""

    def write(solved: dict[str, list[float | None]]) -> list[Path]:
        roots = []
        for name, rewards in solved.items():
            agent, user = name
            outcomes = {("p", str(task)): [reward] for task, reward in enumerate(rewards)}
            root = plant(name, outcomes, agent=agent)
            manifest = json.loads((root / "run.json").read_text())
            manifest["simulator"]["name"] = user
            (root / "run.json").write_text(json.dumps(manifest))
            roots.append(root)
        return roots

    return write


def test_a_user_that_turns_the_ranking_over_is_seen(grid: Any) -> None:
    runs = grid(
        {"xu": [1.0] * 8 + [0.0] * 2, "yu": [1.0] * 4 + [0.0] * 6, "xv": [0.0] * 10, "yv": [1.0] * 5 + [0.0] * 5}
    )
    found = cross_play(runs)
    assert (found.tasks, found.tau, found.simulators) == (10, -1.0, ("u", "v"))
    assert list(found.agents) == ["y", "x"]
    assert {user: cell.pass_1 for user, cell in found.agents["x"].cells.items()} == {"u": 0.8, "v": 0.0}
    assert (found.agents["x"].best_rank, found.agents["x"].worst_rank) == (1.0, 2.0)
    assert found.variance["agent_simulator"] > found.variance["agent"] == 0.0
    assert sum(found.variance.values()) == pytest.approx(1.0)


def test_users_that_agree_leave_the_ranking_and_the_interval_says_how_sure_that_is(grid: Any) -> None:
    runs = grid({"xu": [1.0] * 30, "yu": [0.0] * 30, "xv": [1.0] * 29 + [0.0], "yv": [0.0] * 30})
    found = cross_play(runs)
    assert (found.tau, found.tau_interval) == (1.0, (1.0, 1.0))
    assert found.dependability is not None
    assert found.dependability > 0.9


def test_a_task_that_is_undecided_anywhere_is_left_out_and_one_task_has_no_variance(grid: Any) -> None:
    found = cross_play(grid({"xu": [1.0, None], "yu": [0.0, 1.0], "xv": [1.0, 1.0], "yv": [1.0, 1.0]}))
    assert (found.tasks, found.left_out, found.variance, found.tau_interval) == (1, ("p/1",), {}, None)


def test_a_missing_cell_a_double_one_and_a_single_user_are_one_message_each(grid: Any, bench: Any) -> None:
    runs = grid({"xu": [1.0], "yu": [0.0], "xv": [1.0], "yv": [1.0]})
    with pytest.raises(InputError, match="no run of agent 'y' with simulator 'v'"):
        cross_play(runs[:3])
    with pytest.raises(InputError, match="two agents and two simulators"):
        cross_play(runs[:2])
    again = runs[0].with_name("again")
    again.mkdir()
    (again / "run.json").write_text((runs[0] / "run.json").read_text())
    with pytest.raises(InputError, match="both have agent 'x' with simulator 'u'"):
        cross_play([*runs, again])
    manifest = json.loads((runs[3] / "run.json").read_text())
    (runs[3] / "run.json").write_text(json.dumps({**manifest, "suite_hash": "sha256:other"}))
    told = bench("crossplay", *runs)
    assert (told.returncode, "differ in suite" in told.stderr) == (2, True)
    shown = bench("crossplay", *runs, "--anyway")
    assert (shown.returncode, "differ in suite" in shown.stdout, "Kendall" in shown.stdout) == (0, True, True)
    assert set(json.loads(bench("crossplay", *runs, "--anyway", "--json").stdout)["agents"]) == {"x", "y"}
