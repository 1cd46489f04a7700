"""A shortcut as typed nodes: what its actions' parameters say, and the tree that its markers make.

`reading` makes these from upstream's JSON; the interpreter reads nothing else. Each step keeps its
parameters as they were written, so nothing of a shortcut is lost by parsing it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from harness.core.parsing import JsonObject

PREFIX = "is.workflow.actions."


class Source(StrEnum):
    """Where a reference gets its value: upstream's `Type` of an attachment."""

    ACTION_OUTPUT = "ActionOutput"
    VARIABLE = "Variable"
    EXTENSION_INPUT = "ExtensionInput"
    INPUT = "Input"
    CURRENT_DATE = "CurrentDate"
    CLIPBOARD = "Clipboard"
    ASK = "Ask"
    DEVICE_DETAILS = "DeviceDetails"


class Aggrandizing(StrEnum):
    """What is done to a referenced value before it's used: upstream's `Type` of an aggrandizement."""

    DICTIONARY_KEY = "WFDictionaryValueVariableAggrandizement"
    PROPERTY = "WFPropertyVariableAggrandizement"
    COERCION = "WFCoercionVariableAggrandizement"
    DATE_FORMAT = "WFDateFormatVariableAggrandizement"
    UNIT = "WFUnitVariableAggrandizement"


@dataclass(frozen=True, slots=True)
class Aggrandizement:
    """One step from a referenced value to the one that is used."""

    kind: Aggrandizing
    name: str = ""
    """The dictionary key, the property, or the content class to coerce to."""
    date_style: str = "Medium"
    time_style: str = "Short"
    pattern: str = ""
    with_time: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """Stands for a value that is known only when the shortcut runs."""

    source: Source
    key: str = ""
    """The output's UUID or the variable's name."""
    name: str = ""
    """What the output is called; upstream's names may be localised, so only `key` identifies it."""
    prompt: str = ""
    aggrandizements: tuple[Aggrandizement, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """Text with references in it. A lone reference stands for its value, whatever kind that has."""

    parts: tuple[str | Reference, ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """A number or a boolean; `None` for nothing."""

    value: Decimal | bool | None


@dataclass(frozen=True, slots=True)
class ListNode:
    """A list of nodes."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class DictionaryNode:
    """Nodes by key; a key may hold references too."""

    entries: tuple[tuple[Text, Node], ...]


@dataclass(frozen=True, slots=True)
class QuantityNode:
    """A magnitude with a unit; `negative` where an old shortcut says that it's taken off."""

    magnitude: Node
    unit: str
    negative: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """One row of a filter: what is compared with what."""

    property: str
    operator: int
    value: Node
    second: Node = Literal(None)
    unit: int = 0
    """An NSCalendarUnit, for conditions such as "in the next 24 hours"."""


@dataclass(frozen=True, slots=True)
class FilterNode:
    """The conditions of a "find" action, all or any of which must hold."""

    conditions: tuple[Condition, ...]
    every: bool = True


Node: TypeAlias = Text | Literal | ListNode | DictionaryNode | QuantityNode | FilterNode


@dataclass(frozen=True, slots=True)
class Step:
    """One action."""

    index: int
    """Its place in the flat list, from 0."""
    identifier: str
    parameters: Mapping[str, Node]
    uuid: str = ""
    output_name: str = ""
    group: str = ""
    mode: int = 0
    """Of a control-flow marker: 0 begins a block, 1 parts it, 2 ends it."""
    raw: JsonObject = field(default_factory=dict)
    """The parameters as they were written."""


class BlockKind(StrEnum):
    """The actions that make blocks."""

    CONDITIONAL = PREFIX + "conditional"
    MENU = PREFIX + "choosefrommenu"
    REPEAT_COUNT = PREFIX + "repeat.count"
    REPEAT_EACH = PREFIX + "repeat.each"


CONTROL_FLOW = frozenset(kind.value for kind in BlockKind)


@dataclass(frozen=True, slots=True)
class Segment:
    """What lies between two markers of a block; `marker` is the one before it."""

    marker: Step
    body: Body


@dataclass(frozen=True, slots=True)
class Block:
    """A control-flow block: an if and its else, a menu's cases (and what precedes the first), a loop's body."""

    kind: BlockKind
    segments: tuple[Segment, ...]
    end: Step | None
    """`None` where the end was missing."""


Body: TypeAlias = tuple[Step | Block, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """A whole shortcut."""

    body: Body
    repairs: tuple[str, ...] = ()
    """What was wrong with its form and how it was understood."""


_UNCOUNTED = frozenset({PREFIX + "comment", PREFIX + "alert"})


def length(body: Body) -> int:
    """ShortcutsBench's length: a comment or alert 0, a block its longest segment, other actions 1 each.

    Upstream counts a loop's body once and unpaired markers not at all.
    """
    total = 0
    for node in body:
        if isinstance(node, Step):
            total += node.identifier not in _UNCOUNTED
        elif node.end is not None:
            total += max(length(segment.body) for segment in node.segments)
        else:
            total += sum(length(segment.body) for segment in node.segments)
    return total
