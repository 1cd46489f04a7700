"""The events of a trajectory, in the order in which they happened."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from harness.core.message import Message, Party, Text, ToolResult
from harness.core.parsing import Model


class MessageEvent(Model):
    """A party said something to another, or called tools (then `to` is the environment).

    The environment itself speaks when a running tool asks the user for something, and where a budget is kept tells
    the agent what is left. Words of the agent that its budget didn't pay for are addressed to the environment.
    """

    type: Literal["message"] = "message"
    party: Party
    to: Party
    message: Message
    given: bool = False
    """Said by the task's data (greeting, history, follow-up request), not by the party."""


class ToolEvent(Model):
    """The result of one tool call of `party`."""

    type: Literal["tool"] = "tool"
    party: Party
    name: Text
    result: ToolResult


class PhaseEvent(Model):
    """A phase's checks were run. `final` is false where the party may hand in again."""

    type: Literal["phase"] = "phase"
    phase: int
    """From 0."""
    passed: bool
    final: bool = True


class FaultEvent(Model):
    """Something broke outside the rules of the conversation, and on whose side."""

    type: Literal["fault"] = "fault"
    party: Party | None
    """`None`: the infrastructure."""
    error: Text
    """The exception's class and message, or what was wrong with a reply."""


Event = Annotated[MessageEvent | ToolEvent | PhaseEvent | FaultEvent, Field(discriminator="type")]
