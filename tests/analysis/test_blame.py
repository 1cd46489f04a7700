"""Every failed trial has one cause, from records that real episodes left."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from environments.service.world import World
from harness.analysis.blame import LEDGER, Blame, Cause, blame, blame_of, blamed
from harness.core.errors import EnvironmentFault, ModelFault
from harness.core.event import MessageEvent, ToolEvent
from harness.core.message import Message, Stop, ToolCall
from harness.core.protocols import Agent, Simulator, View
from harness.core.record import Attempt, Timings
from harness.core.termination import Termination
from harness.engine.episode import play
from harness.engine.setting import Setting
from harness.packs.find import find_pack
from harness.packs.load import load_pack, open_pack
from simulators.scripted import ScriptedUser

PACK = load_pack(find_pack("telecom-desk"))
TASK = "sim-locked"


class Does:
    """A party that does one thing after another, then stops."""

    def __init__(self, *acts: Message | Exception) -> None:
        self._acts = list(acts)

    async def act(self, view: View) -> Message:
        if not self._acts:
            return Message(text="Bye.", stop=Stop.DONE)
        act = self._acts.pop(0)
        if isinstance(act, Exception):
            raise act
        return act


def attempt(agent: Agent | None = None, user: Simulator | None = None, **changed: Any) -> Attempt:
    template = open_pack(PACK)
    setting = Setting.of(PACK, TASK, template, agent="a", simulator="s")
    played = asyncio.run(play(setting, agent or Does(), user or ScriptedUser(setting.task)))
    template.close()
    record = played.record.model_copy(update=changed)
    return Attempt(attempt=0, timings=Timings(started_at="2026-01-01T00:00:00+00:00", wall_s=0.0), record=record)


def found(agent: Agent | None = None, user: Simulator | None = None, **changed: Any) -> Blame:
    one = blame_of(attempt(agent, user, **changed))
    assert one is not None
    return one


def test_an_agent_that_gives_up_is_to_blame_and_its_last_act_shows_it() -> None:
    call = ToolCall(name="get_customer_by_phone", arguments={"phone_number": "none"})
    agent = Does(Message(tool_calls=(call,)), Message(text="I can't help."))
    one = attempt(agent)
    blame = blame_of(one)
    assert blame is not None
    assert blame.cause is Cause.AGENT
    shown = [one.record.events[number - 1] for number in blame.turns]
    assert any(isinstance(event, ToolEvent) and event.result.error for event in shown)
    assert isinstance(shown[-1], MessageEvent)


def test_a_raising_agent_a_broken_user_and_a_dead_provider_are_told_apart() -> None:
    assert found(Does(ValueError("bug"))).cause is Cause.AGENT
    assert found(user=Does(ValueError("bug"))).cause is Cause.USER
    dead = found(Does(ModelFault("HTTP 502")))
    assert (dead.cause, dead.why) == (Cause.INFRASTRUCTURE, "HTTP 502")


def test_a_world_that_breaks_is_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*arguments: object) -> None:
        raise EnvironmentFault("the world fell apart")

    monkeypatch.setattr(World, "call", broken)
    agent = Does(Message(tool_calls=(ToolCall(name="get_customer_by_phone", arguments={"phone_number": "1"}),)))
    assert found(agent).cause is Cause.ENVIRONMENT


@pytest.mark.parametrize("mark", ["early stop: before the agent said anything", "drift: how can i help"])
def test_a_user_that_fell_out_of_its_role_is_to_blame(mark: str) -> None:
    user = Does(Message(text="Hello."), Message(text="Bye.", stop=Stop.DONE, marks=(mark,)))
    one = found(Does(Message(text="Which number?")), user)
    assert (one.cause, one.why) == (Cause.USER, mark)
    assert one.turns


def test_a_leak_does_not_excuse_the_agent() -> None:
    user = Does(Message(text="Hello.", marks=("leak: reference solution",)), Message(text="Bye.", stop=Stop.DONE))
    assert found(Does(Message(text="Which number?")), user).cause is Cause.AGENT


def test_success_is_nobodys_failure() -> None:
    solved = attempt().record.reward.model_copy(update={"value": 1.0})
    assert blame_of(attempt(reward=solved)) is None


def test_running_out_of_turns_is_named() -> None:
    one = found(termination=Termination.MAX_TURNS)
    assert (one.cause, one.why) == (Cause.AGENT, "ended by max_turns")


@pytest.fixture
def failed_run(bench: Callable[..., Any], tmp_path: Path) -> Path:
    done = bench("run", "--agent", "noop", "--suite", "telecom-desk:lite", "--out", "r")
    assert done.returncode == 0, done.stderr
    return tmp_path / "r"


def test_the_command_lists_every_failure_and_counts_causes(failed_run: Path, bench: Callable[..., Any]) -> None:
    told = bench("blame", "r").stdout.splitlines()
    assert len(told) == 11
    assert told[-1] == "agent 10"
    rows = [json.loads(line) for line in bench("blame", "r", "--json").stdout.splitlines()]
    assert {row["cause"] for row in rows} == {"agent"}
    assert blamed(failed_run, Cause.AGENT) == {(row["pack"], row["task"], row["trial"]) for row in rows}
    assert blamed(failed_run, Cause.USER) == frozenset()


def test_a_judges_verdicts_are_kept_and_only_asked_for_once(failed_run: Path, bench: Callable[..., Any]) -> None:
    answer = {"text": 'So: {"cause": "user", "turns": [1, 99], "why": "It never said what it wanted."}'}
    (failed_run.parent / "judge.jsonl").write_text(json.dumps(answer) + "\n")
    done = bench("blame", "r", "--judge", "scripted/judge.jsonl")
    assert "judged 10 failures" in done.stderr
    assert done.stdout.splitlines()[-1] == "user 10"
    assert "judged 0 failures" in bench("blame", "r", "--judge", "scripted/judge.jsonl").stderr
    found = blame(failed_run)
    assert {(one.cause, one.turns, one.by) for one in found} == {(Cause.USER, (1,), "scripted/judge.jsonl")}


def test_an_answer_that_can_not_be_read_leaves_the_rules_verdict(failed_run: Path, bench: Callable[..., Any]) -> None:
    (failed_run.parent / "judge.jsonl").write_text('{"text": "It was the moon\'s doing."}\n')
    done = bench("blame", "r", "--judge", "scripted/judge.jsonl")
    assert "judged 0 failures" in done.stderr
    assert done.stdout.splitlines()[-1] == "agent 10"


def test_a_damaged_ledger_is_named(failed_run: Path, bench: Callable[..., Any]) -> None:
    (failed_run / LEDGER).write_text("{}\n")
    done = bench("blame", "r")
    assert (done.returncode, done.stdout) == (2, "")
    assert "blame.jsonl: line 1" in done.stderr
