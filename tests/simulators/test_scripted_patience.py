"""When the scripted user leaves: a transfer that is announced, an agent that goes round in circles."""

from __future__ import annotations

import asyncio

import pytest

from harness.core.event import Event, MessageEvent, ToolEvent
from harness.core.message import Message, Party, Stop, ToolResult, ToolSpec
from harness.core.parsing import parse
from harness.core.protocols import View
from harness.core.task import Task
from simulators.scripted import ScriptedUser

TOOL = ToolSpec(name="toggle_airplane_mode", description="", parameters={"type": "object", "properties": {}})
TASK = {
    "id": "t",
    "user": {"facts": [{"topic": "phone number", "answer": "555-1."}]},
    "phases": [{"request": "Help me."}],
}


def replies(*texts: str) -> list[Message]:
    """The user's last message after each of the agent's; its tools always work."""
    user = ScriptedUser(parse(Task, TASK, where="t"))
    history: list[Event] = []
    given: list[Message] = []

    def act() -> Message:
        message = asyncio.run(user.act(View(Party.USER, "", [TOOL], history, 0)))
        to = Party.ENVIRONMENT if message.tool_calls else Party.AGENT
        history.append(MessageEvent(party=Party.USER, to=to, message=message))
        for call in message.tool_calls:
            result = ToolResult(call_id=call.id, content="ok")
            history.append(ToolEvent(party=Party.USER, name=call.name, result=result))
        return message

    act()
    for text in texts:
        history.append(MessageEvent(party=Party.AGENT, to=Party.USER, message=Message(text=text)))
        message = act()
        while message.tool_calls:
            message = act()
        given.append(message)
        if message.stop is not None:
            break
    return given


@pytest.mark.parametrize(
    ("text", "transferred"),
    [
        ("YOU ARE BEING TRANSFERRED TO A HUMAN AGENT. PLEASE HOLD ON.", True),
        ("I'll transfer you now to a colleague.", True),
        ("I will hand you over to billing.", True),
        ("Would you like me to transfer you to a human agent?", False),
        ("I can't transfer you to anyone.", False),
        ("If it fails again, I will transfer you to a colleague.", False),
        ("The number was transferred to another line.", False),
    ],
)
def test_only_an_announced_transfer_ends_the_conversation(text: str, transferred: bool) -> None:
    assert (replies(text)[-1].stop is Stop.TRANSFER) is transferred


@pytest.mark.parametrize(
    "circle",
    [
        ["What is your phone number?"],
        ["Please toggle airplane mode."],
        ["What is your phone number?", "Please toggle airplane mode."],
    ],
)
def test_an_agent_that_repeats_itself_is_left_though_each_time_there_is_an_answer(circle: list[str]) -> None:
    given = replies(*circle * 20)
    assert given[-1].stop is Stop.OUT_OF_SCOPE
    assert len(given) == 5 * len(circle) + 1


def test_a_test_run_again_after_each_repair_is_not_a_circle() -> None:
    assert [message.stop for message in replies(*["Please toggle airplane mode."] * 5)] == [None] * 5
