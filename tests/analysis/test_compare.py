"""Two runs side by side: the difference, its test, what varies by itself, and what can't be compared."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from math import comb
from pathlib import Path
from random import Random
from typing import Any

import pytest

from harness.analysis.compare import compare, sign_flip_p
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


@pytest.mark.parametrize(("better", "worse"), [(8, 2), (5, 0), (1, 1), (0, 0), (30, 12)])
def test_for_single_trials_the_p_value_is_mcnemars_exact_one(better: int, worse: int) -> None:
    discordant = better + worse
    tail = sum(comb(discordant, k) for k in range(min(better, worse) + 1))
    wanted = min(1.0, 2 * tail / 2**discordant)
    differences = [Fraction(1)] * better + [Fraction(-1)] * worse + [Fraction(0)] * 7
    assert sign_flip_p(differences) == pytest.approx(wanted)


def test_the_p_value_is_that_of_all_sign_flips_written_out() -> None:
    differences = [Fraction(n, 4) for n in (3, -1, 2, 2, -4, 1)]
    sums = [sum(d if mask >> i & 1 else -d for i, d in enumerate(differences)) for mask in range(2**6)]
    wanted = sum(abs(one) >= abs(sum(differences)) for one in sums) / 2**6
    assert sign_flip_p(differences) == pytest.approx(wanted)


def test_where_nothing_differs_five_of_a_hundred_comparisons_are_significant_at_most() -> None:
    random = Random(7)

    def trial() -> Sequence[Fraction]:
        return [Fraction(random.randint(0, 1) - random.randint(0, 1)) for _ in range(60)]

    assert sum(sign_flip_p(trial()) <= 0.05 for _ in range(400)) / 400 <= 0.07


def test_the_difference_the_flips_and_the_agents_own_variation(two: Path, tmp_path: Path) -> None:
    b = derived(two, tmp_path / "b", {("tip", 0): 0.0, ("tip", 1): 0.0, ("call-back", 0): 0.0})
    found = compare(two, b)
    assert found.all.tasks == 10
    assert found.all.difference == pytest.approx(-0.15)
    assert (found.all.better, found.all.worse) == (0, 2)
    assert [(flip.task, flip.a, flip.b) for flip in found.worse] == [("call-back", "2/2", "1/2"), ("tip", "2/2", "0/2")]
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
    assert f"bench show {b} shortcuts-daily/tip" in told.stdout
    assert bench("compare", two, b, "--max-loss", "0.1").returncode == 0
    assert json.loads(bench("compare", b, two, "--json").stdout)["all"]["difference"] == pytest.approx(0.1)
    assert bench("compare", two, tmp_path / "none").returncode == 2
