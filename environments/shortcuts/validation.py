"""What is wrong with a task before any episode: its setup, the tools and actions it names, its probes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, JsonValue, ValidationError

from environments.shortcuts.blocks import TooDeep, steps_of
from environments.shortcuts.definitions import Definition
from environments.shortcuts.device import TABLES, Device
from environments.shortcuts.forms import Malformed
from environments.shortcuts.probes import Probes
from environments.shortcuts.program import PREFIX, Source
from environments.shortcuts.reading import declared, read_program
from environments.shortcuts.records import Settings, content
from environments.shortcuts.registry import ACTIONS, unknown_parameters
from environments.shortcuts.setup import Setup, set_up
from environments.shortcuts.tools import DeviceTools
from environments.toolkit import tools_of
from harness.core.check import ActionCheck, ForbiddenCheck, OrderCheck, ProbeCheck
from harness.core.errors import InputError, unknown_name
from harness.core.message import Party
from harness.core.parsing import JsonObject, describe, parse
from harness.core.task import Call, Task


def problems_of(
    task: Task, base: Device, definitions: Mapping[str, Definition] | None = None, *, real: bool = False
) -> list[str]:
    """A line for each problem: `field: message (got value)`.

    Args:
        definitions: APIs that are known beside the actions that have handlers.
        real: Whether references are real shortcuts, which have parameters and markers that nobody mends.
    """
    return [*_setup(task, base), *_user(task), *_phases(task, definitions or {}, real)]


def _setup(task: Task, base: Device) -> Iterator[str]:
    try:
        set_up(base, parse(Setup, task.setup, where="setup"))
    except InputError as error:
        yield str(error)


def _user(task: Task) -> Iterator[str]:
    names = [name for party, name in tools_of(DeviceTools) if party is Party.USER]
    for name in task.user.tools or ():
        if name not in names:
            yield f"user.tools: {unknown_name('tool', name, names)}"
    for place, condition in enumerate(task.user.done_when):
        yield from _call(f"user.done_when.{place}", Party.USER, condition.tool, condition.arguments)


def _phases(task: Task, definitions: Mapping[str, Definition], real: bool) -> Iterator[str]:
    for number, phase in enumerate(task.phases):
        where = f"phases.{number}"
        live: dict[str, Source] = {}
        for place, step in enumerate(phase.reference or ()):
            if isinstance(step, Call):
                spot = f"{where}.reference.{place}"
                yield from _call(spot, step.party, step.tool, step.arguments)
                if not real:
                    yield from _actions(spot, step, live)
        for place, check in enumerate(phase.checks):
            spot = f"{where}.checks.{place}"
            if isinstance(check, ProbeCheck):
                yield from _probe(spot, check)
            elif isinstance(check, ForbiddenCheck | OrderCheck):
                names = (check.performed,) if isinstance(check, ForbiddenCheck) else (check.first, check.then)
                known = {*ACTIONS, *definitions}
                yield from (f"{spot}: {unknown_name('action', name, known)}" for name in names if name not in known)
            elif isinstance(check, ActionCheck) and check.tool not in {name for _, name in tools_of(DeviceTools)}:
                yield f"{spot}: {unknown_name('tool', check.tool, [name for _, name in tools_of(DeviceTools)])}"


def _call(where: str, party: Party, tool: str, arguments: JsonObject) -> Iterator[str]:
    tools = tools_of(DeviceTools)
    found = tools.get((party, tool))
    if found is None:
        own = [name for owner, name in tools if owner is party]
        yield f"{where}: {unknown_name(f'tool of the {party}', tool, own)}"
    else:
        yield from _arguments(where, found.arguments, arguments)


def _probe(where: str, check: ProbeCheck) -> Iterator[str]:
    probes = {name: found for (_, name), found in tools_of(Probes).items()}
    if check.name not in probes:
        yield f"{where}: {unknown_name('probe', check.name, probes)}"
        return
    wrong = list(_arguments(where, probes[check.name].arguments, check.arguments))
    yield from wrong
    if check.name in ("has", "count") and not wrong:
        yield from _table_probe(where, check)
    if check.name == "setting" and not wrong and check.arguments["name"] not in content(Settings()):
        yield f"{where}: {unknown_name('setting', str(check.arguments['name']), content(Settings()))}"


def _table_probe(where: str, check: ProbeCheck) -> Iterator[str]:
    table = str(check.arguments["table"])
    if table not in TABLES:
        yield f"{where}: {unknown_name('table', table, TABLES)}"
        return
    known = [name for name in TABLES[table].__dataclass_fields__ if name != "id"]
    fields = check.arguments.get("fields")
    for name in fields if isinstance(fields, dict) else ():
        if name not in known:
            yield f"{where}: {unknown_name(f'field of {table}', name, known)}"


def _arguments(where: str, model: type[BaseModel], arguments: JsonObject) -> Iterator[str]:
    try:
        model.model_validate_json(json.dumps(arguments), strict=True)
    except ValidationError as error:
        yield f"{where}.arguments: {describe(error, model)}"


def _actions(where: str, call: Call, live: dict[str, Source]) -> Iterator[str]:
    """The identifiers and parameters of the actions that a reference step runs; `live` gathers names."""
    actions: list[JsonValue]
    known: Mapping[str, Source] = {}
    if call.tool == "run_action":
        parameters = call.arguments.get("parameters", {})
        actions = [{
            "WFWorkflowActionIdentifier": call.arguments.get("identifier"),
            "WFWorkflowActionParameters": parameters,
        }]  # fmt: skip
        known = live
    elif call.tool == "run_shortcut" and isinstance(given := call.arguments.get("actions"), list):
        actions = given
    else:
        return
    try:
        program = read_program(actions, known)
    except (Malformed, TooDeep) as error:
        yield f"{where}: action {error.index}: {error}"
        return
    live.update(declared(step.raw for step in steps_of(program.body)))
    yield from (f"{where}: {repair}" for repair in program.repairs)
    for step in steps_of(program.body):
        if step.identifier not in ACTIONS:
            yield f"{where}: {unknown_name('action', step.identifier, ACTIONS)}"
        for name in unknown_parameters(step):
            known_names = [given.name for given in ACTIONS[step.identifier].parameters]
            yield f"{where}: {unknown_name(f'parameter of {step.identifier.removeprefix(PREFIX)}', name, known_names)}"
