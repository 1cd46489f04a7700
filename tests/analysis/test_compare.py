"""Two runs side by side: the difference, its test, what varies by itself, and what can't be compared."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.compare import compare
from harness.core.errors import InputError


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the oracle with two trials a task, as a folder to derive others from."""
    from click.testing import CliRunner

    from harness.cli.main import bench

    root = tmp_path_factory.mktemp("runs")
    options = ["run", "--agent", "oracle", "--suite", "shortcuts-daily:lite", "--trials", "2", "--out", str(root / "a")]
    assert CliRunner().invoke(bench, options).exit_code == 0
    return root / "a"


def derived(source: Path, target: Path, rewards: dict[tuple[str, int], float | None], **manifest: Any) -> Path:
    """The run again, with other rewards for some trials."""
    (target / "attempts").mkdir(parents=True)
    made = json.loads((source / "run.json").read_text())
    (target / "run.json").write_text(json.dumps({**made, **manifest}))
    lines = []
    for line in (source / "attempts" / "0000.jsonl").read_text().splitlines():
        attempt = json.loads(line)
        record = attempt["record"]
        record["reward"]["value"] = rewards.get((record["task"], record["trial"]), record["reward"]["value"])
        lines.append(json.dumps(attempt))
    (target / "attempts" / "0000.jsonl").write_text("\n".join(lines) + "\n")
    return target


def test_the_difference_the_flips_and_the_agents_own_variation(two: Path, tmp_path: Path) -> None:
    b = derived(two, tmp_path / "b", {("tip", 0): 0.0, ("tip", 1): 0.0, ("call-back", 0): 0.0})
    found = compare(two, b)
    assert found.all.tasks == 10
    assert found.all.difference == pytest.approx(-0.15)
    assert (found.all.better, found.all.worse) == (0, 2)
    assert [(flip.task, flip.a, flip.b) for flip in found.worse] == [("tip", "2/2", "0/2"), ("call-back", "2/2", "1/2")]
    assert [flip.b_open for flip in found.worse] == [
        f"bench show {b} 'shortcuts-daily/{at}#0'" for at in ("tip", "call-back")
    ]
    assert (found.a.self_flips, found.b.self_flips) == (0.0, pytest.approx(0.1))
    assert found.disagreement == pytest.approx(0.15)
    assert found.all.p_value == 0.5
    assert found.tasks_needed is not None
    assert found.tasks_needed > 10
    mirrored = compare(b, two)
    assert mirrored.all.difference == -found.all.difference
    assert mirrored.all.interval == pytest.approx(tuple(-end for end in reversed(found.all.interval)))


def test_a_trial_without_a_reward_counts_on_neither_side(two: Path, tmp_path: Path) -> None:
    b = derived(two, tmp_path / "b", {("tip", 0): None, ("tip", 1): None, ("call-back", 1): None})
    found = compare(two, b)
    assert found.left_out == ("shortcuts-daily/tip",)
    assert (found.all.tasks, found.all.difference) == (9, 0.0)


@pytest.mark.parametrize(
    ("manifest", "what"),
    [
        ({"suite_hash": "sha256:other"}, "suite"),
        ({"simulator": {"name": "llm", "model": "m"}}, "simulator"),
        ({"judge": {"name": "llm", "model": "m"}}, "judge"),
        ({"harness": "9.0.0"}, "harness"),
    ],
)
def test_runs_that_do_not_compare_are_refused_and_named_where_they_are_compared_anyway(
    manifest: dict[str, Any], what: str, two: Path, tmp_path: Path
) -> None:
    b = derived(two, tmp_path / "b", {}, **manifest)
    with pytest.raises(InputError, match=f"differ in {what}"):
        compare(two, b)
    assert any(what in note for note in compare(two, b, anyway=True).notes)


def test_the_command_fails_a_build_that_loses_too_much(two: Path, tmp_path: Path, bench: Any) -> None:
    b = derived(two, tmp_path / "b", {("tip", 0): 0.0, ("tip", 1): 0.0})
    told = bench("compare", two, b, "--max-loss", "0.05")
    assert (told.returncode, "more than 0.05" in told.stderr) == (1, True)
    assert f"bench show {b} 'shortcuts-daily/tip#0'" in told.stdout
    assert bench("compare", two, b, "--max-loss", "0.1").returncode == 0
    assert bench("compare", two, b, "--max-loss", "0.05", "--gate", "sure").returncode == 0
    assert "may lose" in bench("compare", two, b, "--max-loss", "0.1", "--gate", "possible").stderr
    assert json.loads(bench("compare", b, two, "--json").stdout)["all"]["difference"] == pytest.approx(0.1)
    assert bench("compare", two, tmp_path / "none").returncode == 2


def test_an_episode_that_a_flip_names_can_be_opened(two: Path, tmp_path: Path, bench: Any) -> None:
    b = derived(two, tmp_path / "b", {("tip", 1): 0.0})
    (flip,) = compare(two, b).worse
    for command, reward in ((flip.a_open, "reward 1"), (flip.b_open, "reward 0")):
        told = bench(*shlex.split(command)[1:])
        assert (told.returncode, reward in told.stdout) == (0, True)
    assert flip.b_open.endswith("tip#1'")


def test_runs_of_other_packs_have_nothing_to_pair(plant: Any) -> None:
    a, b = plant("a", {("p", "x"): [1.0]}), plant("b", {("q", "x"): [1.0]})
    with pytest.raises(InputError, match="no task has a decided trial both"):
        compare(a, b)


def test_one_task_and_one_trial_tell_nothing_and_say_so(plant: Any) -> None:
    found = compare(plant("a", {("p", "x"): [0.0]}), plant("b", {("p", "x"): [1.0]}))
    assert (found.all.difference, found.all.interval, found.all.p_value) == (1.0, (-1.0, 1.0), 1.0)
    assert (found.a.self_flips, found.flips.floor, found.trials_needed) == (None, None, None)


@pytest.mark.parametrize("rewards", [["missing"], [None, None]])
def test_a_run_without_any_decided_trial_is_one_message(rewards: list[Any], plant: Any, bench: Any) -> None:
    a, b = plant("a", {("p", "x"): [1.0]}), plant("b", {("p", "x"): rewards})
    told = bench("compare", a, b)
    assert (told.returncode, "no task has a decided trial" in told.stderr, told.stdout) == (2, True, "")


def test_rewards_between_0_and_1_have_a_difference_of_their_own(plant: Any) -> None:
    a = plant("a", {("p", str(n)): [0.7, 0.0] for n in range(20)})
    b = plant("b", {("p", str(n)): [0.7, 1.0] for n in range(20)})
    found = compare(a, b).all
    assert (found.difference, found.reward_difference) == (0.5, 0.5)
    worse = compare(b, plant("c", {("p", str(n)): [0.0, 1.0] for n in range(20)})).all
    assert (worse.difference, worse.reward_difference) == (0.0, pytest.approx(-0.35))
    assert worse.reward_interval[0] < -0.35 < worse.reward_interval[1] < 0.0
