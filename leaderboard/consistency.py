"""Whether a submission agrees with itself: the plan, the rows, the records, and what is added up from them.

Nothing is executed here; `replaying` plays the records again. This finds what needs no world: dropped and padded
trials, foreign seeds, rewards that don't follow from the verdicts, tokens and costs that don't add up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from harness.core.check import Verdict
from harness.core.event import FaultEvent, MessageEvent, PhaseEvent, ToolEvent
from harness.core.identity import trial_seed
from harness.core.message import Party, Usage
from harness.core.record import Record
from harness.core.termination import Termination
from leaderboard.findings import Finding, Kind
from leaderboard.packing import check_rows
from leaderboard.prices import list_cost
from leaderboard.publishing import publishable
from leaderboard.reading import Opened
from leaderboard.records import Played
from leaderboard.secret_scan import secrets_in
from leaderboard.submission import MANIFEST, MOST_ROWS, MOST_TRIALS, Manifest, Row

_CLOCK = timedelta(seconds=2)
"""By so much the clocks of one machine may differ."""
_CACHED = 0.1
"""Cached input is sold for a tenth of its price, or more."""
_ROUNDING = 1.01
_LEAST = 1e-6
"""US dollars."""
_BROKEN = frozenset(
    {
        Termination.INFRA_ERROR,
        Termination.AGENT_ERROR,
        Termination.USER_ERROR,
        Termination.CONTEXT_WINDOW_EXCEEDED,
    }
)
_BROKEN_BY = {Termination.AGENT_ERROR: Party.AGENT, Termination.USER_ERROR: Party.USER}
_AGENTS = {"oracle": False, "noop": False, "random": False, "human": False, "llm": True, "react": True, "plan": True}
_USERS = {"scripted": False, "human": False, "llm": True}
"""Whether who is so named has a model; others may have one or not."""
_UNJUDGED = frozenset({Termination.INFRA_ERROR, Termination.AGENT_ERROR, Termination.USER_ERROR})


def name_of(row: Row) -> str:
    """The trial that a row is about."""
    return f"{row.pack}/{row.task}#{row.trial}"


def consistency(submission: Opened) -> Iterator[Finding]:
    """What in the manifest and the rows contradicts itself."""
    manifest = submission.manifest
    for found in secrets_in(manifest.model_dump_json()):
        yield Finding(kind=Kind.SECRET, where=MANIFEST, message=found)
    yield from _plan(submission)
    yield from _cards(manifest)
    yield from _seats(manifest)
    if manifest.agent_seat.model and not any(row.usage.agent.calls for row in submission.rows):
        yield Finding(kind=Kind.USAGE, where=MANIFEST, message="the agent's model was never called")
    for row in submission.rows:
        where = name_of(row)
        seed = trial_seed(manifest.protocol.seed, row.pack, row.task, row.trial)
        if row.seed != seed:
            yield Finding(kind=Kind.SEED, where=where, message=f"was played with seed {row.seed}; its own is {seed}")
        if row.started_at < manifest.created_at - _CLOCK:
            message = f"started at {row.started_at}, before its run at {manifest.created_at}"
            yield Finding(kind=Kind.TIME, where=where, message=message)
        yield from _reward(row)
        yield from _costs(manifest, row)


def record_consistency(manifest: Manifest, played: Played) -> Iterator[Finding]:
    """What in a published record contradicts its row, the manifest, its pack's policy or itself."""
    row, record = played.row, played.record
    where = name_of(row)
    for what, mine, theirs in _twice(row, record):
        if mine != theirs:
            yield Finding(kind=Kind.ROW, where=where, message=f"{what}: the row says {mine}, its record {theirs}")
    pack = next((pack for pack in manifest.suite.packs if pack.id == row.pack), None)
    for what, mine, theirs in (
        ("agent", manifest.agent_seat.name, record.agent),
        ("user", manifest.simulator.name, record.simulator),
        ("mode", manifest.suite.definition.mode.value, record.mode.value),
        ("pack", pack.hash if pack is not None else None, record.pack_hash),
    ):
        if mine != theirs:
            message = f"{what}: the manifest says {mine}, its record {theirs}"
            yield Finding(kind=Kind.IDENTITY, where=where, message=message)
    if pack is not None and publishable(record, pack.publish) != record:
        message = f"the pack's policy is {pack.publish!r}, and more than that is there"
        yield Finding(kind=Kind.PUBLISH, where=where, message=message)
    yield from _sums(record, where)
    yield from _ending(row, record, where)


