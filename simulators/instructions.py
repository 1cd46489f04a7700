"""From what an agent says to calls of the user's own tools.

Two forms are understood. Explicit: `tool_name(argument=value)`, with JSON or Python literals. In words: a
request ("please", "can you", an imperative; not an announcement, "I'll") that holds every word of a tool's
name, in any order, where `toggle` may be said as turn, switch, enable or disable, and `set` as change or
choose. A clause that says "not" or "never" asks for nothing. Arguments in words: a value of the parameter's
enumeration, a quoted text, or a number; a required one that isn't there leaves the instruction unclear.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

from pydantic import JsonValue

from harness.core.message import ToolCall, ToolSpec
from harness.core.parsing import JsonObject
from simulators.words import content_words, sentences, stem

_VERBS = {
    "toggle": ("toggle", "turn", "switch", "enable", "disable", "activate", "deactivate"),
    "set": ("set", "change", "choose", "select", "switch"),
    "check": ("check", "look", "read", "tell", "show", "see"),
    "run": ("run", "do", "perform", "make", "start"),
    "reboot": ("reboot", "restart"),
    "grant": ("grant", "allow", "give"),
    "reseat": ("reseat", "reinsert"),
}
_NEGATION = re.compile(r"\b(not|never|don't|doesn't|without|no need)\b", re.IGNORECASE)
_ASKING = re.compile(r"\b(please|can you|could you|would you|try)\b", re.IGNORECASE)
_ANNOUNCING = re.compile(r"\b(I|we)(['’](ll|m|ve|re)| will| am| are| have| can)\b|\blet me\b", re.IGNORECASE)
"""The agent tells what it does itself."""
_LEADING = re.compile(
    r"^(\W*(now|next|then|first|second|finally|also|and|so|ok|okay|great|thanks|alright)\b)+", re.IGNORECASE
)
_CLAUSE = re.compile(r",?\s+but\s+|;\s*", re.IGNORECASE)
_STATE = re.compile(r"\b(?:(on|enable|activate)|(off|disable|deactivate))d?\b", re.IGNORECASE)
_CONSTANTS: dict[str, JsonValue] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Instructions:
    """What an agent's message asks the user to do."""

    calls: tuple[ToolCall, ...]
    unclear: tuple[str, ...] = ()
    """Names of parameters that an instruction leaves open."""
    wanted: tuple[tuple[str, str], ...] = ()
    """For tools that toggle: the tool's name and the state asked for, `on` or `off`."""


def understand(text: str, tools: Sequence[ToolSpec]) -> Instructions:
    """The calls that a message asks for, in its order, each once."""
    explicit = list(_explicit(text, {spec.name: spec for spec in tools}))
    if explicit:
        return Instructions(tuple(explicit))
    calls: list[ToolCall] = []
    unclear: list[str] = []
    wanted: dict[str, str] = {}
    for sentence in (clause for part in sentences(text) for clause in _CLAUSE.split(part)):
        if (spec := _asked_in_words(sentence, tools)) is not None:
            arguments, missing = _arguments_in_words(sentence, spec)
            unclear += missing
            call = ToolCall(name=spec.name, arguments=arguments)
            if not missing and call not in calls:
                calls.append(call)
                if spec.name.startswith("toggle_") and (state := _STATE.search(sentence)):
                    wanted[spec.name] = "on" if state[1] else "off"
    return Instructions(tuple(calls), tuple(unclear) if not calls else (), tuple(wanted.items()))


def _explicit(text: str, tools: dict[str, ToolSpec]) -> Iterator[ToolCall]:
    for found in re.finditer(r"([A-Za-z_]\w*)\(", text):
        spec = tools.get(found[1])
        if spec is not None and (arguments := _literal_arguments(text[found.start() :], spec)) is not None:
            yield ToolCall(name=spec.name, arguments=arguments)


def _literal_arguments(text: str, spec: ToolSpec) -> JsonObject | None:
    """The arguments of the call with which `text` begins, or None where it isn't one."""
    for end in (match.end() for match in re.finditer(r"\)", text)):
        try:
            node = ast.parse(text[:end], mode="eval").body
            if isinstance(node, ast.Call):
                names = list(_properties(spec))
                values = {name: _literal(value) for name, value in zip(names, node.args, strict=False)}
                return values | {word.arg: _literal(word.value) for word in node.keywords if word.arg}
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


def _literal(node: ast.expr) -> JsonValue:
    if isinstance(node, ast.Name) and node.id in _CONSTANTS:
        return _CONSTANTS[node.id]
    if isinstance(node, ast.List):
        return [_literal(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {
            str(ast.literal_eval(key)): _literal(item) for key, item in zip(node.keys, node.values, strict=True) if key
        }
    value = ast.literal_eval(node)
    if not isinstance(value, str | int | float | bool | None) or value in (inf, -inf):
        raise ValueError("not a JSON value")
    return value


def _asked_in_words(sentence: str, tools: Sequence[ToolSpec]) -> ToolSpec | None:
    """The tool with the longest name that the sentence asks for."""
    if _NEGATION.search(sentence) or _ANNOUNCING.search(sentence):
        return None
    words = content_words(sentence) | {stem(word) for word in sentence.lower().split()}
    imperative = re.match(r"\W*(\w+)", _LEADING.sub("", sentence.lower()))
    found = []
    for spec in tools:
        verb, *rest = spec.name.split("_")
        verbs = {stem(form) for form in _VERBS.get(verb, (verb,))}
        asks = _ASKING.search(sentence) or (imperative is not None and stem(imperative[1]) in verbs)
        if asks and verbs & words and all(stem(word) in words for word in rest):
            found.append(spec)
    return max(found, key=lambda spec: len(spec.name), default=None)


def _arguments_in_words(sentence: str, spec: ToolSpec) -> tuple[JsonObject, list[str]]:
    arguments: JsonObject = {}
    missing = []
    required = spec.parameters.get("required", [])
    for name, schema in _properties(spec).items():
        value = _value_in_words(sentence, schema if isinstance(schema, dict) else {})
        if value is not None:
            arguments[name] = value
        elif isinstance(required, list) and name in required:
            missing.append(name)
    return arguments, missing


def _value_in_words(sentence: str, schema: JsonObject) -> JsonValue:
    plain = sentence.lower().replace("_", " ").replace("-", " ")
    options = schema.get("enum")
    if isinstance(options, list):
        named = [option for option in options if str(option).lower().replace("_", " ").replace("-", " ") in plain]
        return max(named, key=lambda option: len(str(option)), default=None)
    kind = schema.get("type")
    if kind == "string":
        quoted = re.search(r"[\"'“‘`]([^\"'”’`]+)[\"'”’`]", sentence)
        return quoted[1] if quoted else None
    if kind in ("integer", "number"):
        number = re.search(r"-?\d+(?:\.\d+)?", sentence)
        return (int(float(number[0])) if kind == "integer" else float(number[0])) if number else None
    if kind == "boolean":
        said = set(re.findall(r"\b(on|off|true|false|yes|no)\b", plain))
        return bool(said & {"on", "true", "yes"}) if said else None
    return None


def _properties(spec: ToolSpec) -> JsonObject:
    properties = spec.parameters.get("properties", {})
    return properties if isinstance(properties, dict) else {}
