"""Runs shortcuts: control flow here, everything else in the actions' handlers.

Any list of actions ends with a result: an output, or a typed error that names the action at fault. What
was done before an error stays done, as on a real device. Steps, nesting, questions and sizes are limited,
so nothing hangs. An action without an output leaves the last output as it was; a block's output is the
last one made inside it, a loop's the list of each round's.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from pydantic import JsonValue

import environments.shortcuts.actions  # noqa: F401  (fills the catalogue)
from environments.shortcuts.asking import choose
from environments.shortcuts.blocks import TooDeep
from environments.shortcuts.coercion import plain
from environments.shortcuts.device import StorageFull
from environments.shortcuts.forms import Malformed
from environments.shortcuts.operators import Operator, holds, operator_code
from environments.shortcuts.program import Block, BlockKind, Body, Program, Step
from environments.shortcuts.reading import read_program
from environments.shortcuts.records import StubCall
from environments.shortcuts.registry import ACTIONS, Action, Arguments, Handler, nearest, resolved
from environments.shortcuts.resolving import resolve
from environments.shortcuts.running import (
    ActionError,
    EndShortcut,
    Frame,
    MissingInput,
    Performed,
    Run,
    RunError,
    RunErrorKind,
)
from environments.shortcuts.values import NOTHING, TooLarge, Value, checked, checked_text
from harness.core.identity import canonical
from harness.core.parsing import JsonObject

__all__ = ["RunResult", "run_actions", "run_program", "run_step"]


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of a run."""

    output: Value
    shown: tuple[str, ...] = ()
    steps: int = 0
    error: RunError | None = None
    remarks: tuple[str, ...] = ()
    """Repairs to the shortcut's form, and inputs that were empty."""
    stubs: tuple[str, ...] = ()
    """Identifiers of actions that nothing here does: they were recorded, and gave nothing."""


_REMARKS = 20
"""Remarks of a run that are passed on."""


class _Stopped(Exception):
    """Ends a run early; `error` is None where the shortcut ended itself."""

    def __init__(self, error: RunError | None, output: Value = NOTHING) -> None:
        super().__init__()
        self.error = error
        self.output = output


async def run_actions(actions: Sequence[JsonValue], run: Run) -> RunResult:
    """Read a whole shortcut and run it; nothing that is wrong with it raises."""
    try:
        program = read_program(actions, run.frame.names())
    except Malformed as error:
        return _unreadable(RunErrorKind.MALFORMED, error.index, str(error))
    except TooDeep as error:
        return _unreadable(RunErrorKind.LIMIT, error.index, str(error))
    return await run_program(program, run)


async def run_program(program: Program, run: Run) -> RunResult:
    """Run a shortcut in the run's frame; what goes wrong is in the result."""
    error = None
    try:
        output = await _body(program.body, run, loops=0)
    except _Stopped as stopped:
        output, error = stopped.output, stopped.error
    stubs = tuple(dict.fromkeys(run.stubs))
    remarks = (*program.repairs, *run.remarks[:_REMARKS])
    return RunResult(output, tuple(run.shown), run.steps, error, remarks, stubs)


async def run_nested(actions: Sequence[JsonValue], run: Run, given: Value) -> Value:
    """Run another shortcut from inside a run, with a frame of its own and within the same limits; its output.

    Raises:
        ActionError: it fails, or too many shortcuts wait for one another.
    """
    if run.nested >= run.limits.nested:
        problem = f"shortcuts may run one another {run.limits.nested} levels deep, no more"
        raise ActionError(RunErrorKind.LIMIT, problem)
    inner = replace(run, frame=Frame(input=given), nested=run.nested + 1, uses=[], parameter="")
    try:
        result = await run_actions(actions, inner)
    finally:
        run.steps, run.questions = inner.steps, inner.questions
    if result.error is not None:
        where = f"action {result.error.index} of the shortcut that was run"
        raise ActionError(result.error.kind, f"{where}: {result.error.message}")
    return result.output


