"""Chat-completions JSON, the form that OpenAI-compatible servers and litellm share."""

from __future__ import annotations

import json
from contextlib import suppress

from pydantic import ConfigDict, Field, JsonValue, ValidationError

from harness.core.message import ToolCall, Usage
from harness.core.model_settings import ModelSettings
from harness.core.parsing import JsonObject, Model
from harness.models.client import ChatMessage, Completion, Request
from harness.models.faults import malformed
from harness.models.prices import Prices

UNPARSABLE = "unparsable_arguments"
"""The name under which arguments that aren't a JSON object are passed on: the tool then refuses them, and
the model sees why."""

PLAIN = ModelSettings()
"""Nothing set."""
_THINKING = ("<think>", "</think>")


class _Part(Model):
    """Answers carry more than we read (reasoning, log probabilities), so unknown keys are passed over here and nowhere
    else."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Function(_Part):
    name: str
    arguments: str | JsonObject | None = None


class _Call(_Part):
    id: str | None = None
    function: _Function


class _Piece(_Part):
    text: str | None = None


class _Message(_Part):
    content: str | tuple[_Piece, ...] | None = None
    tool_calls: tuple[_Call, ...] | None = None


class _Choice(_Part):
    message: _Message


class _PromptDetails(_Part):
    cached_tokens: int | None = None


class _Usage(_Part):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None


class _Answer(_Part):
    choices: tuple[_Choice, ...] = Field(min_length=1)
    usage: _Usage | None = None


def request_body(request: Request, settings: ModelSettings = PLAIN) -> JsonObject:
    """The request's JSON, without the model's name."""
    temperature = settings.temperature if request.temperature is None else request.temperature
    body: JsonObject = {
        "messages": [_message(message) for message in request.messages],
        "temperature": temperature or 0.0,
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
    if request.schema is not None:
        schema: JsonObject = {"name": "answer", "schema": request.schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    most = settings.max_output_tokens if request.max_output_tokens is None else request.max_output_tokens
    if most is not None:
        body["max_tokens"] = most
    body.update(settings.extra_body)
    return body


def read_completion(answer: bytes | JsonObject, prices: Prices | None) -> Completion:
    """The completion in a provider's answer; its cost is unknown without prices.

    Raises:
        Fault: the answer isn't a chat completion.
    """
    try:
        parsed = _parsed(answer)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, problem["loc"]))
        raise malformed(
            f"the answer is not a chat completion: {f'{place}: ' if place else ''}{problem['msg']}"
        ) from None
    message = parsed.choices[0].message
    calls = tuple(_tool_call(call) for call in message.tool_calls or ())
    return Completion(_words(message.content), calls, _usage(parsed.usage or _Usage(), prices))


def _parsed(answer: bytes | JsonObject) -> _Answer:
    if not isinstance(answer, bytes):
        return _Answer.model_validate(answer)
    try:
        return _Answer.model_validate_json(answer)
    except ValidationError:
        with suppress(ValueError, RecursionError):
            # Half an emoji is no JSON for pydantic; Python takes it, and it is mended where it becomes a message.
            return _Answer.model_validate(json.loads(answer))
        raise


def _tool_call(call: _Call) -> ToolCall:
    given = call.function.arguments
    id_, name = call.id or "", call.function.name
    try:
        return ToolCall(id=id_, name=name, arguments=arguments_of(given))
    except ValueError:
        # Infinite numbers or bottomless nesting: what the model wrote is passed on as a text that the tool refuses.
        return ToolCall(
            id=id_, name=name, arguments={UNPARSABLE: given if isinstance(given, str) else json.dumps(given)}
        )


def _usage(used: _Usage, prices: Prices | None) -> Usage:
    # What a provider counts below zero, or as cached beyond what it was given, is no reason to lose its answer.
    given, made = max(0, used.prompt_tokens or 0), max(0, used.completion_tokens or 0)
    told = (used.prompt_tokens_details.cached_tokens or 0) if used.prompt_tokens_details else 0
    cached = min(max(0, told), given)
    cost = prices.cost(given, made, cached) if prices is not None else None
    return Usage(calls=1, input_tokens=given, output_tokens=made, cached_tokens=cached, cost_usd=cost)


def _words(content: str | tuple[_Piece, ...] | None) -> str:
    """The answer's text without what the model thought aloud before it."""
    text = content if isinstance(content, str) else "".join(piece.text or "" for piece in content or ())
    begin, end = _THINKING
    if end in text and (text.lstrip().startswith(begin) or begin not in text.partition(end)[0]):
        # Chat templates may open the thought themselves, so that the answer holds only its end.
        return text.partition(end)[2].lstrip()
    # A thought that never ends has used up all the tokens there were.
    return "" if text.lstrip().startswith(begin) else text


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


def _message(message: ChatMessage) -> JsonObject:
    wire: JsonObject = {"role": message.role, "content": message.text}
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
