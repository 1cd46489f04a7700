"""What a task is, as conditions that a group of tasks may share: its tags, its difficulty, and what its data say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from harness.analysis.trials import Bools, TaskKey
from harness.core.message import Party
from harness.core.task import Call, Task

_MOST_STEPS = 5
"""Thresholds tried of a number."""


def conditions(tasks: Mapping[TaskKey, Task], writing: Mapping[TaskKey, int] | None = None) -> dict[str, Bools]:
    """By condition, such as `issue:apn` or `request words ≥ 30`, which tasks meet it.

    Conditions that all tasks meet, or none, are left out, and of those that the same tasks meet all but the first.

    Args:
        writing: How many calls of a task's reference change the world, where that is known.
    """
    found: dict[str, Bools] = {}
    keys = list(tasks)
    labels = [frozenset(_labels(key, tasks[key])) for key in keys]
    for label in sorted(frozenset().union(*labels)):
        found[label] = np.array([label in own for own in labels])
    for name, values in _numbers(tasks, writing).items():
        found.update(_steps(name, values))
    distinct: dict[bytes, str] = {}
    for name, rows in found.items():
        if rows.any() and not rows.all():
            distinct.setdefault(rows.tobytes(), name)
    return {name: found[name] for name in distinct.values()}


def _labels(key: TaskKey, task: Task) -> Iterable[str]:
    """Tags and what else a task is or isn't."""
    yield f"pack {key[0]}"
    yield from task.tags
    if task.difficulty:
        yield f"difficulty {task.difficulty}"
    if task.user.persona:
        yield "user has a persona"
    if task.history:
        yield "begins in a conversation"
    for phase in task.phases:
        yield from (f"checks {kind.value}" for kind in phase.basis)


def _numbers(tasks: Mapping[TaskKey, Task], writing: Mapping[TaskKey, int] | None) -> dict[str, Sequence[float]]:
    """What can be counted, a value a task."""
    each = list(tasks.values())
    known = {
        "phases": [len(task.phases) for task in each],
        "open points": [task.open_points for task in each],
        "facts that only the user knows": [len(task.user.facts) for task in each],
        "request words": [len(task.phases[0].request.split()) for task in each],
        "calls in the reference": [len(task.reference_calls()) for task in each],
        "different tools in the reference": [len({call.tool for call in task.reference_calls()}) for task in each],
        "calls of the user in the reference": [_of_user(task.reference_calls()) for task in each],
        "checks": [sum(len(phase.checks) for phase in task.phases) for task in each],
    }
    if writing is not None:
        known["calls that change something in the reference"] = [writing[key] for key in tasks]
    return {name: values for name, values in known.items() if len(set(values)) > 1}


def _of_user(calls: Iterable[Call]) -> int:
    return sum(call.party is Party.USER for call in calls)


def _steps(name: str, values: Sequence[float]) -> dict[str, Bools]:
    """Both sides of a few thresholds, spread evenly over the tasks."""
    numbers = np.array(values, dtype=float)
    shares = np.arange(1, _MOST_STEPS + 1) / (_MOST_STEPS + 1)
    known = np.unique(numbers)[1:]
    cuts = known if len(known) <= _MOST_STEPS else np.unique(np.quantile(numbers, shares, method="higher"))
    found = {}
    for cut in cuts.tolist():
        found[f"{name} ≥ {cut:g}"] = numbers >= cut
        found[f"{name} < {cut:g}"] = numbers < cut
    return found
