"""How long a shortcut is along its longest path, and where on it each action stands.

Upstream's rules: a plain action counts 1, a comment or an alert nothing, a block as much as its longest segment
between two of its markers, a loop's body once. A begin whose group has no later marker in its segment, and an end that
no begin claims, count nothing. Any action with a block's group counts as its marker, whatever its identifier.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from environments.shortcuts.published.actions import CONTROL, FILTERED, GROUP, MODE, Action, Underivable

Span = tuple[int, int]
"""The actions from the first index up to the second, which isn't part of it."""
_END = 2


@dataclass(frozen=True, slots=True)
class Block:
    """A block by the indices of its markers, two or more."""

    markers: tuple[int, ...]

    @property
    def segments(self) -> tuple[Span, ...]:
        """What lies between the markers."""
        return tuple((left + 1, right) for left, right in zip(self.markers[:-1], self.markers[1:], strict=True))


def split(actions: Sequence[Action], span: Span) -> list[int | Block]:
    """What a segment consists of: plain actions by index, and blocks; what counts nothing for want of a partner is
    left out.

    Raises:
        Underivable: a marker lacks its group or its mode.
    """
    found: list[int | Block] = []
    index, end = span
    while index < end:
        if actions[index].identifier not in CONTROL:
            found.append(index)
        elif _mode(actions[index]) != _END and len(markers := _markers(actions, index, end)) > 1:
            found.append(Block(markers))
            index = markers[-1]
        index += 1
    return found


def _all_segments(block: Block) -> tuple[Span, ...]:
    return block.segments


def spans(
    actions: Sequence[Action], inside: Callable[[Block], Sequence[Span]] = _all_segments
) -> dict[Span, list[int | Block]]:
    """The whole shortcut and every segment in it, each before those inside it. Any depth is fine.

    Args:
        actions: All of them.
        inside: Which of a block's segments are looked into.
    """
    found: dict[Span, list[int | Block]] = {}
    waiting: list[Span] = [(0, len(actions))]
    while waiting:
        span = waiting.pop()
        found[span] = split(actions, span)
        waiting += [segment for part in found[span] if isinstance(part, Block) for segment in inside(part)]
    return found


def lengths(actions: Sequence[Action]) -> dict[Span, int]:
    """The length of the whole and of every segment."""
    found: dict[Span, int] = {}
    for span, parts in reversed(spans(actions).items()):
        found[span] = sum(_length(actions, part, found) for part in parts)
    return found


def length(actions: Sequence[Action]) -> int:
    """The length of a shortcut."""
    return lengths(actions)[0, len(actions)]


def positions(actions: Sequence[Action]) -> list[int | None]:
    """The 1-based place of each action along the longest path; `None` inside blocks and for what counts nothing."""
    whole = (0, len(actions))
    measured = lengths(actions)
    found: list[int | None] = [None] * len(actions)
    passed = 0
    for part in split(actions, whole):
        counted = _length(actions, part, measured)
        if isinstance(part, Block):
            found[part.markers[0]] = passed + 1
        elif counted:
            found[part] = passed + 1
        passed += counted
    return found


def _length(actions: Sequence[Action], part: int | Block, measured: Mapping[Span, int]) -> int:
    if isinstance(part, Block):
        return max(measured[segment] for segment in part.segments)
    return int(actions[part].identifier not in FILTERED)


def _markers(actions: Sequence[Action], begin: int, end: int) -> tuple[int, ...]:
    group = actions[begin].parameters[GROUP]
    found = [begin]
    for index in range(begin + 1, end):
        parameters = actions[index].parameters
        if GROUP in parameters and parameters[GROUP] == group:
            found.append(index)
            if _mode(actions[index]) == _END:
                break
    return tuple(found)


def _mode(action: Action) -> object:
    for name in (GROUP, MODE):
        if name not in action.parameters:
            raise Underivable(f"a marker of {action.identifier} lacks {name}")
    return action.parameters[MODE]
