"""Runs with and without a user and a plan: what is lost, and which runs can't be compared."""

from __future__ import annotations

import json
import re
import shlex
from math import sqrt
from pathlib import Path

import pytest
from scipy.stats import t

from harness.analysis.ablation import Loss, compare_modes
from harness.analysis.intervals import paired_interval
from harness.core.errors import InputError
from harness.core.mode import Mode

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
A, B, C, D = ("p", "a"), ("p", "b"), ("q", "c"), ("q", "d")


@pytest.fixture
def three(plant):
    """Runs in three modes. By hand, over a, b and c (d is undecided without a user):

    default 1/2, 0, 0; no-user 1, 1, 0; oracle-plan 1/2, 0, 1. So communication loses (1/2 + 1 + 0) / 3 = 1/2 and
    planning (0 + 0 + 1) / 3 = 1/3.
    """
    return (
        plant("plan", {A: [1.0, 0.0], B: [0.0, 0.0], C: [1.0, 1.0], D: [1.0, 1.0]}, mode=Mode.ORACLE_PLAN),
        plant("alone", {A: [1.0, 1.0], B: [1.0, None], C: [0.0, 0.0], D: [None, "missing"]}, mode=Mode.NO_USER),
        plant("with", {A: [1.0, 0.0], B: [0.0, 0.0], C: [0.0, 0.0], D: [1.0, 1.0]}),
    )


def test_losses_are_paired_differences_over_the_common_tasks(three) -> None:
    found = compare_modes(three)
    assert list(found.runs) == [Mode.DEFAULT, Mode.ORACLE_PLAN, Mode.NO_USER]
    assert {mode: round(value or 0, 6) for mode, value in found.all.pass_1.items()} == {
        Mode.DEFAULT: round(1 / 6, 6),
        Mode.NO_USER: round(2 / 3, 6),
        Mode.ORACLE_PLAN: 0.5,
    }
    communication, planning = found.all.losses[Loss.COMMUNICATION], found.all.losses[Loss.PLANNING]
    assert (communication.value, communication.more, communication.less) == (0.5, 2, 0)
    assert (planning.value, planning.more, planning.less) == (pytest.approx(1 / 3), 1, 0)
    assert communication.interval == pytest.approx(paired_interval([0.5, 1.0, 0.0], step=7 / 12))
    assert set(found.all.losses) == {Loss.COMMUNICATION, Loss.PLANNING}
    assert (found.all.tasks, found.all.left_out) == (3, ("q/d",))
    assert {pack: part.losses[Loss.COMMUNICATION].value for pack, part in found.packs.items()} == {"p": 0.75, "q": 0.0}
    assert any("1 trials are missing" in note for note in found.notes)


def test_the_order_in_which_runs_are_given_changes_nothing(three) -> None:
    assert compare_modes(three) == compare_modes(three[::-1])


def test_a_help_that_harms_is_a_negative_loss(plant) -> None:
    less = plant("default", {A: [1.0], B: [1.0]})
    helped = plant("plan", {A: [0.0], B: [1.0]}, mode=Mode.ORACLE_PLAN)
    found = compare_modes((less, helped)).all.losses[Loss.PLANNING]
    assert (found.value, found.more, found.less) == (-0.5, 0, 1)


def test_the_paired_interval_equals_agresti_and_mins_for_single_trials() -> None:
    """Their adjusted interval: half a pair is added to each cell, (c - b) / n over n + 2 pairs; with Student's t."""
    gained, lost, same = 12.5, 4.5, 33.0
    pairs = gained + lost + same + 1  # 33 of the same outcome, and half a pair for each of both such cells
    centre = (gained - lost) / pairs
    half = t.ppf(0.975, 48) * sqrt(gained + lost - (gained - lost) ** 2 / pairs) / pairs
    found = paired_interval([1.0] * 12 + [-1.0] * 4 + [0.0] * 33)
    assert found == pytest.approx((centre - half, centre + half))


def test_the_paired_interval_stays_wide_where_all_pairs_agree_and_inside_its_bounds() -> None:
    assert paired_interval([1.0, 1.0])[1] == 1.0
    low, high = paired_interval([0.0] * 20)
    assert (low < 0 < high, low) == (True, -high)
    assert high < paired_interval([0.0] * 5)[1]


