"""A domain as a value: two databases, two toolkits and the rule that keeps the two sides in step.

A toolkit is a class over one side's `State`. It declares three kinds of method: tools (`@tool`), which a
party may call; `@helper`s, which only a task's setup may call; and `@probe`s, which only checks may call.
Helpers and probes are tools of the party `environment`, so they share the tools' argument checks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import ValidationError, WithJsonSchema

from environments.service.rules import UPSTREAM, Rules
from environments.service.state import Base, Schema, State
from environments.toolkit import Tool, tool, tools_of
from harness.core.message import Party, ToolSpec
from harness.core.parsing import JsonObject, describe

Number = Annotated[int | float, WithJsonSchema({"type": "number"})]
"""A number as the caller wrote it: upstream shows `2` and `2.0` differently."""


helper = tool(party=Party.ENVIRONMENT, writes=True)
"""Marks a method that only a task's setup calls; it changes the state."""

probe = tool(party=Party.ENVIRONMENT)
"""Marks a method that only checks call; it returns plain data. Upstream's names begin with `assert_`."""


class Toolkit:
    """Base of a side's tools: methods over that side's state, nothing of their own."""

    upstream_name: ClassVar[str] = ""
    """What upstream calls the class: Python's texts about wrong arguments name it."""
    __slots__ = ("rules", "state")

    def __init__(self, state: State, rules: Rules = UPSTREAM) -> None:
        self.state = state
        self.rules = rules


@dataclass(frozen=True, slots=True)
class Side:
    """One party's half of a domain."""

    schema: Schema
    toolkit: type[Toolkit]

    def tools(self, party: Party) -> dict[str, Tool]:
        """Tools offered to `party`, by name."""
        # As Any, since mypy takes a class for unhashable where it is given to a cached function.
        toolkit: Any = self.toolkit
        return _tools_for(toolkit, party)

    def helpers(self) -> dict[str, Tool]:
        """What only a task's setup may call, by name."""
        return {name: found for name, found in self.tools(Party.ENVIRONMENT).items() if found.spec.writes}

    def probes(self) -> dict[str, Tool]:
        """What only checks may call, by name."""
        return {name: found for name, found in self.tools(Party.ENVIRONMENT).items() if not found.spec.writes}


@cache
def _tools_for(toolkit: Any, party: Party) -> dict[str, Tool]:
    return {name: found for (owner, name), found in tools_of(toolkit).items() if owner is party}


@dataclass(frozen=True, slots=True)
class Domain:
    """A service desk."""

    name: str
    agent: Side
    user: Side
    sync: Callable[[State, State], None]
    """Carries over what one side's change means for the other: (agent's state, user's state). It runs
    when a world is made and after every function of the setup and every tool call. It raises
    `ToolFailure` where the scenario makes no sense."""

    def side(self, party: Party) -> Side:
        """The half of `party`."""
        return self.user if party is Party.USER else self.agent

    def offered(self, users: tuple[str, ...] | None) -> Mapping[Party, Mapping[str, ToolSpec]]:
        """The specifications of each party's tools, by name.

        Args:
            users: Names of the tools that the user holds; `None`: all.
        """
        return _offered(self, users)


@cache
def _offered(domain: Domain, users: tuple[str, ...] | None) -> Mapping[Party, Mapping[str, ToolSpec]]:
    agents = {name: found.spec for name, found in domain.agent.tools(Party.AGENT).items()}
    own = {name: found.spec for name, found in domain.user.tools(Party.USER).items() if users is None or name in users}
    return {Party.AGENT: agents, Party.USER: own, Party.ENVIRONMENT: {}}


@dataclass(frozen=True, slots=True)
class Bases:
    """The loaded databases of both sides, shared by all episodes of a pack."""

    agent: Base
    user: Base


def bind(function: Tool, arguments: JsonObject) -> dict[str, object]:
    """`arguments` as the keyword arguments of a tool, helper or probe.

    Raises:
        ValueError: they don't fit it; the message names each wrong one and its value.
    """
    try:
        values = function.arguments.model_validate_json(json.dumps(arguments), strict=True)
    except ValidationError as error:
        raise ValueError(describe(error, function.arguments)) from None
    return {name: getattr(values, name) for name in type(values).model_fields}


def invoke(toolkit: Toolkit, function: Tool, arguments: JsonObject) -> object:
    """Call a function for the environment itself, not for a party.

    Raises:
        ValueError: the arguments don't fit it.
        ToolFailure: it can't be done.
    """
    result: object = getattr(toolkit, function.method)(**bind(function, arguments))
    return result
