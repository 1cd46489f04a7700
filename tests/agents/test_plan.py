"""The agent that plans: what its prompts hold and forget, what its tools do to the tree, and that it solves a task."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from agent_seat import said, view

from harness.agents.plan import PlanAgent
from harness.agents.plan_tree import DEEPEST, MOST_PARTS, PlanError, Tree
from harness.core.event import Event, MessageEvent, ToolEvent
from harness.core.message import Message, Party, Stop, ToolCall, ToolResult
from harness.models.client import Completion, Request
from harness.models.scripted import Answer, ScriptedClient
from harness.models.speaker import ToolProtocol

Bench = Callable[..., subprocess.CompletedProcess[str]]


class Keeps(ScriptedClient):
    """A scripted client that keeps what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__(answers)
        self.asked: list[Request] = []

    async def complete(self, request: Request) -> Completion:
        self.asked.append(request)
        return await super().complete(request)

    def prompt(self, number: int) -> str:
        return "\n".join(part.text for part in self.asked[number].messages)


def split(*goals: str, known: str = "") -> ToolCall:
    return ToolCall(name="plan_split", arguments={"subgoals": list(goals), "known": known})


def finish(result: str) -> ToolCall:
    return ToolCall(name="plan_finish", arguments={"result": result})


def calls(*made: ToolCall, text: str = "") -> Answer:
    return Answer(text=text, tool_calls=made)


LOOK = ToolCall(id="1", name="look", arguments={"at": "it"})


class Played:
    """An agent in an episode whose tool always shows the same."""

    def __init__(self, client: Keeps, protocol: ToolProtocol = ToolProtocol.NATIVE) -> None:
        self.agent = PlanAgent(client, protocol)
        self.history: list[Event] = [said(Party.USER, "Mend my phone.")]

    def act(self, *told: Event, result: str = "") -> Message:
        self.history += told
        message = asyncio.run(self.agent.act(view(*self.history)))
        to = Party.ENVIRONMENT if message.tool_calls else Party.USER
        self.history.append(MessageEvent(party=Party.AGENT, to=to, message=message))
        for call in message.tool_calls:
            shown = ToolResult(call_id=call.id, content=result)
            self.history.append(ToolEvent(party=Party.AGENT, name=call.name, result=shown))
        return message


def test_a_prompt_holds_the_path_and_what_came_of_goals_but_not_how() -> None:
    client = Keeps(
        calls(split("find the account", "reset the line", known="the phone is Anna's"), text="Two steps."),
        calls(LOOK),
        calls(finish("account C501, line L701")),
        Answer(text="May I reset your line?"),
        calls(finish("Anna agreed, line reset")),
        Answer(text="All done. ###STOP###"),
    )
    played = Played(client)
    assert played.act(result="a very long account").tool_calls == (LOOK,)
    assert played.act().text == "May I reset your line?"
    last = played.act(said(Party.USER, "Yes, please."))
    assert (last.text, last.stop) == ("All done.", Stop.DONE)
    first, looking, found, asking, agreed, closing = (client.prompt(number) for number in range(6))
    assert "GOAL AT HAND: Mend my phone." in first
    assert "Goal: Mend my phone.\n  known: the phone is Anna's\n  GOAL AT HAND: find the account\n" in looking
    assert "later: reset the line" in looking
    assert "a very long account" in found
    assert "a very long account" not in asking
    assert "done: find the account → account C501, line L701" in asking
    assert "GOAL AT HAND: reset the line" in asking
    assert "Yes, please." in agreed
    assert "Yes, please." not in closing
    assert "GOAL AT HAND: Mend my phone." in closing
    assert "done: reset the line → Anna agreed, line reset" in closing
    assert [tool.name for tool in client.asked[0].tools] == ["look", "plan_split"]
    assert [tool.name for tool in client.asked[1].tools] == ["look", "plan_split", "plan_finish"]


