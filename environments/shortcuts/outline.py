"""A shortcut as lines that people read: an action a line, indented by its blocks, references by their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

import environments.shortcuts.actions  # noqa: F401  (fills the catalogue)
from environments.shortcuts.coercion import number_text
from environments.shortcuts.program import (
    PREFIX,
    Block,
    BlockKind,
    Body,
    DictionaryNode,
    FilterNode,
    ListNode,
    Literal,
    Node,
    QuantityNode,
    Reference,
    Source,
    Step,
    Text,
)
from environments.shortcuts.registry import ACTIONS, COMMON_PARAMETERS

_LONGEST = 60
_DIVIDERS = {BlockKind.CONDITIONAL: "else", BlockKind.MENU: "case", BlockKind.REPEAT_COUNT: "then",
             BlockKind.REPEAT_EACH: "then"}  # fmt: skip


def outline(body: Body, depth: int = 0) -> Iterator[str]:
    """The lines; an action without a handler is marked with `!`."""
    margin = "  " * depth
    for node in body:
        if isinstance(node, Step):
            yield f"{node.index:>4} {margin}{line_of(node)}"
            continue
        for place, segment in enumerate(node.segments):
            head = line_of(segment.marker) if place == 0 else _divider(node, segment.marker)
            yield f"{segment.marker.index:>4} {margin}{head}"
            yield from outline(segment.body, depth + 1)
        end = f"{node.end.index:>4} {margin}end" if node.end else f"{'':>4} {margin}end (was missing)"
        yield f"{end}{_result(node.end) if node.end else ''}"


def line_of(step: Step) -> str:
    """One action with its parameters and the name of its output."""
    mark = "" if step.identifier in ACTIONS else "! "
    shown = [
        f"{name}={words_of(node)}"
        for name, node in step.parameters.items()
        if name not in COMMON_PARAMETERS and name != "WFMenuItemTitle"
    ]
    return f"{mark}{step.identifier.removeprefix(PREFIX)}({', '.join(shown)}){_result(step)}"


def _divider(block: Block, marker: Step) -> str:
    title = marker.parameters.get("WFMenuItemTitle")
    return f"{_DIVIDERS[block.kind]} {words_of(title)}" if title is not None else _DIVIDERS[block.kind]


def _result(step: Step) -> str:
    name = step.output_name or step.uuid[:8]
    return f" -> {name}" if name else ""


def words_of(node: Node) -> str:
    """A value, short."""
    match node:
        case Text(parts=parts):
            text = "".join(_named(part) if isinstance(part, Reference) else part for part in parts)
            lone = len(parts) == 1 and isinstance(parts[0], Reference)
            return _cut(text) if lone else f'"{_cut(text)}"'
        case Literal(value=value):
            return number_text(value) if isinstance(value, Decimal) else {None: "nothing", True: "yes"}.get(value, "no")
        case ListNode(items=items):
            return _cut(f"[{', '.join(words_of(item) for item in items)}]")
        case DictionaryNode(entries=entries):
            return _cut(f"{{{', '.join(f'{words_of(key)}: {words_of(inner)}' for key, inner in entries)}}}")
        case QuantityNode():
            return f"{'-' if node.negative else ''}{words_of(node.magnitude)} {node.unit}"
        case FilterNode():
            rows = (" and " if node.every else " or ").join(
                f"{row.property} [{row.operator}] {words_of(row.value)}" for row in node.conditions
            )
            return _cut(f"where {rows or 'anything'}")


_SYSTEM: Mapping[Source, str] = {Source.ASK: "Ask Each Time"}


def _named(reference: Reference) -> str:
    name = reference.name or reference.key or _SYSTEM.get(reference.source, reference.source.value)
    steps = "".join(f".{step.name or step.kind.value}" for step in reference.aggrandizements)
    return f"${{{name}{steps}}}"


def _cut(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"
