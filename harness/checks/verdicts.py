"""One function a kind of check: `async (context, spec) -> CheckResult`."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import JsonValue

from harness.checks import diagnosis
from harness.checks.context import CheckContext
from harness.checks.difference import differences, without
from harness.checks.judge import evidence
from harness.checks.rows import differ
from harness.core.check import (
    ActionCheck,
    CheckKind,
    CheckResult,
    CheckSpec,
    CommunicateCheck,
    ForbiddenCheck,
    OrderCheck,
    ProbeCheck,
    QuestionsCheck,
    ReferencesCheck,
    RowsCheck,
    SequenceCheck,
    StateCheck,
    StatementCheck,
    TestsCheck,
    Verdict,
    WithheldCheck,
)
from harness.core.event import MessageEvent
from harness.core.identity import canonical
from harness.core.message import Party, ToolCall
from harness.core.parsing import JsonObject
from harness.core.protocols import Environment

_BY_JUDGE = {True: Verdict.PASSED, False: Verdict.FAILED, None: Verdict.NOT_EVALUATED}
_NO_REFERENCE = "the task has no reference solution to compare with"


async def decide(context: CheckContext, spec: CheckSpec) -> CheckResult:
    """The verdict of one check."""
    match spec:
        case StateCheck():
            return await _state(context, spec)
        case ProbeCheck():
            return await _probe(context, spec)
        case RowsCheck():
            return await _rows(context, spec)
        case TestsCheck():
            return await _tests(context, spec)
        case ActionCheck():
            return _action(context, spec)
        case CommunicateCheck():
            return _communicate(context, spec)
        case StatementCheck():
            return await _statement(context, spec)
        case WithheldCheck():
            return _undecided(CheckKind.WITHHELD, "ground truth", spec.reason)
        case ForbiddenCheck():
            return await diagnosis.forbidden(context, spec)
        case OrderCheck():
            return await diagnosis.order(context, spec)
        case SequenceCheck():
            return await diagnosis.sequence(context, spec)
        case ReferencesCheck():
            return await diagnosis.references(context, spec)
        case QuestionsCheck():
            return await diagnosis.questions(context, spec)


async def _state(context: CheckContext, spec: StateCheck) -> CheckResult:
    label = " and ".join(spec.parties)
    if not context.has_reference:
        return _undecided(CheckKind.STATE, label, _NO_REFERENCE)
    reference = await context.reference()
    wrong = [
        party
        for party in spec.parties
        if await context.environment.fingerprint(party) != await reference.fingerprint(party)
    ]
    if not wrong:
        return _result(CheckKind.STATE, label, "")
    given, wanted = await _told_state(context.environment), await _told_state(reference)
    if wrong != [Party.AGENT] or given is None or wanted is None:
        sides = " and the ".join(wrong)
        return _result(CheckKind.STATE, label, f"the {sides} side differs from what the reference leaves")
    given, wanted = without(given, spec.ignore), without(wanted, spec.ignore)
    return _result(CheckKind.STATE, label, differences(given, wanted))


async def _told_state(world: Environment) -> JsonValue:
    """The agent's side of a world as JSON; `None` where the environment doesn't tell."""
    try:
        return await world.probe(Party.AGENT, "state", {})
    except (LookupError, ValueError):
        return None


async def _probe(context: CheckContext, spec: ProbeCheck) -> CheckResult:
    label = f"{spec.name}({', '.join(f'{key}={canonical(value)}' for key, value in spec.arguments.items())})"
    try:
        found = await context.environment.probe(spec.party, spec.name, spec.arguments)
    except (LookupError, ValueError) as error:
        # Upstream τ² lets a raising assertion abort the evaluation; here it is a failed check.
        return _result(CheckKind.PROBE, label, f"the probe failed: {error}")
    reason = "" if found == spec.expected else f"found {canonical(found)}, expected {canonical(spec.expected)}"
    return _result(CheckKind.PROBE, label, reason)


async def _rows(context: CheckContext, spec: RowsCheck) -> CheckResult:
    label = "ordered rows" if spec.ordered else "rows"
    if not context.has_reference:
        return _undecided(CheckKind.ROWS, label, _NO_REFERENCE)
    reference = await context.reference()
    if await context.environment.probe(Party.AGENT, "comparison", {}) == "compat":
        arguments: JsonObject = {"reference": await _handed_in(reference), "ordered": spec.ordered}
        reason = str(await context.environment.probe(Party.AGENT, "upstream_difference", arguments))
        return _result(CheckKind.ROWS, f"{label}, by upstream's rules", reason)
    given = await context.environment.probe(Party.AGENT, "submitted_cells", {})
    wanted = await reference.probe(Party.AGENT, "submitted_cells", {})
    return _result(CheckKind.ROWS, label, differ(given, wanted, ordered=spec.ordered, decimals=spec.decimals))


async def _tests(context: CheckContext, spec: TestsCheck) -> CheckResult:
    label = f"{len(spec.code)} test cases" if len(spec.code) > 1 else "test case"
    if not context.has_reference:
        return _undecided(CheckKind.TESTS, label, _NO_REFERENCE)
    arguments: JsonObject = {"code": list(spec.code), "reference": await _handed_in(await context.reference())}
    reason = str(await context.environment.probe(Party.AGENT, "tests", arguments))
    return _result(CheckKind.TESTS, label, reason)


async def _handed_in(world: Environment) -> str:
    """The SQL that was handed in last."""
    return str(await world.probe(Party.AGENT, "submitted_sql", {}) or "")


def _action(context: CheckContext, spec: ActionCheck) -> CheckResult:
    called = [call for call in _calls(context) if call.name == spec.tool]
    if any(_matches(call, spec) for call in called):
        return _result(CheckKind.ACTION, spec.tool, "")
    reason = f"called {len(called)} times, never with these arguments" if called else "never called"
    return _result(CheckKind.ACTION, spec.tool, reason)


def _matches(call: ToolCall, spec: ActionCheck) -> bool:
    names = call.arguments.keys() if spec.compare is None else spec.compare
    absent = object()
    return all(call.arguments.get(name, absent) == spec.arguments.get(name, absent) for name in names)


def _communicate(context: CheckContext, spec: CommunicateCheck) -> CheckResult:
    # Upstream's rule: commas are removed from what the agent said, not from what it should have said,
    # and text beside tool calls counts though it is not delivered.
    wanted = spec.text.lower()
    said = any(wanted in event.message.text.lower().replace(",", "") for event in _agent_messages(context))
    return _result(CheckKind.COMMUNICATE, spec.text, "" if said else "the agent never said it")


async def _statement(context: CheckContext, spec: StatementCheck) -> CheckResult:
    judged = await context.opinion(spec.statement)
    if judged is None:
        return _undecided(CheckKind.STATEMENT, spec.statement, "needs a judge model, and none is configured")
    opinion, conversation = judged
    return CheckResult(
        kind=CheckKind.STATEMENT,
        verdict=_BY_JUDGE[opinion.met],
        label=spec.statement,
        reason=opinion.reason,
        evidence=evidence(conversation, spec.statement),
    )


def _calls(context: CheckContext) -> Iterator[ToolCall]:
    for event in context.events:
        if isinstance(event, MessageEvent):
            yield from event.message.tool_calls


def _agent_messages(context: CheckContext) -> Iterator[MessageEvent]:
    for event in context.events:
        if isinstance(event, MessageEvent) and event.party is Party.AGENT:
            yield event


def _result(kind: CheckKind, label: str, reason: str) -> CheckResult:
    verdict = Verdict.FAILED if reason else Verdict.PASSED
    return CheckResult(kind=kind, verdict=verdict, label=label, reason=reason)


def _undecided(kind: CheckKind, label: str, reason: str) -> CheckResult:
    return CheckResult(kind=kind, verdict=Verdict.NOT_EVALUATED, label=label, reason=reason)
