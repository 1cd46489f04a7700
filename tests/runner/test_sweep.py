"""Several patiences in one command, the table and the plot of them, and another run's clarifications grafted."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.core.errors import InputError
from harness.packs.options import pack_options, read_patience
from harness.runner.journal import final_attempts, read_manifest

Bench = Callable[..., subprocess.CompletedProcess[str]]

ASKS = """
from harness import Message, ToolCall


class Asks:
    def act(self, view):
        return "Which ones?"


class Guesses:
    def act(self, view):
        return Message(tool_calls=(ToolCall(name="submit_sql", arguments={"sql": "SELECT 1"}),))
"""

PACK = """
id = "lamps"
version = "1"
title = "Lamps"
environment = "sql"
license = "Apache-2.0"
canary = "PARLEY-CANARY-test"
[options]
database = "lamps"
"""
TASK = """
[[task]]
id = "broken-ones"
[task.user]
facts = [{ topic = "broken lamps", ask = ["which"], answer = "Those of state 2." }]
ambiguities = [{ term = "broken" }]
[[task.phases]]
request = "Which lamps are broken?"
reference = [
    { type = "say", text = "Which lamps are broken lamps?" },
    { type = "say", text = "Which lamps are broken lamps, again?" },
    { type = "call", tool = "execute_sql", arguments = { sql = "SELECT * FROM lamps" } },
    { type = "call", tool = "submit_sql", arguments = { sql = "SELECT name FROM lamps WHERE state = 2" } },
]
checks = [{ kind = "rows" }]
"""


@pytest.fixture
def lamps(tmp_path: Path) -> Path:
    root = tmp_path / "lamps"
    (root / "tasks").mkdir(parents=True)
    (root / "data" / "lamps").mkdir(parents=True)
    (root / "pack.toml").write_text(PACK)
    (root / "policy.md").write_text("Answer with SQL.")
    (root / "tasks" / "all.toml").write_text(TASK)
    (root / "data" / "lamps" / "schema.sql").write_text(
        "CREATE TABLE lamps (lamp_id INTEGER PRIMARY KEY, name TEXT NOT NULL, state INTEGER NOT NULL);"
    )
    (root / "data" / "lamps" / "lamps.csv").write_text("lamp_id,name,state\n1,Ada,1\n2,Bo,2\n")
    (tmp_path / "mine.py").write_text(ASKS)
    return root


def run(bench: Bench, pack: Path, out: str, *more: str, agent: str = "oracle") -> subprocess.CompletedProcess[str]:
    return bench("run", "--agent", agent, "--suite", pack, "--out", out, *more)


def test_several_patiences_make_a_run_each_and_one_table_and_plot(bench: Bench, lamps: Path, tmp_path: Path) -> None:
    ended = run(bench, lamps, "curve", "--mode", "c-interact", "--patience", "0,1,10")
    assert ended.returncode == 0
    assert "run: curve" in ended.stdout
    points = json.loads(bench("scaling", "curve", "--json").stdout)["points"]
    assert [(point["patience"], point["questions"]) for point in points] == [(0, 1.0), (1, 2.0), (10, 2.0)]
    assert {point["reward"]["value"] for point in points} == {1.0}
    apart = bench("scaling", *(f"curve/patience-{n}" for n in (10, 0, 1)), "--plot", "curve.svg")
    assert apart.stdout.splitlines()[2].split()[:2] == ["0", "1"]
    drawing = ElementTree.fromstring((tmp_path / "curve.svg").read_text())
    assert len(drawing.findall("{http://www.w3.org/2000/svg}circle")) == 9
    hashes = {read_manifest(tmp_path / "curve" / f"patience-{n}").suite_hash for n in (0, 1, 10)}
    assert len(hashes) == 3


def test_a_stopped_sweep_goes_on_where_it_was(bench: Bench, lamps: Path, tmp_path: Path) -> None:
    run(bench, lamps, "curve", "--mode", "a-interact", "--patience", "0,3")
    for segment in (tmp_path / "curve" / "patience-3" / "attempts").iterdir():
        segment.unlink()
    again = bench("run", "--resume", "curve")
    assert again.returncode == 0
    assert len(final_attempts(tmp_path / "curve" / "patience-3")) == 1
    assert bench("score", "curve/patience-3").returncode == 0


def test_a_grafted_run_writes_only_the_sql_and_is_scored_from_its_records(
    bench: Bench, lamps: Path, tmp_path: Path
) -> None:
    run(bench, lamps, "asker", "--mode", "a-interact", "--trials", "2")
    grafted = run(bench, lamps, "grafted", "--mode", "c-interact", "--graft", "asker", "--trials", "2")
    assert grafted.returncode == 0
    manifest = read_manifest(tmp_path / "grafted")
    assert manifest.graft is not None
    assert (manifest.graft.id, manifest.graft.agent.name) == (read_manifest(tmp_path / "asker").id, "oracle")
    for attempt in final_attempts(tmp_path / "grafted").values():
        said = [
            (event.party.value, event.given)
            for event in attempt.record.events
            if event.type == "message" and event.message.text and event.party.value != "environment"
        ]
        assert said == [("user", True), ("agent", True), ("user", True), ("agent", True), ("user", True)]
        assert (attempt.record.reward.value, attempt.record.turns) == (1.0, 1)
    (tmp_path / "asker").rename(tmp_path / "elsewhere")
    assert bench("score", "grafted").returncode == 0
    for segment in (tmp_path / "grafted" / "attempts").iterdir():
        segment.unlink()
    gone = bench("run", "--resume", "grafted")
    assert (gone.returncode, "not a run directory" in gone.stderr) == (2, True)
    (tmp_path / "elsewhere").rename(tmp_path / "asker")
    assert bench("run", "--resume", "grafted").returncode == 0


def test_a_tested_agent_is_judged_by_its_own_sql_not_by_the_dialogue(bench: Bench, lamps: Path, tmp_path: Path) -> None:
    run(bench, lamps, "asker", "--mode", "c-interact")
    run(bench, lamps, "grafted", "--mode", "c-interact", "--graft", "asker", agent="mine:Guesses")
    (attempt,) = final_attempts(tmp_path / "grafted").values()
    assert attempt.record.reward.value == 0.0
    assert attempt.record.reward.phases[0].tries == 2
    run(bench, lamps, "talks", "--mode", "c-interact", "--graft", "asker", agent="mine:Asks")
    (attempt,) = final_attempts(tmp_path / "talks").values()
    assert attempt.record.termination.value == "budget_exhausted"


def test_dialogues_of_other_packs_tasks_and_trials_are_refused(bench: Bench, lamps: Path) -> None:
    run(bench, lamps, "asker", "--mode", "c-interact")
    for more, message in (
        (("--mode", "c-interact", "--trials", "2"), "holds no finished trial lamps/broken-ones#1"),
        ((), "leaves the SQL, which mode 'default' doesn't"),
        (("--mode", "a-interact"), "which mode 'a-interact' doesn't"),
        (("--mode", "c-interact", "--patience", "0,3"), "--graft leaves no question to ask"),
    ):
        refused = run(bench, lamps, "no", "--graft", "asker", *more)
        assert (refused.returncode, message in refused.stderr) == (2, True), refused.stderr
    other = bench(
        "run", "--agent", "oracle", "--suite", "sql-shop", "--mode", "c-interact", "--graft", "asker", "--out", "no"
    )
    assert (other.returncode, "is a run of lamps, not of pack 'sql-shop'" in other.stderr) == (2, True)
    (lamps / "policy.md").write_text("Changed.")
    changed = run(bench, lamps, "no", "--mode", "c-interact", "--graft", "asker")
    assert (changed.returncode, "another version of pack 'lamps'" in changed.stderr) == (2, True)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--mode", "c-interact", "--patience", "3,x"), "--patience '3,x': expected a whole number from 0"),
        (("--mode", "c-interact", "--patience", "-1"), "expected a whole number from 0"),
        (("--mode", "c-interact", "--patience", "3,3"), "different ones"),
        (("--patience", "3"), "patience means nothing in mode 'default'"),
        (("--mode", "a-interact", "--rules", "corrected"), "field 'rules'"),
        (("--engine", "oracle"), "field 'engine'"),
        (("--option", "memory_mb"), "expected KEY=VALUE"),
        (("--option", "memory_mb=1"), "field 'memory_mb'"),
        (("--option", "shown_row=5"), "did you mean 'shown_rows'"),
        (("--engine", "duckdb", "--option", "engine=sqlite"), "'engine' is given twice"),
    ],
)
def test_a_wrong_option_is_one_message_and_nothing_is_written(
    bench: Bench, lamps: Path, tmp_path: Path, more: tuple[str, ...], message: str
) -> None:
    refused = run(bench, lamps, "no", *more)
    assert refused.returncode == 2
    assert message in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "no").exists()


def test_options_are_read_as_json_where_they_are_and_as_text_elsewhere() -> None:
    found = pack_options(["timeout_s=2.5", "flag=true", "dsn=host=x dbname=y"], engine="postgresql", patience=5)
    assert found == {"timeout_s": 2.5, "flag": True, "dsn": "host=x dbname=y", "engine": "postgres", "patience": 5}
    assert read_patience(None) == ()
    assert read_patience("0, 3") == (0, 3)
    with pytest.raises(InputError):
        read_patience("")


def test_runs_that_differ_in_more_than_patience_make_no_curve(bench: Bench, lamps: Path) -> None:
    run(bench, lamps, "a", "--mode", "c-interact", "--patience", "0")
    run(bench, lamps, "b", "--mode", "a-interact", "--patience", "3")
    run(bench, lamps, "c", "--mode", "c-interact", "--rules", "legacy", "--patience", "3")
    run(bench, lamps, "d", "--mode", "c-interact", "--patience", "0", "--trials", "2")
    run(bench, lamps, "e")
    run(bench, lamps, "f", "--mode", "c-interact", "--patience", "0")
    for runs, message in (
        (("a", "b"), "differ in more than their patience: in mode"),
        (("a", "c"), "in options"),
        (("a", "d"), "in trials"),
        (("a", "f"), "both played with patience 0"),
        (("e",), "where patience means nothing"),
        (("nowhere",), "not a run directory"),
    ):
        refused = bench("scaling", *runs)
        assert (refused.returncode, message in refused.stderr) == (2, True), refused.stderr
