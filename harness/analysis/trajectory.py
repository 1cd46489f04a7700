"""One episode as something to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.analysis.database import question
from harness.core.check import Verdict
from harness.core.errors import InputError, unknown_name
from harness.core.event import FaultEvent, MessageEvent, PhaseEvent, ToolEvent
from harness.core.identity import canonical
from harness.core.message import Party
from harness.core.parsing import parse_json
from harness.core.record import Attempt, Record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_STYLE = {Party.AGENT: "cyan", Party.USER: "green", Party.ENVIRONMENT: "magenta"}
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text and how a terminal may colour it."""

    text: str
    style: str = ""


def find_episode(root: Path, name: str) -> Attempt:
    """The attempt that counts of the episode called `name`: `TASK`, `PACK/TASK`, either with `#TRIAL`.

    Raises:
        InputError: no episode of the run is called so, or several are.
    """
    task, _, trial = name.partition("#")
    if trial and not trial.isdecimal():
        raise InputError(f"{name!r}: a trial is a number, not {trial!r}", hint="for example TASK#0")

    def read(connection: DuckDBPyConnection) -> Attempt:
        played = connection.execute("SELECT DISTINCT pack, task FROM trials").fetchall()
        packs = sorted(pack for pack, task_id in played if task in (task_id, f"{pack}/{task_id}"))
        if not packs:
            known = {form for pack, task_id in played for form in (task_id, f"{pack}/{task_id}")}
            raise unknown_name("episode", task, known, listing=f"(`bench show {root} --episodes` lists them)")
        found = connection.execute(
            """SELECT pack, attempt, timings, traffic, record
            FROM records SEMI JOIN trials USING (run, pack, task, trial, attempt)
            WHERE list_contains(?, pack) AND task IN (?, ?) AND trial = ?""",
            [packs, task, task.partition("/")[2], int(trial or 0)],
        ).fetchall()
        if not found:
            raise InputError(f"{root}: task {task!r} has no finished trial {trial or 0}")
        if len({pack for pack, *_ in found}) > 1:
            named = ", ".join(f"{pack}/{task}" for pack, *_ in sorted(found))
            raise InputError(f"{task!r} names episodes of several packs", hint=f"say which: {named}")
        names = ("attempt", "timings", "traffic", "record")
        parts = (f'"{name}": {part}' for name, part in zip(names, found[0][1:], strict=True) if part is not None)
        return parse_json(Attempt, f"{{{', '.join(parts)}}}", where=f"{root}: {name}")

    return question([root], read, needed=("attempts",))


def narrate(attempt: Attempt) -> Iterator[Line]:
    """The episode's head, its numbered events, and its verdicts."""
    record = attempt.record
    yield Line(
        f"{record.pack}/{record.task}  trial {record.trial}, attempt {attempt.attempt}, seed {record.seed}", "bold"
    )
    yield Line(f"agent {record.agent}, user {record.simulator}")
    for number, event in enumerate(record.events, 1):
        match event:
            case MessageEvent():
                yield from _message(number, event)
            case ToolEvent(party=party, name=name, result=result):
                mark = f"{name} failed" if result.error else name
                yield from _block(f"{number:>3} {mark} →", result.content, "red" if result.error else "dim")
            case PhaseEvent(phase=phase, passed=passed, final=final):
                verdict = "passed" if passed else "not passed" if final else "not passed, may try again"
                yield Line(f"{number:>3} — phase {phase + 1}: {verdict}", "bold")
            case FaultEvent(party=party, error=error):
                yield Line(f"{number:>3} {party or 'infrastructure'} broke: {error}", "bold red")
    yield from _verdicts(record)


def _message(number: int, event: MessageEvent) -> Iterator[Line]:
    message, style = event.message, _STYLE[event.party]
    given = " (given)" if event.given else ""
    if message.text:
        to = f" → {event.to}" if Party.ENVIRONMENT in (event.party, event.to) and not message.tool_calls else ""
        yield from _block(f"{number:>3} {event.party}{to}{given}:", message.text, style)
    for call in message.tool_calls:
        yield Line(f"{number:>3} {event.party} calls {call.name}({canonical(call.arguments)[1:-1]}){given}", style)
    if message.stop is not None:
        yield Line(f"{number:>3} {event.party} ends the conversation: {message.stop}", style)


def _block(head: str, text: str, style: str) -> Iterator[Line]:
    first, *rest = text.rstrip().split("\n")
    yield Line(f"{head} {first}", style)
    for line in rest:
        yield Line(_INDENT + line, style)


def _verdicts(record: Record) -> Iterator[Line]:
    value = record.reward.value
    reason = f" ({record.reward.reason})" if record.reward.reason else ""
    yield Line(f"ended by {record.termination}; reward {'none' if value is None else f'{value:g}'}{reason}", "bold")
    for phase in record.reward.phases:
        for check in phase.checks:
            weight = "" if check.kind in phase.basis else " (diagnostic)"
            weight += "" if check.score is None else f", score {check.score:.2f}"
            why = f": {check.reason}" if check.reason else ""
            style = {Verdict.PASSED: "green", Verdict.FAILED: "red", Verdict.NOT_EVALUATED: "yellow"}[check.verdict]
            yield Line(
                f"{_INDENT}phase {phase.phase + 1} {check.kind} {check.label}: {check.verdict}{weight}{why}", style
            )
