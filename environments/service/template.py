"""How a pack gets its service desk: the domain, the loaded databases, and the checks of its tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Literal

from environments.service.domain import Bases, Domain, bind
from environments.service.rules import UPSTREAM, Rules, rules_named
from environments.service.state import Base, Schema
from environments.service.world import Setup, SetupFailure, World
from environments.toolkit import Tool
from harness.core.check import ActionCheck, CheckSpec, ProbeCheck
from harness.core.errors import EnvironmentFault, InputError, unknown_name
from harness.core.message import Party
from harness.core.pack import Pack
from harness.core.parsing import JsonObject, Model, parse, read_text, read_toml
from harness.core.protocols import Environment, Snapshot
from harness.core.task import Call, Task

_MODULES = {
    "mock": "environments.service.mock",
    "airline": "environments.service.airline.domain",
    "retail": "environments.service.retail.domain",
    "telecom": "environments.service.telecom.domain",
}
"""Each holds a `DOMAIN`; imported when a pack of it is loaded."""


class Options(Model):
    """The `[options]` of a service pack."""

    domain: Literal["mock", "airline", "retail", "telecom"]
    agent_data: str
    """File with the desk's database, `.json` or `.toml`, relative to the pack."""
    user_data: str | None = None
    """File with the user's side; `None`: its defaults."""
    rules: Literal["upstream", "corrected"] = "upstream"
    """Whether upstream's defects are in force; see `environments.service.rules`."""


def load(pack: Pack) -> ServiceTemplate:
    """The template of a service pack.

    Raises:
        InputError: the options or a data file can't be used.
    """
    where = str(pack.root / "pack.toml")
    options = parse(Options, pack.manifest.options, where=f"{where}: [options]")
    domain = load_domain(options.domain)
    agent = _base(domain.agent.schema, pack.root, options.agent_data)
    user = _base(domain.user.schema, pack.root, options.user_data)
    return ServiceTemplate(domain, Bases(agent, user), rules_named(options.rules))


def load_domain(name: str) -> Domain:
    """The domain with this name.

    Raises:
        InputError: there is none.
    """
    if name not in _MODULES:
        raise unknown_name("service domain", name, _MODULES)
    domain: Domain = import_module(_MODULES[name]).DOMAIN
    return domain


class ServiceTemplate:
    """The shared, immutable half of all episodes of a pack."""

    def __init__(self, domain: Domain, bases: Bases, rules: Rules = UPSTREAM) -> None:
        self.domain = domain
        self._bases = bases
        self._rules = rules
        self._starts: dict[str, tuple[Task, Snapshot]] = {}
        """What each task's setup makes, by task id: it is played once, and then a snapshot serves."""

    def validate(self, task: Task) -> Sequence[str]:
        """See `harness.core.protocols.Template`."""
        return [*self._setup_problems(task), *self._user_problems(task), *self._phase_problems(task)]

    async def create(self, task: Task, seed: int) -> Environment:
        """See `harness.core.protocols.Template`. Nothing in a service desk is random."""
        try:
            return self.world(task)
        except (InputError, SetupFailure) as error:
            raise EnvironmentFault(f"task {task.id!r}: {error}") from error

    def close(self) -> None:
        """See `harness.core.protocols.Template`."""

    def world(self, task: Task) -> World:
        """A world of its own with the task's setup applied.

        Raises:
            InputError: the setup has another shape.
            SetupFailure: it doesn't fit the domain and its data.
        """
        world = World(self.domain, self._bases, task.user.tools, self._rules)
        known = self._starts.get(task.id)
        if known is not None and known[0] is task:
            world.begin(known[1])
            return world
        world.prepare(parse(Setup, task.setup, where="setup"))
        self._starts[task.id] = (task, world.now())
        return world

    def _setup_problems(self, task: Task) -> Iterator[str]:
        try:
            self.world(task)
        except SetupFailure as failure:
            yield f"setup.{failure}"
        except InputError as error:
            yield str(error)

    def _user_problems(self, task: Task) -> Iterator[str]:
        known = self.domain.user.tools(Party.USER)
        for number, name in enumerate(task.user.tools or ()):
            if name not in known:
                yield f"user.tools.{number}: the user has no such tool (got {name!r})"
        for number, wish in enumerate(task.user.done_when):
            yield from _problems(
                f"user.done_when.{number}", "tool", self._tools(task, Party.USER), wish.tool, wish.arguments
            )
        for number, entry in enumerate(task.history):
            for call in entry.message.tool_calls:
                where = f"history.{number}.message.tool_calls"
                yield from _problems(where, "name", self._tools(task, entry.party), call.name, call.arguments)

    def _phase_problems(self, task: Task) -> Iterator[str]:
        for phase_number, phase in enumerate(task.phases):
            for number, step in enumerate(phase.reference or ()):
                if isinstance(step, Call):
                    where = f"phases.{phase_number}.reference.{number}"
                    yield from _problems(where, "tool", self._tools(task, step.party), step.tool, step.arguments)
            for number, check in enumerate(phase.checks):
                yield from self._check_problems(f"phases.{phase_number}.checks.{number}", task, check)

    def _check_problems(self, where: str, task: Task, check: CheckSpec) -> Iterator[str]:
        match check:
            case ProbeCheck():
                yield from _problems(where, "name", self.domain.side(check.party).probes(), check.name, check.arguments)
            case ActionCheck():
                tools = self._tools(task, Party.USER) | self._tools(task, Party.AGENT)
                if check.tool not in tools:
                    yield f"{where}.tool: neither party has such a tool (got {check.tool!r})"
                    return
                known = tools[check.tool].arguments.model_fields
                for name in (*check.arguments, *(check.compare or ())):
                    if name not in known:
                        yield f"{where}.arguments: {check.tool} has no such argument (got {name!r})"

    def _tools(self, task: Task, party: Party) -> dict[str, Tool]:
        tools = self.domain.side(party).tools(party)
        if party is Party.USER and task.user.tools is not None:
            return {name: found for name, found in tools.items() if name in task.user.tools}
        return tools


def _problems(where: str, field: str, known: dict[str, Tool], name: str, arguments: JsonObject) -> Iterator[str]:
    if name not in known:
        yield f"{where}.{field}: {unknown_name('function', name, known)} (got {name!r})".replace("\n ", ";")
        return
    try:
        bind(known[name], arguments)
    except ValueError as error:
        yield f"{where}.arguments: {name}: {error}"


def _base(schema: Schema, root: Path, file: str | None) -> Base:
    if file is None:
        return schema.load({}, where="defaults")
    path = (root / file).resolve()
    if not path.is_relative_to(root.resolve()):
        raise InputError(f"{root / 'pack.toml'}: field 'options': the data file lies outside the pack (got {file!r})")
    if path.suffix == ".toml":
        return schema.load(read_toml(path), where=str(path))
    return schema.load(read_text(path), where=str(path))