def _plan(submission: Opened) -> Iterator[Finding]:
    """Every planned trial has its attempts, one after another, the last of which counts and came to an end."""
    manifest = submission.manifest
    trials = manifest.suite.definition.trials
    if manifest.protocol.trials != trials:
        message = f"the protocol has {manifest.protocol.trials} trials a task, its suite {trials}"
        yield Finding(kind=Kind.SUITE, where=MANIFEST, message=message)
    if trials > MOST_TRIALS:
        message = f"the suite has {trials} trials a task; no more than {MOST_TRIALS} are taken"
        yield Finding(kind=Kind.SUITE, where=MANIFEST, message=message)
        return
    if (count := len(manifest.suite.tasks) * trials) > MOST_ROWS:
        message = f"{count:,} trials are planned, and no more than {MOST_ROWS:,} are taken"
        yield Finding(kind=Kind.SUITE, where=MANIFEST, message=message)
        return
    planned = {(pack, task, trial) for pack, task in manifest.suite.tasks for trial in range(trials)}
    attempts: dict[tuple[str, str, int], list[Row]] = defaultdict(list)
    for row in submission.rows:
        attempts[row.key].append(row)
    for pack, task, trial in sorted(planned - attempts.keys()):
        yield Finding(kind=Kind.MISSING, where=f"{pack}/{task}#{trial}", message="was planned and has no attempt")
    for key, rows in attempts.items():
        if key not in planned:
            yield Finding(kind=Kind.SURPLUS, where=name_of(rows[0]), message="isn't a trial of the suite")
        yield from _attempts(sorted(rows, key=lambda row: row.attempt))


def _attempts(rows: list[Row]) -> Iterator[Finding]:
    """What is wrong with the attempts of one trial."""
    where, last = name_of(rows[0]), rows[-1]
    if (numbers := [row.attempt for row in rows]) != list(range(len(rows))):
        shown = ", ".join(map(str, numbers))
        yield Finding(kind=Kind.RETRY, where=where, message=f"its attempts are numbered {shown}, not from 0 on")
    for row, following in pairwise(rows):
        if row.termination is not Termination.INFRA_ERROR:
            message = f"attempt {row.attempt} came to a defined end ({row.termination}) and was played again"
            yield Finding(kind=Kind.RETRY, where=where, message=message)
        if following.started_at < row.started_at + timedelta(seconds=row.wall_s) - _CLOCK:
            message = f"attempt {following.attempt} started before attempt {row.attempt} had ended"
            yield Finding(kind=Kind.TIME, where=where, message=message)
    for row in rows:
        if row.reason != (f"ended by {row.termination}" if row is not last else ""):
            yield Finding(kind=Kind.RETRY, where=where, message=f"attempt {row.attempt} gives a reason of its own")
        wanted = None if row is last else last.attempt
        if row.superseded_by != wanted:
            says = "counts" if row.superseded_by is None else f"is superseded by {row.superseded_by}"
            message = f"attempt {row.attempt} {says}, but the last attempt is {last.attempt}"
            yield Finding(kind=Kind.RETRY, where=where, message=message)
    if last.termination is Termination.INFRA_ERROR:
        yield Finding(kind=Kind.UNFINISHED, where=where, message="its last attempt was ended by the infrastructure")


