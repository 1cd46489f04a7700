"""What spoils an episode on the user's side is marked, and what a good user says is not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from harness.core.event import Event, MessageEvent, ToolEvent
from harness.core.message import Message, Party, Stop, ToolResult, ToolSpec
from harness.core.parsing import parse
from harness.core.protocols import View
from harness.core.task import Task
from simulators.guards import guard

LOOK = ToolSpec(name="check_network_status", description="Looks.", parameters={"type": "object"})
TASK = parse(
    Task,
    {
        "id": "t",
        "user": {
            "instructions": "You are in Lyon. You want mobile data back, and you don't accept a new contract. "
            "The phone fell into a fountain yesterday.",
            "facts": [{"topic": "phone number", "answer": "My number is 555-123-2002."}],
            "done_when": [{"tool": "check_network_status", "contains": "connected"}],
        },
        "phases": [
            {
                "request": "My mobile data doesn't work.",
                "reference": [
                    {
                        "type": "call",
                        "tool": "refuel_data",
                        "arguments": {"note": "customer gets two gigabytes for nothing today"},
                    },
                    {"type": "call", "party": "user", "tool": "check_network_status"},
                ],
            }
        ],
    },
    where="t",
)
ASKED = MessageEvent(party=Party.AGENT, to=Party.USER, message=Message(text="What is your phone number?"))
GREETING = MessageEvent(party=Party.AGENT, to=Party.USER, message=Message(text="Hello."), given=True)


def saw(content: str) -> ToolEvent:
    return ToolEvent(party=Party.USER, name=LOOK.name, result=ToolResult(call_id="c", content=content))


def marks(
    text: str, history: Sequence[Event] = (ASKED,), stop: Stop | None = None, tools: Sequence[ToolSpec] = (LOOK,)
) -> tuple[str, ...]:
    return guard(Message(text=text, stop=stop), View(Party.USER, "", tools, history, 1), TASK)


@pytest.mark.parametrize(
    "text",
    [
        "My number is 555-123-2002.",
        "I'm in Lyon, and my mobile data doesn't work. I won't take a new contract.",
        "The phone fell into a fountain yesterday.",
        "Could you help me with that?",
        "I looked: it says no service.",
        "check_network_status says no service",
        "",
    ],
)
def test_what_a_good_user_says_is_not_marked(text: str) -> None:
    assert marks(text) == ()


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("You want mobile data back, and you don't accept a new contract.", "leak: private instructions"),
        ("Note that the customer gets two gigabytes for nothing today.", "leak: reference solution"),
        ("Please call refuel_data for me.", "leak: the agent's tool refuel_data"),
        ("How can I help you today?", "drift: how can i help"),
        ("I have updated your plan. Is there anything else I can help with?", "drift: i have updated your"),
        ("As an AI language model I can't check.", "drift: as an ai"),
        ("I was instructed to act angry.", "drift: i was instructed to act"),
    ],
)
def test_what_spoils_an_episode_is_marked(text: str, mark: str) -> None:
    assert mark in marks(text)


def test_what_the_agent_said_first_is_no_leak() -> None:
    said = "I will use refuel_data: the customer gets two gigabytes for nothing today. Fine?"
    heard = MessageEvent(party=Party.AGENT, to=Party.USER, message=Message(text=said))
    assert marks("Yes: refuel_data, the customer gets two gigabytes for nothing today.", (heard,)) == ()


@pytest.mark.parametrize(
    ("history", "stop", "wanted"),
    [
        ((), Stop.DONE, ("early stop: before the agent said anything",)),
        ((GREETING,), Stop.DONE, ("early stop: before the agent said anything",)),
        ((ASKED,), Stop.DONE, ("early stop: check_network_status has not shown 'connected'",)),
        ((ASKED, saw("no service")), Stop.DONE, ("early stop: check_network_status has not shown 'connected'",)),
        ((ASKED, saw("connected")), Stop.DONE, ()),
        ((ASKED,), Stop.TRANSFER, ()),
        ((ASKED,), None, ()),
    ],
)
def test_an_end_before_its_time_is_marked(history: Sequence[Event], stop: Stop | None, wanted: tuple[str, ...]) -> None:
    assert marks("Bye.", history, stop) == wanted
