"""A party that a model plays: its view of the episode as a chat, the model's answer as a message.

The agent and the simulated user share this; they differ in their prompts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.core.event import Event, MessageEvent, ToolEvent
from harness.core.message import Message, Party, Stop, ToolSpec
from harness.core.protocols import View
from harness.models.client import ChatMessage, ModelClient, Request
from harness.models.text_protocol import as_plain_chat, explain_tools, read_reply

STOP_TOKENS = {
    "###STOP###": Stop.DONE,
    "###TRANSFER###": Stop.TRANSFER,
    "###OUT-OF-SCOPE###": Stop.OUT_OF_SCOPE,
}
"""What a model writes to end the conversation (τ²'s tokens)."""


class ToolProtocol(StrEnum):
    """How a model calls tools."""

    AUTO = "auto"
    NATIVE = "native"
    TEXT = "text"

    def settled(self, client: ModelClient) -> ToolProtocol:
        """`native` or `text`: what `auto` means for this model."""
        if self is not ToolProtocol.AUTO:
            return self
        return ToolProtocol.NATIVE if client.native_tools else ToolProtocol.TEXT


@dataclass(frozen=True, slots=True)
class Asked:
    """What a party's model is asked for its next message."""

    system: str
    chat: Sequence[ChatMessage]
    tools: Sequence[ToolSpec]
    seed: int
    turn: int
    """How often the model was asked before in this episode."""


async def ask(client: ModelClient, asked: Asked, *, native: bool, words_only: bool = False) -> Message:
    """A model's answer as a message.

    Args:
        native: Whether the tools go through the provider's interface, or into the system prompt.
        words_only: Whether JSON in the answer's text is no call.
    """
    if native:
        messages, tools = [ChatMessage("system", asked.system), *asked.chat], asked.tools
    else:
        offered = "\n\n".join(part for part in (asked.system, explain_tools(asked.tools)) if part)
        messages, tools = as_plain_chat([ChatMessage("system", offered), *asked.chat]), ()
    answer = await client.complete(Request(messages=messages, tools=tools, seed=asked.seed, turn=asked.turn))
    text, calls = (answer.text, answer.tool_calls) if native or words_only else read_reply(answer.text)
    stop = None if calls else next((stop for token, stop in STOP_TOKENS.items() if token in text), None)
    if stop is not None:
        text = _without_tokens(text)
    raw = answer.text if (text, calls) != (answer.text, answer.tool_calls) else None
    return Message(text=text, tool_calls=calls, stop=stop, raw=raw, usage=answer.usage)


class Speaker:
    """Speaks for one party of one episode."""

    def __init__(self, client: ModelClient, protocol: ToolProtocol) -> None:
        self._client = client
        self._native = protocol.settled(client) is ToolProtocol.NATIVE
        self._turn = 0
        self._chat: list[ChatMessage] = []
        self._read = 0

    async def speak(self, view: View, system: str) -> Message:
        """The model's next message under the system prompt `system`."""
        if view.interaction.relay:
            # The history is the current request alone.
            self._chat, self._read = [], 0
        self._follow(view)
        asked = Asked(system, self._chat, view.tools, view.seed, self._turn)
        self._turn += 1
        return await ask(self._client, asked, native=self._native, words_only=bool(view.interaction.relay))

    def _follow(self, view: View) -> None:
        """Add what is new in the history to the chat: its own messages are the assistant's."""
        if not view.history:
            self._chat = [ChatMessage("user", "(The conversation begins. Say your first words.)")]
        for event in view.history[self._read :]:
            self._chat += as_chat(event, view.party)
        self._read = len(view.history)


def as_chat(event: Event, party: Party) -> Sequence[ChatMessage]:
    """An event as `party`'s model sees it: what the party said is the assistant's."""
    match event:
        case ToolEvent(result=result):
            return (ChatMessage("tool", result.content, call_id=result.call_id),)
        case MessageEvent(party=speaker, message=message) if speaker is party:
            return (ChatMessage("assistant", message.text, message.tool_calls),)
        case MessageEvent(party=Party.ENVIRONMENT, to=Party.USER, message=message):
            return (ChatMessage("user", f"(Your device asks you: {message.text})"),)
        case MessageEvent(message=message):
            return (ChatMessage("user", message.text),)
    return ()


def _without_tokens(text: str) -> str:
    for token in STOP_TOKENS:
        text = text.replace(token, "")
    return text.strip()
