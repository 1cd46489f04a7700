"""Chat-completions JSON, the form that OpenAI-compatible servers and litellm share."""

from __future__ import annotations

import json

from pydantic import ConfigDict, Field, JsonValue, ValidationError

from harness.core.errors import ModelFault
from harness.core.message import ToolCall, Usage
from harness.core.parsing import JsonObject, Model
from harness.models.client import ChatMessage, Completion, Request

UNPARSABLE = "unparsable_arguments"
"""The name under which arguments that aren't a JSON object are passed on: the tool then refuses them, and
the model sees why."""


class _Part(Model):
    """Answers carry more than we read, so unknown keys are passed over here and nowhere else."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Function(_Part):
    name: str
    arguments: str | JsonObject | None = None


class _Call(_Part):
    id: str | None = None
    function: _Function


class _Message(_Part):
    content: str | None = None
    tool_calls: tuple[_Call, ...] | None = None


class _Choice(_Part):
    message: _Message


class _Usage(_Part):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Answer(_Part):
    choices: tuple[_Choice, ...] = Field(min_length=1)
    usage: _Usage | None = None


def request_body(request: Request) -> dict[str, JsonValue]:
    """The request's JSON, without the model's name."""
    body: dict[str, JsonValue] = {
        "messages": [_message(message) for message in request.messages],
        "temperature": request.temperature,
        "seed": request.seed,
    }
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {"name": spec.name, "description": spec.description, "parameters": spec.parameters},
            }
            for spec in request.tools
        ]
    if request.max_output_tokens is not None:
        body["max_tokens"] = request.max_output_tokens
    return body


def completion(answer: object, *, cost_usd: float | None) -> Completion:
    """The completion in a provider's JSON answer.

    Raises:
        ModelFault: the answer isn't a chat completion.
    """
    try:
        parsed = _Answer.model_validate(answer)
    except ValidationError as error:
        raise ModelFault(f"the answer is not a chat completion: {error.errors()[0]['msg']}") from None
    message = parsed.choices[0].message
    used = parsed.usage or _Usage()
    usage = Usage(calls=1, input_tokens=used.prompt_tokens, output_tokens=used.completion_tokens, cost_usd=cost_usd)
    calls = tuple(
        ToolCall(id=call.id or "", name=call.function.name, arguments=arguments_of(call.function.arguments))
        for call in message.tool_calls or ()
    )
    return Completion(message.content or "", calls, usage)


def arguments_of(given: JsonValue) -> JsonObject:
    """A call's arguments as an object, whatever the model made of them."""
    value = given
    if isinstance(given, str):
        try:
            value = json.loads(given, parse_constant=_refuse) if given.strip() else {}
        except (ValueError, RecursionError):
            return {UNPARSABLE: given}
    if value is None:
        return {}
    return value if isinstance(value, dict) else {UNPARSABLE: value}


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _message(message: ChatMessage) -> dict[str, JsonValue]:
    wire: dict[str, JsonValue] = {"role": message.role, "content": message.text}
    if message.tool_calls:
        wire["content"] = message.text or None
        wire["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)},
            }
            for call in message.tool_calls
        ]
    if message.call_id is not None:
        wire["tool_call_id"] = message.call_id
    return wire
