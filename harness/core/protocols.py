"""The contracts that plug-ins fulfil: agents, simulators and environments.

Everything that may wait on a database, a container or a model is a coroutine, so that one event loop
serves all of them and no plug-in needs a thread of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from harness.core.event import Event
from harness.core.interaction import FREE, Interaction
from harness.core.message import Message, Party, ToolCall, ToolResult, ToolSpec
from harness.core.mode import Mode
from harness.core.parsing import JsonObject
from harness.core.task import Task


@dataclass(frozen=True, slots=True)
class View:
    """All that a party may see when it is its turn."""

    party: Party
    instructions: str
    """The agent: the pack's policy. The user: its scenario in prose."""
    tools: Sequence[ToolSpec]
    history: Sequence[Event]
    """What this party said, called and was told, oldest first. Grows during the episode: don't keep
    a slice of it as if it were the whole, and don't change it. Where requests stand alone (`Interaction.relay`),
    it begins with the current one."""
    seed: int
    """Of this party in this trial; pass it to a model, or build a `random.Random` from it."""
    mode: Mode = Mode.DEFAULT
    """Whether somebody sits in the other seat: an agent that plays alone needs another prompt."""
    interaction: Interaction = FREE
    """What the agent may ask and spend, and how often it may hand in."""


class Agent(Protocol):
    """Sits in the agent's chair of one episode; a new object for each.

    Where it has a method `close()`, plain or `async`, that is called once when the episode is over, however it ended.
    """

    def act(self, view: View) -> Message | str | Awaitable[Message | str]:
        """What to say or call now; a `str` is a message without calls. Plain or `async`, as you like: a
        plain method runs in a thread.

        Whatever is raised here ends the episode as `agent_error`, except `ModelFault`
        (`infra_error`) and `ContextWindowExceeded`.
        """
        ...


class Simulator(Protocol):
    """Sits in the user's chair of one episode; a new object for each."""

    async def act(self, view: View) -> Message:
        """What the user says or does now. Called with an empty history, it opens the conversation."""
        ...


Ask = Callable[[str], Awaitable[str]]
"""How a running tool puts a question to the user; the engine carries it there and back."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A world's state as a value. Only the environment that made it understands `state`."""

    state: object


class Environment(Protocol):
    """One episode's world. It belongs to the episode alone; its state is a value."""

    def tools(self, party: Party) -> Sequence[ToolSpec]:
        """The tools that `party` holds; the same list throughout the episode."""
        ...

    async def call(self, party: Party, call: ToolCall, ask: Ask) -> ToolResult:
        """Execute a call. A call that can't be done returns a result with `error`; only a broken
        environment raises (`EnvironmentFault`)."""
        ...

    async def probe(self, party: Party, name: str, arguments: JsonObject) -> JsonValue:
        """Look at a side of the world without changing it: for checks, never offered as a tool.

        Raises:
            LookupError: there is no such probe.
            ValueError: the arguments don't fit it.
        """
        ...

    async def next_phase(self, phase: int) -> None:
        """The task goes on to this phase (1 and up): do what its setup says lies between two requests.

        Raises:
            EnvironmentFault: it can't be done.
        """
        ...

    async def fingerprint(self, party: Party) -> str:
        """A hash of that side's state: equal exactly where the states are equal."""
        ...

    async def snapshot(self) -> Snapshot:
        """The state as a value; it costs what changed since the template, where the engine allows."""
        ...

    async def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of this environment, any number of times and in any order."""
        ...

    async def changes(self, since: Snapshot) -> Sequence[str]:
        """What differs now from a snapshot of a world of the same template and task, a line a place, for people:
        `user.device.roaming: false → true`. It costs what changed."""
        ...

    async def close(self) -> None:
        """Give back what the episode held. Called once, also after a fault."""
        ...


class Template(Protocol):
    """The immutable base of a pack's environment: loaded once per process, shared by all episodes."""

    def validate(self, task: Task) -> Sequence[str]:
        """What is wrong with a task's `setup`, tools and checks, a line a problem: `field: message (got
        value)`. Empty where it is fine."""
        ...

    async def create(self, task: Task, seed: int) -> Environment:
        """A world of its own for one episode: the base with the task's `setup` applied.

        Raises:
            EnvironmentFault: it can't be built.
        """
        ...

    def close(self) -> None:
        """Give back what the base holds."""
        ...
