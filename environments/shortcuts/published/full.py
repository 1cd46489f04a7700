"""The four metrics with denominators that are equal for every model (`full`).

What a model was never asked, because its context overflowed, is wrong here, and so is every parameter of a step whose
API is. References count wherever they stand: inside texts, nested, in conditions; a variable stands for the output that
it was set to. An output is identified by its UUID; its name decides only where a prediction has no UUID.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from environments.shortcuts.program import PREFIX, Source
from environments.shortcuts.published.actions import Action
from environments.shortcuts.published.equality import primitives_equal
from environments.shortcuts.published.logs import Step
from environments.shortcuts.published.metrics import Levelled
from harness.core.parsing import JsonObject

_SET = f"{PREFIX}setvariable"
_EARLIER = (Source.ACTION_OUTPUT, Source.VARIABLE)

Variables = Mapping[str, str]
"""UUIDs of the outputs that variables hold."""


@dataclass(slots=True)
class Full:
    """The four metrics."""

    selection: Levelled = field(default_factory=Levelled)
    primitives: Levelled = field(default_factory=Levelled)
    outputs: Levelled = field(default_factory=Levelled)
    """References to earlier outputs and variables."""
    inputs: Levelled = field(default_factory=Levelled)
    """References to what the system or the user gives."""

    def count(self, step: Step, primitives: Sequence[str], variables: Variables) -> None:
        """One more step.

        Args:
            step: With its gold and what was predicted.
            primitives: Names of the gold's parameters that the second metric counts.
            variables: As they are before the step.
        """
        given = (step.parameters or {}) if step.selected else {}
        self.selection.count(step.level, step.selected)
        for name in primitives:
            right = name in given and primitives_equal(step.gold.parameters[name], given[name])
            self.primitives.count(step.level, right)
        for reference, right in matched_references(step.gold.parameters, given, variables):
            metric = self.outputs if reference["Type"] in _EARLIER else self.inputs
            metric.count(step.level, right)


def variables_before(actions: Sequence[Action]) -> Iterator[Variables]:
    """For each action, which variables hold an earlier output when it runs."""
    held: dict[str, str] = {}
    for action in actions:
        yield dict(held)
        name, given = action.parameters.get("WFVariableName"), action.parameters.get("WFInput")
        if action.identifier != _SET or not isinstance(name, str):
            continue
        source = next(references(given), {})
        uuid = held.get(str(source.get("VariableName")), source.get("OutputUUID"))
        held.pop(name, None)
        if isinstance(uuid, str):
            held[name] = uuid


def matched_references(gold: JsonObject, given: JsonObject, variables: Variables) -> Iterator[tuple[JsonObject, bool]]:
    """Each reference in the gold parameters, and whether the same parameter has it too; none serves twice."""
    for name, value in gold.items():
        left = list(references(given.get(name)))
        for reference in references(value):
            match = next((one for one in left if _same(reference, one, variables)), None)
            if match is not None:
                left.remove(match)
            yield reference, match is not None


def references(value: JsonValue) -> Iterator[JsonObject]:
    """The references in a value, at any depth, outer before inner."""
    match value:
        case dict():
            if value.get("Type") in tuple(Source) and not isinstance(value.get("Variable"), dict):
                yield value
            for inner in value.values():
                yield from references(inner)
        case list():
            for inner in value:
                yield from references(inner)


def _same(gold: JsonObject, given: JsonObject, variables: Variables) -> bool:
    wanted, got = _resolved(gold, variables), _resolved(given, variables)
    if wanted["Type"] != got["Type"]:
        return False
    match wanted["Type"]:
        case Source.ACTION_OUTPUT:
            key = "OutputUUID" if got.get("OutputUUID") else "OutputName"
        case Source.VARIABLE:
            key = "VariableName"
        case _:
            return True
    return bool(wanted.get(key)) and wanted.get(key) == got.get(key)


def _resolved(reference: JsonObject, variables: Variables) -> JsonObject:
    name = reference.get("VariableName")
    if reference["Type"] == Source.VARIABLE and isinstance(name, str) and name in variables:
        return {"Type": Source.ACTION_OUTPUT.value, "OutputUUID": variables[name]}
    return reference
