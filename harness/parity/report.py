"""What a comparison of two sides found: counts, names of what only one side has, and every difference."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from pydantic import JsonValue

from harness.core.parsing import JsonObject


class Kind(StrEnum):
    """In what two sides can differ."""

    RESULT = "result"
    STATE = "state"
    REWARD = "reward"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that isn't the same on both sides."""

    kind: Kind
    where: str
    """A task and how it was played, or the number of a random sequence."""
    what: str
    """The call by number and name, the path in the state, or the part of the reward."""
    ours: JsonValue
    theirs: JsonValue
    call: JsonObject | None = None
    """The call whose results differ: party, name, arguments."""


@dataclass(slots=True)
class DomainReport:
    """The comparison of one domain."""

    domain: str
    tasks: int = 0
    calls: int = 0
    """Calls whose results were compared."""
    states: int = 0
    """States compared; a side counts as one."""
    rewards: int = 0
    """Conversations whose reward, with its parts, was compared."""
    only_ours: list[str] = field(default_factory=list)
    only_theirs: list[str] = field(default_factory=list)
    normalised: list[str] = field(default_factory=list)
    """What was taken out of the comparison, each with its reason."""
    differences: list[Difference] = field(default_factory=list)

    def count(self, kind: Kind) -> int:
        """How many differences of this kind there are; a conversation's reward counts once."""
        found = [difference for difference in self.differences if difference.kind is kind]
        return len({difference.where for difference in found}) if kind is Kind.REWARD else len(found)

    def as_json(self) -> JsonObject:
        """For programs."""
        counts: JsonObject = {f"{kind}_differences": self.count(kind) for kind in Kind}
        whole: JsonObject = json.loads(json.dumps(asdict(self)))
        return {**whole, **counts}


def first_difference(ours: JsonValue, theirs: JsonValue, path: str = "") -> tuple[str, JsonValue, JsonValue] | None:
    """The path at which two JSON values begin to differ, and both values there; `None` where they are equal.

    1, 1.0 and true are three values, and a missing key is shown as the text `(absent)`.
    """
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            place = f"{path}.{key}" if path else key
            if key not in ours or key not in theirs:
                return place, ours.get(key, "(absent)"), theirs.get(key, "(absent)")
            if (found := first_difference(ours[key], theirs[key], place)) is not None:
                return found
        return None
    if isinstance(ours, list) and isinstance(theirs, list):
        for number, (one, other) in enumerate(zip(ours, theirs, strict=False)):
            if (found := first_difference(one, other, f"{path}[{number}]")) is not None:
                return found
        return None if len(ours) == len(theirs) else (f"{path}: length", len(ours), len(theirs))
    return None if json.dumps(ours) == json.dumps(theirs) else (path, ours, theirs)
