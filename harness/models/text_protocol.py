"""Tool calls as JSON in text, for models that have no interface for tools.

The model reads its tools in the system prompt and answers either with plain words, which go to the other
party, or with one JSON object `{"tool": name, "arguments": {…}}`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic import JsonValue

from harness.core.message import ToolCall, ToolSpec
from harness.core.parsing import JsonObject
from harness.models.client import ChatMessage
from harness.models.wire import arguments_of

_HOW = """\
You have these tools:
{tools}

To use a tool, answer with nothing but one JSON object of this form:
{{"tool": "name of the tool", "arguments": {{"name": "value"}}}}
You will then be shown its result. To speak, answer in plain words without JSON."""


def explain_tools(tools: Sequence[ToolSpec]) -> str:
    """The part of a system prompt that offers tools; empty where there are none."""
    return _HOW.format(tools=signatures(tools)) if tools else ""


def signatures(tools: Sequence[ToolSpec]) -> str:
    """A line a tool: its name, its arguments with their types, and what it does."""
    return "\n".join(_line(spec) for spec in tools)


def read_reply(text: str) -> tuple[str, tuple[ToolCall, ...]]:
    """A model's reply as words or as a call.

    The first JSON object with a text under `tool` is the call, whatever surrounds it; a reply without one is
    words.
    """
    decoder = json.JSONDecoder()
    start = text.find("{")
    while start >= 0:
        try:
            value, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict) and isinstance(name := value.get("tool"), str):
            try:
                call = ToolCall(name=name, arguments=arguments_of(value.get("arguments")))
            except ValueError:
                # Infinite numbers: what the model wrote is passed on as a text that the tool refuses.
                call = ToolCall(name=name, arguments=arguments_of(text[start:]))
            return text[:start].strip(), (call,)
        start = text.find("{", start + 1)
    return text, ()


def as_plain_chat(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """The same chat without tool messages, neighbours of one role joined: any chat template takes it."""
    names = {call.id: call.name for message in messages for call in message.tool_calls}
    plain: list[ChatMessage] = []
    for message in messages:
        role, text = message.role, message.text
        if role == "tool":
            role, text = "user", f"Result of {names.get(message.call_id or '', 'the tool')}:\n{text}"
        for call in message.tool_calls:
            text = f"{text}\n{json.dumps({'tool': call.name, 'arguments': call.arguments}, ensure_ascii=False)}".strip()
        if plain and plain[-1].role == role:
            plain[-1] = ChatMessage(role, f"{plain[-1].text}\n\n{text}")
        else:
            plain.append(ChatMessage(role, text))
    return plain


def _line(spec: ToolSpec) -> str:
    properties = spec.parameters.get("properties", {})
    required = spec.parameters.get("required", [])
    parts = [
        f"{name}{'' if isinstance(required, list) and name in required else '?'}: {_type(schema)}"
        for name, schema in (properties.items() if isinstance(properties, dict) else ())
    ]
    return f"- {spec.name}({', '.join(parts)}): {spec.description}"


def _type(schema: JsonValue) -> str:
    if not isinstance(schema, dict):
        return "any"
    options: JsonValue = schema.get("enum")
    if isinstance(options, list):
        return " or ".join(json.dumps(option) for option in options)
    kind: JsonObject | JsonValue = schema.get("type", "any")
    return kind if isinstance(kind, str) else "any"
