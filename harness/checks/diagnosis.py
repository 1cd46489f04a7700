"""Checks on how a result came about: order, references between actions, and questions to the user."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.checks.context import CheckContext
from harness.checks.performed import Performed, common_length, edges, lines_of, overlap, performed, told_by
from harness.core.check import (
    CheckKind,
    CheckResult,
    ForbiddenCheck,
    OrderCheck,
    QuestionsCheck,
    ReferencesCheck,
    SequenceCheck,
    Verdict,
)
from harness.core.event import Event, MessageEvent, PhaseEvent
from harness.core.message import Party
from harness.core.task import Call

_NO_REFERENCE = "the task has no reference solution to compare with"
_SILENT = "the environment doesn't tell which actions it carried out"
_SHOWN = 3


async def forbidden(context: CheckContext, spec: ForbiddenCheck) -> CheckResult:
    """Nothing of what was carried out is what mustn't be."""
    found = [action for action in await performed(context) if action.name == spec.performed]
    wanted = spec.arguments.items()
    hits = sum(all(action.arguments.get(key) == value for key, value in wanted) for action in found)
    reason = f"carried out {hits} times" if hits else ""
    return _result(CheckKind.FORBIDDEN, spec.performed, reason)


async def order(context: CheckContext, spec: OrderCheck) -> CheckResult:
    """The one comes before the other."""
    names = [action.name for action in await performed(context)]
    label = f"{spec.first} before {spec.then}"
    for name in (spec.first, spec.then):
        if name not in names:
            return _result(CheckKind.ORDER, label, f"{name} was never carried out")
    late = names.index(spec.first) > names.index(spec.then)
    return _result(CheckKind.ORDER, label, f"{spec.then} came first" if late else "")


async def sequence(context: CheckContext, spec: SequenceCheck) -> CheckResult:
    """How much of the reference's order is there."""
    pair = await _with_reference(context, CheckKind.SEQUENCE)
    if isinstance(pair, CheckResult):
        return pair
    given, wanted = map(lines_of, pair)
    common = common_length(wanted, given)
    reason = "" if common == len(wanted) else f"{common} of the reference's {len(wanted)} actions come in its order"
    return _result(CheckKind.SEQUENCE, f"{len(wanted)} actions", reason, common / len(wanted) if wanted else 1.0)


async def references(context: CheckContext, spec: ReferencesCheck) -> CheckResult:
    """How many of the reference's references are there."""
    pair = await _with_reference(context, CheckKind.REFERENCES)
    if isinstance(pair, CheckResult):
        return pair
    given, wanted = map(edges, pair)
    found = overlap(wanted, given)
    lacking = [f"{maker} → {name}.{parameter}" for maker, name, parameter in (wanted - given)]
    some = "; ".join(lacking[:_SHOWN]) + ("; …" if len(lacking) > _SHOWN else "")
    reason = "" if found.common == found.wanted else f"{found.common} of {found.wanted} are there; not {some}"
    return _result(CheckKind.REFERENCES, f"{found.wanted} references", reason, found.f1)


async def _with_reference(
    context: CheckContext, kind: CheckKind
) -> tuple[list[Performed], list[Performed]] | CheckResult:
    """What was carried out, and what the reference carries out; or that nobody can say."""
    if not context.has_reference:
        return _undecided(kind, _NO_REFERENCE)
    given, wanted = await told_by(context.environment), await told_by(await context.reference())
    if given is None or wanted is None:
        return _undecided(kind, _SILENT)
    return given, wanted


async def questions(context: CheckContext, spec: QuestionsCheck) -> CheckResult:
    """Whether the user was asked what only they know, and spared the rest."""
    if not context.has_reference:
        return _undecided(CheckKind.QUESTIONS, _NO_REFERENCE)
    steps = context.task.phases[context.phase].reference or ()
    needed = [_plain(answer) for step in steps if isinstance(step, Call) for answer in step.answers]
    open_answers = list(needed)
    needless: list[str] = []
    for question, reply in _asked(context.events):
        told = [answer for answer in open_answers if answer in _plain(reply)]
        for answer in told:
            open_answers.remove(answer)
        if not told and not any(answer in _plain(reply) for answer in needed):
            needless.append(question)
    asked = len(needed) - len(open_answers)
    total = len(needed) + len(needless)
    clauses = [f"{len(open_answers)} of {len(needed)} needed questions weren't put"] if open_answers else []
    if needless:
        clauses.append(f"{len(needless)} needless: {'; '.join(_short(text) for text in needless[:_SHOWN])}")
    return _result(CheckKind.QUESTIONS, f"{len(needed)} needed", "; ".join(clauses), asked / total if total else 1.0)


def _asked(events: Sequence[Event]) -> Iterator[tuple[str, str]]:
    """Questions to the user in this phase, each with the user's next words: a running tool's, and the agent's."""
    ends = (place for place, event in enumerate(events) if isinstance(event, PhaseEvent) and event.final)
    question = ""
    for event in events[max(ends, default=-1) + 1 :]:
        if not isinstance(event, MessageEvent) or event.given or not event.message.text:
            continue
        if event.to is Party.USER:
            asks = event.party is Party.ENVIRONMENT or "?" in event.message.text
            question = event.message.text if asks else ""
        elif event.party is Party.USER and question:
            yield question, event.message.text
            question = ""


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return repr(plain if len(plain) <= 60 else f"{plain[:59]}…")


def _result(kind: CheckKind, label: str, reason: str, score: float | None = None) -> CheckResult:
    verdict = Verdict.FAILED if reason else Verdict.PASSED
    rounded = None if score is None else round(score, 6)
    return CheckResult(kind=kind, verdict=verdict, label=label, reason=reason, score=rounded)


def _undecided(kind: CheckKind, reason: str) -> CheckResult:
    return CheckResult(kind=kind, verdict=Verdict.NOT_EVALUATED, label=kind.value, reason=reason)
