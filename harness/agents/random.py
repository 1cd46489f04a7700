"""The agent that plays dice: valid calls of random tools, now and then a question, and in the end a stop.

It is a floor of another kind than doing nothing, and a fuzzer: whatever the tools' schemas allow must come back as a
result. The same trial always draws the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from pydantic import Field

from harness.agents.schema_values import Values
from harness.core.event import Event, MessageEvent, ToolEvent
from harness.core.message import Message, Party, Stop, ToolCall
from harness.core.parsing import Model
from harness.core.protocols import View

_WORD = re.compile(r"[\w@.+-]{2,40}")
_REMEMBERED = 200
_QUESTIONS = (
    "Could you tell me more about that?",
    "Which one do you mean?",
    "Shall I go ahead?",
    "What is your name, please?",
    "Please look on your side and tell me what you see.",
)


class RandomOptions(Model):
    """Options of `random`: how likely an act is."""

    speak: float = Field(default=0.15, ge=0, le=1)
    """To say something to the user."""
    stop: float = Field(default=0.05, gt=0, le=1)
    """To end the conversation."""


class RandomAgent:
    """Draws each act."""

    def __init__(self, seed: int, options: RandomOptions) -> None:
        self._rng = Random(seed)
        self._options = options
        self._seen: list[str] = []
        self._read = 0

    async def act(self, view: View) -> Message:
        """A call of a random tool, mostly."""
        self._remember(view.history[self._read :])
        self._read = len(view.history)
        drawn = self._rng.random()
        if drawn < self._options.stop:
            return Message(stop=Stop.DONE)
        quiet = view.mode.solo or drawn >= self._options.stop + self._options.speak
        if not view.tools or not quiet:
            return Message(stop=Stop.DONE) if view.mode.solo else Message(text=self._rng.choice(_QUESTIONS))
        spec = self._rng.choice(view.tools)
        arguments = Values(self._rng, self._seen).draw(spec.parameters)
        return Message(tool_calls=(ToolCall(name=spec.name, arguments=arguments),))

    def _remember(self, events: Sequence[Event]) -> None:
        """Keep the words that came in, the latest of them."""
        for event in events:
            match event:
                case ToolEvent(result=result):
                    self._seen += _WORD.findall(result.content)
                case MessageEvent(party=party, message=message) if party is not Party.AGENT:
                    self._seen += _WORD.findall(message.text)
        del self._seen[:-_REMEMBERED]
