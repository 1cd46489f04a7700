"""Others' results become a run of ours: the same rewards where they are right, a named difference where not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from harness.cli.main import bench
from harness.core.errors import InputError
from harness.core.mode import Mode
from harness.core.termination import Termination
from harness.runner.import_run import import_tau2_run
from harness.runner.journal import final_attempts, read_attempts, read_manifest
from harness.runner.rescore import rescore_run

Json = dict[str, Any]

TASK: Json = {
    "id": "one",
    "user_scenario": {"instructions": "You want a task called Tea."},
    "ticket": "Ada wants a task called Tea.",
    "evaluation_criteria": {
        "actions": [{"action_id": "a", "name": "create_task", "arguments": {"user_id": "ada", "title": "Tea"}}],
        "communicate_info": ["done"],
        "reward_basis": ["DB", "COMMUNICATE"],
    },
}
CREATED = '{"task_id": "task_1", "title": "Tea", "description": null, "status": "pending"}'


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A τ² data folder with a tiny mock domain."""
    folder = tmp_path / "data" / "domains" / "mock"
    folder.mkdir(parents=True)
    users = {"ada": {"user_id": "ada", "name": "Ada", "tasks": []}}
    (folder / "db.json").write_text(json.dumps({"tasks": {}, "users": users}))
    return tmp_path / "data"


def conversation(*, title: str = "Tea", result: str = CREATED, words: str = "It is done.") -> list[Json]:
    created = {"id": "c", "name": "create_task", "arguments": {"user_id": "ada", "title": title}}
    return [
        {"role": "assistant", "content": "Hello there!"},
        {"role": "user", "content": "A task called Tea, please.", "cost": 0.001},
        {"role": "assistant", "content": None, "tool_calls": [created], "cost": 0.02,
         "usage": {"prompt_tokens": 70, "completion_tokens": 7}, "generation_time_seconds": 1.5},
        {"role": "tool", "id": "c", "content": result, "requestor": "assistant", "error": False},
        {"role": "assistant", "content": words, "cost": 0.01},
        {"role": "user", "content": "Thanks! ###STOP###"},
    ]  # fmt: skip


def simulation(messages: list[Json], *, reward: float, reason: str = "user_stop", trial: int = 0) -> Json:
    return {
        "id": f"s{trial}", "task_id": "one", "trial": trial, "start_time": "2025-01-01", "end_time": "2025-01-01",
        "duration": 9.0, "termination_reason": reason, "reward_info": {"reward": reward}, "messages": messages,
        "reviews": ["ignored"],
    }  # fmt: skip


def results(tmp_path: Path, *simulations: Json, agent: str = "llm_agent") -> Path:
    seat = {"llm": "openai/gpt", "llm_args": {"temperature": 0.0, "api_key": "sk-very-secret"}}
    whole = {
        "timestamp": "2025-01-02T03:04:05",
        "info": {
            "git_commit": "abc", "num_trials": 1, "max_steps": 200, "max_errors": 10, "seed": 300,
            "user_info": {"implementation": "user_simulator", **seat},
            "agent_info": {"implementation": agent, **seat},
            "environment_info": {"domain_name": "mock", "policy": "Be kind."},
        },
        "tasks": [TASK],
        "simulations": list(simulations),
    }  # fmt: skip
    path = tmp_path / "results.json"
    path.write_text(json.dumps(whole))
    return path


def test_a_true_episode_comes_out_equal_and_holds_by_scoring(tmp_path, data):
    path = results(tmp_path, simulation(conversation(), reward=1.0))
    done = import_tau2_run(path, data, tmp_path / "run")
    assert [episode.differences for episode in done.episodes] == [()]
    [record] = [attempt.record for attempt in final_attempts(done.root).values()]
    assert (record.reward.value, record.termination) == (1.0, Termination.USER_STOP)
    assert record.usage.agent.cost_usd == pytest.approx(0.03)
    assert record.usage.user.cost_usd == pytest.approx(0.001)
    assert record.usage.agent.input_tokens == 70
    assert all(one.differences == () for one in rescore_run(done.root))


