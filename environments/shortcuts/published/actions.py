"""The flat actions of a published shortcut, the groups that upstream sorts their identifiers into, and its levels.

Nothing is interpreted here: parameters stay the JSON that they were. What upstream's functions would break on raises
`Underivable`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from environments.shortcuts.program import PREFIX
from harness.core.errors import InputError
from harness.core.parsing import JsonObject

IDENTIFIER = "WFWorkflowActionIdentifier"
PARAMETERS = "WFWorkflowActionParameters"
GROUP = "GroupingIdentifier"
MODE = "WFControlFlowMode"
OUTPUT = "ThisIsReturnValue:"
"""Begins the pseudo-parameter by which a definition names its output."""

CONDITIONAL = f"{PREFIX}conditional"
MENU = f"{PREFIX}choosefrommenu"
REPEAT_COUNT = f"{PREFIX}repeat.count"
REPEAT_EACH = f"{PREFIX}repeat.each"
CONTROL = frozenset({CONDITIONAL, MENU, REPEAT_COUNT, REPEAT_EACH})
"""Markers of blocks."""
FILTERED = frozenset({f"{PREFIX}comment", f"{PREFIX}alert"})
"""Neither shown to a model nor scored."""
ASSIGNING = frozenset({f"{PREFIX}setvariable", f"{PREFIX}appendvariable"})
"""Give a variable its value."""
IGNORED = CONTROL | ASSIGNING | {f"{PREFIX}getvariable", f"{PREFIX}runworkflow", f"{PREFIX}gettext", f"{PREFIX}ask"}
"""Shown in the history, never predicted."""
BOOKKEEPING = frozenset({"ShowWhenRun", "OpenWhenRun", "AppIntentDescriptor"})
"""Parameters of third-party actions that say nothing of what they do."""

_DEEPEST = 200
"""Levels of nesting in one action's parameters."""
_LEVELS = (1, 5, 15, 30)


class Underivable(ValueError):
    """Upstream's function breaks on this input too: there is no value to give."""


@dataclass(frozen=True, slots=True)
class Action:
    """One action."""

    identifier: str
    parameters: JsonObject

    @property
    def scored(self) -> bool:
        """Whether upstream asks a model to predict it."""
        return self.identifier not in FILTERED and self.identifier not in IGNORED

    def as_json(self) -> JsonObject:
        """As upstream writes it."""
        return {IDENTIFIER: self.identifier, PARAMETERS: self.parameters}


Types = Mapping[str, Mapping[str, str]]
"""By API and parameter, `Type = default`."""


@dataclass(frozen=True, slots=True)
class Definitions:
    """What upstream knows about the APIs."""

    types: Types
    """`all_api2paraname2paratype`."""
    summaries: Mapping[str, Mapping[str, str]]
    """`all_api2parasummary`: sentences by the parameters that they are meant for."""


def read_actions(data: JsonValue, where: str) -> tuple[Action, ...]:
    """The actions of a shortcut.

    Args:
        data: A list of objects with an identifier and parameters; other keys are left aside.
        where: What the list is, for messages.

    Raises:
        InputError: it isn't such a list.
    """
    if not isinstance(data, list):
        raise InputError(f"{where}: not a list of actions (got {type(data).__name__})")
    return tuple(_action(entry, f"{where}: action {index}") for index, entry in enumerate(data))


def level_of(length: int) -> int | None:
    """The level of difficulty, 0 to 3, of a shortcut of this length; `None`: too long to be used."""
    return next((level for level, longest in enumerate(_LEVELS) if length <= longest), None)


def unique_apis(actions: Sequence[Action]) -> int:
    """How many APIs a shortcut uses, blocks, comments and alerts aside."""
    return len({action.identifier for action in actions} - CONTROL - FILTERED)


def text_of(value: JsonValue, what: str) -> str:
    """`value` where it is text.

    Raises:
        Underivable: it isn't.
    """
    if not isinstance(value, str):
        raise Underivable(f"{what} is no text")
    return value


def _action(entry: JsonValue, where: str) -> Action:
    if not isinstance(entry, dict):
        raise InputError(f"{where}: not an object (got {type(entry).__name__})")
    identifier, parameters = entry.get(IDENTIFIER), entry.get(PARAMETERS)
    if not isinstance(identifier, str):
        raise InputError(f"{where}: field {IDENTIFIER!r}: text is needed (got {type(identifier).__name__})")
    if not isinstance(parameters, dict):
        raise InputError(f"{where}: field {PARAMETERS!r}: an object is needed (got {type(parameters).__name__})")
    if _too_deep(parameters):
        raise InputError(f"{where}: field {PARAMETERS!r}: nested deeper than {_DEEPEST} levels")
    return Action(identifier, parameters)


def _too_deep(parameters: JsonObject) -> bool:
    layer: list[JsonValue] = [parameters]
    for _ in range(_DEEPEST):
        layer = [inner for value in layer for inner in _inside(value)]
        if not layer:
            return False
    return True


def _inside(value: JsonValue) -> Sequence[JsonValue]:
    match value:
        case dict():
            return list(value.values())
        case list():
            return value
    return ()
