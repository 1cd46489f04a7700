"""The contract of a model client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from harness.core.message import ToolCall, ToolSpec, Usage
from harness.core.parsing import JsonObject


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a chat."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    call_id: str | None = None
    """Of a `tool` message: the call that it answers."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is asked."""

    messages: Sequence[ChatMessage]
    turn: int
    """How often this party has acted in this episode before."""
    tools: Sequence[ToolSpec] = ()
    """Empty where the model gets them in its text, or none."""
    seed: int = 0
    temperature: float | None = None
    """`None`: the model's settings say, and 0 where they don't."""
    max_output_tokens: int | None = None
    schema: JsonObject | None = None
    """JSON Schema that the answer's text must follow, where the server can hold a model to it."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What it answers."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage = field(default_factory=Usage)


class ModelClient(Protocol):
    """A model that can be called. One client serves many episodes at once."""

    name: str
    native_tools: bool
    """Whether the model takes tools and returns tool calls through its interface."""

    async def complete(self, request: Request) -> Completion:
        """One answer.

        Raises:
            ContextWindowExceeded: the messages don't fit the model.
            ModelFault: the provider failed, after the repetitions of `harness.models.remote`.
        """
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...