async def run_step(step: Step, run: Run) -> Value | None:
    """Run one plain action; its output, or None where it has none.

    Raises:
        ActionError, TooLarge, StorageFull: it can't be done.
    """
    run.count_step()
    run.uses = []
    action = ACTIONS.get(step.identifier)
    if action is None or action.handler is None:
        value: Value | None = await _stubbed(step, run)
    else:
        value = await _handled(action, action.handler, step, run)
    run.world.performed.append(
        Performed(step.identifier, step.raw, (run.world.calls, step.index), tuple(dict.fromkeys(run.uses)))
    )
    if value is not None:
        run.frame.last, run.frame.last_makers = checked(value), (step.identifier,)
        _keep(step, value, run.frame)
    return value


async def _handled(action: Action, handler: Handler, step: Step, run: Run) -> Value | None:
    arguments = await resolved(action, step, run)
    if action.personal and run.world.device.settings.locked:
        raise ActionError(RunErrorKind.REFUSED, "the device is locked, and only its owner can unlock it")
    try:
        result = handler(run, arguments)
        return await result if inspect.isawaitable(result) else result
    except MissingInput as missing:
        if action.writes and not run.world.lenient:
            raise ActionError(RunErrorKind.BAD_PARAMETER, str(missing)) from None
        run.remarks.append(f"action {step.index} ({step.identifier}) does nothing: {missing}")
        return NOTHING


async def _stubbed(step: Step, run: Run) -> Value:
    """Record a call of an API that is known by its definition only.

    Raises:
        ActionError: it isn't even known.
    """
    definition = run.world.definitions.get(step.identifier)
    if definition is None:
        near = nearest(step.identifier)
        hint = f"; the nearest is {near}" if near and near != step.identifier else ""
        problem = f"{step.identifier[:200]} isn't implemented on this device{hint}"
        raise ActionError(RunErrorKind.NOT_IMPLEMENTED, problem)
    given: JsonObject = {}
    for name, node in step.parameters.items():
        if name in definition.parameters:
            run.parameter = name
            value = await resolve(node, run, f"{name} of {step.identifier}")
            given[name] = [plain(item, run.clock) for item in value]
    run.stubs.append(step.identifier)
    run.world.add(StubCall("", step.identifier, checked_text(canonical(given))))
    return NOTHING


def _keep(step: Step, value: Value, frame: Frame) -> None:
    key = step.uuid or step.output_name
    if key:
        frame.outputs[key], frame.makers[key] = value, frame.last_makers
        if step.output_name:
            frame.named[step.output_name] = key


async def _body(body: Body, run: Run, loops: int) -> Value:
    """Run nodes in order; the last output made among them."""
    made = NOTHING
    for node in body:
        step = node if isinstance(node, Step) else node.segments[0].marker
        try:
            if isinstance(node, Step):
                value = await run_step(node, run)
            else:
                value = await _block(node, run, loops)
        except EndShortcut as end:
            raise _Stopped(None, end.output) from None
        except ActionError as error:
            raise _Stopped(_at(step, error.kind, str(error)), made) from None
        except (TooLarge, StorageFull) as error:
            raise _Stopped(_at(step, RunErrorKind.LIMIT, str(error)), made) from None
        made = made if value is None else value
    return made


async def _block(block: Block, run: Run, loops: int) -> Value:
    run.count_step()
    run.uses = []
    begin = block.segments[0].marker
    match block.kind:
        case BlockKind.CONDITIONAL:
            value = await _conditional(block, run, loops)
        case BlockKind.MENU:
            value = await _menu(block, run, loops)
        case BlockKind.REPEAT_COUNT:
            arguments = await resolved(ACTIONS[begin.identifier], begin, run)
            try:
                rounds = arguments.integer("WFRepeatCount", least=0, most=run.limits.steps)
            except MissingInput as missing:
                raise ActionError(RunErrorKind.BAD_PARAMETER, str(missing)) from None
            value = await _repeat(block, run, loops, [None] * rounds)
        case BlockKind.REPEAT_EACH:
            arguments = await resolved(ACTIONS[begin.identifier], begin, run)
            value = await _repeat(block, run, loops, [(item,) for item in arguments.value("WFInput")])
    run.frame.last = value
    if block.end is not None:
        _keep(block.end, value, run.frame)
    return value


