"""The static environment: published shortcuts asked for action by action (`options.protocol = "static"`).

Nobody acts in it. The engine relays: the user's tool `next_request` takes the agent's reply and gives the next request,
each with all that it takes to answer it. What was said is the state; checks and `bench static` score it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import JsonValue

from environments.shortcuts.catalogue import own_infos, own_types
from environments.shortcuts.definitions import mended, read_definitions_of
from environments.shortcuts.published.actions import Types, Underivable
from environments.shortcuts.published.files import DEFECTS, INFOS, TYPES, read_defects, read_infos, read_types
from environments.shortcuts.published.history import history
from environments.shortcuts.published.lengths import length
from environments.shortcuts.published.parameters import output_names
from environments.shortcuts.static_task import StaticSetup, StaticTask, Steps
from environments.toolkit import call_tool, tool, tools_of
from harness.core.check import ProbeCheck
from harness.core.errors import EnvironmentFault, InputError, unknown_name
from harness.core.identity import digest
from harness.core.message import Party, ToolCall, ToolResult, ToolSpec
from harness.core.pack import Pack
from harness.core.parsing import JsonObject, Model, parse
from harness.core.protocols import Ask, Snapshot
from harness.core.task import Task

RELAY = "next_request"
PROBES = ("wrong_choices", "wrong_parameters")
_NO_INFO = "(nothing is known about it)"
_REQUEST = """\
# The APIs

{apis}

Identifiers that you can use: {names}

# The request

{query}

# The actions so far

{history}

What is the next action? Answer with one JSON object, and one action only."""


class StaticOptions(Model):
    """The `options` of a static pack's manifest."""

    protocol: Literal["static"]
    definitions: str | None = "data"
    """Folder with upstream's API definitions, relative to the pack. `None`, or a folder without them: the device's own
    actions are the APIs."""
    apis: Literal["text", "schema"] = "text"
    """Whether a request shows APIs as text, as upstream does, or as JSON Schemas for function calling."""
    descriptions: Literal["published", "corrected"] = "published"
    """Whether APIs whose published description is another's keep it."""
    steps: Steps = "scored"
    """Which actions are asked for."""


class StaticEnvironment:
    """One episode: a task, what APIs look like, and the replies so far."""

    def __init__(self, task: StaticTask, infos: Mapping[str, str]) -> None:
        self._task = task
        self._infos = infos
        self._names = output_names(task.actions, task.types)
        self._replies: tuple[str, ...] = ()

    def tools(self, party: Party) -> Sequence[ToolSpec]:
        """The relay, which is the user's; the agent has none."""
        return [found.spec for (owner, _), found in tools_of(StaticTools).items() if owner is party]

    async def call(self, party: Party, call: ToolCall, ask: Ask) -> ToolResult:
        """Execute a call; whatever is wrong with it is in the result."""
        return await call_tool(StaticTools(self), party, call)

    async def probe(self, party: Party, name: str, arguments: JsonObject) -> JsonValue:
        """Which actions' replies are wrong, by index: in the API, or in a parameter that counts in full."""
        if name not in PROBES:
            raise LookupError(f"there is no probe {name!r}")
        return (
            [*self._task.wrong_choices(self._replies)]
            if name == PROBES[0]
            else self._task.wrong_parameters(self._replies)
        )

    def take(self, reply: str | None) -> str:
        """Take the reply to the last request, where there was one, and make the next; empty after the last."""
        if reply is not None:
            self._replies = (*self._replies, reply)
        asked = self._task.asked
        return self._request(asked[len(self._replies)]) if len(self._replies) < len(asked) else ""

    def _request(self, index: int) -> str:
        names = sorted(self._task.setup.candidates)
        apis = (f"{number}. {name}. {self._infos.get(name, _NO_INFO)}" for number, name in enumerate(names, 1))
        return _REQUEST.format(
            apis="\n".join(apis),
            names=", ".join(names),
            query=self._task.setup.query,
            history=json.dumps(history(self._task.actions[:index], self._names), indent=2),
        )

    async def next_phase(self, phase: int) -> None:
        """See `Environment.next_phase`; a static task has one phase."""

    async def fingerprint(self, party: Party) -> str:
        """A hash of the replies for the agent; a constant for the user."""
        return digest(list(self._replies)) if party is Party.AGENT else digest(None)

    async def snapshot(self) -> Snapshot:
        """The replies."""
        return Snapshot(self._replies)

    async def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot."""
        if not isinstance(snapshot.state, tuple):
            raise EnvironmentFault(f"a snapshot of another environment ({type(snapshot.state).__name__})")
        self._replies = snapshot.state

    async def changes(self, since: Snapshot) -> Sequence[str]:
        """See `Environment.changes`: nothing but what was said."""
        return ()

    async def close(self) -> None:
        """Nothing is held."""


class StaticTools:
    """The engine's relay."""

    def __init__(self, environment: StaticEnvironment) -> None:
        self._environment = environment

    @tool(party=Party.USER, writes=True)
    def next_request(self, reply: str | None = None) -> str:
        """Take the reply to the last request and make the next one; empty where there is none.

        Args:
            reply: What was said to the last request.
        """
        return self._environment.take(reply)


