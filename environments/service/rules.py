"""Upstream τ²'s defects by name, and the two sets of rules that a service pack can be played by.

Published scores were earned with the defects, so `upstream` has them all and is the default. `corrected`
has none. The choice is an option of the pack or of a suite's selection, and part of the suite's hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from harness.core.errors import unknown_name


class Quirk(StrEnum):
    """What upstream does though it can't be meant; each value says so in a word or two."""

    # Every domain.
    UNCHECKED_ARGUMENTS = "unchecked_arguments"
    """Arguments are neither validated nor coerced: a wrong enum value is stored, a wrong type is whatever
    Python makes of it, and the error text is Python's."""


@dataclass(frozen=True, slots=True)
class Rules:
    """By which of upstream's quirks a world is played."""

    name: str
    quirks: frozenset[Quirk]

    def has(self, quirk: Quirk) -> bool:
        """Whether upstream's defect is in force."""
        return quirk in self.quirks


UPSTREAM = Rules("upstream", frozenset(Quirk))
CORRECTED = Rules("corrected", frozenset())
RULES = {rules.name: rules for rules in (UPSTREAM, CORRECTED)}


def rules_named(name: str) -> Rules:
    """The rules with this name.

    Raises:
        InputError: there are none.
    """
    if name not in RULES:
        raise unknown_name("rules", name, RULES)
    return RULES[name]
