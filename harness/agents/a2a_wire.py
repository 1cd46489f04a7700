"""The part of the Agent2Agent protocol that a conversation needs, over JSON-RPC: versions 0.3 and 1.0 of its JSON.

Where an agent is and which version it speaks stands in its card. What is said and done travels as `wire` has it, in a
data part of a message; a text part beside it says the same in words, for agents that know nothing of tools.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

from pydantic import JsonValue

from harness.agents.wire import shortened
from harness.core.errors import AgentFault
from harness.core.parsing import JsonObject

CARDS = ("/.well-known/agent-card.json", "/.well-known/agent.json")
"""Where a card lies; the second is where older agents have it."""
_JSON_RPC = "JSONRPC"


class State(StrEnum):
    """Of a task, in either version's spelling."""

    SUBMITTED = "submitted"
    WORKING = "working"
    INPUT_REQUIRED = "input-required"
    COMPLETED = "completed"
    FAILED = "failed"
    REJECTED = "rejected"
    CANCELED = "canceled"
    AUTH_REQUIRED = "auth-required"

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self in (State.SUBMITTED, State.WORKING)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one version of the protocol names things."""

    send: str
    get: str
    cancel: str
    role: str
    kinds: bool
    """Whether messages and parts say what they are under `kind`."""
    configuration: JsonObject
    """What a message is sent with, so that its answer is waited for."""
    headers: Mapping[str, str] = field(default_factory=dict)

    def message(self, parts: Sequence[JsonObject], **ids: str | None) -> JsonObject:
        """A message of ours; ids that are `None` are left out."""
        known: JsonObject = {name: value for name, value in ids.items() if value is not None}
        marked: list[JsonValue] = [self._part(part) for part in parts]
        kind: JsonObject = {"kind": "message"} if self.kinds else {}
        return {**kind, "role": self.role, **known, "parts": marked}

    def _part(self, part: JsonObject) -> JsonObject:
        return {"kind": "text" if "text" in part else "data", **part} if self.kinds else part


V0_3 = Dialect("message/send", "tasks/get", "tasks/cancel", "user", kinds=True, configuration={"blocking": True})
V1_0 = Dialect(
    "SendMessage",
    "GetTask",
    "CancelTask",
    "ROLE_USER",
    kinds=False,
    configuration={},
    headers={"A2A-Version": "1.0"},
)


@dataclass(frozen=True, slots=True)
class Card:
    """What of an agent's card is needed."""

    name: str
    url: str
    dialect: Dialect


def read_card(data: bytes) -> Card:
    """A card's agent.

    Raises:
        ValueError: it is no card, or offers no JSON-RPC; says what is wrong.
    """
    try:
        card = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the agent card is not JSON: {error}") from None
    if not isinstance(card, dict):
        raise ValueError("the agent card is no JSON object")
    name = str(card.get("name", ""))
    for one in _objects(card.get("supportedInterfaces")):
        if one.get("protocolBinding") == _JSON_RPC and isinstance(url := one.get("url"), str):
            older = str(one.get("protocolVersion", "1.0")).startswith("0.")
            return Card(name, url, V0_3 if older else V1_0)
    for one in (card, *_objects(card.get("additionalInterfaces"))):
        transport = one.get("preferredTransport" if one is card else "transport", _JSON_RPC)
        if transport == _JSON_RPC and isinstance(url := one.get("url"), str) and url:
            return Card(name, url, V0_3)
    raise ValueError("the agent card names no JSON-RPC interface (`supportedInterfaces`, or `url`)")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a message, or a task that may have ended."""

    parts: Sequence[JsonObject]
    context: str | None
    task: str | None = None
    state: State = State.COMPLETED


def read_result(data: bytes) -> Answer:
    """The answer in a JSON-RPC response.

    Raises:
        AgentFault: it is none, or an error.
    """
    try:
        response = json.loads(data)
    except (ValueError, RecursionError):
        response = None
    if not isinstance(response, dict):
        raise AgentFault(f"no JSON-RPC response: {shortened(data.decode(errors='replace'))}")
    if isinstance(error := response.get("error"), dict):
        raise AgentFault(f"JSON-RPC error {error.get('code')}: {error.get('message')}")
    result = response.get("result")
    found = result if isinstance(result, dict) else {}
    # 1.0 says under a key what it is, 0.3 under `kind`.
    task = found.get("task", found)
    if isinstance(task, dict) and isinstance(status := task.get("status"), dict):
        return _task(task, status)
    message = found.get("message", found)
    if isinstance(message, dict) and isinstance(message.get("parts"), list):
        return Answer(_objects(message["parts"]), _text(message.get("contextId")))
    raise AgentFault(f"neither message nor task: {shortened(data.decode(errors='replace'))}")


def _task(task: JsonObject, status: JsonObject) -> Answer:
    written = str(status.get("state", "")).lower().removeprefix("task_state_").replace("_", "-")
    try:
        state = State(written)
    except ValueError:
        raise AgentFault(f"a task in the unknown state {status.get('state')!r}") from None
    said = status.get("message")
    parts = _objects(said.get("parts")) if isinstance(said, dict) else []
    if not parts and (artifacts := _objects(task.get("artifacts"))):
        parts = _objects(artifacts[-1].get("parts"))
    return Answer(parts, _text(task.get("contextId")), _text(task.get("id")), state)


def text_of(parts: Sequence[JsonObject]) -> str:
    """The words in parts."""
    return "\n".join(text for part in parts if isinstance(text := part.get("text"), str)).strip()


def data_of(parts: Sequence[JsonObject]) -> JsonObject | None:
    """The last data part, its whole numbers whole: protobuf, which 1.0's library keeps them in, knows only floats."""
    found = [data for part in parts if isinstance(data := part.get("data"), dict)]
    return cast("JsonObject", _whole(found[-1])) if found else None


def _whole(value: JsonValue) -> JsonValue:
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_whole(inner) for inner in value]
        case dict():
            return {name: _whole(inner) for name, inner in value.items()}
    return value


def _objects(value: JsonValue) -> list[JsonObject]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and value else None
