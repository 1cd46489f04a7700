"""`bench sql`: the views say what the journals hold, of a run that is going on, too."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.compaction import compact
from harness.analysis.database import ask
from harness.analysis.frames import load
from harness.analysis.summary import summarize
from harness.core.errors import InputError


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from click.testing import CliRunner

    from harness.cli.main import bench

    root = tmp_path_factory.mktemp("it's a folder") / "a run"
    options = ["run", "--agent", "oracle", "--suite", "shortcuts-daily:lite", "--trials", "2", "--out", str(root)]
    assert CliRunner().invoke(bench, options).exit_code == 0
    return root


def rows(run: Path, query: str) -> list[tuple[object, ...]]:
    return ask([run], query)[1]


def test_trials_agree_with_the_table_in_pandas(run: Path) -> None:
    wanted = load(run)
    found = rows(run, "SELECT task, trial, reward, turns, tool_calls, solved FROM trials ORDER BY task, trial")
    assert len(found) == 20
    ordered = wanted.sort_values(["task", "trial"])
    assert [row[:5] for row in found] == list(
        ordered[["task", "trial", "reward", "turns", "tool_calls"]].itertuples(index=False, name=None)
    )
    assert all(row[5] for row in found)


def test_calls_are_joined_with_their_results_and_all_are_there(run: Path) -> None:
    (calls,) = rows(run, "SELECT count(*), count(result), count(error) FROM tool_calls")
    (counted,) = rows(run, "SELECT sum(tool_calls) FROM attempts")
    assert calls == (counted[0], counted[0], 0)
    assert rows(run, "SELECT DISTINCT party FROM tool_calls ORDER BY 1") == [("agent",), ("user",)]
    found = rows(run, "SELECT arguments ->> '$.identifier' FROM tool_calls WHERE task = 'dim-the-screen' AND trial = 0")
    assert found == [("is.workflow.actions.setbrightness",)]


def test_checks_turns_and_usage_hold_a_row_for_each(run: Path) -> None:
    lines = [json.loads(line) for line in (run / "attempts" / "0000.jsonl").read_text().splitlines()]
    checks = sum(len(phase["checks"]) for line in lines for phase in line["record"]["reward"]["phases"])
    said = sum(event["type"] == "message" for line in lines for event in line["record"]["events"])
    assert rows(run, "SELECT count(*) FROM checks WHERE verdict = 'passed'") == [(checks,)]
    assert rows(run, "SELECT count(*), count(DISTINCT number) > 3 FROM turns") == [(said, True)]
    assert rows(run, "SELECT seat, count(*) FROM usage GROUP BY seat ORDER BY seat") == [
        ("agent", 20),
        ("judge", 20),
        ("user", 20),
    ]


def test_a_later_attempt_takes_the_earlier_ones_place_and_a_torn_line_is_passed_over(run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    (copy / "attempts").mkdir(parents=True)
    (copy / "run.json").write_text((run / "run.json").read_text())
    lines = (run / "attempts" / "0000.jsonl").read_text().splitlines()
    again = json.loads(lines[0])
    again["attempt"] = 1
    again["record"]["reward"]["value"] = 0.0
    (copy / "attempts" / "0000.jsonl").write_text("\n".join(lines) + "\n")
    (copy / "attempts" / "0001.jsonl").write_text(json.dumps(again) + "\n" + lines[1][:200])
    assert rows(copy, "SELECT (SELECT count(*) FROM attempts), (SELECT count(*) FROM trials)") == [(21, 20)]
    assert rows(copy, "SELECT attempt, reward FROM trials WHERE NOT solved") == [(1, 0.0)]


def test_a_run_that_has_only_begun_is_empty_and_no_run_is_one_message(run: Path, tmp_path: Path) -> None:
    (tmp_path / "attempts").mkdir()
    (tmp_path / "run.json").write_text((run / "run.json").read_text())
    assert rows(tmp_path, "SELECT count(*) FROM trials") == [(0,)]
    assert rows(tmp_path, "SELECT planned FROM runs") == [(20,)]
    with pytest.raises(InputError, match="not a run directory"):
        ask([tmp_path / "none"], "SELECT 1")
    with pytest.raises(InputError, match="the query fails"):
        ask([run], "SELECT nothing FROM trials")


def test_the_command_prints_tables_json_and_csv(run: Path, bench: Any) -> None:
    query = "SELECT task, count(*) AS n FROM trials GROUP BY task ORDER BY task LIMIT 1"
    assert "call-back" in bench("sql", query, run).stdout
    assert json.loads(bench("sql", query, run, "--json").stdout) == {"task": "call-back", "n": 2}
    assert bench("sql", query, run, "--csv").stdout == "task,n\ncall-back,2\n"
    wrong = bench("sql", "SELEC", run)
    assert (wrong.returncode, "error: the query fails" in wrong.stderr, "Traceback" in wrong.stderr) == (2, True, False)
    assert bench("sql", query).returncode == 2


@pytest.mark.parametrize(
    "query",
    [
        "COPY (SELECT 1) TO 'out.csv'",
        "SELECT 1; SELECT 2",
        "SELECT * FROM read_text('run.json')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "ATTACH 'x.db'",
        "INSTALL httpfs",
        "SET memory_limit = '1TB'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO 'out.csv'",
        "SELECT * FROM query('COPY (SELECT 1) TO ''out.csv''')",
        "DROP VIEW trials",
        "SELECT 1 +",
        "SELECT CAST('x' AS INTEGER)",
        "SELECT * FROM trails",
        "-- nothing",
        "",
    ],
)
def test_what_is_no_question_about_the_runs_is_one_message_and_leaves_nothing_behind(
    query: str, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(InputError):
        ask([run], query)
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_no_query_writes_to_the_runs_own_files(run: Path) -> None:
    before = {path: path.read_bytes() for path in sorted(run.rglob("*")) if path.is_file()}
    segment = str(run / "attempts" / "0000.jsonl").replace("'", "''")
    with pytest.raises(InputError, match="one SELECT"):
        ask([run], f"COPY (SELECT 1) TO '{segment}'")
    # What it deletes is its own copy.
    ask([run], "WITH gone AS (DELETE FROM known_runs RETURNING *) FROM gone")
    assert {path: path.read_bytes() for path in sorted(run.rglob("*")) if path.is_file()} == before


@pytest.mark.parametrize(
    "damage",
    ['{"attempt":0,"timings":', "not JSON", '{"a": 1}', "[1]", '{"attempt":"no"}', "null"],
)
def test_a_damaged_line_before_the_last_is_named_wherever_numbers_are_made(
    damage: str, run: Path, tmp_path: Path
) -> None:
    (tmp_path / "attempts").mkdir()
    (tmp_path / "run.json").write_text((run / "run.json").read_text())
    first, *others = (run / "attempts" / "0000.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "attempts" / "0000.jsonl").write_text("".join([first, damage + "\n", *others]))
    with pytest.raises(InputError, match=r"0000\.jsonl: line 2"):
        ask([tmp_path], "SELECT sum(turns) FROM trials")
    with pytest.raises(InputError, match=r"0000\.jsonl: line 2"):
        summarize(tmp_path)


def test_a_crashed_run_is_read_up_to_its_torn_line_and_damage_before_it_is_still_found(
    run: Path, tmp_path: Path
) -> None:
    (tmp_path / "attempts").mkdir()
    (tmp_path / "run.json").write_text((run / "run.json").read_text())
    lines = (run / "attempts" / "0000.jsonl").read_text().splitlines(keepends=True)
    segment = tmp_path / "attempts" / "0000.jsonl"
    for torn in (lines[5][:100], lines[5][:100] + "\n", "\0" * 50):
        segment.write_text("".join(lines[:5]) + torn)
        assert summarize(tmp_path).completed == 5
        compact(tmp_path)
        assert rows(tmp_path, "SELECT count(*) FROM turns WHERE text IS NULL") == [(0,)]
        assert summarize(tmp_path).completed == 5
    segment.write_text("".join([lines[0], "damage\n", *lines[1:5]]) + lines[5][:100])
    with pytest.raises(InputError, match=r"0000\.jsonl: line 2"):
        summarize(tmp_path)


def test_runs_of_different_packs_are_asked_together(run: Path, plant: Callable[..., Path]) -> None:
    other = plant("other", {("p", "a"): [1.0, None]})
    found = ask([run, other], "SELECT run, count(*), count(reward) FROM trials GROUP BY run ORDER BY 2")[1]
    assert found == [(str(other), 2, 1), (str(run), 20, 20)]
    assert ask([run, other], "SELECT sum(planned) FROM runs")[1] == [(22,)]
