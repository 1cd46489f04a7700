"""Play a record again: the loop, the environment and the checks are real, the parties repeat what they said.

That makes `bench score` the same code as the run. It shows two things: whether the rewards follow from
the recorded messages alone, and whether the recorded tool results are what the environment returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.core.errors import AgentFault, EpisodeFault, UserFault
from harness.core.event import Event, FaultEvent, MessageEvent, PhaseEvent
from harness.core.message import Message, Party
from harness.core.protocols import Simulator, View
from harness.core.record import Record
from harness.core.task import HistoryEntry
from harness.core.termination import Termination
from harness.engine.episode import play
from harness.engine.setting import Setting


@dataclass(frozen=True, slots=True)
class Rescored:
    """A record beside what came of playing it again."""

    recorded: Record
    replayed: Record
    differences: tuple[str, ...]
    """A line each; empty where reward, termination, events and final states are equal."""

    @property
    def parted(self) -> Event | None:
        """The first recorded event that did not happen again; `None`: all did."""
        pairs = zip(_spoken(self.recorded.events), _spoken(self.replayed.events), strict=False)
        return next((mine for mine, theirs in pairs if mine != theirs), None)


async def rescore(setting: Setting, record: Record, user: Simulator | None = None) -> Rescored:
    """Play `record` again in `setting` (the same task, limits and seed).

    Args:
        user: Plays the user anew; `None`: the recorded user repeats itself.
    """
    played = await play(setting, _recorded(record, Party.AGENT), user or _recorded(record, Party.USER))
    return Rescored(record, played.record, tuple(_differences(record, played.record)))


def dialogue(record: Record) -> tuple[HistoryEntry, ...]:
    """What user and agent said to each other up to the first submission: the request, questions and answers.

    It begins and ends with the user; a question that was never answered is no part of it. Given to another agent as
    its history (`Setting.of(graft=...)`), it is also what a record of that agent gives again.
    """
    entries: list[HistoryEntry] = []
    for event in record.events:
        if isinstance(event, PhaseEvent):
            break
        if not isinstance(event, MessageEvent) or Party.ENVIRONMENT in (event.party, event.to):
            continue
        plain = event.message.model_copy(update={"stop": None, "raw": None, "usage": None})
        if plain.text.strip() and (entries or event.party is Party.USER):
            entries.append(HistoryEntry(party=event.party, message=plain))
    while entries and entries[-1].party is Party.AGENT:
        entries.pop()
    return tuple(entries)


_FROM_OUTSIDE = {
    Party.AGENT: {Termination.TIMEOUT, Termination.CONTEXT_WINDOW_EXCEEDED, Termination.AGENT_ERROR},
    Party.USER: {Termination.TIMEOUT, Termination.CONTEXT_WINDOW_EXCEEDED, Termination.USER_ERROR},
}
"""Ends that no rule of the loop brings about, where it is that party's turn. Any other must come about again."""


class RecordEnds(EpisodeFault):
    """There is no further message here; the episode ended for a reason of its own."""

    def __init__(self, termination: Termination, error: str) -> None:
        super().__init__(error)
        self.termination = termination


class Repeats:
    """A party that says again what it once said, and then ends the episode as it once ended."""

    def __init__(self, messages: Sequence[Message], end: EpisodeFault) -> None:
        self._messages = list(messages)
        self._end = end

    async def act(self, view: View) -> Message:
        """The next message; raises the end after the last."""
        if self._messages:
            return self._messages.pop(0)
        raise self._end


def _recorded(record: Record, party: Party) -> Repeats:
    own = (event for event in record.events if isinstance(event, MessageEvent) and event.party is party)
    faults = [event for event in record.events if isinstance(event, FaultEvent)]
    fault = faults[-1] if faults else None
    if fault is not None and fault.party is party:
        end: EpisodeFault = (AgentFault if party is Party.AGENT else UserFault)(fault.error)
    else:
        came = record.termination if record.termination in _FROM_OUTSIDE[party] else Termination.INFRA_ERROR
        end = RecordEnds(came, _said(fault))
    return Repeats([event.message for event in own if not event.given], end)


def _said(fault: FaultEvent | None) -> str:
    return fault.error if fault else "there is no further message"


def _differences(recorded: Record, replayed: Record) -> list[str]:
    found = []
    if recorded.reward.value != replayed.reward.value:
        found.append(f"reward: recorded {recorded.reward.value}, recomputed {replayed.reward.value}")
    if recorded.termination != replayed.termination:
        found.append(f"termination: recorded {recorded.termination}, recomputed {replayed.termination}")
    mine, theirs = _spoken(recorded.events), _spoken(replayed.events)
    for number, (one, other) in enumerate(zip(mine, theirs, strict=False)):
        if one != other:
            found.append(f"event {number} ({one.type}): the record is not what the environment does now")
            break
    else:
        if len(mine) != len(theirs):
            found.append(f"events: recorded {len(mine)}, recomputed {len(theirs)}")
    found += [
        f"{count}: recorded {getattr(recorded, count)}, recomputed {getattr(replayed, count)}"
        for count in ("turns", "tool_calls", "usage")
        if getattr(recorded, count) != getattr(replayed, count)
    ]
    if not found and recorded.fingerprints != replayed.fingerprints:
        found.append("final state: the fingerprints differ")
    if not found and recorded.reward != replayed.reward:
        found.append("checks: same reward, different verdicts")
    return found


def _spoken(events: Sequence[Event]) -> list[Event]:
    """All events but faults: why a party broke is not repeatable."""
    return [event for event in events if not isinstance(event, FaultEvent)]
