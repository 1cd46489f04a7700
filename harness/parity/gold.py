"""A task's reference as conversations: as it is, and with one action dropped, doubled or changed.

A conversation is played by our engine with parties that hold their lines ready. What the engine recorded is then
what the peer's evaluators get, message by message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from pydantic import JsonValue

from environments.service.template import ServiceTemplate
from environments.service.world import World
from harness.core.check import CheckKind, CheckResult, Verdict
from harness.core.event import MessageEvent, ToolEvent
from harness.core.limits import Limits
from harness.core.message import Message, Party, Stop, ToolCall
from harness.core.parsing import JsonObject
from harness.core.protocols import Environment
from harness.core.record import Record
from harness.core.task import Task
from harness.core.termination import Termination
from harness.engine.episode import play
from harness.engine.recorded import RecordEnds, Repeats
from harness.engine.setting import Setting
from harness.packs.tau2_format import Action, Criteria, Tau2Task
from harness.parity.ours import REQUESTORS, Desk
from harness.parity.random_calls import Drawn, Spoiler

_FILLER = "Go on."
"""Hands the turn over; no information that anyone must communicate is part of it."""
_UNLIMITED = Limits(max_turns=10**6, max_steps=10**6, max_errors=10**6, timeout_s=1e6)


@dataclass(frozen=True, slots=True)
class Case:
    """One task and one way to play its reference."""

    source: Tau2Task
    task: Task
    """Ours, without what a judge model must decide."""
    how: str
    actions: tuple[Drawn, ...]
    said: tuple[str, ...]
    """What the agent says in the end."""

    @property
    def where(self) -> str:
        """Its name in a report."""
        return f"task {self.source.id}, {self.how}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case on our side."""

    record: Record
    world: World
    parts: dict[str, list[bool]] = field(default_factory=dict)
    """By upstream's kind of check, whether each passed."""

    @property
    def results(self) -> list[tuple[str, bool]]:
        """Text and error flag of every call, those of the task's history too."""
        found = [event.result for event in self.record.events if isinstance(event, ToolEvent)]
        return [(result.content, result.error is not None) for result in found]

    @property
    def calls(self) -> list[Drawn]:
        """Every call, in the order of `results`."""
        messages = [event for event in self.record.events if isinstance(event, MessageEvent)]
        return [Drawn(one.party, call.name, call.arguments) for one in messages for call in one.message.tool_calls]


def cases(source: Tau2Task, task: Task, rng: Random) -> Iterator[Case]:
    """The reference itself, then one dropped, doubled and changed action, and one thing left unsaid."""
    criteria = source.evaluation_criteria or Criteria()
    gold = tuple(_drawn(action) for action in criteria.actions or ())
    said = tuple(criteria.communicate_info or ())
    whole = Case(source, without_statements(task), "as it is", gold, said)
    yield whole
    if said:
        left = rng.randrange(len(said))
        yield replace(whole, how=f"without saying {said[left]!r}", said=said[:left] + said[left + 1 :])
    if not gold:
        return
    at = rng.randrange(len(gold))
    yield replace(whole, how=f"without action {at}", actions=gold[:at] + gold[at + 1 :])
    at = rng.randrange(len(gold))
    yield replace(whole, how=f"action {at} twice", actions=gold[: at + 1] + gold[at:])
    spoiler = Spoiler(rng)
    for action in gold:
        spoiler.remember(action.arguments)
    at = rng.randrange(len(gold))
    changed = spoiler.spoil(gold[at])
    yield replace(whole, how=f"action {at} changed", actions=(*gold[:at], changed, *gold[at + 1 :]))


def without_statements(task: Task) -> Task:
    """The task less what a judge model must decide: that factor is left out on both sides."""
    phase = task.phases[0]
    checks = tuple(check for check in phase.checks if check.kind is not CheckKind.STATEMENT)
    basis = tuple(kind for kind in phase.reward_basis or () if kind is not CheckKind.STATEMENT)
    return task.model_copy(update={"phases": (phase.model_copy(update={"checks": checks, "reward_basis": basis}),)})


