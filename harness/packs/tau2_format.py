"""The files of τ²-bench as upstream defines them: every field that its models or its data carry.

Upstream ignores unknown keys; here they are refused, so that a field whose meaning we don't know can't be
lost unseen. `annotations`, `issues` and `required_documents` are such as its data carry beside the models.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field, JsonValue

from harness.core.message import Party
from harness.core.parsing import JsonObject, Model

Requestor = Literal["assistant", "user"]


class Basis(StrEnum):
    """The kinds of judgement that upstream multiplies into a reward."""

    DB = "DB"
    ENV_ASSERTION = "ENV_ASSERTION"
    ACTION = "ACTION"
    COMMUNICATE = "COMMUNICATE"
    NL_ASSERTION = "NL_ASSERTION"


class Description(Model):
    """What a task is for."""

    purpose: str | None = None
    relevant_policies: str | None = None
    notes: str | None = None


class Instructions(Model):
    """A user's scenario, by heading."""

    domain: str
    reason_for_call: str
    known_info: str | None = None
    unknown_info: str | None = None
    task_instructions: str

    def text(self) -> str:
        """The headings and what stands under them, as prose for a simulator."""
        parts = (
            ("Domain", self.domain),
            ("Why you call", self.reason_for_call),
            ("What you know", self.known_info),
            ("What you don't know", self.unknown_info),
            ("How to behave", self.task_instructions),
        )
        return "\n\n".join(f"{heading}: {part.strip()}" for heading, part in parts if part)


class Scenario(Model):
    """Who the user is."""

    persona: str | None = None
    instructions: str | Instructions


class Action(Model):
    """A step of the reference."""

    action_id: str
    requestor: Requestor = "assistant"
    name: str
    arguments: JsonObject
    info: str | None = None
    compare_args: tuple[str, ...] | None = None

    @property
    def party(self) -> Literal[Party.AGENT, Party.USER]:
        """Who does it."""
        return Party.USER if self.requestor == "user" else Party.AGENT


class FunctionCall(Model):
    """A call of a toolkit's method that prepares a world."""

    env_type: Requestor
    func_name: str
    arguments: JsonObject

    @property
    def party(self) -> Literal[Party.AGENT, Party.USER]:
        """On whose side."""
        return Party.USER if self.env_type == "user" else Party.AGENT


class Assertion(FunctionCall):
    """A method that must return `assert_value` in the end."""

    assert_value: bool = True
    message: str | None = None


class Criteria(Model):
    """How a task is judged."""

    actions: tuple[Action, ...] | None = None
    env_assertions: tuple[Assertion, ...] | None = None
    communicate_info: tuple[str, ...] | None = None
    nl_assertions: tuple[str, ...] | None = None
    reward_basis: tuple[Basis, ...] = (Basis.DB, Basis.COMMUNICATE)


class HistoryCall(Model):
    """A tool call of a message."""

    id: str = ""
    name: str
    arguments: JsonObject
    requestor: Requestor = "assistant"


class HistoryMessage(Model):
    """A message exchanged before the episode."""

    role: Literal["user", "assistant", "tool"]
    content: str | None = None
    tool_calls: tuple[HistoryCall, ...] | None = None
    id: str | None = None
    requestor: Requestor = "assistant"
    error: bool = False
    turn_idx: int | None = None
    timestamp: str | None = None
    cost: float | None = None
    usage: JsonObject | None = None
    raw_data: JsonObject | None = None
    generation_time_seconds: float | None = None


class InitializationData(Model):
    """Data laid over the databases."""

    agent_data: JsonObject | None = None
    user_data: JsonObject | None = None


class InitialState(Model):
    """Where a task starts."""

    initialization_data: InitializationData | None = None
    initialization_actions: tuple[FunctionCall, ...] | None = None
    message_history: tuple[HistoryMessage, ...] | None = None


class Tau2Task(Model):
    """A task of `tasks.json`."""

    id: str
    description: Description | None = None
    user_scenario: Scenario
    ticket: str | None = None
    initial_state: InitialState | None = None
    evaluation_criteria: Criteria | None = None
    user_tools: tuple[str, ...] | None = None
    issues: JsonValue = None
    required_documents: JsonValue = None
    annotations: JsonValue = None


class TaskFile(Model):
    """The file's tasks, not yet parsed."""

    tasks: tuple[JsonValue, ...] = Field(min_length=1)


class SplitFile(Model):
    """Ids by split."""

    splits: dict[str, tuple[str, ...]]