def test_real_runs_differ_by_what_their_agents_solve(play) -> None:
    noop, alone, planned = play("noop"), play("oracle", "--mode", "no-user"), play("oracle", "--mode", "oracle-plan")
    found = compare_modes((noop, alone, planned))
    assert {mode: found.all.pass_1[mode] for mode in found.runs} == {
        Mode.DEFAULT: 0.0,
        Mode.ORACLE_PLAN: 1.0,
        Mode.NO_USER: 1.0,
    }
    assert {(loss.value, loss.more) for loss in found.all.losses.values()} == {(1.0, 20)}
    assert any("differ in agent" in note for note in found.notes)
    same = compare_modes((play("oracle", "--trials", "4"), alone))
    assert same.all.losses[Loss.COMMUNICATION].value == 0.0
    assert any("differ in trials: default 4, no-user 1" in note for note in same.notes)


def test_the_command_prints_modes_side_by_side_and_the_same_as_json(bench, play) -> None:
    runs = (play("noop"), play("oracle", "--mode", "no-user"), play("oracle", "--mode", "oracle-plan"))
    shown = bench("ablation", *runs)
    assert shown.returncode == 0, shown.stderr
    rows = [line.split() for line in shown.stdout.splitlines()]
    assert ["tau2-telecom", "20", "0.0%", "100.0%", "100.0%"] in rows
    assert ["communication", "tau2-telecom", "+100.0", "points", "+74.9", "to", "+100.0", "20", "0"] in rows
    found = json.loads(bench("ablation", *runs, "--json").stdout)
    assert found["all"]["losses"]["planning"]["value"] == 1.0
    assert set(found["runs"]) == {"default", "oracle-plan", "no-user"}


def test_two_runs_in_one_mode_are_refused(plant) -> None:
    one, other = plant("one", {A: [1.0]}), plant("other", {A: [0.0]})
    with pytest.raises(InputError, match=r"one and .*other were both played in mode 'default'"):
        compare_modes((one, other))


def test_modes_of_which_neither_only_adds_to_the_other_are_refused(plant) -> None:
    alone, planned = plant("a", {A: [1.0]}, mode=Mode.NO_USER), plant("b", {A: [1.0]}, mode=Mode.ORACLE_PLAN)
    with pytest.raises(InputError, match="nothing can be told from 'oracle-plan' and 'no-user' alone"):
        compare_modes((alone, planned))
    with pytest.raises(InputError, match="nothing can be told from 'no-user' alone"):
        compare_modes((alone,))


def test_another_pack_and_another_version_of_a_pack_are_refused(plant) -> None:
    default = plant("default", {A: [1.0]})
    with pytest.raises(InputError, match=r"plays pack 'q', which .*default doesn't"):
        compare_modes((default, plant("q", {A: [1.0], C: [1.0]}, mode=Mode.NO_USER)))
    with pytest.raises(InputError, match="pack 'p' is not the same"):
        compare_modes((default, plant("newer", {A: [1.0]}, mode=Mode.NO_USER, pack_hash="2")))


def test_other_tasks_are_refused_and_fewer_with_more_help_are_left_out(plant) -> None:
    default = plant("default", {A: [1.0]})
    with pytest.raises(InputError, match=r"plays 1 tasks \(the first: p/b\), which"):
        compare_modes((default, plant("more", {A: [1.0], B: [1.0]}, mode=Mode.NO_USER)))
    wide = plant("wide", {A: [1.0], B: [1.0]})
    found = compare_modes((wide, plant("narrow", {A: [1.0]}, mode=Mode.NO_USER)))
    assert (found.all.tasks, found.all.left_out) == (1, ("p/b",))


def test_runs_without_a_task_in_common_say_how_to_go_on(plant) -> None:
    runs = plant("default", {A: ["missing"]}), plant("alone", {A: [1.0]}, mode=Mode.NO_USER)
    with pytest.raises(InputError) as caught:
        compare_modes(runs)
    assert f"bench run --resume {runs[0]}" in str(caught.value)


def test_what_is_no_run_is_one_message(bench, plant) -> None:
    plant("r", {A: [1.0]})
    done = bench("ablation", "r", "nowhere")
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "error: nowhere: not a run directory (no run.json)")
    assert bench("ablation").returncode == 2


def test_the_commands_of_the_page_on_metrics_work_one_after_the_other(bench) -> None:
    block = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), flags=re.S)[0]
    for line in block.splitlines():
        program, *arguments = shlex.split(line, comments=True)
        assert program == "bench"
        done = bench(*arguments)
        assert (done.returncode, done.stderr.count("error")) == (0, 0), (line, done.stderr)
