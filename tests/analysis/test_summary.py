"""What `bench show` tells of a run, against pandas on the same journal and against numbers counted by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.anova import anova_lm

from harness.analysis.adjusted import adjust
from harness.analysis.blame import Cause, blamed
from harness.analysis.breakdown import break_down
from harness.analysis.consistency import consistency
from harness.analysis.curves import curves
from harness.analysis.summary import summarize
from harness.analysis.trajectory import find_episode
from harness.analysis.trials import read_trials
from harness.core.check import CheckKind
from harness.core.record import Traffic
from harness.runner.journal import read_attempts

A, B, D = ("p", "a"), ("p", "b"), ("q", "d")
Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def changed(plant: Callable[..., Path]) -> Callable[..., Path]:
    """Plants a run and changes its attempts, one after the other."""

    def make(outcomes: dict[tuple[str, str], list[Any]], change: Callable[[dict[str, Any], int], None]) -> Path:
        root = plant("r", outcomes)
        segment = root / "attempts" / "0000.jsonl"
        lines = [json.loads(line) for line in segment.read_text().splitlines()]
        for number, line in enumerate(lines):
            change(line, number)
        segment.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return root

    return make


def spent(line: dict[str, Any], number: int) -> None:
    """Turns, calls, tokens, dollars and seconds that differ from line to line."""
    record = line["record"]
    record["turns"], record["tool_calls"] = number + 1, 2 * number
    record["usage"]["agent"] = {"calls": 1, "input_tokens": 100 * number, "output_tokens": 7, "cost_usd": 0.01 * number}
    line["timings"] |= {"wall_s": 1.5 * number, "agent_s": 0.5 * number}


def test_percentiles_are_those_of_pandas(changed: Callable[..., Path]) -> None:
    root = changed({A: [1.0, 0.0, 1.0], B: [0.0, None, 1.0], D: [1.0] * 5}, spent)
    lines = pd.read_json(root / "attempts" / "0000.jsonl", lines=True)
    records = pd.json_normalize(lines["record"].tolist())
    wanted = {
        "turns": records["turns"],
        "tool_calls": records["tool_calls"],
        "tokens": records["usage.agent.input_tokens"] + records["usage.agent.output_tokens"],
        "cost": records["usage.agent.cost_usd"],
        "wall_s": pd.json_normalize(lines["timings"].tolist())["wall_s"],
        "agent_s_per_turn": pd.json_normalize(lines["timings"].tolist())["agent_s"] / records["turns"],
    }
    found = summarize(root).spread
    for name, values in wanted.items():
        shown = found[name]
        assert shown.episodes == 11
        assert (shown.mean, shown.max) == (pytest.approx(values.mean()), pytest.approx(values.max()))
        told = (shown.p50, shown.p90, shown.p95, shown.p99)
        assert told == pytest.approx(values.quantile([0.5, 0.9, 0.95, 0.99]).tolist())


def test_an_unknown_price_is_no_price_of_nothing(changed: Callable[..., Path]) -> None:
    def unpriced(line: dict[str, Any], number: int) -> None:
        spent(line, number)
        if number == 2:
            line["record"]["usage"]["agent"]["cost_usd"] = None

    found = summarize(changed({A: [1.0, 0.0, 1.0], B: [1.0, 1.0]}, unpriced), curved=True)
    assert (found.cost, found.usage["agent"].cost, found.usage["user"].cost) == (None, None, 0.0)
    assert found.spread["cost"].episodes == 4
    assert (found.curves["cost"].unknown, found.curves["cost"].trials, found.curves["turns"].unknown) == (1, 4, 0)


def test_a_curve_counts_what_was_solved_within_each_budget(changed: Callable[..., Path]) -> None:
    root = changed({A: [1.0, 0.0, 1.0, 1.0], B: [0.0, 1.0, None, 0.0]}, spent)
    curve = summarize(root, curved=True).curves["turns"]
    assert (curve.trials, curve.unknown) == (7, 0)
    assert [(point.budget, point.solved) for point in curve.points] == [
        (1.0, pytest.approx(1 / 7)),
        (3.0, pytest.approx(2 / 7)),
        (4.0, pytest.approx(3 / 7)),
        (6.0, pytest.approx(4 / 7)),
        (8.0, pytest.approx(4 / 7)),
    ]
    assert curve.reached == {"50%": 3.0, "90%": 6.0, "99%": 6.0}
    assert all(low <= point.solved <= high for point in curve.points for low, high in [point.interval])


def test_a_curve_over_many_values_has_twenty_points_and_ends_with_the_pass_rate(changed: Callable[..., Path]) -> None:
    draw = np.random.default_rng(1)
    root = changed({("p", str(n)): draw.integers(0, 2, size=5).astype(float).tolist() for n in range(40)}, spent)
    curve = curves(read_trials(root))["tokens"]
    solved = [point.solved for point in curve.points]
    assert 19 <= len(solved) <= 20
    assert solved == sorted(solved)
    assert solved[-1] == pytest.approx(summarize(root).pass_rate)
    assert curves(read_trials(root).part(np.zeros(40, dtype=bool))) == {}


def test_agreement_and_the_intraclass_correlation_are_those_of_an_analysis_of_variance() -> None:
    draw = np.random.default_rng(2)
    chances = draw.beta(0.7, 0.5, size=30)
    outcomes = draw.random((30, 4)) < chances[:, None]
    frame = pd.DataFrame(
        [(task, float(one)) for task, row in enumerate(outcomes) for one in row], columns=["task", "solved"]
    )
    table = anova_lm(smf.ols("solved ~ C(task)", data=frame).fit())
    between, within = table.loc["C(task)", "mean_sq"], table.loc["Residual", "mean_sq"]
    found = consistency(np.full(30, 4), outcomes.sum(axis=1))
    assert found is not None
    assert found.icc == pytest.approx((between - within) / (between + 3 * within))
    pairs = [row[i] == row[j] for row in outcomes for i in range(4) for j in range(i)]
    assert found.agreement == pytest.approx(np.mean(pairs))
    assert found.always + found.sometimes + found.never == 30


def test_trials_that_never_vary_agree_fully_and_one_trial_tells_nothing(plant: Callable[..., Path]) -> None:
    same = summarize(plant("same", {A: [1.0, 1.0], B: [0.0, 0.0]})).consistency
    assert same is not None
    assert (same.agreement, same.icc, same.always, same.never) == (1.0, 1.0, 1, 1)
    all_solved = summarize(plant("all", {A: [1.0, 1.0], B: [1.0, 1.0]})).consistency
    assert all_solved is not None
    assert all_solved.icc is None
    assert summarize(plant("once", {A: [1.0], B: [0.0]})).consistency is None


def test_the_score_without_trials_blamed_on_the_user_and_its_bounds_are_counted_by_hand(
    changed: Callable[..., Path], bench: Any
) -> None:
    def broken(line: dict[str, Any], number: int) -> None:
        record = line["record"]
        if number == 1:
            record["termination"] = "user_error"
        # Of those that fell out of their role, one agent failed, one succeeded all the same, and one was ended by the
        # infrastructure; a leak helps the agent, and the agent's own words are nobody else's fault.
        marks = {3: "drift: as an ai", 2: "drift: as an ai", 7: "early stop", 6: "leak: reference SQL"}.get(number)
        if marks or number == 0:
            party, to = ("user", "agent") if marks else ("agent", "user")
            said = {"text": "psst", "marks": [marks or "drift: as an ai"]}
            record["events"] = [{"type": "message", "party": party, "to": to, "message": said}]

    root = changed({A: [1.0, 0.0, 1.0, 0.0], B: [1.0, 1.0, 0.0, None]}, broken)
    found = summarize(root).adjusted
    assert found is not None
    assert (found.blamed, found.blamed_solved) == (2, 0)
    assert (found.raw.value, found.without.value) == (4 / 7, 4 / 5)
    assert (found.lowest.value, found.highest.value) == (4 / 7, 6 / 7)
    assert found.interval == (found.lowest.interval[0], found.highest.interval[1])
    trials = read_trials(root)
    assert blamed(root, Cause.USER) == {("p", "a", 1), ("p", "a", 3)}
    assert adjust(trials, blamed(root, Cause.USER)) == found
    assert adjust(trials, {("p", "a", 2), ("p", "b", 3)}).blamed_solved == 1
    assert adjust(trials, {("p", "b", 3)}).highest.value == 5 / 8
    assert adjust(trials, frozenset()).without == adjust(trials, frozenset()).raw
    assert "to blame for 2 trials: pass rate 80.0%" in bench("show", "r").stdout
    assert json.loads(bench("show", "r", "--json").stdout)["adjusted"]["blamed"] == 2


def test_a_run_whose_user_behaved_has_nothing_to_adjust(plant: Callable[..., Path]) -> None:
    assert summarize(plant("r", {A: [1.0, None]})).adjusted is None


def test_of_several_attempts_the_last_counts_in_every_number(plant: Callable[..., Path]) -> None:
    root = plant("r", {A: [None, 1.0], B: [0.0, 0.0]})
    first = json.loads((root / "attempts" / "0000.jsonl").read_text().splitlines()[0])
    first["attempt"] = 1
    first["record"]["termination"], first["record"]["reward"]["value"] = "user_stop", 1.0
    (root / "attempts" / "0001.jsonl").write_text(json.dumps(first) + "\n")
    found = summarize(root)
    assert (found.attempts, found.completed, found.undecided, found.pass_rate) == (5, 4, 0, 0.5)
    assert found.terminations == {"user_stop": 4}


@pytest.mark.parametrize(
    "outcomes",
    [{A: ["missing"]}, {A: [None]}, {A: [1.0]}, {A: [0.0], D: [1.0, 1.0, 1.0]}, {A: [0.5, 0.25], B: [None, "missing"]}],
)
def test_however_little_there_is_a_run_can_be_shown_whole(
    outcomes: Any, plant: Callable[..., Path], bench: Any
) -> None:
    plant("r", outcomes)
    shown = bench("show", "r", "--curves")
    assert (shown.returncode, shown.stderr) == (0, "")
    found = json.loads(bench("show", "r", "--curves", "--json").stdout)
    assert 0 <= found["interval"][0] <= (found["pass_rate"] or 0.0) <= found["interval"][1] <= 1
    assert "nan" not in shown.stdout.lower()


def test_a_phase_is_scored_by_what_came_of_it_alone(bench: Any, tmp_path: Path) -> None:
    """Two requests to `sql-clinic`, of which an agent answers the first only: upstream's phase 1 and 2."""
    done = bench("run", "--agent", "oracle", "--suite", "sql-clinic", "--out", "r")
    assert done.returncode == 0, done.stderr
    segment = tmp_path / "r" / "attempts" / "0000.jsonl"
    lines = [json.loads(line) for line in segment.read_text().splitlines()]
    two = [line["record"] for line in lines if len(line["record"]["reward"]["phases"]) > 1]
    assert two
    for record in two:
        record["reward"]["phases"][1]["value"] = 0.0
        record["reward"]["value"] = 0.7
    del two[0]["reward"]["phases"][1]
    segment.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = break_down(tmp_path / "r", ["phase"])["phase"]
    assert (found["1"].pass_rate, found["2"].pass_rate) == (1.0, 0.0)
    assert (found["1"].tasks, found["2"].tasks) == (len(lines), len(two))
    assert "phase" in bench("show", "r", "--by", "phase").stdout