@pytest.mark.parametrize(
    ("changes", "reward", "reason", "said"),
    [
        ({}, 0.0, "user_stop", "reward: theirs 0, ours 1"),
        ({"title": "Coffee", "result": CREATED.replace("Tea", "Coffee")}, 1.0, "user_stop", "reward: theirs 1, ours 0"),
        ({"words": "Bye."}, 1.0, "user_stop", "reward: theirs 1, ours 0"),
        ({"result": CREATED.replace("Tea", "Cake")}, 1.0, "user_stop", "tool result 0: theirs"),
    ],
)
def test_a_forged_reward_or_result_is_named(tmp_path, data, changes, reward, reason, said):
    path = results(tmp_path, simulation(conversation(**changes), reward=reward, reason=reason))
    [episode] = import_tau2_run(path, data, tmp_path / "run").episodes
    assert any(difference.startswith(said) for difference in episode.differences)


@pytest.mark.parametrize("reason", ["max_steps", "too_many_errors", "timeout", "agent_error", "judge_stop"])
def test_an_end_that_is_not_ordinary_earns_nothing_though_the_last_words_are_a_stop(tmp_path, data, reason):
    path = results(tmp_path, simulation(conversation(), reward=0.0, reason=reason))
    done = import_tau2_run(path, data, tmp_path / "run")
    assert [(episode.ours, episode.differences) for episode in done.episodes] == [(0.0, ())]


def test_a_solo_run_keeps_its_mode_and_has_no_greeting_to_pass_over(tmp_path, data):
    messages = [*conversation()[2:4], {"role": "assistant", "content": "done ###STOP###"}]
    path = results(tmp_path, simulation(messages, reward=1.0, reason="agent_stop"), agent="llm_agent_solo")
    done = import_tau2_run(path, data, tmp_path / "run")
    assert [(episode.ours, episode.differences) for episode in done.episodes] == [(1.0, ())]
    assert read_manifest(done.root).suite.mode is Mode.NO_USER


def test_a_second_simulation_of_one_trial_is_a_second_attempt_and_none_is_lost(tmp_path, data):
    path = results(
        tmp_path,
        simulation(conversation(words="Bye."), reward=0.0),
        simulation(conversation(), reward=1.0),
        simulation(conversation(), reward=1.0, trial=1),
    )
    done = import_tau2_run(path, data, tmp_path / "run")
    attempts = [(attempt.record.trial, attempt.attempt) for attempt in read_attempts(done.root)]
    assert attempts == [(0, 0), (0, 1), (1, 0)]


def test_no_key_of_theirs_reaches_the_run(tmp_path, data):
    path = results(tmp_path, simulation(conversation(), reward=1.0))
    done = import_tau2_run(path, data, tmp_path / "run")
    assert not [file for file in done.root.rglob("*") if file.is_file() and b"sk-very-secret" in file.read_bytes()]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda whole: whole["simulations"][0].update(task_id="two"), "the file has no such task (got 'two')"),
        (lambda whole: whole["simulations"][0].update(termination_reason="bored"), "termination_reason"),
        (lambda whole: whole["simulations"][0].pop("messages"), "voice runs"),
        (lambda whole: whole.update(simulations=[]), "holds no simulations"),
        (lambda whole: whole["info"]["environment_info"].update(domain_name="banking"), "'banking' can't be imported"),
        (lambda whole: whole["tasks"][0].update(colour="red"), "colour"),
        (lambda whole: whole["tasks"][0]["evaluation_criteria"]["actions"][0].update(name="fly"), "fly"),
    ],
)
def test_a_wrong_file_is_one_message_and_nothing_is_written(tmp_path, data, spoil, message):
    path = results(tmp_path, simulation(conversation(), reward=1.0))
    whole = json.loads(path.read_text())
    spoil(whole)
    path.write_text(json.dumps(whole))
    with pytest.raises(InputError) as caught:
        import_tau2_run(path, data, tmp_path / "out" / "run")
    assert message in str(caught.value)
    assert not list((tmp_path / "out").glob("**/*"))


def test_the_command_says_what_differs_and_exits_with_1(tmp_path, data):
    path = results(tmp_path, simulation(conversation(), reward=0.0))
    arguments = ["import-run", "tau2", str(path), "--data", str(data), "--out", str(tmp_path / "run"), "--json"]
    ended = CliRunner().invoke(bench, arguments)
    assert ended.exit_code == 1
    report = json.loads(ended.stdout)
    assert report["rewards_equal"] == 0
    assert report["differences"][0]["what"] == ["reward: theirs 0, ours 1"]
