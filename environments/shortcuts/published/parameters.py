"""Which parameters of a shortcut are primitive, and what its outputs are called.

The index of primitive parameters is what upstream has a model tag as essential to the query or not. Strings never
count, nor do parameters whose declared type is another than exactly Integer, Float, Bool or Enum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from environments.shortcuts.program import PREFIX
from environments.shortcuts.published.actions import (
    ASSIGNING,
    BOOKKEEPING,
    CONTROL,
    FILTERED,
    GROUP,
    MODE,
    OUTPUT,
    Action,
    Types,
    Underivable,
    text_of,
)
from harness.core.parsing import JsonObject

_SKIPPED = CONTROL | FILTERED | ASSIGNING | {f"{PREFIX}getvariable"}
_NO_PARAMETERS = BOOKKEEPING | {"UUID", "CustomOutputName", MODE, GROUP}
_LONGEST = 300
"""Characters of a text beyond which upstream doesn't look at it."""


def primitive_parameters(actions: Sequence[Action], types: Types) -> dict[int, JsonObject]:
    """The primitive parameters by the action's index, comments counted; actions without any are left out."""
    found = {index: _primitives(action, types) for index, action in enumerate(actions)}
    return {index: parameters for index, parameters in found.items() if parameters}


def output_names(actions: Sequence[Action], types: Types) -> dict[str, JsonValue]:
    """What each output is called, by its UUID: its custom name, else the one declared; nothing where neither is.

    A variable that is set without a UUID of its own is there too: by its name, with the UUID of what it is set to, or
    its own name where that is no output.

    A custom name that isn't text is left as it is.

    Raises:
        Underivable: a UUID or a variable isn't text, or a variable is set to something that isn't an object.
    """
    found: dict[str, JsonValue] = {}
    for action in actions:
        if action.identifier not in types:
            continue
        if "UUID" in action.parameters:
            uuid = text_of(action.parameters["UUID"], "a UUID")
            name = action.parameters.get("CustomOutputName") or declared_output(types[action.identifier])
            if name:
                found[uuid] = name
        elif action.identifier in ASSIGNING and "WFVariableName" in action.parameters:
            variable = text_of(action.parameters["WFVariableName"], "WFVariableName")
            if source := _assigned(action.parameters, variable):
                found[variable] = source
    return found


def declared_output(declared: Mapping[str, str]) -> str:
    """The name that an API's definition gives its output; empty where it has none."""
    return next((name[len(OUTPUT) :].strip() for name in declared if name.startswith(OUTPUT)), "")


def _primitives(action: Action, types: Types) -> JsonObject:
    if action.identifier in _SKIPPED or action.identifier not in types:
        return {}
    declared = types[action.identifier]
    return {
        name: value
        for name, value in action.parameters.items()
        if name in declared and name not in _NO_PARAMETERS and _fits(value, declared[name].split("=")[0].strip())
    }


def _fits(value: JsonValue, declared: str) -> bool:
    """Whether a value can stand for its declared type: numbers and booleans pass for each other, and texts that read
    as one do."""
    if isinstance(value, str):
        if len(value) > _LONGEST:
            return False
        match declared:
            case "Enum":
                return True
            case "Integer":
                return value.isnumeric()
            case "Float":
                return value.replace(".", "", 1).isnumeric()
            case "Bool":
                return value.lower() in ("true", "false")
    elif isinstance(value, int | float):
        return declared in ("Integer", "Float") or (declared == "Bool" and value in (0, 1))
    return False


def _assigned(parameters: JsonObject, variable: str) -> str:
    """What a variable's entry says; empty where it has none."""
    if "WFInput" not in parameters:
        return variable
    given = parameters["WFInput"]
    if not isinstance(given, dict):
        raise Underivable("WFInput of a variable is no object")
    if given.keys() != {"Value", "WFSerializationType"}:
        return ""
    value = given["Value"]
    if isinstance(value, dict) and "OutputUUID" in value:
        return text_of(value["OutputUUID"], "OutputUUID")
    if not isinstance(value, dict | list | str):
        raise Underivable("a variable is set to a bare number or nothing")
    return variable
