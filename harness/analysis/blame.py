"""The blame ledger: for every trial that failed or has no reward, whose doing it was, and the turns that show it.

Rules come first, since most causes can be read off the record: a broken infrastructure or world, a user that broke,
fell out of its role or ended too early, a judge that could not decide, a task that can't be judged. What remains is the
agent's by default; a judge model can be asked about those (`harness.runner.judge_blame`), and its verdicts are kept
beside the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from pydantic import Field

from harness.analysis.marks import SPOILING
from harness.core.check import CheckKind, CheckResult, Verdict, is_success
from harness.core.event import FaultEvent, MessageEvent, PhaseEvent, ToolEvent
from harness.core.message import Party
from harness.core.parsing import Model, parse_json, read_lines
from harness.core.record import Attempt, Record
from harness.core.termination import Termination
from harness.runner.journal import final_attempts

LEDGER = "blame.jsonl"
"""Judged verdicts, in the run's directory."""
_SHOWN = 6


class Cause(StrEnum):
    """Whose doing a failure was."""

    AGENT = "agent"
    USER = "user"
    JUDGE = "judge"
    ENVIRONMENT = "environment"
    TASK = "task"
    INFRASTRUCTURE = "infrastructure"


class Blame(Model):
    """One trial's cause."""

    pack: str
    task: str
    trial: int
    cause: Cause
    why: str
    turns: tuple[int, ...] = ()
    """Numbers of the events that show it, from 1."""
    by: str = "rules"
    """`rules`, or the judge model."""
    trajectory: str = Field(default="", repr=False)
    """Hash of the events that were judged."""

    @property
    def key(self) -> tuple[str, str, int]:
        """(pack, task, trial)."""
        return (self.pack, self.task, self.trial)


def blame(root: Path) -> list[Blame]:
    """The ledger of the run in `root`: judged verdicts where there are some, rules for the rest.

    Raises:
        InputError: it isn't a run, or it is damaged.
    """
    judged = {one.trajectory: one for one in read_ledger(root)}
    found = []
    for attempt in final_attempts(root).values():
        by_rules = blame_of(attempt)
        if by_rules is not None:
            found.append(judged.get(attempt.record.trajectory_hash(), by_rules))
    return found


def blamed(root: Path, cause: Cause) -> frozenset[tuple[str, str, int]]:
    """The trials of a run that are blamed on `cause`."""
    return frozenset(one.key for one in blame(root) if one.cause is cause)


def read_ledger(root: Path) -> list[Blame]:
    """What judge models found of this run's trials.

    Raises:
        InputError: the file is damaged.
    """
    path = root / LEDGER
    if not path.exists():
        return []
    return [parse_json(Blame, line, where=f"{path}: line {number}") for number, line in read_lines(path)]


def blame_of(attempt: Attempt) -> Blame | None:
    """A trial's cause by rules; `None` where it succeeded."""
    record = attempt.record
    if record.reward.value is not None and is_success(record.reward.value):
        return None
    cause, why, turns = _by_rules(record)
    shown = tuple(turns[-_SHOWN:])
    return Blame(pack=record.pack, task=record.task, trial=record.trial, cause=cause, why=why, turns=shown)


def _by_rules(record: Record) -> tuple[Cause, str, list[int]]:
    faults = [(number, event) for number, event in enumerate(record.events, 1) if isinstance(event, FaultEvent)]
    if faults:
        number, fault = faults[-1]
        cause = {Party.AGENT: Cause.AGENT, Party.USER: Cause.USER, Party.ENVIRONMENT: Cause.ENVIRONMENT}
        return (cause[fault.party] if fault.party else Cause.INFRASTRUCTURE), fault.error, [number]
    if record.termination is Termination.INFRA_ERROR:
        return Cause.INFRASTRUCTURE, "the episode ended by an infrastructure failure", []
    if record.termination is Termination.USER_ERROR:
        return Cause.USER, "the user's reply could not be used", [len(record.events)]
    if record.reward.value is None:
        return _undecided(record)
    if spoilt := list(_spoilt(record)):
        return Cause.USER, "; ".join(dict.fromkeys(mark for _, mark in spoilt)), [number for number, _ in spoilt]
    return Cause.AGENT, _why(record), _turns(record)


def _undecided(record: Record) -> tuple[Cause, str, list[int]]:
    open_ = [check for check in _decisive(record) if check.verdict is Verdict.NOT_EVALUATED]
    asked = [check for check in open_ if check.kind is CheckKind.STATEMENT and check.evidence]
    if asked:
        return Cause.JUDGE, asked[0].reason or "the judge did not decide", []
    reason = open_[0].reason if open_ else record.reward.reason
    cause = Cause.JUDGE if any(check.kind is CheckKind.STATEMENT for check in open_) else Cause.TASK
    return cause, reason, []


def _spoilt(record: Record) -> Iterator[tuple[int, str]]:
    for number, event in enumerate(record.events, 1):
        if isinstance(event, MessageEvent) and event.party is Party.USER:
            for mark in event.message.marks:
                if mark.startswith(SPOILING):
                    yield number, mark


def _decisive(record: Record) -> Iterator[CheckResult]:
    for phase in record.reward.phases:
        yield from (check for check in phase.checks if check.kind in phase.basis)


def _why(record: Record) -> str:
    if not record.termination.ordinary:
        return f"ended by {record.termination}"
    failed = [check for check in _decisive(record) if check.verdict is Verdict.FAILED]
    if failed:
        first = failed[0]
        return ": ".join(part for part in (f"{first.kind} {first.label}".strip(), first.reason) if part)
    return "a phase was never reached" if record.reward.phases else "nothing was handed in"


def _turns(record: Record) -> list[int]:
    """Failed calls of the agent, and what it did last before a phase was found wrong or the episode ended."""
    failed, last = [], 0
    for number, event in enumerate(record.events, 1):
        match event:
            case ToolEvent(party=Party.AGENT, result=result) if result.error is not None:
                failed.append(number)
            case MessageEvent(party=Party.AGENT, given=False):
                last = number
            case PhaseEvent(passed=False):
                failed.append(last)
    if last and last not in failed:
        failed.append(last)
    return sorted(number for number in set(failed) if number)
