"""When upstream takes a predicted value for the gold one."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from pydantic import JsonValue

from environments.shortcuts.program import Source
from harness.core.parsing import JsonObject


class ReferenceClass(IntEnum):
    """What a parameter's value refers to, at its top level, as upstream numbers it."""

    NONE = 0
    ACTION_OUTPUT = 1
    EXTENSION_INPUT = 2
    CURRENT_DATE = 3
    CLIPBOARD = 4
    DEVICE_DETAILS = 5
    ASK = 6


class Mismatch(StrEnum):
    """Why a predicted reference isn't the gold one."""

    FORMAT = "format_error"
    """It is no reference, or one of another kind."""
    VALUE = "value_error"
    """It refers to another output, or to none."""


_CLASSES = {
    Source.ACTION_OUTPUT: ReferenceClass.ACTION_OUTPUT,
    Source.EXTENSION_INPUT: ReferenceClass.EXTENSION_INPUT,
    Source.CURRENT_DATE: ReferenceClass.CURRENT_DATE,
    Source.CLIPBOARD: ReferenceClass.CLIPBOARD,
    Source.DEVICE_DETAILS: ReferenceClass.DEVICE_DETAILS,
    Source.ASK: ReferenceClass.ASK,
}


def reference_class(value: JsonValue) -> ReferenceClass:
    """What a value refers to: variables, texts and nested references are none to upstream."""
    kind = _inner(value).get("Type")
    return _CLASSES.get(Source(kind), ReferenceClass.NONE) if kind in tuple(Source) else ReferenceClass.NONE


def reference_mismatch(gold: JsonValue, predicted: JsonValue) -> Mismatch | None:
    """Why a predicted reference isn't the gold one; `None`: it is.

    Outputs are equal if UUID *or* name are, where both have both; else by what both have. For the rest the same kind
    is enough. What is done to the value (a property, a key) isn't looked at.
    """
    wanted, given = _inner(gold), _inner(predicted)
    kind = reference_class(gold)
    if kind is ReferenceClass.NONE or wanted["Type"] != given.get("Type"):
        return Mismatch.FORMAT
    if kind is not ReferenceClass.ACTION_OUTPUT:
        return None
    both = [name for name in ("OutputUUID", "OutputName") if wanted.get(name) and given.get(name)]
    return None if any(wanted[name] == given[name] for name in both) else Mismatch.VALUE


def primitives_equal(gold: JsonValue, predicted: JsonValue) -> bool:
    """Whether two primitive values are equal once numbers, booleans and texts that read as numbers are put together:
    `"640"` is 640 and `true` is 1, but `"True"` isn't, and letter case counts."""
    left, right = _counted(gold), _counted(predicted)
    if isinstance(left, float) or isinstance(right, float):
        try:
            return float(left) == float(right)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            return False
    if isinstance(left, int) or isinstance(right, int):
        try:
            return int(left) == int(right)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            return str(left) == str(right)
    return left == right


def _counted(value: JsonValue) -> JsonValue:
    return int(value) if isinstance(value, bool) else value


def _inner(value: JsonValue) -> JsonObject:
    inner = value.get("Value") if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}
