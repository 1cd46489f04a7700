"""Play a record again: the loop, the environment and the checks are real, the parties repeat what they said.

That makes `bench score` the same code as the run. It shows two things: whether the rewards follow from
the recorded messages alone, and whether the recorded tool results are what the environment returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.core.errors import AgentFault, EpisodeFault, UserFault
from harness.core.event import Event, FaultEvent, MessageEvent
from harness.core.message import Message, Party
from harness.core.protocols import View
from harness.core.record import Record
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


async def rescore(setting: Setting, record: Record) -> Rescored:
    """Play `record` again in `setting` (the same task, limits and seed)."""
    parties = {party: _Recorded(record, party) for party in (Party.AGENT, Party.USER)}
    played = await play(setting, parties[Party.AGENT], parties[Party.USER])
    return Rescored(record, played.record, tuple(_differences(record, played.record)))


class _RecordEnds(EpisodeFault):
    """The record has no further message here; the episode ended for a reason of its own."""

    def __init__(self, termination: Termination, error: str) -> None:
        super().__init__(error)
        self.termination = termination


class _Recorded:
    """A party that says again what the record holds of it."""

    def __init__(self, record: Record, party: Party) -> None:
        own = (event for event in record.events if isinstance(event, MessageEvent) and event.party is party)
        self._messages: list[Message] = [event.message for event in own if not event.given]
        faults = [event for event in record.events if isinstance(event, FaultEvent)]
        self._fault = faults[-1] if faults else None
        self._record = record
        self._party = party

    async def act(self, view: View) -> Message:
        if self._messages:
            return self._messages.pop(0)
        fault = self._fault
        if fault is not None and fault.party is self._party:
            raise (AgentFault if self._party is Party.AGENT else UserFault)(fault.error)
        raise _RecordEnds(self._record.termination, fault.error if fault else "")


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