def _cards(manifest: Manifest) -> Iterator[Finding]:
    """Every pack and task is there once, and every seat has one model at most."""
    packs, tasks = [pack.id for pack in manifest.suite.packs], manifest.suite.tasks
    if len(set(packs)) < len(packs) or set(packs) != {pack for pack, _ in tasks}:
        message = f"its packs ({', '.join(packs)[:200]}) aren't those of its tasks, each once"
        yield Finding(kind=Kind.SUITE, where=MANIFEST, message=message)
    if len(set(tasks)) < len(tasks):
        yield Finding(kind=Kind.SUITE, where=MANIFEST, message="a task is there twice")
    seats = [model.seat for model in manifest.models]
    if len(set(seats)) < len(seats):
        yield Finding(kind=Kind.IDENTITY, where=MANIFEST, message="a seat has two models")
    if manifest.protocol.faults:
        yield Finding(kind=Kind.IDENTITY, where=MANIFEST, message="no run of this harness injects faults")


def _seats(manifest: Manifest) -> Iterator[Finding]:
    """A seat's model and the card of that model say the same, and who needs none has none."""
    for who, sits, known in (("agent", manifest.agent_seat, _AGENTS), ("user", manifest.simulator, _USERS)):
        wants = known.get(sits.name)
        if wants is not None and wants != (sits.model is not None):
            message = f"the {who} {sits.name!r} {'needs a' if wants else 'has no'} model, this one's is {sits.model}"
            yield Finding(kind=Kind.IDENTITY, where=MANIFEST, message=message)
    user = manifest.simulator
    if _USERS.get(user.name) is False and (user.prompt or user.options):
        yield Finding(
            kind=Kind.IDENTITY, where=MANIFEST, message=f"the user {user.name!r} has no prompt and no options"
        )
    for name, seat in (("agent", manifest.agent_seat), ("user", manifest.simulator), ("judge", manifest.judge)):
        mine, theirs = seat.model if seat is not None else None, manifest.model(name)
        if mine != theirs:
            message = f"the {name}'s seat holds the model {mine}, the list of models says {theirs}"
            yield Finding(kind=Kind.IDENTITY, where=MANIFEST, message=message)


def _reward(row: Row) -> Iterator[Finding]:
    """A phase is what its decisive verdicts say, and nothing is earned without a phase that passed."""
    where = name_of(row)
    for phase, value in enumerate(row.phases):
        verdicts = {check.verdict for check in row.checks if check.decisive and check.phase == phase}
        wanted = 0.0 if Verdict.FAILED in verdicts else None if Verdict.NOT_EVALUATED in verdicts else 1.0
        if value != wanted:
            message = f"phase {phase + 1} is {value}, but its checks make it {wanted}"
            yield Finding(kind=Kind.REWARD, where=where, message=message)
    if row.termination is Termination.INFRA_ERROR or None in row.phases:
        wanted_reward = row.reward is None
    elif not any(row.phases):
        wanted_reward = row.reward == 0
    elif all(row.phases) and row.termination not in _UNJUDGED:
        wanted_reward = row.reward is not None and row.reward > 0
    else:
        wanted_reward = row.reward is not None
    if not wanted_reward:
        shown = ", ".join(str(value) for value in row.phases) or "none"
        message = f"the reward is {row.reward}, the phases are {shown}, the end is {row.termination}"
        yield Finding(kind=Kind.REWARD, where=where, message=message)


def _costs(manifest: Manifest, row: Row) -> Iterator[Finding]:
    for seat, usage in (("agent", row.usage.agent), ("user", row.usage.user), ("judge", row.usage.judge)):
        if manifest.model(seat) is None:
            if usage != Usage() and seat != "agent":
                message = f"the {seat} has no model, and used {usage.tokens:,} tokens"
                yield Finding(kind=Kind.USAGE, where=name_of(row), message=message)
            continue
        price = manifest.price(seat)
        if usage.cost_usd is None or price is None:
            # Nothing to recompute: it is shown as unknown.
            continue
        most = list_cost(price, usage)
        # Where nobody says what was cached, and at what price, all of it may have been.
        unsaid = usage.input_tokens if price.cached is None else 0
        least = (most - price.input * unsaid * (1 - _CACHED) / 1e6) / _ROUNDING
        if not least - _LEAST <= usage.cost_usd <= most * _ROUNDING + _LEAST:
            message = (
                f"the {seat} cost ${usage.cost_usd:g}, but {usage.input_tokens:,} + {usage.output_tokens:,} tokens "
                f"cost ${most:g} by the list, and no less than ${max(least, 0):g} where all input was cached"
            )
            yield Finding(kind=Kind.COST, where=name_of(row), message=message)


