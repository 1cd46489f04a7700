"""Upstream's four metrics over scored steps (`compat`).

All are micro-averages, in total and by level. Only selection looks at every step: the other three count parameters of
steps whose API was chosen right, so that their denominators differ from model to model. `full` mends that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from environments.shortcuts.published.equality import (
    Mismatch,
    ReferenceClass,
    primitives_equal,
    reference_class,
    reference_mismatch,
)
from environments.shortcuts.published.logs import Step

CATEGORIES = (
    "Productivity & Utilities",
    "Health & Fitness",
    "Entertainment & Media",
    "Lifestyle & Social",
    "Education & Reference",
    "Business & Finance",
    "Development & API",
    "Home & Smart Devices",
)
"""In the order of upstream's tables; other labels count in the total only."""
LEVELS = 4
ESSENTIAL = "Essential parameter"
SYSTEM = tuple(kind for kind in ReferenceClass if kind > ReferenceClass.ACTION_OUTPUT)
"""What the need for input is measured by."""
_CANDIDATES = (5, 10, 15, 20)
_BINS = len(_CANDIDATES) + 1

Tags = Mapping[str, JsonValue]
"""By shortcut, by action index, by parameter: what a model said of its being essential."""


@dataclass(slots=True)
class Tally:
    """So many right of so many."""

    correct: int = 0
    total: int = 0

    def count(self, right: bool) -> None:
        """One more."""
        self.correct += right
        self.total += 1

    @property
    def share(self) -> float | None:
        """Right ones of all; `None` of none."""
        return self.correct / self.total if self.total else None


def _tallies(number: int) -> list[Tally]:
    return [Tally() for _ in range(number)]


@dataclass(slots=True)
class Levelled:
    """A tally in total and for each level; what is too long for any counts in total only."""

    overall: Tally = field(default_factory=Tally)
    by_level: list[Tally] = field(default_factory=lambda: _tallies(LEVELS))

    def count(self, level: int | None, right: bool) -> None:
        """One more."""
        self.overall.count(right)
        if level is not None:
            self.by_level[level].count(right)


@dataclass(slots=True)
class Selection:
    """Whether the right API was chosen, and by what the errors go."""

    result: Levelled = field(default_factory=Levelled)
    by_category: list[Tally] = field(default_factory=lambda: _tallies(len(CATEGORIES)))
    by_position: list[dict[int, Tally]] = field(default_factory=lambda: [{} for _ in range(LEVELS)])
    """By level, by place along the longest path."""
    by_candidates: list[Tally] = field(default_factory=lambda: _tallies(_BINS))
    """By how many APIs were offered: up to 5, 10, 15, 20, more."""
    invented: list[int] = field(default_factory=lambda: [0] * _BINS)
    """Wrong choices that weren't offered."""
    places: list[float] = field(default_factory=lambda: [0.0] * _BINS)
    """Of wrong choices that were offered: their places in the list, as shares of its length, added up."""


def selection(steps: Iterable[Step], categories: Mapping[str, str]) -> Selection:
    """Upstream's first metric.

    Args:
        steps: Scored steps; a position preference is read off the order of `offered`, which isn't the order in which
            they were shown (upstream's slip).
        categories: Each shortcut's category.
    """
    found = Selection()
    for step in steps:
        found.result.count(step.level, step.selected)
        if step.level is not None and step.position is not None:
            found.by_position[step.level].setdefault(step.position, Tally()).count(step.selected)
        if (category := categories.get(step.url)) in CATEGORIES:
            found.by_category[CATEGORIES.index(category)].count(step.selected)
        size = len(step.offered)
        bin_ = next((place for place, most in enumerate(_CANDIDATES) if size <= most), len(_CANDIDATES))
        found.by_candidates[bin_].count(step.selected)
        if step.selected:
            continue
        if step.identifier in step.offered:
            found.places[bin_] += step.offered.index(step.identifier) / size
        else:
            found.invented[bin_] += 1
    return found


def primitive_filling(steps: Iterable[Step], tags: Tags) -> Levelled:
    """Upstream's second metric: essential primitive parameters that hold the gold value."""
    found = Levelled()
    for step in steps:
        if step.selected:
            for name, value in step.gold.parameters.items():
                if essential(tags, step.url, step.index, name):
                    given = step.parameters or {}
                    found.count(step.level, name in given and primitives_equal(value, given[name]))
    return found


@dataclass(slots=True)
class Outputs:
    """References to earlier outputs, and by level why those that are wrong are."""

    result: Levelled = field(default_factory=Levelled)
    missing: list[int] = field(default_factory=lambda: [0] * LEVELS)
    mismatches: dict[Mismatch, list[int]] = field(default_factory=lambda: {kind: [0] * LEVELS for kind in Mismatch})


def output_filling(steps: Iterable[Step]) -> Outputs:
    """Upstream's third metric: parameters that are an earlier output, filled with that output."""
    found = Outputs()
    for step in steps:
        for name, value in step.gold.parameters.items() if step.selected else ():
            if reference_class(value) is not ReferenceClass.ACTION_OUTPUT:
                continue
            given = step.parameters or {}
            wrong = reference_mismatch(value, given[name]) if name in given else None
            found.result.count(step.level, name in given and wrong is None)
            if step.level is not None:
                if name not in given:
                    found.missing[step.level] += 1
                elif wrong is not None:
                    found.mismatches[wrong][step.level] += 1
    return found


@dataclass(slots=True)
class Inputs:
    """References to what the system or the user gives."""

    result: Levelled = field(default_factory=Levelled)
    by_class: dict[ReferenceClass, Tally] = field(default_factory=lambda: {kind: Tally() for kind in SYSTEM})


def input_recognition(steps: Iterable[Step]) -> Inputs:
    """Upstream's fourth metric: parameters that need input from outside, recognised as such."""
    found = Inputs()
    for step in steps:
        for name, value in step.gold.parameters.items() if step.selected else ():
            if (kind := reference_class(value)) in SYSTEM:
                given = step.parameters or {}
                right = name in given and reference_mismatch(value, given[name]) is None
                found.result.count(step.level, right)
                found.by_class[kind].count(right)
    return found


def essential(tags: Tags, url: str, index: int, name: str) -> bool:
    """Whether a parameter was tagged as essential, in exactly upstream's words."""
    found: JsonValue = tags.get(url)
    for key in (str(index), name, name):
        found = found.get(key) if isinstance(found, dict) else None
    return found == ESSENTIAL
