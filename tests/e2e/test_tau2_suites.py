"""The official tasks of τ²-bench, all text domains, through the command line as a user would play them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PASSED_BY_NOBODY = {"tau2-mock": 1, "tau2-airline": 23, "tau2-retail": 6, "tau2-telecom": 0}
"""Tasks that upstream's own evaluator gives to an agent that does nothing: nothing is to be done there."""


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "harness", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
    )


@pytest.fixture(scope="module")
def home(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all of upstream's domains imported."""
    folder = tmp_path_factory.mktemp("tau2")
    done = command(folder, "pack", "import", "tau2", str(shared_data / "tau2"))
    assert done.returncode == 0, done.stderr
    return folder


def records(run: Path) -> dict[tuple[str, str, int], dict]:
    found = {}
    for segment in sorted((run / "attempts").glob("*.jsonl")):
        for line in segment.read_text().splitlines():
            record = json.loads(line)["record"]
            found[record["pack"], record["task"], record["trial"]] = record
    return found


def play(home: Path, name: str, *arguments: str) -> dict[tuple[str, str, int], dict]:
    done = command(home, "run", "--out", name, *arguments)
    assert done.returncode == 0, done.stderr
    return records(home / name)


def test_the_reference_of_every_official_task_earns_the_reward_twice_with_the_same_bytes(home):
    first = play(home, "first", "--agent", "oracle", "--suite", "tau2", "--concurrency", "64")
    second = play(home, "second", "--agent", "oracle", "--suite", "tau2", "--concurrency", "3")
    assert len(first) == 50 + 114 + 114
    assert {key: json.dumps(record) for key, record in first.items()} == {
        key: json.dumps(record) for key, record in second.items()
    }
    for (pack, task, _), record in first.items():
        reward = record["reward"]
        if reward["value"] is None:
            # Upstream's basis has statements for a judge, and there is no judge here.
            assert pack == "tau2-retail"
            basis = set(reward["phases"][0]["basis"])
            assert "statement" in basis
            decided = [check for check in reward["phases"][0]["checks"] if check["kind"] in basis - {"statement"}]
            assert {check["verdict"] for check in decided} == {"passed"}, task
        else:
            assert reward["value"] == 1.0, (pack, task, reward)


@pytest.mark.parametrize("suite", ["tau2-mock", "tau2-telecom:small"])
def test_the_small_suites_are_solved_by_the_oracle_too(home, suite):
    found = play(home, f"small-{suite.replace(':', '-')}", "--agent", "oracle", "--suite", suite)
    assert {record["reward"]["value"] for record in found.values()} == {1.0}


def test_doing_nothing_passes_only_where_upstreams_evaluator_gives_it_too(home):
    for pack, passed in PASSED_BY_NOBODY.items():
        found = play(home, f"noop-{pack}", "--agent", "noop", "--suite", pack, "--concurrency", "64")
        assert sum(record["reward"]["value"] == 1.0 for record in found.values()) == passed, pack


@pytest.mark.parametrize("mode", ["no-user", "no-user+oracle-plan"])
@pytest.mark.parametrize("policy", [None, "workflow"])
def test_telecom_can_be_played_alone_by_either_policy(home, mode, policy):
    chosen = [] if policy is None else ["--policy", policy]
    name = f"solo-{mode}-{policy}"
    found = play(home, name, "--agent", "oracle", "--suite", "tau2-telecom", "--mode", mode, *chosen)
    assert len(found) == 114
    assert {record["reward"]["value"] for record in found.values()} == {1.0}
    assert not any(event.get("party") == "user" for record in found.values() for event in record["events"])


def test_a_run_of_official_tasks_holds_when_it_is_scored_again(home):
    play(home, "scored", "--agent", "oracle", "--suite", "tau2-airline", "--concurrency", "16")
    done = command(home, "score", "scored")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 differ" in done.stdout


@pytest.mark.parametrize(
    ("file", "spoil", "message"),
    [
        ("tasks.json", lambda text: text[: len(text) // 2], "not valid JSON"),
        ("tasks.json", lambda text: text.replace('"get_user_details"', '"get_user_detials"', 1), "get_user_detials"),
        ("tasks.json", lambda text: text.replace('"user_id": "', '"user_id": 5, "x": "', 1), "user_id"),
        ("tasks.json", lambda text: text.replace('"annotations"', '"annotation"', 1), "annotation"),
        ("db.json", None, "db.json"),
        ("policy.md", None, "policy.md"),
        ("split_tasks.json", lambda text: text.replace('"0"', '"999"', 1), "999"),
    ],
)
def test_bad_upstream_files_are_one_message_and_nothing_half_imported(shared_data, tmp_path, file, spoil, message):
    source = tmp_path / "source" / "domains"
    for domain in ("airline", "mock"):
        (source / domain).mkdir(parents=True)
        for path in (shared_data / "tau2" / "domains" / domain).iterdir():
            text = path.read_text()
            if domain == "airline" and path.name == file:
                if spoil is None:
                    continue
                text = spoil(text)
            (source / domain / path.name).write_text(text)
    done = command(tmp_path, "pack", "import", "tau2", str(tmp_path / "source"))
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "packs").glob("**/*"))
