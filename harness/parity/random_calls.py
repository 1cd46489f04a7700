"""Seeded random calls: about two thirds plausible in the world's present state, the rest spoilt in one way.

Plausible ones come from a domain's `Draws`, which look at the live state, so that writes often succeed. A call
is spoilt in its tool's name, its arguments' names, or at one place within its arguments.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from random import Random
from typing import Protocol

from pydantic import JsonValue

from environments.service.world import World
from harness.core.message import Party, copied
from harness.core.parsing import JsonObject
from harness.parity.ours import SIDES, call

SPOILT = 0.35
"""Share of the calls that are made invalid on purpose."""
_SPOILT_BUTTONS = 0.1
"""The same for calls without arguments, of which only a name can be wrong."""
_REMEMBERED = 60
_ODD: tuple[JsonValue, ...] = (
    None, True, False, 0, 1, -1, -3, 2.5, 10**12, 10**20, "", " ", "x", "7", "None", "ünïcode ✈", "a" * 300,
    [], [1], ["x"], [None], [[1]], {}, {"a": 1}, {"x": None},
)  # fmt: skip
"""What an argument may be instead of what it should be."""

_STRANGE = (*("note", "customerId", "ids", "id_", "Reason") * 3, "self", "tool_name", "requestor")
"""Names of arguments that no tool has; the last are such as upstream's own dispatch has."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A call to be made on both sides."""

    party: Party
    name: str
    arguments: JsonObject


class Live:
    """A world as those see it who make up calls for it."""

    def __init__(self, world: World, start: JsonObject, rng: Random) -> None:
        self._world = world
        self.start = start
        """The agent's database as it was loaded; nobody changes it."""
        self.rng = rng

    def look(self, tool: str, **arguments: JsonValue) -> JsonObject:
        """What a reading tool of the agent returns now; empty where it fails."""
        text, failed = call(self._world, Party.AGENT, tool, arguments)
        found = {} if failed else json.loads(text)
        return found if isinstance(found, dict) else {}


class Draws(Protocol):
    """A domain's plausible arguments."""

    def __call__(self, live: Live, party: Party, tool: str) -> JsonObject | None:
        """Arguments for a tool; `None` where the domain doesn't know it."""
        ...


_DRAWS = {name: f"harness.parity.draws_{name}" for name in ("mock", "airline", "retail", "telecom")}


def draws_of(domain: str) -> Draws:
    """The plausible arguments of a domain."""
    found: Draws = import_module(_DRAWS[domain]).draw
    return found


class RandomCalls:
    """An endless row of calls for one world."""

    def __init__(self, live: Live, draws: Draws, tools: dict[str, dict[str, tuple[str, ...]]]) -> None:
        self._live = live
        self._draws = draws
        self._tools = {SIDES[side]: names for side, names in tools.items() if names}
        self._spoiler = Spoiler(live.rng)

    def next(self) -> Drawn:
        """The next call, made for the world's present state."""
        rng = self._live.rng
        party = rng.choice(sorted(self._tools))
        name = rng.choice(sorted(self._tools[party]))
        arguments = self._plausible(party, name)
        self._spoiler.remember(arguments)
        drawn = Drawn(party, name, arguments)
        share = SPOILT if arguments else _SPOILT_BUTTONS
        return self._spoiler.spoil(drawn) if rng.random() < share else drawn

    def _plausible(self, party: Party, name: str) -> JsonObject:
        try:
            found = self._draws(self._live, party, name)
        except (TypeError, ValueError, LookupError):
            # A spoilt call may have stored what nobody expects there: neither rules nor schema keep it out.
            found = None
        return dict.fromkeys(self._tools[party][name], "x") if found is None else found


class Spoiler:
    """Makes calls invalid, or at least other than they were meant."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._pool: deque[str] = deque(maxlen=_REMEMBERED)
        """Texts that calls had: an id of somebody else is the likeliest mistake."""

    def remember(self, arguments: JsonObject) -> None:
        """Let the texts of these arguments turn up elsewhere."""
        for place in _places(arguments):
            value = _at(arguments, place)
            if isinstance(value, str):
                self._pool.append(value)

    def spoil(self, drawn: Drawn) -> Drawn:
        """The call with one thing wrong."""
        arguments = copied(drawn.arguments)
        kind = self._rng.random()
        if kind < 0.06:
            name = self._rng.choice([f"{drawn.name}s", drawn.name.upper(), "get_user", "", "db"])
            return Drawn(drawn.party, name, arguments)
        if kind < 0.18 or not arguments:
            arguments[self._rng.choice(_STRANGE)] = self._rng.choice(["x", 1, None])
        elif kind < 0.30:
            del arguments[self._rng.choice(sorted(arguments))]
        else:
            place = self._rng.choice(_places(arguments))
            _put(arguments, place, self._instead(_at(arguments, place)))
        return Drawn(drawn.party, drawn.name, arguments)

    def _instead(self, value: JsonValue) -> JsonValue:
        rng = self._rng
        changes: list[Callable[[], JsonValue]] = [lambda: rng.choice(_ODD)]
        match value:
            case bool() | None:
                pass
            case str():
                changes += [lambda: rng.choice(sorted(self._pool) or ["x"]), lambda: _misspelt(value, rng)]
            case int() | float():
                changes += [lambda: -value, lambda: value + 1, lambda: value * 1000, lambda: str(value), lambda: 0]
            case list():
                changes += [list, lambda: [*value, *value[:1]], lambda: value[::-1], lambda: value[1:]]
            case dict():
                changes += [lambda: dict(list(value.items())[1:]), lambda: {**value, "note": "x"}]
        return rng.choice(changes)()


def _misspelt(text: str, rng: Random) -> str:
    if not text:
        return "_"
    at = rng.randrange(len(text))
    return rng.choice([text[:at] + "0" + text[at + 1 :], text.lower(), text.upper(), f"{text} ", text[:-1], f"#{text}"])


Place = tuple[str | int, ...]


def _places(value: JsonValue, before: Place = ()) -> list[Place]:
    """The paths of everything inside a value, outer ones first."""
    found: list[Place] = [before] if before else []
    inner: Sequence[tuple[str | int, JsonValue]] = ()
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    for key, one in inner:
        found += _places(one, (*before, key))
    return found


def _at(value: JsonValue, place: Place) -> JsonValue:
    for key in place:
        value = value[key]  # type: ignore[index]
    return value


def _put(value: JsonValue, place: Place, new: JsonValue) -> None:
    holder = _at(value, place[:-1])
    holder[place[-1]] = new  # type: ignore[index]
