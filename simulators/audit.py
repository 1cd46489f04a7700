"""How well a function-driven user tells questions apart, on questions whose kind is known (UserSim-Guard's idea).

Three kinds: about a labelled point (AMB), about a clause that is not labelled (LOC), and what a user can't know (UNA);
each plain, verbose and terse. A labelled point is asked for in four ways: its words `quoted`; `partly`, by one of them;
`otherwise`, by what kind of thing it is and none of its words; and as the task's author asks in the reference
(`author`). Questions are made from a task's own data by templates (`audit_bank`), or read from a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from harness.core.parsing import Model
from harness.core.task import Ambiguity, Say, Task
from simulators.audit_bank import LOC, PARTLY, QUOTED, SHAPES, STYLES, UNA, Style
from simulators.choosing import Action, ByWords, Chooser, Knows
from simulators.function_driven import FunctionDrivenUser
from simulators.leaks import marks
from simulators.words import content_words, words_of


class QuestionKind(StrEnum):
    """What the right reaction to a question is."""

    AMB = "AMB"
    """Settle the labelled point."""
    LOC = "LOC"
    """Answer by the clause that it is about."""
    UNA = "UNA"
    """Refuse."""


Phrasing = Literal["quoted", "partly", "otherwise", "otherwise, kept aside", "author", "bank", "kept aside", "given"]
_HALVES = ("bank", "kept aside")
RIGHT = {
    QuestionKind.AMB: Action.LABELED,
    QuestionKind.LOC: Action.UNLABELED,
    QuestionKind.UNA: Action.UNANSWERABLE,
}


class Question(Model):
    """One question, as a line of a file has it."""

    task: str
    kind: QuestionKind
    style: Style = "plain"
    phrasing: Phrasing = "given"
    """How it is put: of a labelled point as above; from which half of the bank; `given` by a file."""
    question: str
    about: str | tuple[str, ...] | None = None
    """The term that is asked for, or several of which one will do; `None`: not looked at."""


@dataclass(frozen=True, slots=True)
class Audited:
    """What came of a question."""

    question: Question
    chosen: Action
    about: tuple[str, ...]
    reply: str
    marks: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether the choice is the one that its kind asks for, and about what it asks for."""
        wanted = self.question.about
        asked = (wanted,) if isinstance(wanted, str) else wanted
        fits = self.chosen is RIGHT[self.question.kind]
        return fits and (asked is None or any(term in self.about for term in asked))


def questions_for(task: Task) -> Iterator[Question]:
    """The questions that a task's data gives: each critical point, each clause that a template knows, each refusal."""
    knows = FunctionDrivenUser(task, ByWords()).knows()
    points = [point for point in knows.points if point.critical or point.knowledge is not None]
    for style in STYLES:
        yield from _about_points(task.id, points, knows, style)
        yield from _about_clauses(task.id, knows, style)
        for half, texts in zip(_HALVES, UNA[style], strict=True):
            for text in texts:
                yield _question(task.id, QuestionKind.UNA, style, half, text)
    known = tuple(dict.fromkeys([point.term for point in knows.points] + [fact.topic for fact in knows.facts]))
    for step in task.phases[0].reference or ():
        if isinstance(step, Say) and step.text.rstrip().endswith("?"):
            yield _question(task.id, QuestionKind.AMB, "plain", "author", step.text, known)


def _about_points(task: str, points: Sequence[Ambiguity], knows: Knows, style: Style) -> Iterator[Question]:
    for term in dict.fromkeys(point.term for point in points):
        yield _question(task, QuestionKind.AMB, style, "quoted", QUOTED[style].format(term=term), term)
        part = max(words_of(term), key=len, default="")
        others = [other.term for other in knows.points if other.term != term]
        if part and part != term.lower() and not any(content_words(part) & content_words(other) for other in others):
            yield _question(task, QuestionKind.AMB, style, "partly", PARTLY[style].format(part=part), term)
    for _, look, texts in SHAPES:
        fitting = tuple(dict.fromkeys(point.term for point in knows.points if look.search(point.sql)))
        if any(point.term in fitting for point in points):
            for half, text in zip(("otherwise", "otherwise, kept aside"), texts[style], strict=True):
                yield _question(task, QuestionKind.AMB, style, half, text, fitting)


def _about_clauses(task: str, knows: Knows, style: Style) -> Iterator[Question]:
    labelled = " ".join(point.sql.upper() for point in knows.points)
    sorts = any(point.kind in ("sort", "rank") for point in knows.points)
    for clause, texts in LOC:
        has = any(segment.clause == clause for segment in knows.segments)
        settled = clause in labelled or (clause == "ORDER BY" and sorts)
        if has and not settled:
            for half, text in zip(_HALVES, texts[style], strict=True):
                yield _question(task, QuestionKind.LOC, style, half, text)


def _question(
    task: str,
    kind: QuestionKind,
    style: Style,
    phrasing: str,
    text: str,
    about: str | tuple[str, ...] | None = None,
) -> Question:
    return Question.model_validate(
        {"task": task, "kind": kind, "style": style, "phrasing": phrasing, "question": text, "about": about}
    )


async def audit(questions: Iterable[Question], tasks: Mapping[str, Task], chooser: Chooser) -> list[Audited]:
    """Ask every question of a user who is at the beginning of its task."""
    found = []
    for question in questions:
        user = FunctionDrivenUser(tasks[question.task], chooser)
        knows = user.knows()
        choice, _, _ = await chooser.choose(question.question, knows, 0)
        reply = ""
        if choice.action is not Action.UNANSWERABLE:
            reply, _, _ = await chooser.answer(question.question, choice, knows, 0)
        leaks = marks(reply, question.question, choice.about, user.secrets(knows))
        found.append(Audited(question, choice.action, choice.about, reply, leaks))
    return found


def confusion(audited: Sequence[Audited]) -> dict[QuestionKind, dict[Action, int]]:
    """How often each kind of question was taken for what."""
    return {
        kind: {action: sum(one.question.kind is kind and one.chosen is action for one in audited) for action in Action}
        for kind in QuestionKind
    }
