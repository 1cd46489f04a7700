"""BIRD-INTERACT's function-driven user: first what a question is about, then an answer by that alone.

Choosing has three outcomes: a labelled point of the request, a clause of the reference SQL, or nothing that this user
can answer. Both steps are a model's (`choosing`, `ModelAnswerer`) or go by words alone, which needs none; either
way the agent hears no SQL, no name of a table or column that it didn't use first, and no point that it didn't ask for.
`leaks` looks at every reply and marks it.

In the second phase nothing is labelled any more: the request is clear.
"""

from __future__ import annotations

from collections import Counter

from harness.core.event import MessageEvent
from harness.core.following import Following
from harness.core.message import Message, Stop, Usage
from harness.core.protocols import View
from harness.core.task import Call, Fact, Task
from simulators.choosing import Action, Chooser, Knows
from simulators.leaks import Secrets, marks
from simulators.segments import segments

REFUSAL = "I'm sorry, I can't answer that: it isn't something that I know about my request."
_GIVE_UP = "This leads nowhere, I'd rather leave it."
_SAME_WORDS = 5
_READS = 4_000
"""Characters of a message that are read."""


class FunctionDrivenUser:
    """The user of one episode of `task`."""

    def __init__(self, task: Task, chooser: Chooser) -> None:
        self._task = task
        self._chooser = chooser
        self._following = Following(task)
        self._opened = False
        self._heard: Counter[str] = Counter()

    async def act(self, view: View) -> Message:
        """The request, then an answer to each question."""
        if self._following.follow(view):
            self._heard.clear()
        if not self._opened and not view.history:
            self._opened = True
            return Message(text=self._task.phases[0].request or self._task.user.instructions)
        self._opened = True
        last = view.history[-1] if view.history else None
        question = last.message.text[:_READS] if isinstance(last, MessageEvent) else ""
        self._heard[question] += 1
        if self._heard[question] > _SAME_WORDS:
            return Message(text=_GIVE_UP, stop=Stop.OUT_OF_SCOPE)
        return await self._reply(question, view.seed)

    async def _reply(self, question: str, seed: int) -> Message:
        knows = self.knows()
        choice, usage, raw = await self._chooser.choose(question, knows, seed)
        if choice.action is Action.UNANSWERABLE:
            return Message(text=REFUSAL, usage=usage, raw=raw)
        said, more, told = await self._chooser.answer(question, choice, knows, seed)
        text = said.strip() or REFUSAL
        found = marks(text, question, choice.about, self.secrets(knows))
        total = (usage or Usage()) + (more or Usage()) if usage or more else None
        return Message(text=text, usage=total, raw=told or raw, marks=found)

    def knows(self) -> Knows:
        """What this user knows of the present request."""
        phase, user = self._task.phases[self._following.phase], self._task.user
        reference = "\n".join(
            str(step.arguments.get("sql", ""))
            for step in phase.reference or ()
            if isinstance(step, Call) and step.tool == "submit_sql"
        )
        first = self._following.phase == 0
        facts: tuple[Fact, ...] = user.facts
        return Knows(
            request=phase.request,
            clear=phase.clear or phase.request,
            points=user.ambiguities if first else (),
            facts=facts,
            reference=reference,
            segments=tuple(segments(reference)),
        )

    def secrets(self, knows: Knows) -> Secrets:
        """What this user keeps, of what it knows."""
        terms = " ".join(point.term for point in knows.points)
        return Secrets(knows.reference, knows.points, f"{knows.request} {terms}")
