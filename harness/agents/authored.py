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
    whole: list[JsonValue] = []
    questions: list[JsonObject] = []
    first: list[str] = []
    answers: list[str] = []
    for step, actions in zip(steps, found, strict=True):
        if isinstance(step, Call) and actions is not None:
            own = [_shifted(question, len(whole)) for question in _questions(step)]
            # All import questions are put before the shortcut runs.
            questions, first = questions + own, [*first, *step.answers[: len(own)]]
            answers += step.answers[len(own) :]
            whole += actions
    arguments: JsonObject = {"actions": whole, **({"import_questions": [*questions]} if questions else {})}
    submission = Call(tool="submit_shortcut", arguments=arguments, answers=(*first, *answers))
    return [
        submission if place == last else step
        for place, (step, actions) in enumerate(zip(steps, found, strict=True))
        if place == last or actions is None
    ]


def _questions(step: Call) -> list[JsonObject]:
    given = step.arguments.get("import_questions")
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _shifted(question: JsonObject, by: int) -> JsonObject:
    index = question.get("ActionIndex")
    return {**question, "ActionIndex": index + by if isinstance(index, int) else index}


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
