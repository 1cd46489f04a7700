"""The agent that thinks and acts in JSON: what it is asked, what it is held to, and how its replies are read."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import jsonschema
import pytest
from agent_seat import TOOL, said, view
from pydantic import JsonValue

from harness.agents.react import ReactAgent, ReactOptions, inlined, read_action, reply_schema
from harness.core.event import MessageEvent, ToolEvent
from harness.core.message import Message, Party, Stop, ToolCall, ToolResult
from harness.core.mode import Mode
from harness.models.client import Completion, Request
from harness.models.scripted import Answer, ScriptedClient

LOOK = '{"thought": "Let me see.", "action": {"tool": "look", "arguments": {"at": "it"}}}'


class Keeps(ScriptedClient):
    """A scripted client that keeps what it was asked."""

    def __init__(self, *answers: str) -> None:
        super().__init__(tuple(Answer(text=answer) for answer in answers))
        self.asked: list[Request] = []

    async def complete(self, request: Request) -> Completion:
        self.asked.append(request)
        return await super().complete(request)


def test_a_thought_goes_with_the_call_and_the_models_own_words_come_back_to_it() -> None:
    client = Keeps(LOOK, '{"thought": "Done.", "action": {"say": "There it is."}}')
    agent = ReactAgent(client, constrained=False)
    first = asyncio.run(agent.act(view(said(Party.USER, "Hi"))))
    assert (first.text, first.raw) == ("Let me see.", LOOK)
    assert first.tool_calls == (ToolCall(name="look", arguments={"at": "it"}),)
    history = (
        said(Party.USER, "Hi"),
        MessageEvent(party=Party.AGENT, to=Party.ENVIRONMENT, message=first),
        ToolEvent(party=Party.AGENT, name="look", result=ToolResult(call_id="1", content="seen")),
    )
    second = asyncio.run(agent.act(view(*history)))
    assert (second.text, second.tool_calls) == ("There it is.", ())
    assert [(part.role, part.text) for part in client.asked[1].messages[1:]] == [
        ("user", "Hi"),
        ("assistant", LOOK),
        ("user", "Result of look:\nseen"),
    ]
    system = client.asked[0].messages[0].text
    assert "Be kind." in system
    assert "- look(at: string): Looks." in system
    assert client.asked[0].tools == ()


def called(**arguments: JsonValue) -> Message:
    return Message(tool_calls=(ToolCall(name="look", arguments=arguments),))


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ('{"action": {"stop": true}}', Message(stop=Stop.DONE)),
        ('Thought: hm.\n```json\n{"action": {"say": "Hi"}}\n```', Message(text="Hi")),
        ('{"tool": "look"}', called()),
        ('{"action": {"tool": "look", "arguments": "{\\"at\\": 1}"}}', called(at=1)),
        ('{"note": {}} {"thought": 3, "action": {"tool": "look"}}', called()),
        ('{"action": {"tool": "look", "arguments": {"at": Infinity}}}', "unparsable_arguments"),
        ('{"action": {"tool": "look", "arguments": [1]}}', "unparsable_arguments"),
        ("Just words.", None),
        ('{"thought": "cut off", "action": {"sa', None),
        ('{"action": {"say": " "}}', None),
        ("{" * 5000, None),
    ],
)
def test_a_reply_is_read_whatever_surrounds_it(reply: str, message: Message | str | None) -> None:
    found = read_action(reply)
    if isinstance(message, str):
        assert found is not None
        assert list(found.tool_calls[0].arguments) == [message]
    else:
        assert found == (message and message.model_copy(update={"raw": reply}))


def test_a_reply_of_no_agreed_form_is_asked_for_once_more_then_taken_as_words() -> None:
    mended = Keeps("Hello there", LOOK)
    message = asyncio.run(ReactAgent(mended, constrained=False).act(view(said(Party.USER, "Hi"))))
    assert message.tool_calls
    assert message.usage is not None
    assert message.usage.calls == 2
    assert mended.asked[1].messages[-1].text.startswith("Hi\n\nThat was not one JSON object")
    assert mended.asked[0].seed != mended.asked[1].seed
    stubborn = ReactAgent(Keeps("Hello there", "Hello again"), constrained=False)
    assert asyncio.run(stubborn.act(view(said(Party.USER, "Hi")))).text == "Hello again"


def test_a_model_is_held_to_this_turns_tools_and_their_arguments() -> None:
    client = Keeps(LOOK)
    asyncio.run(ReactAgent(client, constrained=True).act(view(said(Party.USER, "Hi"))))
    schema = client.asked[0].schema
    assert schema is not None
    jsonschema.Draft202012Validator.check_schema(schema)
    fits = jsonschema.Draft202012Validator(schema).is_valid
    assert fits({"thought": "", "action": {"tool": "look", "arguments": {"at": "it"}}})
    assert fits({"thought": "", "action": {"say": "Hi"}})
    assert fits({"thought": "", "action": {"stop": True}})
    for wrong in ({"tool": "lick", "arguments": {"at": ""}}, {"tool": "look", "arguments": {}}, {"say": ""}, {}):
        assert not fits({"thought": "", "action": wrong})
    alone = jsonschema.Draft202012Validator(reply_schema([TOOL], alone=True))
    assert not alone.is_valid({"thought": "", "action": {"say": "Hi"}})


def test_references_are_put_in_their_place_so_that_a_schema_stands_alone() -> None:
    tree = {
        "properties": {"of": {"$ref": "#/$defs/Tree"}, "at": {"$ref": "#/$defs/Place"}},
        "$defs": {
            "Tree": {"type": "object", "properties": {"left": {"$ref": "#/$defs/Tree"}}},
            "Place": {"type": "integer"},
        },
    }
    assert inlined(tree) == {  # type: ignore[arg-type]
        "type": "object",
        "properties": {
            "of": {"type": "object", "properties": {"left": {}}},
            "at": {"type": "integer"},
        },
    }


def test_a_model_is_held_where_its_server_is_known_to_do_so() -> None:
    assert ReactOptions().holds("local/smollm2-135m")
    assert ReactOptions().holds("hosted_vllm/x")
    assert not ReactOptions().holds("openai/gpt-5")
    assert ReactOptions(constrain="always").holds("openai/gpt-5")
    assert not ReactOptions(constrain="never").holds("local/smollm2-135m")


def test_alone_there_is_nobody_to_talk_to() -> None:
    client = Keeps(LOOK)
    solo = replace(view(), mode=Mode.NO_USER)
    asyncio.run(ReactAgent(client, constrained=False).act(solo))
    assert '"say"' not in client.asked[0].messages[0].text
