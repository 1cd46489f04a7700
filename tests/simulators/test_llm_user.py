"""The user that a model plays: what it is shown, how it may end, and that one empty reply is no end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from harness.core.event import Event, MessageEvent, ToolEvent
from harness.core.message import Message, Party, Stop, ToolCall, ToolSpec
from harness.core.parsing import parse
from harness.core.protocols import View
from harness.core.record import Record
from harness.core.task import Task
from harness.core.termination import Termination
from harness.engine.episode import play
from harness.engine.setting import Setting
from harness.models.client import Completion, Request
from harness.models.scripted import Answer, ScriptedClient
from harness.models.speaker import ToolProtocol
from harness.packs.find import find_pack
from harness.packs.load import load_pack, open_pack
from simulators.llm import LlmUser

TOOL = ToolSpec(name="look", description="Looks.", parameters={"type": "object", "properties": {}})
TASK = {
    "id": "t",
    "purpose": "SECRET purpose",
    "ticket": "SECRET ticket",
    "user": {
        "persona": "A retired librarian, anxious about phones.",
        "instructions": "Your phone is dead since noon.",
        "facts": [{"topic": "phone number", "answer": "555-1."}],
    },
    "phases": [
        {
            "request": "Help me.",
            "reference": [{"type": "say", "text": "SECRET reference"}],
            "checks": [{"kind": "statement", "statement": "SECRET statement"}],
        }
    ],
}


class Client(ScriptedClient):
    """A scripted model that keeps what it was asked."""

    def __init__(self, *answers: str | Answer) -> None:
        super().__init__(tuple(Answer(text=one) if isinstance(one, str) else one for one in answers))
        self.requests: list[Request] = []

    async def complete(self, request: Request) -> Completion:
        self.requests.append(request)
        return await super().complete(request)

    @property
    def shown(self) -> str:
        """All that it was shown, one request after the other."""
        return "\n".join(message.text for request in self.requests for message in request.messages)


def act(*answers: str | Answer, heard: str = "Hello.", tools: Sequence[ToolSpec] = (TOOL,)) -> tuple[Message, Client]:
    client = Client(*answers)
    user = LlmUser(parse(Task, TASK, where="t"), client, ToolProtocol.AUTO)
    history: list[Event] = [MessageEvent(party=Party.AGENT, to=Party.USER, message=Message(text=heard))]
    return asyncio.run(user.act(View(Party.USER, "", tools, history, 7))), client


def test_it_is_told_its_scenario_and_persona_and_nothing_of_how_the_task_is_scored() -> None:
    _, client = act("Hi")
    system = client.requests[0].messages[0].text
    for part in ("retired librarian", "dead since noon", "Help me.", "555-1.", "###STOP###"):
        assert part in system
    assert "SECRET" not in client.shown
    assert client.requests[0].tools == (TOOL,)


def test_a_user_without_tools_is_not_told_of_tools() -> None:
    assert "You have tools" in act("Hi")[1].shown
    without = act("Hi", tools=())[1].shown
    assert "You have tools" not in without
    assert "can't do or look up anything" in without


@pytest.mark.parametrize(
    ("text", "stop", "left"),
    [
        ("###STOP###", Stop.DONE, ""),
        ("Thanks a lot! ###STOP###", Stop.DONE, "Thanks a lot!"),
        ("###TRANSFER###", Stop.TRANSFER, ""),
        ("###OUT-OF-SCOPE###", Stop.OUT_OF_SCOPE, ""),
        ("###stop###", Stop.DONE, ""),
        ("**### STOP ###**", Stop.DONE, ""),
        ("##STOP##", Stop.DONE, ""),
        ("Bye. ###STOP", Stop.DONE, "Bye."),
        ("STOP###", Stop.DONE, ""),
        ("###OUT_OF_SCOPE###", Stop.OUT_OF_SCOPE, ""),
        ("###Out of scope###", Stop.OUT_OF_SCOPE, ""),
        ("### TRANSFER", Stop.TRANSFER, ""),
        ("Please stop.", None, "Please stop."),
        ("STOP asking me that!", None, "STOP asking me that!"),
        ("### Stop\nthis", None, "### Stop\nthis"),
        ("#1 TRANSFER fee", None, "#1 TRANSFER fee"),
    ],
)
def test_an_end_is_read_as_models_write_it_and_no_other_word_is_one(text: str, stop: Stop | None, left: str) -> None:
    message, _ = act(text)
    assert (message.stop, message.text) == (stop, left)
    assert message.raw == (text if stop else None)


def test_a_message_with_a_call_ends_nothing() -> None:
    message, _ = act(Answer(text="###STOP###", tool_calls=(ToolCall(name="look"),)))
    assert message.stop is None
    assert message.tool_calls


@pytest.mark.parametrize(
    ("heard", "reply", "stop"),
    [
        ("I'll refund 20 USD to your card. Do you confirm (yes/no)?", "Yes, please go ahead. ###STOP###", None),
        ("Shall I cancel the order?", "Sure! ###STOP###", None),
        ("Would you like me to proceed with the exchange?", "That's right. ###STOP###", None),
        ("The refund is made. Is there anything else I may do for you? Shall I close?", "Ok. ###STOP###", Stop.DONE),
        ("The refund is made.", "Sure, thanks. ###STOP###", Stop.DONE),
        ("Shall I cancel the order?", "No, leave it. ###STOP###", Stop.DONE),
        ("Shall I cancel the order?", "###STOP###", Stop.DONE),
        ("Shall I hand you over to a person?", "Yes. ###TRANSFER###", Stop.TRANSFER),
    ],
)
def test_it_does_not_leave_in_the_message_in_which_it_gives_the_go_ahead(
    heard: str, reply: str, stop: Stop | None
) -> None:
    message, _ = act(reply, heard=heard)
    assert message.stop is stop
    assert "###" not in message.text


def test_an_empty_reply_is_asked_for_again_once_and_both_calls_are_accounted_for() -> None:
    message, client = act("  ", "Hi there")
    assert message.text == "Hi there"
    assert message.usage is not None
    assert message.usage.calls == 2
    assert "Your last reply was empty" in client.requests[1].messages[0].text
    twice, client = act("", "", "Hi")
    assert twice.blank
    assert len(client.requests) == 2


# --- in an episode ---


class Says:
    """An agent that does one thing after another, and then stops."""

    def __init__(self, *messages: Message) -> None:
        self.messages = list(messages)

    async def act(self, view: View) -> Message:
        return self.messages.pop(0) if self.messages else Message(stop=Stop.DONE)


def episode(client: Client) -> Record:
    pack = load_pack(find_pack("telecom-desk"))
    template = open_pack(pack)
    lookup = ToolCall(name="get_customer_by_phone", arguments={"phone_number": "555-301-7703"})
    agent = Says(Message(tool_calls=(lookup,)), Message(text="Please look at your status bar."))
    try:
        setting = Setting.of(pack, "abroad-phone-roaming-off", template)
        return asyncio.run(play(setting, agent, LlmUser(setting.task, client, ToolProtocol.NATIVE))).record
    finally:
        template.close()


def test_in_an_episode_it_sees_its_own_tools_and_results_and_none_of_the_agents() -> None:
    look = Answer(tool_calls=(ToolCall(name="check_status_bar"),))
    client = Client("My internet is gone.", look, "It shows 5G.", "###STOP###")
    record = episode(client)
    assert record.termination is Termination.AGENT_STOP
    assert {spec.name for spec in client.requests[0].tools} >= {"check_status_bar", "toggle_roaming"}
    assert not {spec.name for spec in client.requests[0].tools} & {"get_customer_by_phone", "enable_roaming"}
    assert "Status Bar:" in client.shown
    assert "get_customer_by_phone" not in client.shown
    results = [event for event in record.events if isinstance(event, ToolEvent) and event.party is Party.AGENT]
    assert results
    assert all(event.result.content not in client.shown for event in results)
    assert load_pack(find_pack("telecom-desk")).policy[:80] not in client.shown
    assert record.usage.user.calls == 3


def test_a_user_that_stays_empty_is_not_the_agents_failure() -> None:
    assert episode(Client("Hi", "", "")).termination is Termination.USER_ERROR
