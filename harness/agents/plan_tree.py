"""A tree of goals, of which one is at hand: what the agent `plan` remembers.

Each goal keeps what was said and done while it was at hand. When it is closed or split, that is forgotten, but for the
sentences that the model writes down; so what a prompt holds grows with the depth of the tree, not with the episode.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from harness.models.client import ChatMessage

DEEPEST = 5
MOST_PARTS = 10
_LONGEST_GOAL = 500
_LONGEST_NOTE = 4000
_INDENT = "  "


@dataclass(slots=True, eq=False)
class Goal:
    """Something to reach."""

    text: str
    parent: Goal | None = None
    parts: list[Goal] = field(default_factory=list)
    known: str = ""
    """What was found out before it was split."""
    result: str | None = None
    """What came of it; `None` while it is open."""
    log: list[ChatMessage] = field(default_factory=list)
    """What was said and done while it was at hand."""

    @property
    def depth(self) -> int:
        """0 for the whole task."""
        return 0 if self.parent is None else self.parent.depth + 1


class PlanError(Exception):
    """The plan can't be changed so; the message tells the model why."""


class Tree:
    """The goals of one episode."""

    def __init__(self) -> None:
        self.root = Goal("")
        self.at_hand = self.root

    def ask(self, request: str) -> None:
        """The user asks for something: the whole task, or a further part of it."""
        self.root.text = "\n".join(part for part in (self.root.text, request.strip()) if part)

    def split(self, goals: Sequence[str], known: str) -> None:
        """Split the goal at hand; the first part is at hand now.

        Raises:
            PlanError: there are no parts, or too many, or the tree is too deep.
        """
        texts = [text.strip()[:_LONGEST_GOAL] for text in goals if text.strip()]
        if not texts or len(texts) > MOST_PARTS:
            raise PlanError(f"give 1 to {MOST_PARTS} subgoals, each a text")
        if self.at_hand.depth >= DEEPEST:
            raise PlanError("the plan is deep enough: act, or close the goal")
        goal = self.at_hand
        goal.known = "\n".join(part for part in (goal.known, known.strip()[:_LONGEST_NOTE]) if part)
        goal.log = []
        parts = [Goal(text, parent=goal) for text in texts]
        goal.parts += parts
        self.at_hand = parts[0]

    def finish(self, result: str) -> None:
        """Close the goal at hand; the next of its siblings is at hand, or after the last their parent.

        Raises:
            PlanError: it is the whole task, which only the end of the conversation closes.
        """
        goal = self.at_hand
        if goal.parent is None:
            raise PlanError("the whole task is not closed by this: stop when everything is done")
        goal.result = result.strip()[:_LONGEST_NOTE] or "done"
        goal.log, goal.parts = [], []
        self.at_hand = next((part for part in goal.parent.parts if part.result is None), goal.parent)

    def path(self) -> list[Goal]:
        """From the whole task to the goal at hand."""
        goals = [self.at_hand]
        while (parent := goals[0].parent) is not None:
            goals.insert(0, parent)
        return goals

    def __str__(self) -> str:
        """The path as an outline: what is known, what is done and came of it, what is at hand, and what comes later."""
        return "\n".join(self._lines(self.root, self.path()))

    def _lines(self, goal: Goal, path: Sequence[Goal]) -> Iterator[str]:
        indent = _INDENT * goal.depth
        yield f"{indent}{'GOAL AT HAND' if goal is self.at_hand else 'Goal'}: {_flat(goal.text, indent)}"
        if goal.known:
            yield f"{indent}{_INDENT}known: {_flat(goal.known, indent)}"
        for part in goal.parts:
            if part in path:
                yield from self._lines(part, path)
            elif part.result is not None:
                yield f"{indent}{_INDENT}{_flat(f'done: {part.text} → {part.result}', indent)}"
            else:
                yield f"{indent}{_INDENT}{_flat(f'later: {part.text}', indent)}"


def _flat(text: str, indent: str) -> str:
    return text.replace("\n", f"\n{indent}{_INDENT}{_INDENT}")
