"""How an episode is played: freely; in BIRD-INTERACT's two settings; on the phone by actions, by whole shortcuts or by
one predicted action after another; or with more help (τ²'s ablations, which tell failing to plan from failing to
communicate).
"""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """What an episode is played with."""

    DEFAULT = "default"
    """A user in the other seat, all tools, and no plan."""
    NO_USER = "no-user"
    """Solo: the agent holds the user's tools too and reads the task from a ticket."""
    ORACLE_PLAN = "oracle-plan"
    """The agent is shown the calls of the reference solution."""
    NO_USER_ORACLE_PLAN = "no-user+oracle-plan"
    C_INTERACT = "c-interact"
    """Conversational: a few questions to the user, then SQL and one second try (BIRD-INTERACT's c-Interact)."""
    A_INTERACT = "a-interact"
    """Agentic: all tools, each at its price, out of one budget (BIRD-INTERACT's a-Interact)."""

    LIVE = "live"
    """On the simulated phone: each action runs at once and returns its output. What `default` plays there, too."""
    AUTHOR = "author"
    """On the simulated phone: the agent hands in whole shortcuts, and each attempt undoes the one before it."""
    STATIC = "static"
    """The reference's actions are asked for one by one, each after the right ones before it (ShortcutsBench)."""

    @property
    def solo(self) -> bool:
        """Whether the user's seat is empty."""
        return self in (Mode.NO_USER, Mode.NO_USER_ORACLE_PLAN)

    @property
    def plan(self) -> bool:
        """Whether the agent is shown the reference's calls."""
        return self in (Mode.ORACLE_PLAN, Mode.NO_USER_ORACLE_PLAN)

    @property
    def interact(self) -> bool:
        """Whether it is one of BIRD-INTERACT's settings, which only SQL tasks can be played in."""
        return self in (Mode.C_INTERACT, Mode.A_INTERACT)

    @property
    def shortcuts(self) -> bool:
        """Whether only shortcuts packs can be played in it."""
        return self in (Mode.LIVE, Mode.AUTHOR, Mode.STATIC)
