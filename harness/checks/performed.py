"""What was carried out in a phase: the actions that the environment says, or else the tool calls of both parties.

An environment whose tools run whole programs (shortcuts) tells the single actions by its probe `performed`: a list of
objects with `name`, `arguments`, `place` (equal for repetitions of one line of a program) and `uses` (pairs of a
parameter and the name of what made its value).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import Field

from harness.checks.context import CheckContext
from harness.core.event import MessageEvent, PhaseEvent, ToolEvent
from harness.core.message import Party
from harness.core.parsing import JsonObject, Model, parse
from harness.core.protocols import Environment

Edge: TypeAlias = tuple[str, str, str]
"""What made a value, the action that used it, and the parameter."""


class Performed(Model):
    """Something that was carried out."""

    name: str
    arguments: JsonObject = Field(default_factory=dict)
    place: tuple[int, ...] = ()
    uses: tuple[tuple[str, str], ...] = ()


class _Told(Model):
    performed: tuple[Performed, ...]


async def performed(context: CheckContext) -> list[Performed]:
    """What was carried out in the phase that is judged."""
    told = await told_by(context.environment)
    return _calls(context) if told is None else told


async def told_by(world: Environment) -> list[Performed] | None:
    """What a world says was carried out in its phase; `None` where it doesn't tell."""
    try:
        found = await world.probe(Party.AGENT, "performed", {})
    except (LookupError, ValueError):
        return None
    return list(parse(_Told, {"performed": found}, where="the probe `performed`").performed)


def _calls(context: CheckContext) -> list[Performed]:
    """Tool calls that succeeded since the last phase ended."""
    calls: list[Performed] = []
    arguments: dict[str, JsonObject] = {}
    for event in context.events:
        match event:
            case PhaseEvent(final=True):
                calls = []
            case MessageEvent():
                arguments |= {call.id: call.arguments for call in event.message.tool_calls}
            case ToolEvent() if event.result.error is None:
                given = arguments.get(event.result.call_id, {})
                calls.append(Performed(name=event.name, arguments=given, place=(len(calls),)))
    return calls


def edges(actions: Sequence[Performed]) -> Counter[Edge]:
    """The references between actions; a line of a program counts once, however often it was carried out."""
    lines: dict[tuple[tuple[int, ...], str], dict[tuple[str, str], None]] = {}
    for action in actions:
        lines.setdefault((action.place, action.name), {}).update(dict.fromkeys(action.uses))
    return Counter((maker, name, parameter) for (_, name), uses in lines.items() for parameter, maker in uses)


def lines_of(actions: Sequence[Performed]) -> list[str]:
    """The names of the lines that were carried out, in the order of their first time."""
    return [name for _, name in dict.fromkeys((action.place, action.name) for action in actions)]


@dataclass(frozen=True, slots=True)
class Overlap:
    """How much of what was wanted is there, and how much else is."""

    common: int
    wanted: int
    given: int

    @property
    def f1(self) -> float:
        """The harmonic mean of the shares of both; 1 where there is nothing on either side."""
        return 2 * self.common / (self.wanted + self.given) if self.wanted + self.given else 1.0


def overlap(wanted: Counter[Edge], given: Counter[Edge]) -> Overlap:
    """Of two multisets."""
    return Overlap((wanted & given).total(), wanted.total(), given.total())


def common_length(one: Sequence[str], other: Sequence[str]) -> int:
    """The length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for name in one:
        before = row
        row = [0]
        for place, second in enumerate(other):
            row.append(before[place] + 1 if name == second else max(row[-1], before[place + 1]))
    return row[-1]
