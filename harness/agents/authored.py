"""A phase's reference solution as one whole shortcut, for the mode in which the agent authors instead of acting.

The actions that it runs become one list, in order, in the place of the last of them; what else it does (asking the user
for a hand) keeps its place before or after that.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue

from harness.core.parsing import JsonObject
from harness.core.task import Call, Step


def authored(steps: Sequence[Step]) -> list[Step]:
    """The steps with one `submit_shortcut` in place of all calls of `run_action` and `run_shortcut`."""
    found = [_actions(step) for step in steps]
    last = max((place for place, actions in enumerate(found) if actions is not None), default=None)
    if last is None:
        return list(steps)
    whole: list[JsonValue] = [action for actions in found for action in actions or ()]
    answers = tuple(
        answer
        for step, actions in zip(steps, found, strict=True)
        if isinstance(step, Call) and actions is not None
        for answer in step.answers
    )
    submission = Call(tool="submit_shortcut", arguments={"actions": whole}, answers=answers)
    return [
        submission if place == last else step
        for place, (step, actions) in enumerate(zip(steps, found, strict=True))
        if place == last or actions is None
    ]


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
