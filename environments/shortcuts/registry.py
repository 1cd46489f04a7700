"""The catalogue of actions: each handler declares its identifier, parameters and output beside itself.

A handler is one small function of (run, arguments) that returns its output, or `None` where it has none
(then the last output stays what it was). Its declaration makes the documentation that an agent reads and
decides how its parameters are resolved, so neither can drift from the code. Importing `actions` fills the
catalogue.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from environments.shortcuts.coercion import boolean_of, date_of, dictionary_of, item_text, number_of, text_of
from environments.shortcuts.program import PREFIX, FilterNode, Node, Step
from environments.shortcuts.resolving import Predicate, predicate, resolve
from environments.shortcuts.running import ActionError, MissingInput, Run, RunErrorKind
from environments.shortcuts.values import NOTHING, Dictionary, Value
from harness.core.message import ToolSpec
from harness.core.parsing import JsonObject


class ParameterType(StrEnum):
    """What a parameter takes; what is given is coerced to it where that's possible."""

    TEXT = "Text"
    NUMBER = "Number"
    BOOLEAN = "Boolean"
    DATE = "Date"
    ENUM = "Enum"
    ANY = "Any"
    DICTIONARY = "Dictionary"
    QUANTITY = "Quantity"
    FILTER = "Filter"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an action."""

    name: str
    type: ParameterType
    text: str = ""
    """What it's for."""
    default: str | float | bool | None = None
    choices: tuple[str, ...] = ()
    """The values of an `ENUM`."""
    is_input: bool = False
    """Takes the last output where it isn't given."""
    aliases: tuple[str, ...] = ()
    """Names that other versions of the format have for it."""
    also: tuple[str, ...] = ()
    """Further values of an `ENUM` that real shortcuts have, and that have no effect here."""


FILTER_FORM = (
    '{"WFActionParameterFilterPrefix": 1 for all, 0 for any, "WFActionParameterFilterTemplates": '
    '[{"Property": "Title", "Operator": 99, "Values": {"String": "milk"}}]}; operators: 4 is, 5 is not, '
    "8 begins with, 9 ends with, 99 contains, 999 does not contain, 100 has any value, 101 has none, "
    "0 <, 1 <=, 2 >, 3 >=, 1002 is today, 1003 between"
)
"""How a filter is written, for those who write one."""

Handler: TypeAlias = Callable[[Run, "Arguments"], Value | Awaitable[Value | None] | None]