def test_prompts_grow_with_the_path_and_not_with_the_episode() -> None:
    steps = [answer for number in range(MOST_PARTS) for answer in (calls(LOOK), calls(finish(f"saw {number}")))]
    client = Keeps(calls(split(*(f"part {number}" for number in range(MOST_PARTS)))), *steps, Answer(text="Done."))
    played = Played(client)
    for _ in range(MOST_PARTS):
        assert played.act(result="x" * 5000).tool_calls
    assert played.act().text == "Done."
    assert max(len(client.prompt(number)) for number in range(len(client.asked))) < 5000 + 5000
    assert sum("x" * 5000 in client.prompt(number) for number in range(len(client.asked))) == MOST_PARTS


def test_planning_costs_tokens_but_no_turn_and_stays_readable_in_the_record() -> None:
    client = Keeps(calls(split("one"), text="Hm."), calls(LOOK))
    message = Played(client).act()
    assert message.usage is not None
    assert message.usage.calls == 2
    assert message.raw == 'Hm.\nplan_split {"subgoals": ["one"], "known": ""}\n'


def test_a_follow_up_request_joins_the_whole_task() -> None:
    client = Keeps(calls(split("one")), calls(LOOK), Answer(text="Hm?"))
    played = Played(client)
    played.act()
    played.act(said(Party.USER, "And now my tablet.", given=True))
    assert "Goal: Mend my phone.\n    And now my tablet." in client.prompt(2)


def test_a_change_that_cannot_be_made_is_told_to_the_model() -> None:
    client = Keeps(calls(split()), calls(finish("x")), calls(split(*"abcdefghijk")), Answer(text="Well."))
    message = Played(client).act()
    assert message.text == "Well."
    for number, why in ((1, "give 1 to 10 subgoals"), (2, "the whole task is not closed by this"), (3, "give 1 to 10")):
        assert f"Error: {why}" in client.prompt(number)
    roles = [part.role for part in client.asked[1].messages]
    assert roles == ["system", "user", "assistant", "tool"]
    assert client.asked[1].messages[-1].call_id == client.asked[1].messages[-2].tool_calls[0].id


def test_a_model_that_only_plans_has_to_act_in_the_end() -> None:
    client = Keeps(*(calls(split("deeper")) for _ in range(7)))
    message = Played(client).act()
    assert [call.name for call in message.tool_calls] == ["plan_split"], "now a call of a tool that there is not"
    assert "plan_split" not in [tool.name for tool in client.asked[-1].tools]
    assert "plan_split" in [tool.name for tool in client.asked[-2].tools]


def test_the_tree_has_a_bottom() -> None:
    tree = Tree()
    for _ in range(DEEPEST):
        tree.split(["deeper"], "")
    with pytest.raises(PlanError, match="deep enough"):
        tree.split(["deeper"], "")
    for _ in range(DEEPEST):
        tree.finish("")
    assert tree.at_hand is tree.root
    with pytest.raises(PlanError, match="not closed"):
        tree.finish("")


def test_a_model_without_tools_plans_in_text() -> None:
    splits = json.dumps({"tool": "plan_split", "arguments": {"subgoals": ["look"], "known": "nothing"}})
    client = Keeps(Answer(text=splits), Answer(text='{"tool": "look", "arguments": {"at": "it"}}'))
    message = Played(client, ToolProtocol.TEXT).act()
    assert message.tool_calls[0].name == "look"
    assert "- plan_finish(result: string)" in client.prompt(1)


def test_a_planned_episode_solves_its_task(bench: Bench, tmp_path: Path) -> None:
    dim = {"identifier": "is.workflow.actions.setbrightness", "parameters": {"WFBrightness": 0.2}}
    answers = [
        {"tool_calls": [{"name": "plan_split", "arguments": {"subgoals": ["dim", "tell"], "known": "to 20 percent"}}]},
        {"tool_calls": [{"name": "run_action", "arguments": dim}]},
        {"tool_calls": [{"name": "plan_finish", "arguments": {"result": "dimmed"}}]},
        {"text": "It is at 20 percent now. ###STOP###"},
    ]
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, answers)))
    model = ("--agent", "plan", "--model", "scripted/answers.jsonl")
    done = bench("run", *model, "--suite", "shortcuts-daily", "--task", "dim-the-screen", "--out", "r")
    assert (done.returncode, "100.0%" in done.stdout) == (0, True), done.stdout + done.stderr
    assert "4 model calls" in done.stdout
