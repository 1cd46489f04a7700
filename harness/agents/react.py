"""The agent that thinks, then acts, in one JSON object a turn: for models without an interface for tools.

Where the server can hold a model to a JSON Schema, it is held to one that only this turn's tools and their arguments
fit. Elsewhere the object is looked for in whatever the model wrote; where there is none, it is asked once more, and
what it writes then is words.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

from pydantic import Field, JsonValue

from harness.agents.llm import LlmAgent
from harness.core.event import Event, MessageEvent, ToolEvent
from harness.core.message import Message, Party, Stop, ToolCall, ToolSpec, Usage
from harness.core.parsing import JsonObject, Model
from harness.core.protocols import View
from harness.models.client import ChatMessage, ModelClient, Request
from harness.models.speaker import ToolProtocol
from harness.models.text_protocol import as_plain_chat, signatures
from harness.models.wire import UNPARSABLE, arguments_of

PROMPT = """\
You act for a user. In each turn you think in a sentence or two, and then do exactly one thing. Follow this policy:

{policy}

You have these tools:
{tools}

Answer with one JSON object and nothing else, in one of these forms:
{forms}
After a tool you are shown its result. What you don't know and can't look up, {ask}. Stop when everything that was
asked for is done and nothing is left to say."""
_TOOL_FORM = '{"thought": "why", "action": {"tool": "name of the tool", "arguments": {"name": "value"}}}'
_SAY_FORM = '{"thought": "why", "action": {"say": "what the user gets to read"}}'
_STOP_FORM = '{"thought": "why", "action": {"stop": true}}'
_AGAIN = "That was not one JSON object of the forms that you were given. Answer again, with the object alone."
PARTS = (PROMPT, _TOOL_FORM, _SAY_FORM, _STOP_FORM, _AGAIN)
"""All that a model is told by us; its digest belongs to the agent's identity."""

_HOLD_TO_SCHEMAS = frozenset(
    {"hosted_vllm", "llamacpp", "llamafile", "lm_studio", "local", "ollama", "ollama_chat", "vllm"}
)
"""Providers whose servers hold a model to any JSON Schema; OpenAI's strict mode takes only some."""
_LONGEST_THOUGHT = 240
"""Characters, where a schema can say so: a small model must have tokens left to act."""


class ReactOptions(Model):
    """Options of `react`."""

    constrain: Literal["auto", "always", "never"] = Field(default="auto")
    """Whether the model is held to a JSON Schema; `auto`: where its server is known to do so."""

    def holds(self, model: str) -> bool:
        """Whether this model is."""
        known = model.partition("/")[0] in _HOLD_TO_SCHEMAS
        return self.constrain == "always" or (self.constrain == "auto" and known)


class ReactAgent:
    """Asks a model for a thought and an action."""

    def __init__(self, client: ModelClient, *, constrained: bool) -> None:
        self._client = client
        self._constrained = constrained
        self._plain = LlmAgent(client, ToolProtocol.NATIVE)
        self._asked = 0

    async def act(self, view: View) -> Message:
        """What the model does next; its thought goes with a call, and stays out of what it says."""
        if view.interaction.relay:
            # Requests stand alone and ask for an answer in words.
            return await self._plain.act(view)
        chat = as_plain_chat([ChatMessage("system", _system(view)), *_chat(view.history)])
        message, usage = await self._answer(view, chat)
        if message is None:
            again = as_plain_chat([*chat, ChatMessage("user", _AGAIN)])
            message, more = await self._answer(view, again, last=True)
            usage += more
        assert message is not None
        return message.model_copy(update={"usage": usage})

    async def _answer(
        self, view: View, chat: Sequence[ChatMessage], *, last: bool = False
    ) -> tuple[Message | None, Usage]:
        schema = reply_schema(view.tools, alone=view.mode.solo) if self._constrained else None
        request = Request(messages=chat, seed=view.seed ^ last, turn=self._asked, schema=schema)
        self._asked += 1
        answer = await self._client.complete(request)
        found = read_action(answer.text)
        if found is None and not last:
            return None, answer.usage
        return found or Message(text=answer.text), answer.usage


