"""Tools from methods: the signature and docstring of a method become its specification.

All environments declare their tools this way. Arguments are checked strictly against the method's
annotations before it runs, so `"5"` for an `int` is a result with `invalid_arguments`, not a call.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import to_jsonable_python

from harness.core.message import Party, ToolCall, ToolErrorKind, ToolResult, ToolSpec

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "__parley_tool__"
_TOOLS: dict[type, dict[tuple[Party, str], Tool]] = {}
"""The tools of each toolkit class that was asked for them."""


class ToolFailure(Exception):
    """Raised inside a tool: the caller sees the message as the result of a failed call."""

    def __init__(self, message: str, kind: ToolErrorKind = ToolErrorKind.FAILED) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Submission:
    """Returned by a tool that hands in the phase's answer; `content` is what the caller sees."""

    content: str


@dataclass(frozen=True, slots=True)
class _Mark:
    party: Party
    writes: bool
    cost: float


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool of a toolkit class: its specification, its argument model and its method's name."""

    party: Party
    spec: ToolSpec
    arguments: type[BaseModel]
    method: str


def tool(*, party: Party = Party.AGENT, writes: bool = False, cost: float = 0.0) -> Callable[[F], F]:
    """Declare a method as a tool.

    The docstring's first paragraph is the description; lines `name: text` under `Args:` describe the
    parameters. The method may be a coroutine. It returns text, a `Submission`, or plain JSON data.
    """

    def mark(method: F) -> F:
        setattr(method, _MARK, _Mark(party, writes, cost))
        return method

    return mark


def tools_of(cls: type) -> dict[tuple[Party, str], Tool]:
    """The tools that a toolkit class declares, by party and name, in the order of definition."""
    if cls in _TOOLS:
        return _TOOLS[cls]
    found: dict[tuple[Party, str], Tool] = {}
    for base in reversed(cls.__mro__):
        for name, method in vars(base).items():
            mark = getattr(method, _MARK, None)
            if mark is not None:
                found[mark.party, name] = _tool(name, method, mark)
    _TOOLS[cls] = found
    return found


async def call_tool(toolkit: object, party: Party, call: ToolCall) -> ToolResult:
    """Execute `call` on a toolkit object for `party`; whatever goes wrong by the caller is a result."""
    tools = tools_of(type(toolkit))
    found = tools.get((party, call.name))
    if found is None:
        names = ", ".join(name for owner, name in tools if owner is party)
        return failed(call, f"there is no tool {call.name!r}; yours are: {names}", ToolErrorKind.UNKNOWN_TOOL)
    try:
        # A round through JSON puts pydantic's strict mode on JSON's terms (an array is a list or tuple).
        arguments = found.arguments.model_validate_json(json.dumps(call.arguments), strict=True)
    except ValidationError as error:
        return failed(call, _argument_problems(error), ToolErrorKind.INVALID_ARGUMENTS)
    values = {name: getattr(arguments, name) for name in type(arguments).model_fields}
    try:
        result = getattr(toolkit, found.method)(**values)
        if inspect.isawaitable(result):
            result = await cast("Awaitable[object]", result)
    except ToolFailure as failure:
        return failed(call, str(failure), failure.kind)
    if isinstance(result, Submission):
        return ToolResult(call_id=call.id, content=result.content, submitted=True)
    return ToolResult(call_id=call.id, content=render(result))


def failed(call: ToolCall, message: str, kind: ToolErrorKind) -> ToolResult:
    """The result of a call that could not be done."""
    return ToolResult(call_id=call.id, content=f"Error: {message}", error=kind)


def render(value: object) -> str:
    """A tool's return value as the text its caller sees: text as it is, data as JSON."""
    return value if isinstance(value, str) else json.dumps(to_jsonable_python(value), ensure_ascii=False)


def _tool(name: str, method: Callable[..., Any], mark: _Mark) -> Tool:
    description, parameter_texts = _docstring(method)
    hints = get_type_hints(method, include_extras=True)
    fields: dict[str, Any] = {}
    for parameter in list(inspect.signature(method).parameters.values())[1:]:
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (
            hints[parameter.name],
            Field(default, description=parameter_texts.get(parameter.name)),
        )
    arguments = create_model(name, __config__=ConfigDict(extra="forbid", frozen=True), **fields)
    schema = arguments.model_json_schema()
    schema.pop("title", None)
    for described in schema.get("properties", {}).values():
        described.pop("title", None)
    schema.setdefault("properties", {})
    spec = ToolSpec(name=name, description=description, parameters=schema, writes=mark.writes, cost=mark.cost)
    return Tool(mark.party, spec, arguments, name)


def _docstring(method: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    text = inspect.getdoc(method) or ""
    head, _, arguments = text.partition("\nArgs:")
    description = " ".join(head.split("\n\n")[0].split())
    pairs = re.findall(r"^ +(\w+): (.+(?:\n {6,}.+)*)", arguments, flags=re.M)
    return description, {name: " ".join(text.split()) for name, text in pairs}


def _argument_problems(error: ValidationError) -> str:
    clauses = []
    for problem in error.errors(include_url=False, include_context=False):
        place = ".".join(str(part) for part in problem["loc"])
        match problem["type"]:
            case "missing":
                clauses.append(f"argument {place!r} is missing")
            case "extra_forbidden":
                clauses.append(f"there is no argument {place!r}")
            case _:
                given = json.dumps(problem["input"], default=str)[:80]
                clauses.append(f"argument {place!r}: {problem['msg']} (got {given})")
    return "; ".join(clauses)
