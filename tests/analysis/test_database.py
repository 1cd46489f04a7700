"""`bench sql`: the views say what the journals hold, of a run that is going on, too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.database import ask, open_runs
from harness.analysis.frames import load
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
        open_runs([tmp_path / "none"])
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
