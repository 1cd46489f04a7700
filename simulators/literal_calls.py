"""Calls written out in a text, `tool_name(argument=value)`, with JSON or Python literals."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from math import inf

from pydantic import JsonValue

from harness.core.message import ToolCall, ToolSpec
from harness.core.parsing import JsonObject

_CONSTANTS: dict[str, JsonValue] = {"true": True, "false": False, "null": None}


def literal_calls(text: str, tools: Mapping[str, ToolSpec]) -> Iterator[ToolCall]:
    """The calls of these tools that stand in `text`, in its order; what isn't a call is passed over."""
    for found in re.finditer(r"([A-Za-z_]\w*)\(", text):
        spec = tools.get(found[1])
        if spec is not None and (arguments := _arguments(text[found.start() :], spec)) is not None:
            yield ToolCall(name=spec.name, arguments=arguments)


def properties(spec: ToolSpec) -> JsonObject:
    """The schemas of a tool's parameters, by name."""
    found = spec.parameters.get("properties", {})
    return found if isinstance(found, dict) else {}


def _arguments(text: str, spec: ToolSpec) -> JsonObject | None:
    """The arguments of the call with which `text` begins, or None where it isn't one."""
    for end in (match.end() for match in re.finditer(r"\)", text)):
        try:
            node = ast.parse(text[:end], mode="eval").body
            if isinstance(node, ast.Call):
                names = list(properties(spec))
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
