"""`bench parity shortcutsbench`: published values and scores come out of our code, and what doesn't is named.

The fixtures beside this file are shortcuts of our own with every rule in them; what is expected of them was computed
by upstream's functions (EachSheep/ShortcutsBench at 3a7fcba, Apache-2.0).
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).parent / "shortcutsbench_fixtures"
DEFINITIONS = ("all_api2paraname2paratype.json", "all_api2parasummary.json")


def copied(tmp_path: Path, *names: str) -> Path:
    folder = tmp_path / "fixtures"
    folder.mkdir(parents=True)
    for path in FIXTURES.iterdir():
        if not names or path.name in names:
            shutil.copy(path, folder / path.name)
    return folder


def edit(path: Path, change: Any) -> None:
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def test_every_value_that_upstreams_functions_gave_comes_out(bench: Any) -> None:
    done = bench("parity", "shortcutsbench", FIXTURES, "--json")
    found = json.loads(done.stdout)
    assert found["differences"] == []
    assert found["not_compared"] == []
    assert found["fixtures"] >= 700
    assert set(found["files"]) == {path.name for path in FIXTURES.glob("*_*.json")} - {
        *DEFINITIONS,
        "shortcut_records.json",
    }
    assert done.returncode == 0


def test_every_published_fixture_comes_out(bench: Any, shared_data: Path) -> None:
    done = bench("parity", "shortcutsbench", shared_data / "shortcutsbench", "--json")
    found = json.loads(done.stdout)
    assert found["differences"] == []
    assert found["fixtures"] >= 1600
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("file", "change", "what"),
    [
        ("metric_parity_pairs.json", lambda data: data["primitive"][3].update(equal="x"), "field 'primitive.3.equal'"),
        ("metric_parity_pairs.json", lambda data: data.update(primitif=[]), "unknown key 'primitif'"),
        ("metric_parity_runs.json", lambda data: data[0]["logs"][0].pop("URL"), "field '0.logs.0.URL'"),
        ("metric_parity_runs.json", lambda data: data[1]["logs"][0].update(aseqs=7), "own://kiln: aseqs: not a list"),
        (
            "metric_parity_runs.json",
            lambda data: data[1]["logs"][0]["aseqs"][4]["WFWorkflowActionParameters"].pop("GroupingIdentifier"),
            "own://kiln: aseqs: a marker of is.workflow.actions.conditional lacks GroupingIdentifier",
        ),
        (
            "shortcut_derived.json",
            lambda data: data.update({"own://gone": {"length": 1}}),
            "'own://gone' has no record",
        ),
        ("shortcut_records.json", lambda data: data[0].pop("URL"), "field '0.URL'"),
        (
            "shortcut_records.json",
            lambda data: data[0]["shortcut"]["WFWorkflowActions"][1].pop("WFWorkflowActionIdentifier"),
            "own://kiln: action 1: field 'WFWorkflowActionIdentifier'",
        ),
        ("all_api2parasummary.json", lambda data: data.update({"x": 3}), "all_api2parasummary.json"),
    ],
)
def test_a_malformed_file_is_one_message(file: str, change: Any, what: str, bench: Any, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    edit(folder / file, change)
    done = bench("parity", "shortcutsbench", folder, "--json")
    assert done.returncode == 2
    assert what in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["[", "[[[[", "7", "[" * 100_000], ids=["cut off", "nested", "a number", "too deep"])
def test_a_file_that_is_no_fixture_is_one_message(text: str, bench: Any, tmp_path: Path) -> None:
    folder = copied(tmp_path, "metric_parity_pairs.json")
    (folder / "metric_parity_runs.json").write_text(text)
    done = bench("parity", "shortcutsbench", folder)
    assert done.returncode == 2
    assert "metric_parity_runs.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_differences_say_file_case_what_expected_and_got(bench: Any, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    edit(folder / "metric_parity_pairs.json", lambda data: data["classes"][0].update({"class": 6}))
    edit(folder / "metric_parity_runs.json", lambda data: data[1]["expected"]["output_fill"].update(correct=99))
    edit(folder / "shortcut_derived.json", lambda data: data["own://menu"].update(length=2, workflow_text=None))
    done = bench("parity", "shortcutsbench", folder, "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)["differences"]
    assert [(one["file"], one["case"], one["what"]) for one in found] == [
        ("metric_parity_pairs.json", "classes 0", "class"),
        ("metric_parity_runs.json", "run 1", "output_fill.correct"),
        ("shortcut_derived.json", "own://menu", "length"),
        ("shortcut_derived.json", "own://menu", "workflow_text"),
    ]
    assert (found[0]["expected"], found[0]["got"]) == (6, 1)
    assert found[3]["expected"] is None
    assert "classes 0: class differs" in bench("parity", "shortcutsbench", folder).stdout


def test_a_number_is_no_boolean(bench: Any, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    edit(
        folder / "shortcut_derived.json",
        lambda data: data["own://tiny"]["primitive_parameters"]["0"].update(WFMathOperand=1),
    )
    found = json.loads(bench("parity", "shortcutsbench", folder, "--json").stdout)["differences"]
    assert [one["what"] for one in found] == ["primitive_parameters"]


def test_values_that_no_rule_is_known_for_are_listed(bench: Any, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    edit(folder / "shortcut_derived.json", lambda data: data["own://menu"].update(mood="calm"))
    found = json.loads(bench("parity", "shortcutsbench", folder, "--json").stdout)
    assert found["not_compared"] == ["shortcut_derived.json: own://menu: mood"]


def test_definitions_are_found_beside_the_folder_or_by_option_and_else_asked_for(bench: Any, tmp_path: Path) -> None:
    folder = copied(tmp_path / "home", "shortcut_derived.json", "shortcut_records.json")
    done = bench("parity", "shortcutsbench", folder)
    assert done.returncode == 2
    assert "all_api2paraname2paratype.json is neither there nor beside it" in done.stderr
    assert "--data" in done.stderr
    assert bench("parity", "shortcutsbench", folder, "--data", FIXTURES).returncode == 0
    beside = tmp_path / "home" / "definitions"
    beside.mkdir()
    for name in DEFINITIONS:
        shutil.copy(FIXTURES / name, beside / name)
    assert bench("parity", "shortcutsbench", folder).returncode == 0


def test_scores_need_no_definitions(bench: Any, tmp_path: Path) -> None:
    folder = copied(tmp_path, "metric_parity_runs.json")
    assert bench("parity", "shortcutsbench", folder).returncode == 0


def test_a_folder_without_fixtures_says_what_is_wanted(bench: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = bench("parity", "shortcutsbench", tmp_path / "empty")
    assert done.returncode == 2
    assert "metric_parity_*.json or shortcut_derived.json" in done.stderr
