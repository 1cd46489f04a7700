"""The shortcuts environment: the pack's device, loaded once, and a world of its own for each episode.

Both parties act on one device, so the agent's side of the world is the device and the user's side is
nothing beyond it: the user's fingerprint is a constant. A question that a shortcut asks goes to the user
through the call's `ask`; while it is open the user may call tools, which act on the same device.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import JsonValue
from pydantic_core import to_jsonable_python

from environments.shortcuts.definitions import Definition, definitions_in
from environments.shortcuts.device import Device
from environments.shortcuts.probes import Probes
from environments.shortcuts.running import World, WorldState
from environments.shortcuts.setup import Setup, device_in, set_up
from environments.shortcuts.static import StaticTemplate
from environments.shortcuts.static import load as load_static
from environments.shortcuts.tools import DeviceTools
from environments.shortcuts.validation import problems_of
from environments.toolkit import call_tool, tools_of
from harness.core.errors import EnvironmentFault, InputError
from harness.core.identity import digest
from harness.core.message import Party, ToolCall, ToolResult, ToolSpec
from harness.core.pack import Pack
from harness.core.parsing import JsonObject, Model, parse
from harness.core.protocols import Ask, Snapshot
from harness.core.task import Task


class Options(Model):
    """The `options` of a shortcuts pack's manifest."""

    device: str = "data/device.json"
    """File with the device's data, relative to the pack."""
    definitions: str | None = None
    """Folder with upstream's API definitions, relative to the pack: APIs that nothing here does are then known and
    recorded. `None`: they are errors."""
    descriptions: Literal["published", "corrected"] = "published"
    """Whether APIs whose published description is another's keep it; only those that are just recorded show it."""
    apis: Literal["text", "schema"] = "text"
    """How an action is described."""
    missing: Literal["error", "skipped"] = "error"
    """What an action that changes something does where what it needs is nothing (see `World.lenient`)."""


class ShortcutsEnvironment:
    """One episode's world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def tools(self, party: Party) -> Sequence[ToolSpec]:
        """The tools that `party` holds."""
        return [found.spec for (owner, _), found in tools_of(DeviceTools).items() if owner is party]

    async def call(self, party: Party, call: ToolCall, ask: Ask) -> ToolResult:
        """Execute a call; whatever is wrong with it is in the result."""
        return await call_tool(DeviceTools(self._world, ask), party, call)

    async def probe(self, party: Party, name: str, arguments: JsonObject) -> JsonValue:
        """Look at the device; both parties' sides are the same."""
        found = tools_of(Probes).get((Party.ENVIRONMENT, name))
        if found is None:
            raise LookupError(f"there is no probe {name!r}")
        read = found.arguments.model_validate_json(json.dumps(arguments), strict=True)
        given = {key: getattr(read, key) for key in type(read).model_fields}
        answer: JsonValue = to_jsonable_python(
            getattr(Probes(self._world.device, self._world.done()), found.method)(**given)
        )
        return answer

    async def next_phase(self, phase: int) -> None:
        """The next request finds the device as it is now."""
        self._world.begin_phase()

    async def fingerprint(self, party: Party) -> str:
        """A hash of the device's state for the agent; a constant for the user, who has nothing beside it."""
        return self._world.device.fingerprint() if party is Party.AGENT else digest(None)

    async def snapshot(self) -> Snapshot:
        """The state as a value: a reference to the device and a copy of the live frame."""
        return Snapshot(self._world.state())

    async def changes(self, since: Snapshot) -> Sequence[str]:
        """See `Environment.changes`."""
        return tuple(self._world.device.changes(_state(since).device))

    async def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot."""
        self._world.reset(_state(snapshot))

    async def close(self) -> None:
        """Nothing is held."""


def _state(snapshot: Snapshot) -> WorldState:
    if not isinstance(snapshot.state, WorldState):
        raise EnvironmentFault(f"a snapshot of another environment ({type(snapshot.state).__name__})")
    return snapshot.state


class ShortcutsTemplate:
    """The device of a pack, shared by all its episodes."""

    def __init__(
        self, base: Device, definitions: Mapping[str, Definition] | None = None, options: Options | None = None
    ) -> None:
        self._base = base
        self._definitions = definitions or {}
        self._options = options or Options()

    def validate(self, task: Task) -> Sequence[str]:
        """What is wrong with a task's setup, tools, actions and probes."""
        real = self._options.missing == "skipped"
        return problems_of(task, self._base, self._definitions, real=real)

    async def create(self, task: Task, seed: int) -> ShortcutsEnvironment:
        """The device with the task's setup.

        Raises:
            EnvironmentFault: the setup doesn't fit the device.
        """
        try:
            setup = parse(Setup, task.setup, where=f"task {task.id!r}: setup")
            device = set_up(self._base, setup)
        except InputError as error:
            raise EnvironmentFault(str(error)) from error
        options = self._options
        world = World(
            seed,
            device,
            definitions=self._definitions,
            lenient=options.missing == "skipped",
            schemas=options.apis == "schema",
        )
        return ShortcutsEnvironment(world)

    def close(self) -> None:
        """Nothing is held."""


def load(pack: Pack) -> ShortcutsTemplate | StaticTemplate:
    """The template of a pack; one with the option `protocol = "static"` has no device.

    Raises:
        InputError: the pack's options or its device's data can't be used.
    """
    if "protocol" in pack.manifest.options:
        return load_static(pack)
    options = parse(Options, pack.manifest.options, where=f"{pack.root / 'pack.toml'}: options")
    definitions: Mapping[str, Definition] = {}
    if options.definitions is not None:
        folder = _inside(pack, options.definitions)
        definitions = definitions_in(folder, corrected=options.descriptions == "corrected")
    return ShortcutsTemplate(device_in(_inside(pack, options.device)), definitions, options)


def _inside(pack: Pack, path: str) -> Path:
    """A path of a pack's options.

    Raises:
        InputError: it leads out of the pack.
    """
    found = (pack.root / path).resolve()
    if not found.is_relative_to(pack.root.resolve()):
        raise InputError(f"{pack.root / 'pack.toml'}: options: {path!r} lies outside the pack")
    return found