@dataclass(frozen=True, slots=True)
class Action:
    """An action that the device can do. Control flow has no handler: the interpreter does it."""

    identifier: str
    app: str
    text: str
    parameters: tuple[Parameter, ...]
    output: str
    """What its output is called; empty where it has none."""
    handler: Handler | None
    writes: bool = False
    """Whether it may change the device."""
    personal: bool = False
    """Whether it touches personal data, so that the device must be unlocked."""
    _by_name: dict[str, Parameter] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for parameter in self.parameters:
            for name in (parameter.name, *parameter.aliases):
                self._by_name[name] = parameter

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of this name or alias."""
        return self._by_name.get(name)

    def signature(self) -> str:
        """`identifier(name: Type = default, …) -> Output`, as upstream shows an API."""
        shown = [
            f"{given.name}: {given.type}" + ("" if given.default is None else f" = {given.default!r}")
            for given in self.parameters
        ]
        return f"{self.identifier}({', '.join(shown)})" + (f" -> {self.output}" if self.output else "")

    def tool_spec(self) -> ToolSpec:
        """For function calling. Everything may be given as `${name}`, too."""
        properties: JsonObject = {given.name: _schema(given) for given in self.parameters}
        return ToolSpec(
            name=re.sub(r"[^A-Za-z0-9_-]", "_", self.identifier)[-64:],
            description=f"{self.identifier}: {self.text}" + (f" Gives {self.output}." if self.output else ""),
            parameters={"type": "object", "properties": properties, "additionalProperties": False},
            writes=self.writes,
        )

    def description(self) -> str:
        """The whole documentation of the action."""
        lines = [self.signature(), self.text]
        for parameter in self.parameters:
            line = f"  {parameter.name}: {parameter.text}".rstrip(": ")
            if parameter.choices:
                line += f" One of: {', '.join(parameter.choices)}."
            if parameter.type is ParameterType.FILTER:
                line += f" Written as {FILTER_FORM}."
            if parameter.is_input:
                line += " If left out: the previous action's output."
            lines.append(line)
        if self.personal:
            lines.append("  The device must be unlocked.")
        return "\n".join(lines)


_SCHEMAS: Mapping[ParameterType, JsonObject] = {
    ParameterType.TEXT: {"type": "string"},
    ParameterType.NUMBER: {"type": ["number", "string"]},
    ParameterType.BOOLEAN: {"type": ["boolean", "string"]},
    ParameterType.DATE: {"type": "string"},
    ParameterType.ENUM: {"type": "string"},
    ParameterType.ANY: {},
    ParameterType.DICTIONARY: {"type": ["object", "string"]},
    ParameterType.QUANTITY: {},
    ParameterType.FILTER: {"type": "object"},
}


def _schema(given: Parameter) -> JsonObject:
    shape = {**_SCHEMAS[given.type], "description": given.text}
    if given.choices:
        shape["enum"] = list(given.choices)
    if given.default is not None:
        shape["default"] = given.default
    return shape


ACTIONS: dict[str, Action] = {}
"""Every action by identifier, filled by importing `environments.shortcuts.actions`."""


def action(
    identifier: str,
    app: str,
    text: str,
    *parameters: Parameter,
    output: str = "",
    writes: bool = False,
    personal: bool = False,
) -> Callable[[Handler], Handler]:
    """Declare a function as an action's handler; built-in identifiers go without their `is.workflow.actions.`."""
    full = identifier if identifier.startswith("com.") else PREFIX + identifier

    def declare(handler: Handler) -> Handler:
        ACTIONS[full] = Action(full, app, text, parameters, output, handler, writes, personal)
        return handler

    return declare


def control_flow(identifier: str, text: str, *parameters: Parameter, output: str) -> None:
    """Declare an action that makes a block."""
    markers = (
        Parameter("GroupingIdentifier", ParameterType.TEXT, "The same for all markers of one block."),
        Parameter("WFControlFlowMode", ParameterType.NUMBER, "0 begins the block, 1 parts it, 2 ends it."),
    )
    ACTIONS[PREFIX + identifier] = Action(
        PREFIX + identifier, "Scripting", text, (*parameters, *markers), output, handler=None
    )


def nearest(identifier: str) -> str:
    """The known identifier that looks most like this one, or nothing."""
    names = [known.removeprefix(PREFIX) for known in ACTIONS]
    near = difflib.get_close_matches(identifier[:200].removeprefix(PREFIX), names, n=1, cutoff=0.75)
    return PREFIX + near[0] if near else ""