def test_what_was_asked_of_models_and_what_broke_is_counted_as_the_records_add_up(changed: Callable[..., Path]) -> None:
    def troubled(line: dict[str, Any], number: int) -> None:
        paid = {"calls": number, "input_tokens": 10 * number, "output_tokens": 1, "cost_usd": 0.25 * number}
        faults = {"rate_limit": number} if number % 2 else {"timeout": 2, "rate_limit": 1}
        line["traffic"] = {"requests": 5 + number, "retries": number, "cached": 1, "faults": faults, "waited_s": 0.5}
        line["traffic"]["paid"] = paid
        if line["record"]["reward"]["value"] is None:
            line["record"]["events"] = [{"type": "fault", "party": None, "error": "ModelFault: gone"}]
        for score in [0.25, 0.75] if number == 0 else []:
            check = {"kind": "references", "verdict": "failed", "score": score}
            phase = {"phase": 0, "checks": [check], "basis": ["references"], "value": 0.0}
            line["record"]["reward"]["phases"].append(phase)

    root = changed({A: [0.0, 1.0, None], B: [None, 1.0]}, troubled)
    found = summarize(root)
    assert found.traffic == sum((attempt.traffic for attempt in read_attempts(root)), Traffic())
    assert found.infrastructure == {"ModelFault: gone": 2}
    assert found.checks[CheckKind.REFERENCES].score == 0.5
    assert found.checks[CheckKind.REFERENCES].decisive == 1
    assert find_episode(root, "p/a#1") == list(read_attempts(root))[1]
