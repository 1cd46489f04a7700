"""Upstream's JSON form of a whole shortcut, read into a typed program.

Reads strictly enough that every node has a meaning, and leniently where real shortcuts are careless: what
had to be repaired or left out is in the program's `repairs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import JsonValue

from environments.shortcuts.blocks import build
from environments.shortcuts.forms import Malformed, ValueReader, string_in
from environments.shortcuts.program import Program, Source, Step
from harness.core.parsing import JsonObject

MAX_ACTIONS = 1_000
"""Actions that one program may have."""


def read_program(actions: Sequence[JsonValue], known: Mapping[str, Source] | None = None) -> Program:
    """A whole shortcut from its `WFWorkflowActions`.

    `known` are names from outside that `${name}` may also mean: outputs and variables of a frame.

    Raises:
        Malformed: an action isn't of the form `{WFWorkflowActionIdentifier, WFWorkflowActionParameters}`,
            or nests values too deeply, or there are too many.
        TooDeep: its blocks are nested too deeply.
    """
    steps, reports = _read(actions, known or {})
    return build(steps, reports)


def read_steps(actions: Sequence[JsonValue]) -> list[Step]:
    """The actions one after the other, without the tree that their markers make.

    Raises:
        Malformed: as `read_program`.
    """
    return _read(actions, {})[0]


def _read(actions: Sequence[JsonValue], known: Mapping[str, Source]) -> tuple[list[Step], list[str]]:
    if len(actions) > MAX_ACTIONS:
        raise Malformed(MAX_ACTIONS, f"a shortcut may have {MAX_ACTIONS} actions, not {len(actions)}")
    pairs = [_action(index, action) for index, action in enumerate(actions)]
    reader = ValueReader({**known, **declared(parameters for _, parameters in pairs)})
    steps = [_step(reader, index, identifier, parameters) for index, (identifier, parameters) in enumerate(pairs)]
    return steps, reader.reports


def _action(index: int, action: JsonValue) -> tuple[str, JsonObject]:
    if not isinstance(action, dict):
        raise Malformed(index, "an action is an object with WFWorkflowActionIdentifier and WFWorkflowActionParameters")
    identifier = action.get("WFWorkflowActionIdentifier")
    parameters = action.get("WFWorkflowActionParameters", {})
    if not isinstance(identifier, str) or not identifier:
        raise Malformed(index, "WFWorkflowActionIdentifier must be the action's identifier")
    if not isinstance(parameters, dict):
        raise Malformed(index, "WFWorkflowActionParameters must be an object")
    return identifier, parameters


def declared(all_parameters: Iterable[JsonObject]) -> dict[str, Source]:
    """The names that a program's actions give to outputs and variables."""
    names: dict[str, Source] = {}
    for parameters in all_parameters:
        for key in ("UUID", "CustomOutputName"):
            if isinstance(name := parameters.get(key), str):
                names[name] = Source.ACTION_OUTPUT
        if isinstance(name := parameters.get("WFVariableName"), str):
            names[name] = Source.VARIABLE
    return names


def _step(reader: ValueReader, index: int, identifier: str, parameters: JsonObject) -> Step:
    reader.index = index
    nodes = {name: reader.node(given) for name, given in parameters.items()}
    mode = parameters.get("WFControlFlowMode")
    return Step(
        index=index,
        identifier=identifier,
        parameters=nodes,
        uuid=string_in(parameters.get("UUID")),
        output_name=string_in(parameters.get("CustomOutputName")),
        group=string_in(parameters.get("GroupingIdentifier")),
        mode=int(mode) if isinstance(mode, int | float) and mode in (0, 1, 2) else 0,
        raw=parameters,
    )
