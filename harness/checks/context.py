"""What a check may look at, and the world that the reference solution makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.checks.judge import Judge, Opinion, conversation_text
from harness.core.check import StatementCheck
from harness.core.errors import EnvironmentFault
from harness.core.event import Event
from harness.core.message import ToolCall, Usage
from harness.core.protocols import Environment, Template
from harness.core.task import Call, Task


@dataclass(slots=True)
class CheckContext:
    """One phase of one episode at the moment at which it is judged."""

    task: Task
    phase: int
    events: Sequence[Event]
    """The trajectory so far."""
    environment: Environment
    """The world as the episode left it; checks don't change it."""
    template: Template
    seed: int
    judge: Judge | None = None
    """Who decides statements; `None`: nobody, and they stay undecided."""
    judge_usage: Usage = field(default_factory=Usage, init=False)
    """What judging this phase took."""
    _reference: Environment | None = field(default=None, init=False)
    _conversation: str = field(default="", init=False)
    _opinions: dict[str, Opinion] = field(default_factory=dict, init=False)

    @property
    def has_reference(self) -> bool:
        """Whether this phase and those before it have a reference solution."""
        return all(phase.reference is not None for phase in self.task.phases[: self.phase + 1])

    async def reference(self) -> Environment:
        """A world of its own on which the reference solution was carried out up to this phase.

        Raises:
            EnvironmentFault: the environment broke while doing so.
        """
        if self._reference is None:
            world = await self.template.create(self.task, self.seed)
            self._reference = world
            await play_reference(world, self.task, through=self.phase)
        return self._reference

    async def opinion(self, statement: str) -> tuple[Opinion, str] | None:
        """The judge's opinion on one of the phase's statements, and the conversation it read; `None` without a judge.

        The judge is asked once, for all statements of the phase.
        """
        if self.judge is None:
            return None
        if not self._opinions:
            checks = self.task.phases[self.phase].checks
            statements = tuple(dict.fromkeys(check.statement for check in checks if isinstance(check, StatementCheck)))
            self._conversation = conversation_text(self.events)
            judgement = await self.judge.judge(self._conversation, statements)
            self.judge_usage += judgement.usage
            self._opinions = dict(zip(statements, judgement.opinions, strict=True))
        return self._opinions[statement], self._conversation

    async def close(self) -> None:
        """Give back the reference world."""
        if self._reference is not None:
            await self._reference.close()
            self._reference = None


async def play_reference(world: Environment, task: Task, *, through: int) -> list[tuple[Call, str]]:
    """Carry out the history and the reference solutions of phases 0 to `through`.

    Returns:
        The calls that failed, each with the error text: a sound reference has none.
    """
    number = 0
    failures: list[tuple[Call, str]] = []
    for entry in task.history:
        for call in entry.message.tool_calls:
            await world.call(entry.party, call, _Answers(()))
    for place, phase in enumerate(task.phases[: through + 1]):
        if place:
            await world.next_phase(place)
        for step in phase.reference or ():
            if isinstance(step, Call):
                call = ToolCall(id=f"reference_{number}", name=step.tool, arguments=step.arguments)
                result = await world.call(step.party, call, _Answers(step.answers))
                if result.error is not None:
                    failures.append((step, result.content))
                number += 1
    return failures


class _Answers:
    """The user's part in a reference call: the recorded answers, in order."""

    def __init__(self, answers: Sequence[str]) -> None:
        self._left = list(answers)

    async def __call__(self, question: str) -> str:
        if not self._left:
            raise EnvironmentFault(f"the reference solution holds no answer to {question!r}")
        return self._left.pop(0)
