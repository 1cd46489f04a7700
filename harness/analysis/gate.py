"""What counts as a loss where a comparison decides over a build."""

from __future__ import annotations

from enum import StrEnum


class Gate(StrEnum):
    """Which end of a difference is held against the budget."""

    SEEN = "seen"
    """The difference itself. Where nothing has changed, chance alone fails half of all builds at a budget of 0."""
    SURE = "sure"
    """The end of its interval nearer to a gain: what fails has lost more than the budget beyond doubt (95 %)."""
    POSSIBLE = "possible"
    """The end nearer to a loss: what passes has lost no more than the budget beyond doubt (non-inferiority)."""
