"""The agent that plays a task's reference solution: the ceiling, and the proof that a task can be solved.

It alone is given the task. Its own steps become tool calls; a step of the user becomes an instruction in words, which
the user may or may not follow, so the oracle exercises the whole loop. Where a mode gives it fewer tools or a budget,
it leaves out the steps that it isn't offered or that would cost it a submission; where it has to author whole
shortcuts, the actions of a phase become one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from harness.agents.authored import authored
from harness.core.following import Following
from harness.core.interaction import SUBMIT
from harness.core.message import Message, Party, Stop, ToolCall
from harness.core.mode import Mode
from harness.core.protocols import View
from harness.core.task import Call, Say, Step, Task

_CLOSING = "That is all from my side."
_NO_REFERENCE = "This task's reference solution is not known to me."
_PATIENCE = 2


class OracleAgent:
    """Plays `task.phases[...].reference`, one step a message."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._following = Following(task)
        self._steps: list[Step] | None = None
        self._closings = 0
        self._asked = 0
        self._spent = 0.0

    async def act(self, view: View) -> Message:
        """The next step; the closing words after the last one, and the end if they don't end it."""
        if self._following.follow(view):
            self._closings, self._steps = 0, None
        if self._steps is None:
            self._steps = self._reference(view)
        if view.mode.solo:
            return self._alone(self._steps)
        if self._task.phases[self._following.phase].reference is None:
            return Message(text=_NO_REFERENCE, stop=Stop.DONE)
        while self._steps:
            step = self._steps.pop(0)
            if not view.mode.interact or self._fits(step, self._steps, view):
                return _message(step)
        if not view.mode.interact and self._closings < _PATIENCE:
            self._closings += 1
            return Message(text=_CLOSING)
        return Message(stop=Stop.DONE)

    def _reference(self, view: View) -> list[Step]:
        steps = list(self._task.phases[self._following.phase].reference or ())
        return authored(steps) if view.mode is Mode.AUTHOR else steps

    def _alone(self, steps: Sequence[Step]) -> Message:
        """The next call, the user's too, and the end after the last; there is nobody to talk to."""
        calls = [step for step in steps if isinstance(step, Call)]
        if not calls:
            return Message(stop=Stop.DONE)
        self._steps = list(calls[1:])
        return Message(tool_calls=(ToolCall(name=calls[0].tool, arguments=calls[0].arguments),))

    def _fits(self, step: Step, following: Sequence[Step], view: View) -> bool:
        """Whether a step may be taken in BIRD-INTERACT's settings; counts it if so."""
        terms = view.interaction
        if _is_submission(step):
            self._spent += _price(step, view)
            return True
        if isinstance(step, Call) and step.party is Party.AGENT:
            if all(step.tool != spec.name for spec in view.tools):
                return False
        elif terms.clarification is not None:
            if self._following.phase > 0 or self._asked >= terms.clarification.questions:
                return False
            self._asked += 1
        cost = _price(step, view)
        if terms.points is not None and self._spent + cost + self._kept_back(following, view) > terms.points:
            return False
        self._spent += cost
        return True

    def _kept_back(self, following: Sequence[Step], view: View) -> float:
        """What the submissions cost that are still to come, in this phase and the later ones."""
        later = (step for phase in self._task.phases[self._following.phase + 1 :] for step in phase.reference or ())
        return sum(_price(step, view) for step in (*following, *later) if _is_submission(step))


def _is_submission(step: Step) -> bool:
    return isinstance(step, Call) and step.tool == SUBMIT


def _price(step: Step, view: View) -> float:
    """What a step costs in points: a step of the user is asked for in words."""
    if isinstance(step, Call) and step.party is Party.AGENT:
        return next((spec.cost for spec in view.tools if spec.name == step.tool), 0.0)
    return view.interaction.ask_cost


def _message(step: Step) -> Message:
    match step:
        case Say(text=text):
            return Message(text=text)
        case Call(party=Party.AGENT):
            return Message(tool_calls=(ToolCall(name=step.tool, arguments=step.arguments),))
    arguments = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in step.arguments.items())
    return Message(text=f"Please do this on your side: {step.tool}({arguments})")
