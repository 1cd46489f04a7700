"""A task of live play as a static one: its reference's actions become the gold that is asked for one by one.

One task file serves three modes this way. What the reference wrote short is written out, so that references count. A
task that was made from a published record keeps its query, candidates and tags under `metadata.static`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic import JsonValue

from environments.shortcuts.forms import Malformed
from environments.shortcuts.published.actions import Underivable, read_actions
from environments.shortcuts.published.metrics import CATEGORIES
from environments.shortcuts.static import PROBES
from environments.shortcuts.static_task import Steps, draw_candidates, is_asked
from environments.shortcuts.writing import expanded
from harness.core.check import CheckSpec, ProbeCheck
from harness.core.errors import InputError
from harness.core.identity import role_random
from harness.core.parsing import JsonObject
from harness.core.task import Call, Phase, Say, Task


def actions_of(task: Task) -> list[JsonValue]:
    """The actions of a task's reference, of all phases, in their order and in upstream's form.

    Raises:
        InputError: it holds none, or none that can be read.
    """
    found: list[JsonValue] = []
    for phase in task.phases:
        for step in phase.reference or ():
            found += _actions(step) if isinstance(step, Call) else ()
    if not found:
        raise InputError(f"task {task.id!r}: its reference solution runs no action")
    try:
        return expanded(found)
    except Malformed as problem:
        raise InputError(f"task {task.id!r}: action {problem.index}: {problem}") from None


def _actions(call: Call) -> list[JsonValue]:
    if call.tool == "run_action":
        parameters = call.arguments.get("parameters", {})
        identifier = call.arguments.get("identifier")
        return [{"WFWorkflowActionIdentifier": identifier, "WFWorkflowActionParameters": parameters}]
    given = call.arguments.get("actions") if call.tool == "run_shortcut" else None
    return given if isinstance(given, list) else []


def recast(task: Task, known: Sequence[str], steps: Steps = "scored") -> Task:
    """The task as a static one.

    Args:
        known: APIs that candidates are drawn from.
        steps: Which actions are asked for.

    Raises:
        InputError: its reference can't be asked for action by action.
    """
    held = task.metadata.get("static")
    data: JsonObject = held if isinstance(held, dict) else {}
    actions = actions_of(task)
    try:
        read = read_actions(actions, task.id)
    except Underivable as problem:
        raise InputError(f"task {task.id!r}: {problem}") from None
    asked = [action for action in read if is_asked(action, steps)]
    if not asked:
        raise InputError(f"task {task.id!r}: nothing in its reference is asked for")
    drawn: list[JsonValue] = [*draw_candidates(read, known, steps, role_random(0, task.id))]
    setup: JsonObject = {
        "url": data.get("url", task.id),
        "query": data.get("query", "\n".join(phase.request for phase in task.phases if phase.request)),
        "actions": actions,
        "candidates": data.get("candidates", drawn),
        "category": next((tag for tag in task.tags if tag in CATEGORIES), data.get("category", "")),
    }
    if "tags" in data:
        setup["tags"] = data["tags"]
    checks: tuple[CheckSpec, ...] = tuple(ProbeCheck(name=name, expected=[]) for name in PROBES)
    says = tuple(Say(text=json.dumps(action.as_json(), ensure_ascii=False)) for action in asked)
    return Task(
        id=task.id,
        purpose=task.purpose,
        tags=task.tags,
        difficulty=task.difficulty,
        setup=setup,
        phases=(Phase(reference=says, checks=checks),),
    )
