"""What goes to an agent outside and comes back, as JSON: one form for every door that carries whole turns.

An `episode` object comes once, a `turn` object whenever the agent is to act, and a reply answers each turn. The words
are the record's; docs/agents.md describes them. `PROTOCOL` counts up when an old agent would no longer understand.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field, ValidationError, model_validator

from harness.core.errors import AgentFault, EpisodeFault, ModelFault
from harness.core.event import Event, MessageEvent, ToolEvent
from harness.core.identity import canonical
from harness.core.message import Message, Party, Stop, Text, ToolCall, Usage
from harness.core.parsing import JsonObject, Model, describe
from harness.core.protocols import View

PROTOCOL = 1
_SHOWN = 200


class Reply(Model):
    """What an agent outside answers to a turn: words, tool calls, an end, or why it can't."""

    text: Text = ""
    tool_calls: tuple[ToolCall, ...] = ()
    stop: Stop | None = None
    usage: Usage | None = None
    error: str = Field(default="")
    """The agent gives up: `agent_error`."""
    provider_error: str = ""
    """The provider of its model failed: `infra_error`, which counts for nothing and is played again."""
    turn: int | None = None
    """The turn that it answers. Must be said where replies come on a stream of their own."""

    @model_validator(mode="after")
    def _one_thing(self) -> Reply:
        if self.stop is not None and self.tool_calls:
            raise ValueError("stop and tool_calls exclude each other: a message that ends calls nothing")
        return self


class Unread:
    """Keeps which events of the history an agent outside was told already."""

    def __init__(self) -> None:
        self._told = 0

    def of(self, view: View) -> Sequence[Event]:
        """The events since the last time."""
        if view.interaction.relay:
            # The history is the current request alone.
            self._told = 0
        new, self._told = view.history[self._told :], len(view.history)
        return new


def episode_object(view: View, episode: str) -> JsonObject:
    """The object that opens an episode."""
    return {
        "type": "episode",
        "protocol": PROTOCOL,
        "episode": episode,
        "mode": view.mode.value,
        "seed": view.seed,
        "instructions": view.instructions,
        "tools": [spec.model_dump(mode="json") for spec in view.tools],
    }


def turn_object(number: int, events: Sequence[Event]) -> JsonObject:
    """The object that asks for a reply."""
    return {"type": "turn", "turn": number, "events": [told for event in events if (told := _told(event))]}


def read_reply(text: str | bytes, *, turn: int, paired: bool) -> Message:
    """The message in a reply.

    Args:
        turn: The turn that was asked.
        paired: Whether it can't be the answer to another turn, so that it needn't say which it answers.

    Raises:
        EpisodeFault: it isn't a reply to this turn, or says that there won't be one.
    """
    try:
        reply = Reply.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise AgentFault(f"not a reply: {describe(error, Reply)}; it was {_quoted(text)}") from None
    if reply.turn is None and not paired:
        raise AgentFault(f'the reply must say which turn it answers, here by "turn": {turn}; it was {_quoted(text)}')
    if reply.turn not in (None, turn):
        raise AgentFault(f"answered turn {reply.turn} when turn {turn} was asked: {_quoted(text)}")
    if fault := _fault(reply):
        raise fault
    return Message(text=reply.text, tool_calls=reply.tool_calls, stop=reply.stop, usage=reply.usage)


def in_words(event: Event) -> str:
    """An event in words, for somebody who reads the conversation."""
    match event:
        case ToolEvent(name=name, result=result):
            return f"[{name} returned]\n{result.content}"
        case MessageEvent(party=Party.USER, message=message):
            return f"The user says: {message.text}"
        case MessageEvent(party=Party.ENVIRONMENT, message=message):
            return message.text
        case MessageEvent(message=message) if message.tool_calls:
            return "\n".join(
                f"[You called {call.name} with {canonical(call.arguments)}]" for call in message.tool_calls
            )
        case MessageEvent(message=message):
            return f"You said: {message.text}"
    return ""


def shortened(text: str) -> str:
    """A text to be quoted in a message."""
    line = " ".join(text.split())
    return repr(line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…")


def _quoted(text: str | bytes) -> str:
    return shortened(text if isinstance(text, str) else text.decode(errors="replace"))


def _fault(reply: Reply) -> EpisodeFault | None:
    if reply.provider_error:
        return ModelFault(f"the agent's provider: {reply.provider_error}")
    return AgentFault(f"the agent gave up: {reply.error}") if reply.error else None


def _told(event: Event) -> JsonObject | None:
    """An event as the agent is told it. What only readers of the record may see (`raw`, `marks`) isn't in it."""
    match event:
        case MessageEvent(party=party, message=message):
            told: JsonObject = {"type": "message", "party": party.value, "text": message.text}
            if message.tool_calls:
                told["tool_calls"] = [call.model_dump(mode="json") for call in message.tool_calls]
            return told
        case ToolEvent(name=name, result=result):
            return {
                "type": "tool",
                "call_id": result.call_id,
                "name": name,
                "content": result.content,
                "error": None if result.error is None else result.error.value,
            }
    return None