def _twice(row: Row, record: Record) -> Iterator[tuple[str, object, object]]:
    """What a row and its record both say."""
    for name in ("pack", "task", "trial", "seed", "turns", "tool_calls", "usage"):
        yield name, getattr(row, name), getattr(record, name)
    yield "termination", row.termination.value, record.termination.value
    yield "reward", row.reward, record.reward.value
    yield "phases", row.phases, tuple(phase.value for phase in record.reward.phases)
    yield "checks", row.checks, tuple(check_rows(record))


def _ending(row: Row, record: Record, where: str) -> Iterator[Finding]:
    """An episode ends for a reason that its events show."""
    faults = [event for event in record.events if isinstance(event, FaultEvent)]
    end, last = record.termination, record.events[-1] if record.events else None
    party = _BROKEN_BY.get(end)
    if end in _BROKEN and not faults:
        yield Finding(kind=Kind.ROW, where=where, message=f"ended by {end}, and no event says what broke")
    elif party is not None and all(fault.party is not party for fault in faults):
        yield Finding(kind=Kind.ROW, where=where, message=f"ended by {end}, but what broke was another party")
    elif end not in _BROKEN and faults:
        yield Finding(kind=Kind.ROW, where=where, message=f"ended by {end}, and an event says that something broke")
    if end.ordinary and not isinstance(last, PhaseEvent):
        yield Finding(kind=Kind.ROW, where=where, message=f"ended by {end}, and its last event judges no phase")
    if end is Termination.TIMEOUT:
        limit = record.limits.timeout_s
        if limit is None or row.wall_s < limit - _CLOCK.total_seconds():
            message = f"ended by its time limit ({limit} s) after {row.wall_s:g} s"
            yield Finding(kind=Kind.TIME, where=where, message=message)
    if any(isinstance(one, MessageEvent) and one.party is Party.AGENT and one.message.marks for one in record.events):
        message = "the agent's words carry marks, which are written beside the user's alone"
        yield Finding(kind=Kind.ROW, where=where, message=message)


def _sums(record: Record, where: str) -> Iterator[Finding]:
    """What a record counts, counted again from its events."""
    spent = {Party.AGENT: Usage(), Party.USER: Usage()}
    turns = 0
    for event in record.events:
        if isinstance(event, MessageEvent) and event.party in spent and not event.given:
            turns += event.party is Party.AGENT
            spent[event.party] += event.message.usage or Usage()
    calls = sum(isinstance(event, ToolEvent) for event in record.events)
    if record.termination is Termination.INFRA_ERROR:
        # An act that never came back may have been counted.
        return
    for what, said, found in (
        ("the agent's turns", record.turns, turns),
        *_counts("agent", record.usage.agent, spent[Party.AGENT]),
        *_counts("user", record.usage.user, spent[Party.USER]),
    ):
        if said != found:
            message = f"{what}: {said:,} by the record, {found:,} by its events"
            yield Finding(kind=Kind.USAGE, where=where, message=message)
    if record.tool_calls > calls:
        message = f"tool calls: {record.tool_calls:,} by the record, {calls:,} results among its events"
        yield Finding(kind=Kind.USAGE, where=where, message=message)


def _counts(seat: str, said: Usage, found: Usage) -> Iterator[tuple[str, int, int]]:
    for name in ("calls", "input_tokens", "output_tokens", "cached_tokens"):
        yield f"the {seat}'s {name.replace('_', ' ')}", getattr(said, name), getattr(found, name)
