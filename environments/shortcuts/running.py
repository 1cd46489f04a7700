"""What a running shortcut works on: the world it changes, its frame of outputs and variables, its limits.

`World` is the mutable cell of one episode around the immutable device, and remembers which actions were carried out.
A `Frame` holds what actions left for later ones; the episode has one for live calls, each whole shortcut gets its own.
Actions fail by raising `ActionError`, which the interpreter turns into the run's typed result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random
from types import MappingProxyType

from environments.shortcuts.dates import Clock
from environments.shortcuts.definitions import Definition
from environments.shortcuts.device import Device, E
from environments.shortcuts.program import Source
from environments.shortcuts.records import Entry
from environments.shortcuts.values import NOTHING, Value
from harness.core.identity import role_random
from harness.core.parsing import JsonObject
from harness.core.protocols import Ask


class RunErrorKind(StrEnum):
    """Why a shortcut stopped before its end."""

    MALFORMED = "malformed"
    NOT_IMPLEMENTED = "not_implemented"
    BAD_PARAMETER = "bad_parameter"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    BAD_ANSWER = "bad_answer"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class RunError:
    """Which action stopped a shortcut, and why."""

    kind: RunErrorKind
    index: int
    """The action's place in the list, from 0."""
    identifier: str
    message: str


class ActionError(Exception):
    """Raised by an action that can't be done."""

    def __init__(self, kind: RunErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class MissingInput(Exception):
    """Raised where a needed parameter is nothing: an action that only computes then gives nothing."""


class EndShortcut(Exception):
    """Raised by an action that ends the shortcut on purpose, with the shortcut's output."""

    def __init__(self, output: Value) -> None:
        super().__init__()
        self.output = output


@dataclass(slots=True)
class Frame:
    """Outputs by UUID, variables by name, and the last output, which is the next action's implicit input."""

    outputs: dict[str, Value] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    """UUIDs by the custom name of an output."""
    variables: dict[str, Value] = field(default_factory=dict)
    last: Value = NOTHING
    input: Value | None = None
    """What the shortcut that calls this one passed to it; `None`: it was called by nobody."""
    makers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Identifiers of the actions that made each output (by UUID) or what a variable holds (by `$` and its name)."""
    last_makers: tuple[str, ...] = ()

    def copy(self) -> Frame:
        """An independent frame with the same contents."""
        return replace(
            self,
            outputs=dict(self.outputs),
            named=dict(self.named),
            variables=dict(self.variables),
            makers=dict(self.makers),
        )

    def names(self) -> dict[str, Source]:
        """What `${name}` may mean in this frame."""
        outputs = dict.fromkeys((*self.outputs, *self.named), Source.ACTION_OUTPUT)
        return {**outputs, **dict.fromkeys(self.variables, Source.VARIABLE)}


@dataclass(frozen=True, slots=True)
class Performed:
    """An action that was carried out, and where what it used came from."""

    identifier: str
    parameters: JsonObject
    """As they were written."""
    place: tuple[int, int]
    """The call it was part of, and its place in that call's list of actions."""
    uses: tuple[tuple[str, str], ...]
    """For each reference of a parameter: the identifier of the action that made the value (variables are followed to
    what set them), or the source's name for what the system or the user gave."""


@dataclass(frozen=True, slots=True)
class WorldState:
    """Everything of a world that can change, as a value."""

    device: Device
    live: Frame
    draws: int
    calls: int
    untouched: Device
    performed: tuple[Performed, ...]
    performed_before: int


@dataclass(slots=True)
class World:
    """One episode's world. `live` belongs to calls of single actions and lasts as long as the episode."""

    seed: int
    device: Device
    live: Frame = field(default_factory=Frame)
    draws: int = 0
    """Times that chance was asked for."""
    calls: int = 0
    """Calls so far, for the UUIDs of single actions' outputs."""
    definitions: Mapping[str, Definition] = field(default_factory=lambda: MappingProxyType({}))
    """APIs that are known though nothing here does them: a call of one is recorded, and flagged."""
    lenient: bool = False
    """Whether an action that changes something is skipped, with a remark, where what it needs is nothing. On a phone it
    is; for an agent an error is the better answer."""
    schemas: bool = False
    """Whether an action is described by its JSON Schema, not as text."""
    untouched: Device = field(init=False)
    """The device as it would be without the shortcuts of this phase: where each attempt of an author begins."""
    performed: list[Performed] = field(default_factory=list, init=False)
    """What was carried out, in order; of an author's attempts, the last one's."""
    performed_before: int = field(default=0, init=False)
    """How much of that was before this phase."""

    def __post_init__(self) -> None:
        self.untouched = self.device

    def add(self, entry: E) -> E:
        """Store a new entry; it comes back with its id.

        Raises:
            StorageFull: there are too many of its kind; so with `change` and `drop`.
        """
        self.device = self.device.add(entry)
        return self.device.current(replace(entry, id=self.device.latest())) or entry

    def change(self, entry: E) -> E:
        """Store an entry in place of the one with its id."""
        self.device = self.device.put(entry)
        return entry

    def drop(self, entry: Entry) -> None:
        """Remove the entry of this id."""
        self.device = self.device.remove(entry)

    def set(self, **changes: bool | float | str) -> None:
        """Change settings by their names."""
        settings = replace(self.device.settings, **changes)  # type: ignore[arg-type]
        self.device = replace(self.device, settings=settings)

    def begin_attempt(self) -> None:
        """Undo what the shortcuts of this phase did."""
        self.device = self.untouched
        del self.performed[self.performed_before :]

    def begin_phase(self) -> None:
        """What is done now stays done."""
        self.untouched = self.device
        self.performed_before = len(self.performed)

    def done(self) -> list[Performed]:
        """What was carried out in this phase."""
        return self.performed[self.performed_before :]

    def by_hand(self, change: Callable[[Device], Device]) -> None:
        """Something that the user does, which no further attempt undoes."""
        self.device, self.untouched = change(self.device), change(self.untouched)

    def state(self) -> WorldState:
        """The state now; later changes don't touch it."""
        return WorldState(
            self.device,
            self.live.copy(),
            self.draws,
            self.calls,
            self.untouched,
            tuple(self.performed),
            self.performed_before,
        )

    def reset(self, state: WorldState) -> None:
        """Go back to a state that `state` returned."""
        self.device, self.live = state.device, state.live.copy()
        self.draws, self.calls, self.untouched = state.draws, state.calls, state.untouched
        self.performed, self.performed_before = list(state.performed), state.performed_before

    def chance(self) -> Random:
        """A generator for one draw: it depends on the seed and on how many draws came before, nothing else."""
        self.draws += 1
        return role_random(self.seed, f"shortcuts:{self.draws}")


@dataclass(frozen=True, slots=True)
class RunLimits:
    """How much one run may take. Every step of every loop counts."""

    steps: int = 2_000
    questions: int = 20
    shown: int = 100
    nested: int = 8
    """Shortcuts that run one another."""


@dataclass(slots=True)
class Run:
    """One run of a shortcut, or of a single action."""

    world: World
    ask_user: Ask
    frame: Frame
    limits: RunLimits = RunLimits()
    steps: int = 0
    questions: int = 0
    shown: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """What went otherwise than its author may have meant, without being an error."""
    stubs: list[str] = field(default_factory=list)
    """Identifiers of actions that were only recorded."""
    nested: int = 0
    """How many shortcuts wait for this one."""
    parameter: str = ""
    """Which parameter is being resolved."""
    uses: list[tuple[str, str]] = field(default_factory=list)
    """See `Performed.uses`: those of the action that is being carried out."""

    @property
    def clock(self) -> Clock:
        """The device's clock now."""
        return self.world.device.clock

    def use(self, makers: tuple[str, ...]) -> None:
        """Note where what the parameter at hand refers to came from."""
        self.uses += [(self.parameter, maker) for maker in makers]

    def makers_of(self, parameter: str) -> tuple[str, ...]:
        """Where what a parameter of the action at hand refers to came from."""
        return tuple(dict.fromkeys(maker for name, maker in self.uses if name == parameter))

    def count_step(self) -> None:
        """Account for one more step; ActionError beyond the limit."""
        self.steps += 1
        if self.steps > self.limits.steps:
            raise ActionError(RunErrorKind.LIMIT, f"a run may take {self.limits.steps} steps, no more")

    def show(self, text: str) -> None:
        """Show the user a text; ActionError beyond the limit on what one run may show."""
        if len(self.shown) >= self.limits.shown:
            raise ActionError(RunErrorKind.LIMIT, f"a run may show {self.limits.shown} results, no more")
        self.shown.append(text)
        device = self.world.device
        self.world.device = replace(device, shown=(*device.shown, text)[-self.limits.shown :])

    async def ask(self, question: str) -> str:
        """The user's answer to a question; ActionError beyond the limit on questions."""
        self.questions += 1
        if self.questions > self.limits.questions:
            raise ActionError(RunErrorKind.LIMIT, f"a run may ask {self.limits.questions} questions, no more")
        return (await self.ask_user(question)).strip()
