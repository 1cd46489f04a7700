"""A judge model decides statements during a run, and scoring the run again asks nobody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

PACK = """
id = "judged"
version = "1"
title = "One task with a statement"
environment = "service"
license = "Apache-2.0"
canary = "PARLEY-CANARY-test"
[options]
domain = "mock"
agent_data = "data/db.json"
"""
TASK = """
[[task]]
id = "one"
[[task.phases]]
request = "A task called Tea, please."
reference = [
    { type = "call", tool = "create_task", arguments = { user_id = "ada", title = "Tea" } },
    { type = "say", text = "It is done." },
]
checks = [{ kind = "state" }, { kind = "statement", statement = "The agent is kind." }]
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "judged"
    (folder / "tasks").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "pack.toml").write_text(PACK)
    (folder / "policy.md").write_text("Be kind.")
    (folder / "tasks" / "one.toml").write_text(TASK)
    users = {"ada": {"user_id": "ada", "name": "Ada", "tasks": []}}
    (folder / "data" / "db.json").write_text(json.dumps({"tasks": {}, "users": users}))
    return folder


def judge(tmp_path: Path, *, met: bool | None) -> str:
    text = "no idea" if met is None else json.dumps({"results": [{"statement": 1, "met": met, "reason": "seen"}]})
    path = tmp_path / f"judge-{met}.jsonl"
    path.write_text(json.dumps({"text": text}) + "\n")
    return f"scripted/{path}"


def summary(bench, run: str) -> dict:
    return json.loads(bench("show", run, "--json").stdout)


@pytest.mark.parametrize(("met", "reward"), [(True, 1.0), (False, 0.0), (None, None)])
def test_the_judge_decides_and_scoring_again_repeats_its_verdict_without_a_model(bench, tmp_path, pack, met, reward):
    model = judge(tmp_path, met=met)
    done = bench("run", "--agent", "oracle", "--suite", pack, "--judge", model, "--out", "r")
    assert done.returncode == 0, done.stderr
    line = (tmp_path / "r" / "attempts" / "0000.jsonl").read_text().splitlines()[0]
    record = json.loads(line)["record"]
    assert record["reward"]["value"] == reward
    assert record["usage"]["judge"]["calls"] >= 1
    assert json.loads((tmp_path / "r" / "run.json").read_text())["judge"]["model"] == model
    Path(model.removeprefix("scripted/")).unlink()
    again = bench("score", "r")
    assert again.returncode == 0, again.stdout


def test_without_a_judge_the_statement_is_undecided_and_a_judge_can_be_given_later(bench, tmp_path, pack):
    assert bench("run", "--agent", "oracle", "--suite", pack, "--out", "r").returncode == 0
    later = bench("score", "r", "--judge", judge(tmp_path, met=True), "--json")
    assert later.returncode == 1
    assert json.loads(later.stdout)["differences"][0]["recomputed"] == 1.0


def test_a_verdict_does_not_survive_a_changed_conversation(bench, tmp_path, pack):
    assert (
        bench(
            "run", "--agent", "oracle", "--suite", pack, "--judge", judge(tmp_path, met=True), "--out", "r"
        ).returncode
        == 0
    )
    segment = tmp_path / "r" / "attempts" / "0000.jsonl"
    segment.write_text(segment.read_text().replace("It is done.", "It is done, fool."))
    again = bench("score", "r", "--json")
    assert again.returncode == 1
    assert json.loads(again.stdout)["differences"][0]["recomputed"] is None


def test_a_judge_that_cannot_work_is_refused_before_anything_is_written(bench, tmp_path, pack):
    done = bench("run", "--agent", "oracle", "--suite", pack, "--judge", "nobody/x", "--out", "r")
    assert done.returncode == 2
    assert "nobody/x" in done.stderr
    assert not (tmp_path / "r").exists()
