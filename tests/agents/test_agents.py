"""Agents: the loader's messages, the oracle's order, and what a model's reply becomes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from agent_seat import TOOL, said, view

from harness.agents.doors import DOORS
from harness.agents.llm import LlmAgent
from harness.agents.load import agent_class, agent_identity
from harness.agents.oracle import OracleAgent
from harness.core.errors import InputError
from harness.core.event import Event, MessageEvent, ToolEvent
from harness.core.message import Message, Party, Stop, ToolCall, ToolResult
from harness.core.parsing import parse
from harness.core.task import Task
from harness.models.client import ChatMessage
from harness.models.scripted import Answer, ScriptedClient
from harness.models.speaker import ToolProtocol
from harness.models.text_protocol import as_plain_chat, read_reply
from harness.packs.listing import listing


def test_the_oracle_plays_its_steps_in_order_then_closes_then_ends() -> None:
    steps = [
        {"type": "say", "text": "Which one?"},
        {"type": "call", "tool": "look", "arguments": {"at": "it"}},
        {"type": "call", "party": "user", "tool": "press", "arguments": {"name": 'a "b"', "hard": True}},
    ]
    oracle = OracleAgent(parse(Task, {"id": "t", "phases": [{"reference": steps}]}, where="t"))
    acts = [asyncio.run(oracle.act(view(said(Party.USER, "Hi")))) for _ in range(6)]
    assert acts[0].text == "Which one?"
    assert acts[1].tool_calls[0].arguments == {"at": "it"}
    assert acts[2].text == 'Please do this on your side: press(name="a \\"b\\"", hard=true)'
    assert [act.stop for act in acts] == [None, None, None, None, None, Stop.DONE]


def test_the_oracle_goes_on_to_the_next_phase_when_it_is_requested() -> None:
    phases = [
        {"weight": 0.5, "reference": [{"type": "call", "tool": "one"}]},
        {"weight": 0.5, "request": "And now?", "reference": [{"type": "call", "tool": "two"}]},
    ]
    oracle = OracleAgent(parse(Task, {"id": "t", "phases": phases}, where="t"))
    history: list[Event] = [said(Party.USER, "Hi")]
    assert asyncio.run(oracle.act(view(*history))).tool_calls[0].name == "one"
    history.append(said(Party.USER, "And now?", given=True))
    assert asyncio.run(oracle.act(view(*history))).tool_calls[0].name == "two"


def test_a_task_whose_reference_is_withheld_ends_the_oracle_at_once() -> None:
    oracle = OracleAgent(parse(Task, {"id": "t", "phases": [{}]}, where="t"))
    assert asyncio.run(oracle.act(view(said(Party.USER, "Hi")))).stop is Stop.DONE


@pytest.mark.parametrize(
    ("code", "name", "message"),
    [
        ("", "mine:Agent", "unknown class in module 'mine' 'Agent'"),
        ("class Agnet: pass", "mine:Agent", "did you mean 'Agnet'"),
        ("class Agent: pass", "mine:Agent", r"no method act\(view\)"),
        ("class Agent:\n def __init__(self, x): ...\n def act(self, view): ...", "mine:Agent", "missing a required"),
        ("import nosuchlibrary", "mine:Agent", "ModuleNotFoundError"),
        ("1/0", "mine:Agent", "ZeroDivisionError"),
        ("raise SystemExit(3)", "mine:Agent", "SystemExit"),
        ("Agent = 3", "mine:Agent", "unknown class"),
        ("", "stdo:cat", "did you mean stdio:cat"),
    ],
)
def test_a_class_that_cannot_play_is_refused_saying_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, name: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    monkeypatch.delitem(__import__("sys").modules, "mine", raising=False)
    (tmp_path / "mine.py").write_text(code)
    with pytest.raises(InputError, match=message):
        agent_class(name)


@pytest.mark.parametrize(
    ("name", "model", "message"),
    [
        ("orcale", None, "unknown agent 'orcale'\n  did you mean 'oracle'"),
        ("llm", None, "needs a model"),
        ("oracle", "openai/x", "takes no model"),
        ("react", None, "agent 'react' needs a model"),
        ("plan", None, "agent 'plan' needs a model"),
        ("stdio:cat", "openai/x", "takes no model"),
    ],
)
def test_an_agent_that_does_not_exist_or_fit_its_model_is_refused(name: str, model: str | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        agent_identity(name, model, "auto")


@pytest.mark.parametrize(
    ("reply", "text", "calls"),
    [
        ("Hello.", "Hello.", []),
        ('{"tool": "look", "arguments": {"at": "it"}}', "", [("look", {"at": "it"})]),
        ('Sure!\n```json\n{"tool": "look", "arguments": {}}\n```', "Sure!\n```json", [("look", {})]),
        ('{"tool": "look"}', "", [("look", {})]),
        ('{"tool": "look", "arguments": [1]}', "", [("look", {"unparsable_arguments": [1]})]),
        ('{"tool": "look", "arguments": "{\\"at\\": 1}"}', "", [("look", {"at": 1})]),
        ('{"tool": 3}', '{"tool": 3}', []),
        ('{"broken": ', '{"broken": ', []),
        ('{"a": {"tool": "look"}}', '{"a":', [("look", {})]),
        ("{" * 5000, "{" * 5000, []),
    ],
)
def test_a_models_text_is_read_as_words_or_as_a_call(reply: str, text: str, calls: list[tuple[str, object]]) -> None:
    words, found = read_reply(reply)
    assert (words, [(call.name, call.arguments) for call in found]) == (text, calls)


def test_an_infinite_number_in_a_call_is_passed_on_as_text_that_the_tool_refuses() -> None:
    _, (call,) = read_reply('{"tool": "look", "arguments": {"at": Infinity}}')
    assert list(call.arguments) == ["unparsable_arguments"]


def test_a_chat_without_tool_messages_alternates_and_keeps_calls_and_results() -> None:
    call = ToolCall(id="1", name="look", arguments={"at": "it"})
    chat = as_plain_chat(
        [
            ChatMessage("system", "s"),
            ChatMessage("user", "a"),
            ChatMessage("user", "b"),
            ChatMessage("assistant", "", (call,)),
            ChatMessage("tool", "seen", call_id="1"),
        ]
    )
    assert [(message.role, message.text) for message in chat] == [
        ("system", "s"),
        ("user", "a\n\nb"),
        ("assistant", '{"tool": "look", "arguments": {"at": "it"}}'),
        ("user", "Result of look:\nseen"),
    ]


class Keeps(ScriptedClient):
    """A scripted client that keeps what it was asked."""

    async def complete(self, request):  # type: ignore[no-untyped-def]
        self.asked = request
        return await super().complete(request)


@pytest.mark.parametrize("protocol", [ToolProtocol.NATIVE, ToolProtocol.TEXT])
def test_a_model_is_offered_its_tools_by_the_chosen_protocol(protocol: ToolProtocol) -> None:
    client = Keeps((Answer(text="Hello"),))
    result = ToolEvent(party=Party.AGENT, name="look", result=ToolResult(call_id="1", content="seen"))
    called = MessageEvent(
        party=Party.AGENT, to=Party.ENVIRONMENT, message=Message(tool_calls=(ToolCall(id="1", name="look"),))
    )
    message = asyncio.run(LlmAgent(client, protocol).act(view(said(Party.USER, "Hi"), called, result)))
    roles = [part.role for part in client.asked.messages]
    system = client.asked.messages[0].text
    assert message.text == "Hello"
    assert message.usage is not None
    assert message.usage.output_tokens == 1
    assert "Be kind." in system
    if protocol is ToolProtocol.NATIVE:
        assert (list(client.asked.tools), roles) == ([TOOL], ["system", "user", "assistant", "tool"])
    else:
        assert (client.asked.tools, roles) == ((), ["system", "user", "assistant", "user"])
        assert "- look(at: string): Looks." in system


@pytest.mark.parametrize(
    ("text", "said_text", "stop"),
    [
        ("Bye ###STOP###", "Bye", Stop.DONE),
        ("###TRANSFER###", "", Stop.TRANSFER),
        ("stop", "stop", None),
    ],
)
def test_a_stop_token_ends_the_conversation_and_is_not_said(text: str, said_text: str, stop: Stop | None) -> None:
    agent = LlmAgent(ScriptedClient((Answer(text=text),)), ToolProtocol.NATIVE)
    message = asyncio.run(agent.act(view(said(Party.USER, "Hi"))))
    assert (message.text, message.stop) == (said_text, stop)
    assert message.raw == (text if stop else None)


def test_every_door_and_agent_is_listed() -> None:
    names = {item.name.partition(":")[0] for item in listing("agents")}
    assert {"oracle", "noop", "random", "llm", "react", "plan", "human", *DOORS, "MODULE"} == names
