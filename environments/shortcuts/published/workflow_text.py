"""A whole shortcut as text: the form from which upstream had queries written.

A line for each action, four spaces deeper in each block. Upstream's slips are kept: every branch of a conditional is
headed by the word for its second one and a blank line follows its condition, the first line of a segment is indented
twice, and the line that opens a loop doesn't end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from environments.shortcuts.published.actions import CONDITIONAL, FILTERED, MENU, REPEAT_COUNT, Action, Underivable
from environments.shortcuts.published.history import CONDITIONS
from environments.shortcuts.published.lengths import Block, Span, spans
from environments.shortcuts.published.wording import Wording
from harness.core.parsing import JsonObject

_CONDITION = re.compile(r'\$\{WFCondition\}=([0-9]+|"[^"]*"|\w+)')
_SLOT = "${WFCondition}"
_CLOSINGS = {CONDITIONAL: "End If", MENU: "End Menu"}
_END_REPEAT = "End Repeat"


def workflow_text(actions: Sequence[Action], wording: Wording, required: Mapping[int, JsonObject]) -> str:
    """The text of a shortcut.

    Args:
        actions: All of them.
        wording: Makes the lines.
        required: The primitive parameters by index.

    Raises:
        Underivable: upstream's own function breaks on these actions.
    """
    return _Writer(actions, wording, required).text()


@dataclass(frozen=True, slots=True)
class _Writer:
    actions: Sequence[Action]
    wording: Wording
    required: Mapping[int, JsonObject]

    def text(self) -> str:
        parts = spans(self.actions, self._segments)
        depths = self._depths(parts)
        texts: dict[Span, str] = {}
        for span in reversed(parts):
            margin = " " * (4 * depths[span])
            pieces: list[str] = []
            for part in parts[span]:
                if isinstance(part, Block):
                    pieces += [margin + piece for piece in self._block(part, texts)]
                elif self.actions[part].identifier not in FILTERED:
                    pieces.append(margin + self._line(part))
            texts[span] = "".join(pieces)
        return texts[0, len(self.actions)]

    def _segments(self, block: Block) -> Sequence[Span]:
        """What is written of a block: what lies between a menu and its first case isn't."""
        return block.segments[1:] if self.actions[block.markers[0]].identifier == MENU else block.segments

    def _depths(self, parts: Mapping[Span, Sequence[int | Block]]) -> dict[Span, int]:
        found: dict[Span, int] = {}
        for span, inside in parts.items():
            depth = found.setdefault(span, 0)
            blocks = [part for part in inside if isinstance(part, Block)]
            found |= {segment: depth + 1 for block in blocks for segment in self._segments(block)}
        return found

    def _line(self, index: int) -> str:
        action = self.actions[index]
        if action.identifier in self.wording.definitions.types:
            return self.wording.line(action, self.required.get(index, {}))
        return self.wording.call(action)

    def _block(self, block: Block, texts: Mapping[Span, str]) -> list[str]:
        """The opening, each segment under its heading, and the closing."""
        opening = self.actions[block.markers[0]]
        identifier = opening.identifier
        if identifier not in self.wording.definitions.types:
            raise Underivable(f"{identifier} has no definition")
        line = self._line(block.markers[0])
        segments = self._segments(block)
        items: list[str] = []
        match identifier:
            case _ if identifier == CONDITIONAL:
                line = f"{_spelt_out(line)}\n"
            case _ if identifier == MENU:
                items = self._menu_items(opening.parameters.get("WFMenuItems", []))
                line = f"{line.strip()}{_offered(items)}\n"
            case _:
                line += "Times:" if identifier == REPEAT_COUNT else ":"
        pieces = [line]
        for place, segment in enumerate(segments):
            if identifier == CONDITIONAL:
                pieces.append(f"{identifier}; Else:\n")
            elif identifier == MENU:
                fallback = items[place] if place < len(items) else ""
                title = self.actions[segment[0] - 1].parameters.get("WFMenuItemTitle", fallback)
                pieces.append(f'{identifier}; Case "{title}":\n')
            if inside := texts[segment]:
                pieces.append(inside if inside.endswith("\n") else f"{inside}\n")
        return [*pieces, f"{identifier}; {_CLOSINGS.get(identifier, _END_REPEAT)}\n"]

    def _menu_items(self, value: JsonValue) -> list[str]:
        if not isinstance(value, list | dict | str):
            raise Underivable("WFMenuItems holds no items")
        return [self._menu_item(item) for item in value]

    def _menu_item(self, item: JsonValue) -> str:
        if isinstance(item, dict) and "WFItemType" in item:
            title = item.get("WFValue")
            match title:
                case dict():
                    return self.wording.value(title)
                case list():
                    return str(title)
            item = title
        if not isinstance(item, str):
            raise Underivable("a menu item is no text")
        return item


def _spelt_out(line: str) -> str:
    """With the condition's code in words."""
    for found in _CONDITION.findall(line):
        code = found.strip('"')
        try:
            # Not `str.replace`: in upstream's replacement a backslash escapes.
            line = re.sub(re.escape(f"{_SLOT}={found}"), f"{_SLOT}={CONDITIONS.get(code, code)}", line)
        except (re.error, IndexError):
            raise Underivable("a condition holds a backslash that escapes nothing") from None
    return line


def _offered(items: Sequence[str]) -> str:
    if not items:
        return ". No Available Menu Items."
    listed = '"."'.join(items)
    return f' Available Menu Items include "{listed}"'
