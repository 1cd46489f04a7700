"""What a scripted user has been told to do, being done: in order, with a look before a switch is flipped.

A switch that stands as it should is left alone; one that a flip led astray is flipped back once. What came of
everything is told in words at the end.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence

from pydantic import JsonValue

from harness.core.event import ToolEvent
from harness.core.message import ToolCall, ToolSpec
from simulators import switches
from simulators.instructions import Step
from simulators.phrases import State

_DONE = "Done."


class Errands:
    """The steps of one message of the agent."""

    def __init__(self, steps: Sequence[Step], tools: Sequence[ToolSpec]) -> None:
        self._left = deque(steps)
        self._tools = tools
        self._before: Step | None = None
        """The switch that was looked at and may have to be flipped."""
        self._wanted: dict[str, State] = {}
        """The states to which switches are being flipped."""
        self.told: list[str] = []
        """What there is to tell so far."""

    def proceed(self, results: Sequence[ToolEvent]) -> tuple[ToolCall, ...]:
        """The next calls, after the results of the ones before; none where everything is done."""
        if self._before is not None:
            step, self._before = self._before, None
            if any(switches.shown_state(step.call.name, event.result.content) == step.wanted for event in results):
                thing = step.call.name.removeprefix(switches.PREFIX).replace("_", " ")
                self.told.append(f"The {thing} is {step.wanted} already.")
            else:
                self._wanted[step.call.name] = step.wanted
                return (step.call,)
        elif astray := [event.name for event in results if self._went_astray(event)]:
            return tuple(ToolCall(name=name) for name in astray)
        else:
            self.told += (in_words(event.result.content) for event in results)
        return self._next()

    def report(self) -> str:
        """What came of it all."""
        return "\n".join(text for text in self.told if text.strip()) or _DONE

    def _next(self) -> tuple[ToolCall, ...]:
        """All calls up to the next switch that can be looked at first, or that look."""
        calls: list[ToolCall] = []
        while self._left:
            step = self._left[0]
            if step.wanted and (look := switches.reader(step.call.name, self._tools)) is not None:
                if calls:
                    break
                self._before = self._left.popleft()
                return (ToolCall(name=look.name),)
            calls.append(self._left.popleft().call)
            if step.wanted:
                self._wanted[step.call.name] = step.wanted
                break
        return tuple(calls)

    def _went_astray(self, event: ToolEvent) -> bool:
        """Whether a flip led to the opposite of what was asked for; each is set right once."""
        wanted = self._wanted.pop(event.name, "")
        shown = switches.shown_state(event.name, event.result.content)
        return bool(wanted and shown and shown != wanted)


def in_words(content: str) -> str:
    """A tool's result as a person would read it out: JSON without its brackets, errors as what they say."""
    if content.startswith(("{", "[")):
        try:
            return "; ".join(_read_out(json.loads(content)))
        except (ValueError, RecursionError):
            return content
    return f"That didn't work: {content.removeprefix('Error: ')}" if content.startswith("Error: ") else content


def _read_out(value: JsonValue, name: str = "") -> list[str]:
    match value:
        case dict():
            return [line for key, item in value.items() for line in _read_out(item, f"{name} {key}".strip())]
        case list():
            return [line for item in value for line in _read_out(item, name)]
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return [f"{name.replace('_', ' ')}: {said}" if name else said]
