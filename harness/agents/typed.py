"""What a person types: words to say, or a slash and a command, such as a tool with its arguments."""

from __future__ import annotations

import difflib
import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from harness.core.message import Message, Stop, ToolCall, ToolSpec
from harness.core.parsing import JsonObject

STOPS = {"stop": Stop.DONE, "transfer": Stop.TRANSFER, "out-of-scope": Stop.OUT_OF_SCOPE}
LOOKS = ("help", "tools", "instructions", "history")
HELP = """\
What you type is said. What begins with a slash is done:
  /TOOL name=value …   call a tool; values with blanks in quotes ('…'), objects and lists as JSON
  /TOOL {"name": …}    the same with all arguments as one JSON object
  /TOOL text           the same for a tool with one argument
  /call TOOL …         the same for a tool that is named like a command
  /tools [TOOL]        your tools, or all about one
  /instructions, /history, /help
  /stop, /transfer, /out-of-scope   end the conversation, and why
A backslash at the end of a line goes on in the next; // says a text that begins with a slash."""
_PAIR = re.compile(r"([A-Za-z_]\w*)=")


@dataclass(frozen=True, slots=True)
class Look:
    """A command that shows something and costs no turn."""

    what: str
    name: str = ""


class NotUnderstood(Exception):
    """What was typed is no command; the message helps on."""


def read_typed(line: str, tools: Sequence[ToolSpec]) -> Message | Look:
    """What a line means.

    Raises:
        NotUnderstood: a slash, and nothing that is known or can be read.
    """
    text = line.strip()
    if not text.startswith("/"):
        return Message(text=text)
    if text.startswith("//"):
        return Message(text=text[1:])
    word, rest = _word(text[1:])
    if word == "call":
        word, rest = _word(rest)
    elif word in STOPS:
        return Message(stop=STOPS[word], text=rest)
    elif word in LOOKS:
        return Look(word, rest)
    spec = next((spec for spec in tools if spec.name == word), None)
    if spec is None:
        known = [*(one.name for one in tools), *STOPS, *LOOKS]
        near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
        raise NotUnderstood(f"/{word} is not known; {f'did you mean /{near[0]}?' if near else 'see /tools and /help'}")
    try:
        return Message(tool_calls=(ToolCall(name=word, arguments=_arguments(spec, rest)),))
    except (ValueError, RecursionError) as error:
        raise NotUnderstood(f"/{word}: {error}") from None


def _word(text: str) -> tuple[str, str]:
    word, *rest = text.split(None, 1) or [""]
    return word, rest[0] if rest else ""


def _arguments(spec: ToolSpec, text: str) -> JsonObject:
    given = spec.parameters.get("properties")
    properties = given if isinstance(given, dict) else {}
    if not text:
        return {}
    if text.startswith("{"):
        found = json.loads(text)
        return found if isinstance(found, dict) else {}
    pair = _PAIR.match(text)
    if len(properties) == 1 and not (pair and pair[1] in properties):
        (name,) = properties
        return {name: _value(text, properties[name])}
    if pair is None:
        raise ValueError(f"expected name=value (arguments: {', '.join(properties) or 'none'}), got {text!r}")
    arguments: JsonObject = {}
    for part in shlex.split(text):
        name, equals, value = part.partition("=")
        if not equals:
            raise ValueError(f"expected name=value, got {part!r}; put values with blanks in quotes")
        arguments[name] = _value(value, properties.get(name))
    return arguments


def _value(text: str, schema: JsonValue) -> JsonValue:
    """A typed value: JSON, unless it is not or the schema wants a text."""
    try:
        value: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, str) or "string" not in _types(schema):
        return value
    # `null` is no text where there is a choice.
    return value if value is None and "null" in _types(schema) else text


def _types(schema: JsonValue) -> set[str]:
    if not isinstance(schema, dict):
        return set()
    kind, found = schema.get("type"), set[str]()
    if isinstance(kind, str):
        found.add(kind)
    for part in kind if isinstance(kind, list) else ():
        found.add(str(part))
    for branch in branches if isinstance(branches := schema.get("anyOf"), list) else ():
        found |= _types(branch)
    return found