class StaticTemplate:
    """The APIs of a pack, shared by all its episodes."""

    def __init__(self, options: StaticOptions, infos: Mapping[str, str], types: Types) -> None:
        self._options = options
        self._infos = infos
        self._types = types

    def read(self, task: Task) -> StaticTask:
        """A task's setup, read.

        Raises:
            InputError: it isn't a static task.
        """
        setup = parse(StaticSetup, task.setup, where=f"task {task.id!r}: setup")
        return StaticTask(setup, self._types, self._options.steps)

    def validate(self, task: Task) -> Sequence[str]:
        """What is wrong with a task's setup and checks."""
        problems = [] if len(task.phases) == 1 else [f"phases: a static task has one (got {len(task.phases)})"]
        try:
            read = self.read(task)
            if not read.asked:
                problems.append("setup.actions: nothing in them is asked for")
            history(read.actions, output_names(read.actions, self._types))
            length(read.actions)
        except (InputError, Underivable) as problem:
            problems.append(f"setup: {problem}")
        probes = [check.name for check in task.phases[0].checks if isinstance(check, ProbeCheck)]
        return problems + [f"checks: {unknown_name('probe', name, PROBES)}" for name in probes if name not in PROBES]

    async def create(self, task: Task, seed: int) -> StaticEnvironment:
        """The task before its first request; nothing in it is drawn.

        Raises:
            EnvironmentFault: the task isn't a static one.
        """
        try:
            return StaticEnvironment(self.read(task), self._infos)
        except (InputError, Underivable) as error:
            raise EnvironmentFault(str(error)) from error

    def close(self) -> None:
        """Nothing is held."""


def load(pack: Pack) -> StaticTemplate:
    """The template of a static pack.

    Raises:
        InputError: the pack's options or its definitions can't be used.
    """
    manifest = pack.root / "pack.toml"
    options = parse(StaticOptions, pack.manifest.options, where=f"{manifest}: options")
    if pack.manifest.protocol.relay != RELAY:
        raise InputError(f"{manifest}: protocol.relay: a static pack needs {RELAY!r}")
    infos, types = _apis(pack, options)
    if options.apis == "schema":
        infos = _schemas(infos, types)
    return StaticTemplate(options, infos, types)


def known_apis(pack: Pack) -> list[str]:
    """The APIs that a pack's candidates are drawn from."""
    folder = pack.manifest.options.get("definitions")
    options = StaticOptions(protocol="static", definitions=folder if isinstance(folder, str) else None)
    return list(_apis(pack, options)[0])


def _apis(pack: Pack, options: StaticOptions) -> tuple[Mapping[str, str], Types]:
    """What APIs look like, and their types: upstream's where the pack holds them, else those of our own actions."""
    data = pack.root / options.definitions if options.definitions else None
    if data is None or not (data / INFOS).is_file():
        return own_infos(), own_types()
    infos = read_infos(data / INFOS)
    if options.descriptions == "corrected":
        infos = mended(infos, read_defects(data / DEFECTS))
    return infos, read_types(data / TYPES)


def _schemas(infos: Mapping[str, str], types: Types) -> Mapping[str, str]:
    definitions = read_definitions_of(types, infos)
    specs = ((name, definitions[name].tool_spec()) for name in infos if name in definitions)
    shown = {
        name: json.dumps(
            {"name": spec.name, "description": spec.description, "parameters": spec.parameters}, ensure_ascii=False
        )
        for name, spec in specs
    }
    return {**infos, **shown}
