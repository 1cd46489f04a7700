"""`bench run --schedule`: what is drawn and recorded, that it can be resumed; and hard-first never tells a score."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.compare import compare
from harness.analysis.summary import summarize
from harness.cli.main import bench as group
from harness.core.errors import InputError
from harness.core.run import RunManifest, ScheduleKind
from harness.packs.suites import Changes, resolve_suite
from harness.runner.config import ScheduleChoice
from harness.runner.journal import read_manifest
from harness.runner.schedule import allot, draw, draw_schedule

SUITE = "shortcuts-daily"


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(group, [str(one) for one in arguments])


def played(root: Path, *options: str | Path, agent: str = "oracle") -> Path:
    done = call("run", "--agent", agent, "--suite", SUITE, "--out", root, *options)
    assert done.exit_code == 0, done.output
    return root


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of one suite: whole, twice drawn by the same lot, once by another."""
    root = tmp_path_factory.mktemp("runs")
    lot = ("--schedule", "estimate", "--budget", "16")
    played(root / "whole", agent="noop")
    played(root / "drawn", *lot)
    played(root / "noop", *lot, agent="noop")
    played(root / "other", *lot, "--seed", "5")
    return root


@given(
    st.dictionaries(st.tuples(st.sampled_from("pqr"), st.integers(0, 60).map(str)), st.sampled_from("ehm"), min_size=2),
    st.integers(2, 80),
    st.integers(0, 5),
)
def test_strata_hold_every_task_once_and_give_two_each_or_all_within_the_budget(
    levels: dict[tuple[str, str], str], tasks: int, seed: int
) -> None:
    groups = {key: (f"{key[0]}/{level}", key[0]) for key, level in levels.items()}
    strata = allot(groups, tasks)
    assert sorted(key for stratum in strata for key in stratum.tasks) == sorted(groups)
    assert sum(stratum.drawn for stratum in strata) == min(tasks, len(groups))
    assert all(min(2, len(stratum.tasks)) <= stratum.drawn <= len(stratum.tasks) for stratum in strata)
    chosen = draw(strata, seed)
    assert len(set(chosen)) == len(chosen) == min(tasks, len(groups))
    assert draw(strata, seed) == chosen


def test_each_task_is_drawn_as_often_as_its_chance_says() -> None:
    groups = {("p", str(number)): ("p/easy" if number < 6 else "p/hard", "p") for number in range(20)}
    strata = allot(groups, 7)
    drawn = Counter(key for seed in range(3000) for key in draw(strata, seed))
    for stratum in strata:
        for key in stratum.tasks:
            assert drawn[key] / 3000 == pytest.approx(stratum.drawn / len(stratum.tasks), abs=0.035)


def test_the_run_records_whom_it_drew_from_and_with_what_chances(runs: Path) -> None:
    manifest = read_manifest(runs / "drawn")
    schedule = manifest.schedule
    assert schedule is not None
    suite = resolve_suite(SUITE)
    assert manifest.suite_hash == suite.hash
    assert [(one.pack, one.task) for one in schedule.tasks] == list(suite.tasks)
    assert (schedule.kind, schedule.budget, len(manifest.trials)) == (ScheduleKind.ESTIMATE, 16, 16)
    chances = {(one.pack, one.task): one.chance for one in schedule.tasks}
    assert sum(chance or 0.0 for chance in chances.values()) == pytest.approx(16)
    strata = Counter(one.stratum for one in schedule.tasks)
    assert strata == Counter(f"{pack}/{suite.packs[pack].tasks[task].difficulty}" for pack, task in suite.tasks)


def test_the_same_seed_draws_the_same_tasks_and_another_seed_others(runs: Path) -> None:
    drawn, noop, other = (set(read_manifest(runs / name).trials) for name in ("drawn", "noop", "other"))
    assert drawn == noop
    assert drawn != other


def test_show_estimates_the_whole_suite_and_says_from_how_much(runs: Path) -> None:
    found = summarize(runs / "drawn")
    assert found.estimate is not None
    assert (found.estimate.pass_1.value, found.estimate.pass_1.drawn) == (1.0, 16)
    assert found.estimate.pass_1.tasks == len(resolve_suite(SUITE).tasks)
    shown = call("show", runs / "drawn").output
    assert f"16 of {found.estimate.pass_1.tasks}" in shown
    assert json.loads(call("show", runs / "drawn", "--json").output)["estimate"]["pass_1"]["value"] == 1.0
    assert summarize(runs / "whole").estimate is None


def test_a_run_that_was_cut_off_goes_on_with_the_tasks_it_drew(runs: Path, tmp_path: Path) -> None:
    root = tmp_path / "r"
    (root / "attempts").mkdir(parents=True)
    (root / "run.json").write_text((runs / "drawn" / "run.json").read_text())
    lines = (runs / "drawn" / "attempts" / "0000.jsonl").read_text().splitlines(keepends=True)
    (root / "attempts" / "0000.jsonl").write_text("".join(lines[:5]) + lines[5][:50])
    assert summarize(root).completed == 5
    done = call("run", "--resume", root)
    assert done.exit_code == 0, done.output
    assert summarize(root).completed == 16
    assert read_manifest(root) == read_manifest(runs / "drawn")
    refused = call("run", "--resume", root, "--schedule", "estimate", "--budget", "3")
    assert (refused.exit_code, "goes on as the run was started" in refused.output) == (2, True)


