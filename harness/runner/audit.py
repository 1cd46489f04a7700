"""An audit of the function-driven user over the tasks of suites."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.analysis.summary import Rate
from harness.core.errors import InputError, unknown_name
from harness.core.parsing import JsonObject, parse_json, read_lines
from harness.core.task import Task
from harness.models.book import read_models
from harness.models.open import check_model, open_models
from harness.packs.suites import resolve_suite
from simulators.audit import Audited, Question, audit, confusion, questions_for
from simulators.choosing import ByModel, ByWords


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit found."""

    user: str
    tasks: int
    audited: tuple[Audited, ...]

    @property
    def confusion(self) -> dict[str, dict[str, int]]:
        """By the kind of question, how often each choice was made."""
        return {
            kind.value: {action.value: count for action, count in row.items()}
            for kind, row in confusion(self.audited).items()
        }

    @property
    def rates(self) -> dict[str, Rate]:
        """By the kind of question, how many choices were right."""
        found = {}
        for kind in confusion(self.audited):
            those = [one.right for one in self.audited if one.question.kind is kind]
            found[kind.value] = Rate.of(sum(those), len(those))
        return found

    def as_json(self) -> JsonObject:
        """For `--json`."""
        return {
            "user": self.user,
            "tasks": self.tasks,
            "questions": len(self.audited),
            "confusion": {kind: dict(row) for kind, row in self.confusion.items()},
            "right": {kind: rate.model_dump(mode="json") for kind, rate in self.rates.items()},
            "phrasings": {name: rate.model_dump(mode="json") for name, rate in self.phrasings.items()},
            "styles": {name: rate.model_dump(mode="json") for name, rate in self.styles.items()},
            "leaks": [{**_told(one), "marks": list(one.marks)} for one in self.audited if one.marks],
            "wrong": [_told(one) for one in self.audited if not one.right],
        }

    @property
    def phrasings(self) -> dict[str, Rate]:
        """By how a question is put (`AMB quoted`, `LOC second`), how many choices were right."""
        return self._by(lambda question: f"{question.kind.value} {question.phrasing}")

    @property
    def styles(self) -> dict[str, Rate]:
        """By style (`AMB terse`), how many choices were right."""
        return self._by(lambda question: f"{question.kind.value} {question.style}")

    def _by(self, group: Callable[[Question], str]) -> dict[str, Rate]:
        found: dict[str, list[bool]] = {}
        for one in self.audited:
            found.setdefault(group(one.question), []).append(one.right)
        return {name: Rate.of(sum(found[name]), len(found[name])) for name in sorted(found)}


def audit_simulator(suites: Sequence[str], model: str | None, questions: Path | None) -> AuditReport:
    """Ask the function-driven user about the tasks of these suites that have labelled points.

    Raises:
        InputError: a suite, a file or a model can't be used, or no task has a labelled point.
    """
    if model is not None:
        check_model(model, read_models())
    tasks: dict[str, Task] = {}
    for name in suites:
        resolved = resolve_suite(name)
        tasks.update({task: resolved.packs[pack].tasks[task] for pack, task in resolved.tasks})
    labelled = {name: task for name, task in tasks.items() if task.user.ambiguities}
    if not labelled:
        which = ", ".join(suites)
        raise InputError(f"no task of {which} has labelled ambiguities", hint="packs of interactive SQL have")
    made = (question for task in labelled.values() for question in questions_for(task))
    asked = list(made) if questions is None else _read(questions, labelled)
    return asyncio.run(_audit(asked, labelled, model))


async def _audit(asked: Sequence[Question], tasks: dict[str, Task], model: str | None) -> AuditReport:
    if model is None:
        return AuditReport("function_driven, by words", len(tasks), tuple(await audit(asked, tasks, ByWords())))
    async with open_models([model], read_models()) as pool:
        found = await audit(asked, tasks, ByModel(pool.client(model)))
    return AuditReport(f"function_driven, {model}", len(tasks), tuple(found))


def _read(path: Path, tasks: dict[str, Task]) -> list[Question]:
    found = []
    for number, line in read_lines(path):
        question = parse_json(Question, line, where=f"{path}, line {number}")
        if question.task not in tasks:
            unknown = unknown_name("task", question.task, tasks)
            raise InputError(f"{path}, line {number}: field 'task': {unknown.message}", hint=unknown.hint)
        found.append(question)
    if not found:
        raise InputError(f"{path}: there are no questions in it")
    return found


def _told(one: Audited) -> JsonObject:
    return {
        **one.question.model_dump(mode="json"),
        "chosen": one.chosen.value,
        "chosen_about": list(one.about),
        "reply": one.reply,
    }
