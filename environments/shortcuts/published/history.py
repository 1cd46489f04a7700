"""The earlier actions of a shortcut as a model is shown them.

Upstream's edits, in their order: bookkeeping parameters and serialization types go, as do coercions, date formats and
units; references in texts are renamed Value1, Value2, … by their place, while every placeholder becomes `${Value1}`
(its defect); `OutputName` tells what an output is called; modes and conditions become words; long texts are cut.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from environments.shortcuts.program import Aggrandizing
from environments.shortcuts.published.actions import (
    BOOKKEEPING,
    CONDITIONAL,
    FILTERED,
    MENU,
    MODE,
    Action,
    Underivable,
    text_of,
)
from harness.core.parsing import JsonObject

CONDITIONS = {
    "0": '"less/earlier than"',
    "1": '"less than or equal"',
    "2": '"greater/later than"',
    "3": '"greater than or equal"',
    "4": '"is"',
    "5": '"is not"',
    "8": '"begin with"',
    "9": '"end with"',
    "99": '"contain"',
    "100": '"have value"',
    "101": '"do not have any value"',
    "999": '"do not contain"',
    "1000": '"is after"',
    "1001": '"is the most recent"',
    "1002": '"is today"',
    "1003": '"is between"',
    "Contains": '"contains"',
    "Equals": '"equals"',
    "Is Less Than": '"is less than"',
    "Is Greater Than": '"is greater than"',
}
"""What upstream calls the codes of a condition."""
OBJECT = "\ufffc"
"""Stands in a text for a reference."""

_MODES: Mapping[str, Mapping[object, str]] = {
    CONDITIONAL: {0: "If Begin", 1: "Else", 2: "End If"},
    MENU: {0: "Case Begin", 1: "Case", 2: "End Case"},
}
_DROPPED = (Aggrandizing.COERCION, Aggrandizing.DATE_FORMAT, Aggrandizing.UNIT)
_PLACE = re.compile(r"\{(\d+),")
_LONGEST = 300


def history(actions: Sequence[Action], names: Mapping[str, JsonValue]) -> list[JsonObject]:
    """All of the actions, those aside that no model is shown.

    Args:
        actions: What came before.
        names: What outputs are called, by UUID.

    Raises:
        Underivable: a marker has no mode that upstream knows, or a reference in a text has no place.
    """
    return [_shown(action, names) for action in actions if action.identifier not in FILTERED]


def _shown(action: Action, names: Mapping[str, JsonValue]) -> JsonObject:
    kept: JsonObject = {name: value for name, value in action.parameters.items() if name not in BOOKKEEPING}
    edited = _renumbered(_unrefined(_untyped(kept)))
    assert isinstance(edited, dict)
    if "UUID" in edited and "CustomOutputName" not in edited:
        uuid = text_of(edited["UUID"], "a UUID")
        if uuid in names:
            edited["CustomOutputName"] = names[uuid]
    if "CustomOutputName" in edited:
        edited["OutputName"] = edited.pop("CustomOutputName")
    if action.identifier in _MODES:
        mode = _MODES[action.identifier].get(_plain(edited.get(MODE)))
        if mode is None:
            raise Underivable(f"{action.identifier} has no mode that upstream knows")
        edited[MODE] = mode
    if action.identifier == CONDITIONAL and "WFCondition" in edited:
        code = str(edited["WFCondition"])
        edited["WFCondition"] = CONDITIONS.get(code, code)
    shown = _cut(Action(action.identifier, edited).as_json())
    assert isinstance(shown, dict)
    return shown


def _plain(value: JsonValue) -> str | float | None:
    return value if isinstance(value, str | int | float) else None


def _untyped(value: JsonValue) -> JsonValue:
    """Without serialization types, at any depth."""
    match value:
        case dict():
            return {name: _untyped(inner) for name, inner in value.items() if name != "WFSerializationType"}
        case list():
            return [_untyped(inner) for inner in value]
    return value


def _unrefined(value: JsonValue) -> JsonValue:
    """Without the aggrandizements that aren't shown; inside the rest of them nothing is looked for."""
    match value:
        case dict():
            kept: JsonObject = {}
            for name, inner in value.items():
                if name != "Aggrandizements" or not isinstance(inner, list):
                    kept[name] = _unrefined(inner)
                elif left := [one for one in inner if not (isinstance(one, dict) and one.get("Type") in _DROPPED)]:
                    kept[name] = left
            return kept
        case list():
            return [_unrefined(inner) for inner in value]
    return value


def _renumbered(value: JsonValue) -> JsonValue:
    """With the references of texts named by their order."""
    match value:
        case dict():
            if "string" in value and "attachmentsByRange" in value:
                text = text_of(value["string"], "the text around references").replace(OBJECT, "${Value1}")
                value = value | {"string": text, "attachmentsByRange": _ordered(value["attachmentsByRange"])}
            return {name: _renumbered(inner) for name, inner in value.items()}
        case list():
            return [_renumbered(inner) for inner in value]
    return value


def _ordered(attachments: JsonValue) -> JsonObject:
    if not isinstance(attachments, dict):
        raise Underivable("attachmentsByRange is no object")
    placed = sorted(attachments.items(), key=lambda entry: _place(entry[0]))
    return {f"Value{number}": attachment for number, (_, attachment) in enumerate(placed, 1)}


def _place(key: str) -> int:
    found = _PLACE.search(key)
    if found is None:
        raise Underivable(f"a reference in a text has no place ({key[:40]!r})")
    return int(found.group(1))


def _cut(value: JsonValue) -> JsonValue:
    """With texts of more than 300 characters cut."""
    match value:
        case dict():
            return {name: _cut(inner) for name, inner in value.items()}
        case list():
            return [_cut(inner) for inner in value]
        case str() if len(value) > _LONGEST:
            return f"{value[:_LONGEST]}..."
    return value