def play_case(desk: Desk, case: Case) -> Outcome:
    """Play a case by our engine and checks."""
    worlds = _Worlds(desk.template)
    setting = Setting(desk.pack, case.task, worlds, trial=0, seed=0, limits=_UNLIMITED)
    lines = list(_lines(case))
    done = RecordEnds(Termination.INFRA_ERROR, "the conversation has no further line")
    parties = {
        party: Repeats([message for speaker, message in lines if speaker is party], done)
        for party in (Party.AGENT, Party.USER)
    }
    record = asyncio.run(play(setting, parties[Party.AGENT], parties[Party.USER])).record
    judged = [check for phase in record.reward.phases for check in phase.checks]
    basis = case.task.phases[0].basis
    return Outcome(record, worlds.made[0], _parts(judged, basis))


def conversation(outcome: Outcome) -> list[JsonValue]:
    """What was recorded, as upstream's messages."""
    return [_upstream(event) for event in outcome.record.events if isinstance(event, MessageEvent | ToolEvent)]


def _upstream(event: MessageEvent | ToolEvent) -> JsonObject:
    who = REQUESTORS[event.party]
    if isinstance(event, ToolEvent):
        result = event.result
        told: JsonObject = {"id": result.call_id, "content": result.content, "error": result.error is not None}
        return {"role": "tool", "requestor": who, **told}
    message = event.message
    text = "###STOP###" if message.stop is not None else message.text or None
    calls: list[JsonValue] = [
        {"id": call.id, "name": call.name, "arguments": call.arguments, "requestor": who} for call in message.tool_calls
    ]
    return {"role": who, "content": text, "tool_calls": calls or None}


def _parts(checks: Sequence[CheckResult], basis: frozenset[CheckKind]) -> dict[str, list[bool]]:
    """The verdicts that upstream gives too: for its reward, and beside it."""
    kinds = {"ENV_ASSERTION": CheckKind.PROBE, "COMMUNICATE": CheckKind.COMMUNICATE}
    found = {
        name: [check.verdict is Verdict.PASSED for check in checks if check.kind is kind]
        for name, kind in {"DB": CheckKind.STATE, "ACTION": CheckKind.ACTION, **kinds}.items()
        if name in kinds or kind in basis
    }
    return {name: verdicts for name, verdicts in found.items() if verdicts}


def _drawn(action: Action) -> Drawn:
    return Drawn(action.party, action.name, action.arguments)


def _lines(case: Case) -> Iterator[tuple[Party, Message]]:
    """What the parties say and call, in order, as the engine will ask them."""
    turn = Party.USER
    if history := case.task.history:
        last = history[-1]
        spoke = not last.message.tool_calls
        turn = Party.AGENT if (last.party is Party.USER) is spoke else Party.USER
    if turn is Party.USER:
        yield Party.USER, Message(text=case.task.phases[0].request or _FILLER)
        turn = Party.AGENT
    for number, action in enumerate(case.actions):
        if action.party is not turn:
            yield turn, Message(text=_FILLER)
            turn = action.party
        call = ToolCall(id=f"action_{number}", name=action.name, arguments=action.arguments)
        yield turn, Message(tool_calls=(call,))
    if turn is Party.USER:
        yield Party.USER, Message(text=_FILLER)
    yield Party.AGENT, Message(text=". ".join(case.said) or _FILLER)
    yield Party.USER, Message(stop=Stop.DONE)


class _Worlds:
    """A template that keeps the worlds it made: the first is the episode's."""

    def __init__(self, template: ServiceTemplate) -> None:
        self._template = template
        self.made: list[World] = []

    def validate(self, task: Task) -> Sequence[str]:
        """See `harness.core.protocols.Template`."""
        return self._template.validate(task)

    async def create(self, task: Task, seed: int) -> Environment:
        """See `harness.core.protocols.Template`."""
        self.made.append(self._template.world(task))
        return self.made[-1]

    def close(self) -> None:
        """See `harness.core.protocols.Template`."""