COMMON_PARAMETERS = frozenset(
    {
        "UUID", "CustomOutputName", "GroupingIdentifier", "WFControlFlowMode",
        "AppIntentDescriptor", "ShowWhenRun", "OpenWhenRun",
    }
)  # fmt: skip
"""Parameters that any action may carry and that say nothing about what it does."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The resolved parameters of one action, read as what the handler needs.

    The readers raise ActionError (`bad_parameter`) where what was given can't be understood, and
    MissingInput where a number, a yes or no, or a date is needed and nothing was given.
    """

    action: Action
    values: Mapping[str, Value]
    predicates: Mapping[str, Predicate]
    run: Run

    def value(self, name: str) -> Value:
        """What was given, as it is; an input parameter falls back on the last output."""
        if name in self.values:
            return self.values[name]
        parameter = self._parameter(name)
        if parameter.is_input:
            self.run.parameter = name
            self.run.use(self.run.frame.last_makers)
            return self.run.frame.last
        return NOTHING if parameter.default is None else (_literal(parameter.default),)

    def given(self, name: str) -> bool:
        """Whether the parameter was given, with a value."""
        return bool(self.values.get(name))

    def text(self, name: str) -> str:
        """As text; empty where nothing was given."""
        return text_of(self.value(name), self.run.clock)

    def texts(self, name: str) -> list[str]:
        """Each item as text."""
        return [item_text(item, self.run.clock) for item in self.value(name)]

    def number(self, name: str) -> Decimal:
        """As a number."""
        found = number_of(self._present(name))
        if found is None:
            raise self.problem(name, "must hold a number")
        return found

    def integer(self, name: str, *, least: int, most: int) -> int:
        """As a whole number within bounds (decimals are cut off)."""
        found = self.number(name)
        if not least <= found <= most:
            raise self.problem(name, f"must be from {least} to {most}")
        return int(found)

    def boolean(self, name: str) -> bool:
        """As yes or no."""
        found = boolean_of(self._present(name))
        if found is None:
            raise self.problem(name, "must be yes or no")
        return found

    def date(self, name: str) -> datetime:
        """As a date."""
        found = date_of(self._present(name), self.run.clock)
        if found is None:
            raise self.problem(name, "must hold a date")
        return found

    def choice(self, name: str) -> str:
        """As one of the parameter's choices, letter case aside."""
        given = self.text(name)
        parameter = self._parameter(name)
        for choice in (*parameter.choices, *parameter.also):
            if choice.casefold() == given.casefold():
                return choice
        raise self.problem(name, f"must be one of {', '.join(parameter.choices)}")

    def dictionary(self, name: str) -> Dictionary:
        """As a dictionary."""
        found = dictionary_of(self.value(name))
        if found is None:
            raise self.problem(name, "must hold a dictionary")
        return found

    def predicate(self, name: str) -> Predicate:
        """As a filter."""
        return self.predicates.get(name, Predicate())

    def problem(self, name: str, what: str) -> ActionError | MissingInput:
        """The error that a parameter is wrong, with what was given."""
        given = text_of(self.value(name), self.run.clock)
        if self.run.world.lenient and not given.strip():
            return MissingInput(f"{name} was empty")
        shown = given if len(given) <= 80 else f"{given[:79]}…"
        return ActionError(RunErrorKind.BAD_PARAMETER, f"{name} {what} (got {shown!r})")

    def _present(self, name: str) -> Value:
        value = self.value(name)
        if not text_of(value[:1], self.run.clock).strip():
            raise MissingInput(f"{name} was empty")
        return value

    def _parameter(self, name: str) -> Parameter:
        found = self.action.parameter(name)
        if found is None:
            raise KeyError(f"{self.action.identifier} declares no parameter {name!r}")
        return found


async def resolved(action: Action, step: Step, run: Run) -> Arguments:
    """The declared parameters of `step`, resolved in the order of the declaration; others are ignored."""
    values: dict[str, Value] = {}
    predicates: dict[str, Predicate] = {}
    for parameter in action.parameters:
        node = _first(step.parameters, (parameter.name, *parameter.aliases))
        if node is None:
            continue
        run.parameter = parameter.name
        purpose = f"{parameter.name} of {action.identifier.removeprefix(PREFIX)}"
        if parameter.type is ParameterType.FILTER:
            if not isinstance(node, FilterNode):
                raise ActionError(RunErrorKind.BAD_PARAMETER, f"{parameter.name} must be a filter: {FILTER_FORM}")
            predicates[parameter.name] = await predicate(node, run, purpose)
        else:
            values[parameter.name] = await resolve(node, run, purpose)
    return Arguments(action, values, predicates, run)


def unknown_parameters(step: Step) -> list[str]:
    """The names among a step's parameters that its action doesn't declare."""
    known = ACTIONS.get(step.identifier)
    if known is None:
        return []
    return [name for name in step.parameters if known.parameter(name) is None and name not in COMMON_PARAMETERS]


def _first(parameters: Mapping[str, Node], names: Sequence[str]) -> Node | None:
    return next((parameters[name] for name in names if name in parameters), None)


def _literal(default: str | float | bool) -> str | Decimal | bool:
    return default if isinstance(default, str | bool) else Decimal(str(default))