def test_runs_on_the_same_lot_are_compared_over_the_whole_suite(runs: Path) -> None:
    found = compare(runs / "drawn", runs / "noop")
    assert found.suite is not None
    assert (found.suite.difference, found.suite.drawn) == (-1.0, 16)
    assert found.suite.tasks == len(resolve_suite(SUITE).tasks)
    whole = compare(runs / "whole", runs / "drawn")
    assert whole.suite is not None
    assert (whole.suite.difference, whole.all.tasks) == (1.0, 16)
    assert "whole suite, estimated" in call("compare", runs / "whole", runs / "drawn").output
    with pytest.raises(InputError, match="the tasks drawn"):
        compare(runs / "drawn", runs / "other")
    assert compare(runs / "drawn", runs / "other", anyway=True).suite is None


def test_a_budget_for_everything_plays_everything(tmp_path: Path) -> None:
    resolved = resolve_suite(SUITE, Changes(trials=2))
    schedule, trials = draw_schedule(ScheduleChoice(ScheduleKind.ESTIMATE, 10_000), resolved, 0)
    assert set(trials) == set(resolved.trials())
    assert {one.chance for one in schedule.tasks} == {1.0}


def test_what_cannot_be_scheduled_is_one_message_and_leaves_nothing_behind(runs: Path, tmp_path: Path) -> None:
    start = ("run", "--agent", "noop", "--suite", SUITE, "--out", tmp_path / "r")
    for options, message in (
        (("--schedule", "estimate"), "needs a --budget"),
        (("--budget", "3"), "belong to --schedule"),
    ):
        told = call(*start, *options)
        assert (told.exit_code, message in told.output) == (2, True), told.output
    nothing = call(*start, "--schedule", "hard-first", "--budget", "0").exception
    assert isinstance(nothing, InputError)
    assert "--budget '0': expected US dollars" in str(nothing)
    for kind, choice, message in (
        (ScheduleKind.ESTIMATE, {"budget": 1}, "fewer than two tasks"),
        (ScheduleKind.ESTIMATE, {"budget": 9, "earlier": (runs / "whole",)}, "drawn by lot"),
        (ScheduleKind.HARD_FIRST, {"budget": 9, "earlier": (tmp_path,)}, "not a run directory"),
    ):
        with pytest.raises(InputError, match=message):
            draw_schedule(ScheduleChoice(kind, **choice), resolve_suite(SUITE), 0)
    assert not (tmp_path / "r").exists()


def test_hard_first_learns_from_what_failed_before(runs: Path, tmp_path: Path, plant: Any) -> None:
    resolved = resolve_suite(SUITE)
    rewards = {key: [1.0] * 4 for key in resolved.tasks}
    worst, second, *_ = rewards
    earlier = plant("earlier", {**rewards, worst: [0.0] * 4, second: [0.0, 0.0, 0.0, 1.0]})
    choice = ScheduleChoice(ScheduleKind.HARD_FIRST, 2, (earlier,))
    schedule, trials = draw_schedule(choice, resolved, 0)
    assert [(trial.pack, trial.task) for trial in trials] == [worst, second]
    assert schedule.earlier == ("earlier",)
    unseen, _ = draw_schedule(ScheduleChoice(ScheduleKind.HARD_FIRST, 3), resolved, 0)
    assert len(unseen.tasks) == len(resolved.tasks)
    stranger = plant("stranger", {("q", "x"): [0.0]})
    with pytest.raises(InputError, match="played none of these tasks"):
        draw_schedule(ScheduleChoice(ScheduleKind.HARD_FIRST, 2, (stranger,)), resolved, 0)


def test_without_runs_and_difficulties_nothing_tells_what_is_hard(bench: Any) -> None:
    assert bench("pack", "new", "mine").returncode == 0
    told = bench("run", "--agent", "noop", "--suite", "mine", "--schedule", "hard-first", "--budget", "1", "--out", "r")
    assert told.returncode == 2, told.stdout
    assert "nothing tells which tasks" in told.stderr
    assert "--earlier" in told.stderr


def test_hard_first_finds_failures_and_never_tells_a_score(runs: Path, tmp_path: Path) -> None:
    root = played(
        tmp_path / "r", "--schedule", "hard-first", "--budget", "4", "--earlier", runs / "whole", agent="noop"
    )
    shown = call("show", root).output
    assert re.search(r"\d%", shown) is None
    assert shown.count("failed 1 of 1   bench show") == 4
    found = json.loads(call("show", root, "--json").output)
    rates = ("pass_rate", "mean_reward", "bootstrap", "reward_bootstrap", "consistency", "adjusted", "estimate")
    for part in (found, *found["packs"].values()):
        assert {part.get(name) for name in rates} == {None}
        assert (part["pass_k"]["at"], part["pass_k"]["any"], part["checks"]) == ({}, {}, {})
    assert (found["schedule"], len(found["failures"])) == ("hard-first", 4)
    refused = call("show", root, "--by", "difficulty")
    assert isinstance(refused.exception, InputError)
    with pytest.raises(InputError, match="picked because they fail"):
        compare(runs / "whole", root)
    assert compare(runs / "whole", root, anyway=True).suite is None


def test_a_run_of_before_there_were_schedules_is_read_as_one_that_played_everything(runs: Path) -> None:
    text = json.loads((runs / "whole" / "run.json").read_text())
    del text["schedule"]
    assert RunManifest.model_validate_json(json.dumps(text), strict=True).schedule is None
