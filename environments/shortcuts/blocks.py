"""The tree that a shortcut's flat control-flow markers make.

Real shortcuts hold stray ends and blocks that are never closed. Both are repaired and reported, never
refused: a stray marker is left out, an open block is closed where the block around it ends. The work is
done without recursion, so no list of actions can exhaust the stack; blocks deeper than `MAX_NESTING` are
an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from environments.shortcuts.program import CONTROL_FLOW, Block, BlockKind, Body, Program, Segment, Step

MAX_NESTING = 64
"""Levels of blocks; the deepest of 544 public shortcuts has 38."""


class TooDeep(Exception):
    """Blocks are nested beyond the limit; `index` is the action that opens the one too many."""

    def __init__(self, index: int) -> None:
        super().__init__(f"blocks may be nested {MAX_NESTING} levels deep, no more")
        self.index = index


@dataclass(slots=True)
class _Open:
    """A block whose end hasn't come yet."""

    kind: BlockKind
    group: str
    marker: Step
    segments: list[Segment] = field(default_factory=list)
    body: list[Step | Block] = field(default_factory=list)

    def part(self, marker: Step) -> None:
        self.segments.append(Segment(self.marker, tuple(self.body)))
        self.marker = marker
        self.body = []

    def closed(self, end: Step | None) -> Block:
        segments = (*self.segments, Segment(self.marker, tuple(self.body)))
        return Block(self.kind, segments, end)


def build(steps: Iterable[Step], repairs: Iterable[str] = ()) -> Program:
    """The program that these steps make.

    Raises:
        TooDeep: blocks are nested beyond `MAX_NESTING`.
    """
    top: list[Step | Block] = []
    opened: list[_Open] = []
    reports = list(repairs)

    def close_last(end: Step | None) -> None:
        block = opened.pop().closed(end)
        (opened[-1].body if opened else top).append(block)

    for step in steps:
        if step.identifier not in CONTROL_FLOW:
            (opened[-1].body if opened else top).append(step)
        elif step.mode == 0:
            if len(opened) >= MAX_NESTING:
                raise TooDeep(step.index)
            opened.append(_Open(BlockKind(step.identifier), step.group, step))
        else:
            depth = _owner(opened, step)
            if depth is None:
                reports.append(f"action {step.index}: a stray marker of {step.identifier} was left out")
                continue
            while len(opened) > depth + 1:
                reports.append(_unclosed(opened[-1]))
                close_last(None)
            if step.mode == 1:
                opened[-1].part(step)
            else:
                close_last(step)
    while opened:
        reports.append(_unclosed(opened[-1]))
        close_last(None)
    return Program(tuple(top), tuple(reports))


def _owner(opened: list[_Open], marker: Step) -> int | None:
    """The position of the open block that a marker belongs to, innermost first."""
    for depth in range(len(opened) - 1, -1, -1):
        if opened[depth].kind == marker.identifier and opened[depth].group == marker.group:
            return depth
    return None


def _unclosed(block: _Open) -> str:
    begin = block.segments[0].marker if block.segments else block.marker
    return f"action {begin.index}: the block of {begin.identifier} is never closed; it was closed for you"


def steps_of(body: Body) -> Iterable[Step]:
    """Every plain step of a program, inside blocks too, in order."""
    waiting: list[Step | Block] = list(reversed(body))
    while waiting:
        node = waiting.pop()
        if isinstance(node, Step):
            yield node
        else:
            for segment in reversed(node.segments):
                waiting.extend(reversed(segment.body))
