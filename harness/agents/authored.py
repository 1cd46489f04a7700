"""A phase's reference solution as one whole shortcut, for the mode in which the agent authors instead of acting.

The actions that it runs become one list, in order, and what else it does (asking the user for a hand) comes first.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.core.parsing import JsonObject
from harness.core.task import Call, Step


def authored(steps: Sequence[Step]) -> list[Step]:
    """The steps with one `submit_shortcut` in place of all calls of `run_action` and `run_shortcut`."""
    rest: list[Step] = []
    actions: list[JsonObject] = []
    answers: tuple[str, ...] = ()
    for step in steps:
        found = _actions(step)
        if found is None:
            rest.append(step)
        elif isinstance(step, Call):
            actions += found
            answers += step.answers
    return (
        [*rest, Call(tool="submit_shortcut", arguments={"actions": list(actions)}, answers=answers)]
        if actions
        else rest
    )


def _actions(step: Step) -> list[JsonObject] | None:
    if not isinstance(step, Call):
        return None
    given = step.arguments
    if step.tool == "run_action":
        return [
            {
                "WFWorkflowActionIdentifier": given["identifier"],
                "WFWorkflowActionParameters": given.get("parameters", {}),
            }
        ]
    if step.tool == "run_shortcut" and isinstance(listed := given.get("actions"), list):
        return [action for action in listed if isinstance(action, dict)]
    return None
