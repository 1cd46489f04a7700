"""Published verdicts: our rules against a file of submissions, each trap of upstream's comparison among them."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
CASES = HERE / "bird_cases.jsonl"
DATA = HERE / "bird_data"


def lines(engine: str) -> list[dict[str, Any]]:
    return [case for line in CASES.read_text().splitlines() if (case := json.loads(line))["engine"] == engine]


def write(path: Path, cases: list[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(case)}\n" for case in cases))
    return path


@pytest.mark.parametrize("engine", ["sqlite", "duckdb", "postgresql"])
def test_every_verdict_of_the_file_comes_out_of_the_rules_it_names(engine: str, bench: Any, tmp_path: Path) -> None:
    if engine == "postgresql" and find_spec("psycopg") is None:
        pytest.skip("the extra `postgres` is not installed")
    cases = lines(engine)
    assert len(cases) >= 70
    done = bench("parity", "bird", write(tmp_path / "cases.jsonl", cases), "--data", DATA, "--json", timeout=120)
    found = json.loads(done.stdout)
    assert found["differences"] == []
    assert (found["submissions"], found["verdict_differences"]) == (len(cases), 0)
    assert done.returncode == 0
    assert found["rules_disagree"]


def test_a_verdict_that_does_not_come_out_is_counted_and_named(bench: Any, tmp_path: Path) -> None:
    cases = lines("sqlite")[:3]
    cases[1]["verdict"] = "fail" if cases[1]["verdict"] == "pass" else "pass"
    path = write(tmp_path / "cases.jsonl", cases)
    done = bench("parity", "bird", path, "--data", DATA, "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["verdict_differences"] == 1
    assert [one["line"] for one in found["differences"]] == [2]
    assert "differs in line 2: published fail, ours pass" in bench("parity", "bird", path, "--data", DATA).stdout


def test_real_databases_are_judged_with_the_mini_files_as_they_are(
    bench: Any, shared_data: Path, tmp_path: Path
) -> None:
    count = ["SELECT count(*) FROM households"]
    case = {"database": "households", "gold": count, "engine": "sqlite", "conditions": None, "verdict": "pass"}
    cases = [{**case, "prediction": count}, {**case, "prediction": ["SELECT 1"], "verdict": "fail"}]
    done = bench(
        "parity", "bird", write(tmp_path / "c.jsonl", cases), "--data", shared_data / "mini_interact", "--json"
    )
    assert json.loads(done.stdout)["verdict_differences"] == 0


GOOD: dict[str, Any] = {
    "database": "kennel",
    "gold": ["SELECT 1"],
    "prediction": ["SELECT 1"],
    "conditions": None,
    "engine": "sqlite",
    "verdict": "pass",
}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (json.dumps({**GOOD, "database": "kennal"}), "line 1: field 'database': unknown database 'kennal'"),
        (json.dumps({**GOOD, "verdict": "maybe"}), "field 'verdict'"),
        (json.dumps({**GOOD, "engine": "oracle"}), "field 'engine'"),
        (json.dumps({**GOOD, "gold": []}), "field 'gold'"),
        (json.dumps({**GOOD, "golds": ["x"]}), "unknown key 'golds'"),
        (f"{json.dumps(GOOD)}\n{json.dumps(GOOD)[:30]}", "line 2"),
        ("", "no submissions"),
    ],
)
def test_a_wrong_file_is_one_message_with_its_line(text: str, wanted: str, bench: Any, tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(text)
    done = bench("parity", "bird", path, "--data", DATA)
    assert done.returncode == 2
    assert wanted in done.stderr
    assert "Traceback" not in done.stderr
