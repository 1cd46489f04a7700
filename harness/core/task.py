"""A task as data: where an episode starts, what the user wants, how it is scored.

What only one environment understands (`setup`) stays plain JSON here and is validated by that
environment's template when the pack is loaded.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from harness.core.check import DIAGNOSTIC, CheckKind, CheckSpec
from harness.core.limits import Limits
from harness.core.message import Message, Party
from harness.core.parsing import JsonObject, Model

TaskId = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=r"^[^\s/#\x00-\x1f][^/#\x00-\x1f]*$")]


class Fact(Model):
    """Something the user knows privately, and gives when asked for it."""

    topic: str
    """What the fact is about, in a few words: a question about these words is a question for it."""
    answer: str
    """What the user says."""
    ask: tuple[str, ...] = ()
    """Other words by which an agent may ask for it."""


class Ambiguity(Model):
    """A point that a request leaves open on purpose, labelled (BIRD-INTERACT)."""

    term: str
    """The words of the request that it is about."""
    kind: str = ""
    """Its type, for example `intent`, `schema_linking` or `sort`."""
    sql: str = ""
    """The piece of the reference SQL that settles it: never shown to the agent."""
    answer: str = ""
    """What the user says about it, in words of their own. Empty: made from `sql`."""
    critical: bool = True
    """Whether the request can't be answered without settling it; only such points count for budgets."""
    knowledge: int | None = None
    """Id of the knowledge entry that the episode hides, where that is why the point is open."""


class DoneWhen(Model):
    """The user is content once this own tool's result holds this text."""

    tool: str
    arguments: JsonObject = Field(default_factory=dict)
    contains: str


class UserScenario(Model):
    """What the simulated user is, knows and wants. Only the user's seat sees it."""

    instructions: str = ""
    """The scenario in prose, for a simulator that is a model."""
    persona: str = ""
    facts: tuple[Fact, ...] = ()
    ambiguities: tuple[Ambiguity, ...] = ()
    """Of the first request; a function-driven user settles them one by one."""
    tools: tuple[str, ...] | None = None
    """Names of the user's tools; `None`: all that the environment offers the user, `[]`: none."""
    done_when: tuple[DoneWhen, ...] = ()
    """All must hold before a scripted user ends the conversation content."""


class Call(Model):
    """A step of a reference solution: a party calls a tool."""

    type: Literal["call"] = "call"
    party: Party = Party.AGENT
    tool: str
    arguments: JsonObject = Field(default_factory=dict)
    answers: tuple[str, ...] = ()
    """What the user answers if the tool asks, in order."""


class Say(Model):
    """A step of a reference solution: the agent says something to the user."""

    type: Literal["say"] = "say"
    text: str


Step = Annotated[Call | Say, Field(discriminator="type")]


class Phase(Model):
    """One request of the user with its own reference solution and checks (BIRD-INTERACT's phases)."""

    request: str = ""
    """What the user asks for, in the user's words; the first phase's opens the conversation."""
    clear: str = ""
    """The request without its ambiguities. Only the user's seat sees it."""
    reference: tuple[Step, ...] | None = None
    """One solution, not the only one. `None`: withheld by the publisher, or not known."""
    alternative: tuple[Step, ...] = ()
    """Another solution, built differently, that the checks must let pass too. Empty: none is kept. Like `negative` it
    proves the checks (`bench pack check`)."""
    negative: tuple[Step, ...] = ()
    """What a careless agent might do in place of the reference: it runs, and the checks must not let it pass. Empty:
    none is kept. Nobody in an episode sees it."""
    checks: tuple[CheckSpec, ...] = ()
    reward_basis: tuple[CheckKind, ...] | None = None
    """Kinds of check whose verdicts multiply into the reward; the rest is diagnostic.
    `None`: every kind present, save those that only diagnose (`DIAGNOSTIC`)."""
    weight: float = Field(default=1.0, gt=0, le=1)
    """Share of the task's reward; the phases' weights add up to 1."""
    retry_weight: float | None = Field(default=None, gt=0, le=1)
    """The share where it takes a second try, in a mode that grades tries (BIRD-INTERACT c: 0.5 for 0.7, 0.2 for 0.3).
    `None`: the whole."""

    @model_validator(mode="after")
    def _second_try_earns_no_more(self) -> Self:
        if self.retry_weight is not None and self.retry_weight > self.weight:
            raise ValueError(f"retry_weight must not be more than weight (got {self.retry_weight:g}, {self.weight:g})")
        return self

    @property
    def basis(self) -> frozenset[CheckKind]:
        """The kinds of check that decide the phase."""
        if self.reward_basis is not None:
            return frozenset(self.reward_basis)
        return frozenset(check.kind for check in self.checks) - DIAGNOSTIC


class HistoryEntry(Model):
    """A message that was exchanged before the episode starts; its tool calls are executed again."""

    party: Literal[Party.AGENT, Party.USER]
    message: Message


class Task(Model):
    """One task of a pack."""

    id: TaskId
    purpose: str = ""
    """What the task tests; shown to nobody in the episode."""
    tags: tuple[str, ...] = ()
    difficulty: str = ""
    setup: JsonObject = Field(default_factory=dict)
    """Where the episode starts; its shape belongs to the pack's environment."""
    history: tuple[HistoryEntry, ...] = ()
    user: UserScenario = UserScenario()
    ticket: str = ""
    """The task in words for an agent that plays without a user (τ²'s solo mode)."""
    phases: tuple[Phase, ...] = Field(min_length=1)
    limits: Limits | None = None
    """Overrides the pack's."""
    metadata: JsonObject = Field(default_factory=dict)
    """Kept for the record (upstream fields without a meaning here); no code reads it."""

    def reference_calls(self) -> list[Call]:
        """The calls of the reference solution, all phases."""
        return [step for phase in self.phases for step in phase.reference or () if isinstance(step, Call)]

    @property
    def open_points(self) -> int:
        """How many points must be settled before the first request can be answered (BIRD-INTERACT's m_amb)."""
        return sum(point.critical or point.knowledge is not None for point in self.user.ambiguities)

    @model_validator(mode="after")
    def _weights_add_up(self) -> Self:
        total = sum(phase.weight for phase in self.phases)
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the weights of the phases add up to {total:g}, not 1")
        return self