async def _conditional(block: Block, run: Run, loops: int) -> Value:
    begin = block.segments[0].marker
    arguments = await resolved(ACTIONS[begin.identifier], begin, run)
    operator = operator_code(begin.raw.get("WFCondition", "Equals"))
    if operator is None:
        shown = str(begin.raw.get("WFCondition"))[:80]
        raise ActionError(RunErrorKind.BAD_PARAMETER, f"WFCondition must be a known comparison (got {shown!r})")
    left = arguments.value("WFInput")
    right, second = _operands(arguments, left, operator)
    _entered(begin, run)
    run.frame.last, run.frame.last_makers = left, run.makers_of("WFInput")
    if holds(operator, left, right, second, run.clock):
        return await _body(block.segments[0].body, run, loops)
    made = NOTHING
    for segment in block.segments[1:]:
        made = await _body(segment.body, run, loops)
    return made


_ORDERING = (Operator.LESS, Operator.AT_MOST, Operator.GREATER, Operator.AT_LEAST, Operator.BETWEEN)
_NUMBERS = ("WFNumberValue", "WFBoundedNumber")
_TEXTS = ("WFConditionalActionString", "WFEnumeration")
_SECONDS = ("WFAnotherNumber", "WFAnotherBoundedNumber", "WFAnotherDate")


def _operands(arguments: Arguments, left: Value, operator: int) -> tuple[Value, Value]:
    """What the left side is compared with. Old shortcuts carry left-over operands of other types, so the
    one that suits the left side and the comparison goes first."""
    names: tuple[str, ...]
    if left and isinstance(left[0], datetime):
        names = ("WFDate", *_TEXTS, *_NUMBERS)
    elif operator in _ORDERING or (left and isinstance(left[0], Decimal)):
        names = (*_NUMBERS, *_TEXTS, "WFDate")
    else:
        names = (*_TEXTS, *_NUMBERS, "WFDate")
    right = next((arguments.value(name) for name in names if arguments.given(name)), NOTHING)
    second = next((arguments.value(name) for name in _SECONDS if arguments.given(name)), NOTHING)
    return right, second


async def _menu(block: Block, run: Run, loops: int) -> Value:
    begin = block.segments[0].marker
    arguments = await resolved(ACTIONS[begin.identifier], begin, run)
    incoming, makers = run.frame.last, run.frame.last_makers
    titles = []
    for segment in block.segments[1:]:
        case = await resolved(ACTIONS[begin.identifier], segment.marker, run)
        titles.append(case.text("WFMenuItemTitle"))
    options = arguments.texts("WFMenuItems") or titles
    picked = options[await choose(run, arguments.text("WFMenuPrompt"), options)]
    _entered(begin, run)
    run.frame.last, run.frame.last_makers = incoming, makers
    if picked not in titles:
        return NOTHING
    return await _body(block.segments[1 + titles.index(picked)].body, run, loops)


async def _repeat(block: Block, run: Run, loops: int, rounds: Sequence[Value | None]) -> Value:
    """Run a loop's body once a round. Loops inside loops number their variables from 2."""
    suffix = f" {loops + 1}" if loops else ""
    incoming, variables, makers = run.frame.last, run.frame.variables, run.makers_of("WFInput")
    _entered(block.segments[0].marker, run)
    index_name, item_name = f"Repeat Index{suffix}", f"Repeat Item{suffix}"
    results: Value = NOTHING
    for count, item in enumerate(rounds, 1):
        run.count_step()
        variables[index_name] = (Decimal(count),)
        if item is not None:
            variables[item_name], run.frame.makers[f"${item_name}"] = item, makers
        run.frame.last, run.frame.last_makers = incoming if item is None else item, makers
        for segment in block.segments:
            results = checked(results + await _body(segment.body, run, loops + 1))
    variables.pop(index_name, None)
    variables.pop(item_name, None)
    return results


def _entered(begin: Step, run: Run) -> None:
    uses = tuple(dict.fromkeys(run.uses))
    run.world.performed.append(Performed(begin.identifier, begin.raw, (run.world.calls, begin.index), uses))


def _at(step: Step, kind: RunErrorKind, message: str) -> RunError:
    return RunError(kind, step.index, step.identifier, message)


def _unreadable(kind: RunErrorKind, index: int, message: str) -> RunResult:
    return RunResult(NOTHING, error=RunError(kind, index, "", message))
