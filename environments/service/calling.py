"""A party's call of a toolkit's method, under upstream's rules or under corrected ones.

Upstream passes a call's arguments to the method as they are; what Python then says of wrong ones is the
result's text. Parity needs those texts, so they are made here for the names that upstream's classes have.
Corrected rules check the arguments against the method's annotations first.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from functools import cache
from typing import Any

from pydantic import JsonValue

from environments.service.domain import Toolkit, bind
from environments.service.rules import Quirk, Rules
from environments.toolkit import Tool, ToolFailure, failed, render
from harness.core.message import ToolCall, ToolErrorKind, ToolResult, copied
from harness.core.parsing import JsonObject


def call_method(toolkit: Toolkit, found: Tool, call: ToolCall) -> ToolResult:
    """Execute `call` by the toolkit's method; whatever goes wrong is a result.

    What a method did before it failed stays done, as upstream's does.
    """
    method = getattr(toolkit, found.method)
    loose = toolkit.rules.has(Quirk.UNCHECKED_ARGUMENTS)
    try:
        if loose:
            problem = _binding_problem(toolkit, method, call.arguments)
            arguments = copied(call.arguments)
        else:
            problem, arguments = "", _checked(found, call.arguments)
        if problem:
            return failed(call, problem, ToolErrorKind.INVALID_ARGUMENTS)
        result = method(**arguments)
    except ToolFailure as failure:
        return failed(call, str(failure), failure.kind)
    except _WrongArguments as wrong:
        return failed(call, str(wrong), ToolErrorKind.INVALID_ARGUMENTS)
    except Exception as error:
        # Boundary: upstream's rule. Arguments are anything that JSON can hold, and Python's complaint about
        # them is what upstream shows its caller.
        if not loose:
            raise
        return failed(call, str(error), ToolErrorKind.INVALID_ARGUMENTS)
    return ToolResult(call_id=call.id, content=render(result))


def clash(rules: Rules, arguments: JsonObject) -> str:
    """What upstream says of arguments named as parameters of its own dispatcher, before it looks for the tool.

    Empty where there are none, or where the rules check arguments by the tool.
    """
    if not rules.has(Quirk.UNCHECKED_ARGUMENTS):
        return ""
    if "requestor" in arguments:
        return f"tau2.environment.environment.{_DISPATCHER} got multiple values for keyword argument 'requestor'"
    taken = next((name for name in arguments if name in ("self", "tool_name")), None)
    return "" if taken is None else f"{_DISPATCHER} got multiple values for argument {taken!r}"


_DISPATCHER = "Environment.make_tool_call()"


class _WrongArguments(Exception):
    """The arguments don't fit the method's annotations."""


def _checked(found: Tool, arguments: JsonObject) -> JsonObject:
    """The arguments, found to fit; still plain JSON, so that a method sees the same under all rules."""
    try:
        bind(found, arguments)
    except ValueError as error:
        raise _WrongArguments(str(error)) from None
    return copied(arguments)


@cache
def _parameters(method: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of a function's parameters after `self`: all of them, and those without a default."""
    found = list(inspect.signature(method).parameters.values())[1:]
    return tuple(one.name for one in found), tuple(one.name for one in found if one.default is one.empty)


def _binding_problem(toolkit: Toolkit, method: Any, arguments: dict[str, JsonValue]) -> str:
    """What Python 3.11 says where these arguments can't be bound to upstream's method; else empty."""
    known, required = _parameters(method.__func__)
    name = f"{toolkit.upstream_name or type(toolkit).__name__}.{method.__name__}()"
    for given in arguments:
        if given not in known:
            return f"{name} got an unexpected keyword argument {given!r}"
    if missing := [repr(one) for one in required if one not in arguments]:
        plural = "s" if len(missing) > 1 else ""
        return f"{name} missing {len(missing)} required positional argument{plural}: {_listed(missing)}"
    return ""


def _listed(names: Iterable[str]) -> str:
    *rest, last = names
    if not rest:
        return last
    return f"{rest[0]} and {last}" if len(rest) == 1 else f"{', '.join(rest)}, and {last}"