def read_action(text: str) -> Message | None:
    """The message in a model's reply; `None` where it holds no object of the agreed forms."""
    decoder = json.JSONDecoder()
    start = text.find("{")
    while start >= 0:
        try:
            value, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict) and (message := _message(value, text)) is not None:
            return message
        start = text.find("{", start + 1)
    return None


def _message(value: JsonObject, raw: str) -> Message | None:
    action = value.get("action", value)
    if not isinstance(action, dict):
        return None
    if isinstance(name := action.get("tool"), str):
        thought = value.get("thought")
        return Message(text=thought if isinstance(thought, str) else "", tool_calls=(_call(name, action),), raw=raw)
    if isinstance(words := action.get("say"), str) and words.strip():
        return Message(text=words, raw=raw)
    if action.get("stop"):
        return Message(stop=Stop.DONE, raw=raw)
    return None


def _call(name: str, action: JsonObject) -> ToolCall:
    given = action.get("arguments")
    try:
        return ToolCall(name=name, arguments=arguments_of(given))
    except ValueError:
        # Infinite numbers or bottomless nesting: passed on as a text that the tool refuses.
        return ToolCall(name=name, arguments={UNPARSABLE: json.dumps(given)})


def reply_schema(tools: Sequence[ToolSpec], *, alone: bool = False) -> JsonObject:
    """The JSON Schema of a reply, with a branch for each tool.

    Args:
        alone: Whether there is no user to talk to.
    """
    actions: list[JsonValue] = [
        _object({"tool": {"const": spec.name}, "arguments": inlined(spec.parameters)}) for spec in tools
    ]
    if not alone:
        actions.append(_object({"say": {"type": "string", "minLength": 1}}))
    actions.append(_object({"stop": {"const": True}}))
    thought: JsonObject = {"type": "string", "maxLength": _LONGEST_THOUGHT}
    return _object({"thought": thought, "action": {"anyOf": actions}})


def inlined(schema: JsonObject) -> JsonObject:
    """The schema of a tool's arguments with what `$ref` names in its place; what refers to itself allows anything."""
    known = schema.get("$defs")
    found = _inlined(schema, known if isinstance(known, dict) else {}, ())
    return {"type": "object", **found} if isinstance(found, dict) else {"type": "object"}


def _inlined(value: JsonValue, known: JsonObject, inside: tuple[str, ...]) -> JsonValue:
    if isinstance(value, list):
        return [_inlined(inner, known, inside) for inner in value]
    if not isinstance(value, dict):
        return value
    if isinstance(ref := value.get("$ref"), str):
        name = ref.rpartition("/")[2]
        return {} if name in inside else _inlined(known.get(name, {}), known, (*inside, name))
    return {name: _inlined(inner, known, inside) for name, inner in value.items() if name != "$defs"}


def _object(properties: JsonObject) -> JsonObject:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _system(view: View) -> str:
    alone = view.mode.solo
    forms = [_TOOL_FORM, *([] if alone else [_SAY_FORM]), _STOP_FORM]
    return PROMPT.format(
        policy=view.instructions,
        tools=signatures(view.tools) or "- none",
        forms="\n".join(forms),
        ask="you do without: nobody is there to ask" if alone else "ask the user",
    )


def _chat(history: Sequence[Event]) -> list[ChatMessage]:
    """The episode as the model lived it: its own replies in its own words."""
    chat = []
    for event in history:
        match event:
            case ToolEvent(name=name, result=result):
                chat.append(ChatMessage("user", f"Result of {name}:\n{result.content}"))
            case MessageEvent(party=Party.AGENT, message=message):
                chat.append(ChatMessage("assistant", message.raw or _as_reply(message)))
            case MessageEvent(message=message):
                chat.append(ChatMessage("user", message.text))
    return chat


def _as_reply(message: Message) -> str:
    """What somebody else said for the agent (a greeting, a given history), in the form of its own replies."""
    if message.tool_calls:
        call = message.tool_calls[0]
        action: JsonObject = {"tool": call.name, "arguments": call.arguments}
    else:
        action = {"say": message.text}
    return json.dumps({"thought": "", "action": action}, ensure_ascii=False)
