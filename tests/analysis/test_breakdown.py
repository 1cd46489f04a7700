"""Scores by what tasks are, on upstream's telecom tasks, whose ids say the same as their tags."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.analysis.breakdown import action_accuracy, break_down
from harness.core.errors import InputError
from harness.core.record import Attempt

BASE = "tau2-telecom:base"
PACK_TASK = """
[[task]]
id = "{id}"
purpose = "A task with tags."
tags = {tags}
[[task.phases]]
request = "Which books have been lent for too long?"
reference = [{{ type = "call", tool = "submit_sql", arguments = {{ sql = "SELECT title FROM loans" }} }}]
checks = [{{ kind = "rows" }}]
"""


def planned(run: Path) -> list[str]:
    return [trial["task"] for trial in json.loads((run / "run.json").read_text())["trials"]]


def attempts(run: Path) -> Iterator[Attempt]:
    for segment in sorted((run / "attempts").glob("*.jsonl")):
        yield from map(Attempt.model_validate_json, segment.read_text().splitlines())


def with_rewards(run: Path, copy: Path, reward: Callable[[Attempt], float | None]) -> Path:
    """The same run with other outcomes."""
    shutil.copytree(run, copy)
    lines = []
    for attempt in attempts(run):
        changed = attempt.record.reward.model_copy(update={"value": reward(attempt)})
        record = attempt.record.model_copy(update={"reward": changed})
        lines.append(attempt.model_copy(update={"record": record}).model_dump_json() + "\n")
    for segment in (copy / "attempts").glob("*.jsonl"):
        segment.unlink()
    (copy / "attempts" / "0000.jsonl").write_text("".join(lines))
    return copy


def intent(task: str) -> str:
    return re.findall(r"^\[(\w+)\]", task)[0]


def persona(task: str) -> str:
    return re.findall(r"\[PERSONA:(\w+)\]$", task)[0]


def issues(task: str) -> str:
    return str(task.count("|") + 1)


@pytest.mark.parametrize(("name", "of"), [("intent", intent), ("persona", persona), ("issues", issues)])
def test_the_groups_of_the_official_tasks_are_those_that_their_ids_tell(play, name, of) -> None:
    run = play("oracle", suite=BASE)
    groups = break_down(run, [name])[name]
    assert {group: part.tasks for group, part in groups.items()} == Counter(map(of, planned(run)))
    assert {part.pass_rate for part in groups.values()} == {1.0}
    assert sum(part.completed for part in groups.values()) == 114


def test_the_base_split_has_the_published_numbers_of_tasks(play) -> None:
    found = break_down(play("oracle", suite=BASE), ["intent", "issues"])
    assert [part.tasks for part in found["intent"].values()] == [49, 36, 29]
    assert [(group, part.tasks) for group, part in found["issues"].items()] == list(
        zip("23456789", [25, 26, 21, 13, 11, 8, 4, 6], strict=True)
    )


def test_a_group_has_the_scores_of_its_own_episodes(play, tmp_path) -> None:
    wanted = {"Easy": 0.0, "Hard": None, "None": 1.0}
    run = play("oracle", "--trials", "4")
    spoiled = with_rewards(run, tmp_path / "r", lambda attempt: wanted[persona(attempt.record.task)])
    groups = break_down(spoiled, ["persona"])["persona"]
    assert {group: part.pass_rate for group, part in groups.items()} == {"Easy": 0.0, "Hard": None, "None": 1.0}
    assert {group: part.undecided for group, part in groups.items()} == {"Easy": 0, "Hard": 24, "None": 0}
    assert {group: part.solved for group, part in groups.items()} == {"Easy": 0, "Hard": 0, "None": 28}
    assert len(groups["Hard"].pass_k.dropped) == 6
    assert (groups["None"].pass_k.at[4].value, groups["None"].pass_k.at[4].tasks) == (1.0, 7)


def test_a_group_has_the_pass_k_of_its_own_tasks(play, tmp_path) -> None:
    run = play("oracle", "--trials", "4")
    once = with_rewards(
        run,
        tmp_path / "r",
        lambda attempt: float(attempt.record.trial == 0 or intent(attempt.record.task) != "mms_issue"),
    )
    groups = break_down(once, ["intent"])["intent"]
    assert {group: part.pass_k.at[1].value for group, part in groups.items()} == {
        "mms_issue": 0.25,
        "mobile_data_issue": 1.0,
        "service_issue": 1.0,
    }
    assert groups["mms_issue"].pass_k.at[2].value == 0.0


def test_a_task_with_several_issues_counts_in_the_group_of_each(play) -> None:
    run = play("oracle", suite=BASE)
    groups = break_down(run, ["issue"])["issue"]
    told = Counter(
        issue for task in planned(run) for issue in re.sub(r"^\[\w+\]|\[PERSONA:\w+\]$", "", task).split("|")
    )
    assert {group: part.tasks for group, part in groups.items()} == told
    assert list(groups) == sorted(groups)


@pytest.fixture
def tagged(bench, tmp_path) -> Path:
    """A run of a pack whose tags are numbers, words, absent, and without a value."""
    assert bench("pack", "new", "mine").returncode == 0
    tags = {"long-loans": ["size:10"], "b": ["size:9", "rare"], "c": ["size:many"], "d": [], "e": ["size:9"]}
    text = "".join(PACK_TASK.format(id=task, tags=json.dumps(found)) for task, found in tags.items())
    (tmp_path / "mine" / "tasks" / "first.toml").write_text(text)
    manifest = tmp_path / "mine" / "pack.toml"
    manifest.write_text(manifest.read_text().replace('base = ["long-loans"]', f"base = {json.dumps(list(tags))}"))
    done = bench("run", "--agent", "oracle", "--suite", "mine", "--out", "r")
    assert done.returncode == 0, done.stderr
    return tmp_path / "r"


def test_groups_are_ordered_by_size_then_by_name_and_untagged_tasks_are_last(tagged) -> None:
    groups = break_down(tagged, ["size", "rare", "tags"])
    assert [(name, part.tasks) for name, part in groups["size"].items()] == [
        ("9", 2),
        ("10", 1),
        ("many", 1),
        ("(none)", 1),
    ]
    assert {name: part.tasks for name, part in groups["rare"].items()} == {"rare": 1, "(none)": 4}
    assert list(groups["tags"]) == ["rare", "size:10", "size:9", "size:many", "(none)"]


def test_levels_of_difficulty_are_ordered_from_easy_to_hard(bench, tmp_path) -> None:
    assert bench("run", "--agent", "noop", "--suite", "telecom-desk", "--out", "r").returncode == 0
    assert list(break_down(tmp_path / "r", ["difficulty"])["difficulty"]) == ["easy", "medium", "hard"]


def test_a_pack_that_is_gone_or_has_changed_is_named_rather_than_guessed_at(bench, tagged) -> None:
    pack = tagged.parent / "mine"
    task = pack / "tasks" / "first.toml"
    before = task.read_text()
    task.write_text(before.replace("size:10", "size:1"))
    changed = bench("show", "r", "--by", "size")
    assert (changed.returncode, "mine" in changed.stderr, "Traceback" in changed.stderr) == (2, True, False)
    task.write_text(before)
    pack.rename(pack.with_name("elsewhere"))
    gone = bench("show", "r", "--by", "size")
    assert (gone.returncode, "pack 'mine'" in gone.stderr) == (2, True)
    assert bench("show", "r").returncode == 0


def test_show_prints_a_table_for_each_tag_and_json_has_them_too(bench, play) -> None:
    run = play("oracle", "--trials", "4")
    shown = bench("show", run, "--by", "issues", "--by", "persona", "--by", "issues")
    assert shown.returncode == 0, shown.stderr
    heads = [line.split()[0] for line in shown.stdout.splitlines() if " pass^4 " in line]
    assert heads == ["issues", "persona"]
    found = json.loads(bench("show", run, "--by", "persona", "--json").stdout)["breakdowns"]
    assert {group: part["tasks"] for group, part in found["persona"].items()} == {"Easy": 7, "Hard": 6, "None": 7}


def test_long_group_names_are_never_cut_short(bench, play) -> None:
    shown = bench("show", play("oracle", "--trials", "4"), "--by", "tags").stdout
    assert "…" not in shown
    assert "issue:user_abroad_roaming_disabled_off" in shown


def test_an_unknown_tag_is_answered_with_those_there_are(bench, play) -> None:
    wrong = bench("show", play("oracle"), "--by", "nonsense")
    assert wrong.returncode == 2
    assert "unknown tag 'nonsense'" in wrong.stderr
    assert "intent, issue, issues, persona, tags" in wrong.stderr
    with pytest.raises(InputError, match="unknown tag 'isues'"):
        break_down(play("oracle"), ["isues"])


def test_action_accuracy_counts_reference_calls_by_what_the_tool_does(play) -> None:
    found, lost = action_accuracy(play("oracle", suite=BASE)), action_accuracy(play("noop", suite=BASE))
    assert found is not None
    assert lost is not None
    checks = [
        check.label
        for attempt in attempts(play("oracle", suite=BASE))
        for phase in attempt.record.reward.phases
        for check in phase.checks
        if check.kind == "action"
    ]
    assert {tool: rate.decided for tool, rate in found.tools.items()} == Counter(checks)
    assert found.read is not None
    assert found.write is not None
    assert found.read.decided + found.write.decided == found.total.decided == len(checks)
    assert (found.total.rate, lost.total.rate) == (1.0, 0.0)
    assert found.tools["transfer_to_human_agents"].decided <= found.read.decided


def test_without_its_pack_a_run_still_has_the_accuracy_of_all_calls(play, tmp_path) -> None:
    run = tmp_path / "r"
    shutil.copytree(play("oracle", suite=BASE), run)
    manifest = json.loads((run / "run.json").read_text())
    manifest["packs"][0]["root"] = "gone"
    (run / "run.json").write_text(json.dumps(manifest))
    found = action_accuracy(run)
    assert found is not None
    assert (found.read, found.write, found.total.rate) == (None, None, 1.0)
    assert "'tau2-telecom'" in found.note
