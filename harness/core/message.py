"""What parties say and do: messages, tool specifications, tool calls and their results, usage."""

from __future__ import annotations

from enum import StrEnum
from math import isfinite
from typing import Annotated

from pydantic import AfterValidator, Field, JsonValue, field_validator

from harness.core.parsing import JsonObject, Model

_DEEPEST = 64
"""Levels of nesting in a call's arguments: JSON parsers give up at 200, and a record must be readable."""


def mend(text: str) -> str:
    """`text` with its lone surrogates replaced: half an emoji from a model must not keep a record from disk."""
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


Text = Annotated[str, AfterValidator(mend)]
"""Any text that UTF-8 can hold."""


class Party(StrEnum):
    """Who acts in an episode."""

    AGENT = "agent"
    USER = "user"
    ENVIRONMENT = "environment"


class Stop(StrEnum):
    """Why a party ends the conversation (τ²'s stop, transfer and out-of-scope signals)."""

    DONE = "done"
    TRANSFER = "transfer"
    OUT_OF_SCOPE = "out_of_scope"


class ToolErrorKind(StrEnum):
    """Why a tool call failed. A failed call is a result its caller sees, never the end of a run."""

    UNKNOWN_TOOL = "unknown_tool"
    INVALID_ARGUMENTS = "invalid_arguments"
    REFUSED = "refused"
    FAILED = "failed"
    TIMEOUT = "timeout"


class ToolSpec(Model):
    """A tool as a party sees it."""

    name: str
    description: str
    """One or a few sentences, in our own words."""
    parameters: JsonObject
    """JSON Schema of the arguments object."""
    writes: bool = False
    """Whether a call may change the world."""
    cost: float = Field(default=0.0, ge=0)
    """Action points that a call takes from the party's budget, charged whether or not it succeeds."""


class ToolCall(Model):
    """One call of one tool. `id` is unique within the episode; the engine gives it where it's empty."""

    id: Text = ""
    name: Text
    arguments: JsonObject = Field(default_factory=dict)

    @field_validator("arguments")
    @classmethod
    def _plain(cls, arguments: JsonObject) -> JsonObject:
        """JSON has no NaN and UTF-8 no lone surrogates, and a record must come back as it was written."""
        return {mend(name): _storable(value) for name, value in arguments.items()}

    def numbered(self, id_: str) -> ToolCall:
        """The same call by another id."""
        return ToolCall.model_construct(id=id_, name=self.name, arguments=self.arguments)

    def copied(self) -> ToolCall:
        """An equal call whose arguments are nobody else's: whoever changes them changes only these."""
        return ToolCall.model_construct(id=self.id, name=self.name, arguments=copied(self.arguments))


class ToolResult(Model):
    """What a call returned, as text, to the party that called."""

    call_id: str
    content: Text
    error: ToolErrorKind | None = None
    submitted: bool = False
    """The call handed in this phase's answer: the engine now runs the phase's checks."""


class Usage(Model):
    """Model calls of one party, added up."""

    calls: int = Field(default=0, ge=0)
    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    cached_tokens: int = Field(default=0, ge=0)
    """Of the input tokens, those that the provider says it had in its cache."""
    cost_usd: float | None = Field(default=0.0, ge=0, allow_inf_nan=False)
    """US dollars; `None` where a price is unknown, which is not zero."""

    def __add__(self, other: Usage) -> Usage:
        unknown = self.cost_usd is None or other.cost_usd is None
        return Usage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            cost_usd=None if unknown else (self.cost_usd or 0.0) + (other.cost_usd or 0.0),
        )

    @property
    def tokens(self) -> int:
        """Input and output tokens together."""
        return self.input_tokens + self.output_tokens


class Message(Model):
    """What a party returns when it is its turn: words, tool calls, or the end.

    With tool calls the text is a thought: it stays in the trajectory and is not delivered (τ²'s rule).
    """

    text: Text = ""
    tool_calls: tuple[ToolCall, ...] = ()
    stop: Stop | None = None
    raw: Text | None = None
    """The model's own words where `text` or `tool_calls` were parsed from them."""
    usage: Usage | None = None
    marks: tuple[str, ...] = ()
    """What a guard found in it, for example `leak: reference SQL`. For readers of the record; no party sees it."""

    @property
    def blank(self) -> bool:
        """Whether it says nothing, calls nothing and ends nothing."""
        return not (self.text.strip() or self.tool_calls or self.stop)


def copied(value: JsonObject) -> JsonObject:
    """A JSON object with everything inside it copied; several times as fast as `copy.deepcopy`."""
    return {name: _copied(inner) for name, inner in value.items()}


def _copied(value: JsonValue) -> JsonValue:
    match value:
        case dict():
            return copied(value)
        case list():
            return [_copied(inner) for inner in value]
    return value


def _storable(value: JsonValue, depth: int = 1) -> JsonValue:
    if depth > _DEEPEST:
        raise ValueError(f"arguments must not be nested deeper than {_DEEPEST} levels")
    match value:
        case float() if not isfinite(value):
            raise ValueError("numbers in arguments must be finite")
        case str():
            return mend(value)
        case list():
            return [_storable(item, depth + 1) for item in value]
        case dict():
            return {mend(name): _storable(item, depth + 1) for name, item in value.items()}
    return value
