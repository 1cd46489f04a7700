"""The scripted user: it does what it's told, tells what it's asked, and always comes to an end."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.event import Event, MessageEvent, ToolEvent
from harness.core.message import Message, Party, Stop, ToolResult, ToolSpec
from harness.core.parsing import parse
from harness.core.protocols import View
from harness.core.task import Task
from simulators.instructions import understand
from simulators.scripted import ScriptedUser


def spec(name: str, *required: str, **properties: dict[str, object]) -> ToolSpec:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return ToolSpec(name=name, description="", parameters=schema)


TOOLS = (
    spec("toggle_airplane_mode"),
    spec("check_status_bar"),
    spec("run_speed_test"),
    spec("reboot_device"),
    spec("set_network_mode", "mode", mode={"type": "string", "enum": ["4g_only", "4g_5g_preferred"]}),
    spec("grant_app_permission", "app_name", "permission", app_name={"type": "string"}, permission={"type": "string"}),
)
TASK = {
    "id": "t",
    "user": {
        "facts": [
            {"topic": "phone number", "answer": "It is 555-1.", "ask": ["number I can reach"]},
            {"topic": "full name", "answer": "I'm Ada Byron."},
            {"topic": "password", "answer": "hunter2"},
        ],
        "done_when": [{"tool": "check_status_bar", "contains": "connected"}],
    },
    "phases": [{"request": "My phone is dead."}],
}


def user(**changes: object) -> ScriptedUser:
    scenario = {**TASK["user"], **changes}  # type: ignore[dict-item]
    return ScriptedUser(parse(Task, {**TASK, "user": scenario}, where="t"))


class Talk:
    """A conversation with a user whose tools answer what they are told to."""

    def __init__(self, one: ScriptedUser, *, shown: str = "no signal") -> None:
        self.one, self.shown = one, shown
        self.history: list[Event] = []
        self.turn()

    def turn(self) -> Message:
        message = asyncio.run(self.one.act(View(Party.USER, "", TOOLS, self.history, 0)))
        to = Party.ENVIRONMENT if message.tool_calls else Party.AGENT
        self.history.append(MessageEvent(party=Party.USER, to=to, message=message))
        for call in message.tool_calls:
            result = ToolResult(call_id=call.id, content=self.shown)
            self.history.append(ToolEvent(party=Party.USER, name=call.name, result=result))
        return message

    def hear(self, text: str) -> Message:
        self.history.append(MessageEvent(party=Party.AGENT, to=Party.USER, message=Message(text=text)))
        return self.turn()


def test_it_opens_with_the_request_even_after_a_greeting_or_a_given_history() -> None:
    talk = Talk(user())
    assert talk.history[0].message.text == "My phone is dead."  # type: ignore[union-attr]
    earlier = MessageEvent(party=Party.USER, to=Party.AGENT, message=Message(text="Earlier."), given=True)
    opening = asyncio.run(user().act(View(Party.USER, "", TOOLS, [earlier], 0)))
    assert opening.text == "My phone is dead."


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("Please do this on your side: toggle_airplane_mode()", [("toggle_airplane_mode", {})]),
        ("Please turn off airplane mode.", [("toggle_airplane_mode", {})]),
        ("Could you restart your device?", [("reboot_device", {})]),
        ("Run a speed test, then tell me.", [("run_speed_test", {})]),
        (
            "Please check your status bar. Then please reboot the device.",
            [("check_status_bar", {}), ("reboot_device", {})],
        ),
        ("Please set the network mode to 4G only", [("set_network_mode", {"mode": "4g_only"})]),
        ('set_network_mode(mode="4g_5g_preferred")', [("set_network_mode", {"mode": "4g_5g_preferred"})]),
        ("set_network_mode('4g_only')", [("set_network_mode", {"mode": "4g_only"})]),
        (
            'grant_app_permission(app_name="a) b", permission="sms") and toggle_airplane_mode()',
            [("grant_app_permission", {"app_name": "a) b", "permission": "sms"}), ("toggle_airplane_mode", {})],
        ),
        ("Please don't reboot your device.", []),
        ("Now I will reboot your device remotely.", []),
        ("Let me run a speed test.", []),
        ("Next, turn off airplane mode.", [("toggle_airplane_mode", {})]),
        ("Please toggle airplane mode, but do not reboot.", [("toggle_airplane_mode", {})]),
        ("Airplane mode is a setting of the device.", []),
        ("Please call delete_everything().", []),
        ("set_network_mode(", []),
        ("set_network_mode(mode=1e999)", []),
        ("Please set the network mode.", []),
    ],
)
def test_instructions_become_calls_of_its_own_tools(text: str, calls: list[tuple[str, dict[str, object]]]) -> None:
    assert [(call.name, call.arguments) for call in understand(text, TOOLS).calls] == calls


def test_it_reports_what_its_tools_showed() -> None:
    talk = Talk(user(), shown="Airplane mode is now off.")
    assert talk.hear("Please toggle airplane mode.").tool_calls
    assert talk.turn().text == "Airplane mode is now off."


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("What is your phone number?", {"555-1"}),
        ("May I have your full name and phone number?", {"555-1", "Ada"}),
        ("Under which number can I reach you?", {"555-1"}),
        ("What is your favourite colour?", set()),
        ("What is your shoe number?", set()),
    ],
)
def test_it_tells_the_facts_it_is_asked_for_and_no_others(question: str, told: set[str]) -> None:
    reply = Talk(user()).hear(question).text
    assert {secret for secret in ("555-1", "Ada", "hunter2") if secret in reply} == told
    assert told or "can't tell" in reply


def test_a_statement_about_a_fact_is_no_question_for_it() -> None:
    talk = Talk(user(done_when=[]))
    assert "555-1" not in talk.hear("I found a table which lists your phone number. I need to look further.").text


def test_it_sets_a_toggle_right_that_led_to_the_opposite_of_what_was_asked() -> None:
    talk = Talk(user(), shown="Airplane mode is now ON.")
    talk.hear("Please make sure airplane mode is turned off.")
    assert [call.name for call in talk.turn().tool_calls] == ["toggle_airplane_mode"]
    talk.shown = "Airplane mode is now OFF."
    talk.history[-1] = talk.history[-1].model_copy(update={"result": ToolResult(call_id="", content=talk.shown)})
    assert talk.turn().text == "Airplane mode is now OFF."


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("Hello! How can I help you today?", "My phone is dead."),
        ("Let me check your account.", "All right, please go ahead."),
        ("One moment please, I'm looking.", "All right, please go ahead."),
        ("I can't transfer you to anyone, but what is your phone number?", "It is 555-1."),
    ],
)
def test_ordinary_words_of_an_agent_get_an_ordinary_answer(text: str, reply: str) -> None:
    message = Talk(user()).hear(text)
    assert (message.text, message.tool_calls, message.stop) == (reply, (), None)


def test_it_ends_content_only_when_its_own_tools_show_it() -> None:
    talk = Talk(user())
    assert talk.hear("That is all from my side.").tool_calls[0].name == "check_status_bar"
    assert "not working yet" in talk.turn().text
    talk.shown = "5G, connected"
    talk.hear("That is all from my side.")
    assert talk.turn().stop is Stop.DONE


def test_it_ends_by_transfer_when_the_agent_announces_one() -> None:
    assert Talk(user()).hear("I will transfer you to a colleague.").stop is Stop.TRANSFER


def test_it_gives_up_after_three_questions_that_it_cannot_answer() -> None:
    talk = Talk(user())
    stops = [talk.hear("What is your favourite colour?").stop for _ in range(3)]
    assert stops == [None, None, Stop.OUT_OF_SCOPE]


def test_a_question_of_a_running_tool_is_answered_from_its_facts() -> None:
    prompt = MessageEvent(party=Party.ENVIRONMENT, to=Party.USER, message=Message(text="Full name?"))
    answer = asyncio.run(user().act(View(Party.USER, "", TOOLS, [prompt], 0)))
    assert answer.text == "I'm Ada Byron."


PIECES = (
    *("please", "toggle", "airplane", "mode", "what", "number", "not", "that is all", "4g_only", "lambda:", "1e999"),
    *("toggle_airplane_mode(", "set_network_mode(mode=", "?", "(", ")", "=", ".", "'", '"', "{", "[", "\n"),
)
TEXTS = st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join)


@given(texts=st.lists(TEXTS, min_size=1, max_size=4))
def test_no_agent_makes_it_raise_or_fall_silent(texts: list[str]) -> None:
    talk = Talk(user())
    for text in texts:
        message = talk.hear(text)
        while message.tool_calls:
            message = talk.turn()
        assert not message.blank
        if message.stop is not None:
            return


@given(text=TEXTS)
def test_an_agent_that_says_the_same_for_ever_is_left_unless_the_user_can_act_or_answer(text: str) -> None:
    talk = Talk(user())
    for _ in range(12):
        message = talk.hear(text)
        told = any(secret in message.text for secret in ("555-1", "Ada", "hunter2"))
        if message.stop is not None or told or understand(text, TOOLS).calls:
            return
        while message.tool_calls:
            message = talk.turn()
        if message.stop is not None:
            return
    raise AssertionError("it is still there")


@pytest.mark.parametrize("text", ["x" * 2_000_000, "f(" * 500_000, "please " * 300_000])
def test_a_message_of_megabytes_does_not_stall_the_user(text: str) -> None:
    assert not Talk(user()).hear(text).blank
