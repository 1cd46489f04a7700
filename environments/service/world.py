"""One episode at a service desk: the environment, and how a task's setup makes it."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field, JsonValue

from environments.service.calling import call_method, clash
from environments.service.domain import Bases, Domain, Toolkit, invoke
from environments.service.rules import UPSTREAM, Rules
from environments.service.state import Overlay, State, plain
from environments.toolkit import ToolFailure, failed
from harness.core.errors import InputError
from harness.core.message import Party, ToolCall, ToolErrorKind, ToolResult, ToolSpec
from harness.core.parsing import JsonObject, Model
from harness.core.protocols import Ask, Snapshot


class SetupData(Model):
    """Plain data laid over the databases: objects merge key by key, everything else replaces."""

    agent_data: JsonObject | None = None
    user_data: JsonObject | None = None


class SetupAction(Model):
    """A tool or helper of a side's toolkit, called before the episode starts."""

    party: Party
    function: str
    arguments: JsonObject = Field(default_factory=dict)


class Setup(Model):
    """The shape of a task's `setup`: first the data, then the actions in order, as upstream does."""

    data: SetupData = SetupData()
    actions: tuple[SetupAction, ...] = ()


class SetupFailure(Exception):
    """A setup can't be applied; the message begins with the field that is at fault."""


class World:
    """The environment of one episode: two states over shared bases, and a toolkit on each."""

    __slots__ = ("_in_step", "_specs", "_states", "_toolkits", "domain")

    def __init__(
        self, domain: Domain, bases: Bases, user_tools: Sequence[str] | None = None, rules: Rules = UPSTREAM
    ) -> None:
        self.domain = domain
        self._states = {
            Party.AGENT: State(domain.agent.schema, bases.agent),
            Party.USER: State(domain.user.schema, bases.user),
        }
        self._toolkits: dict[Party, Toolkit] = {
            party: domain.side(party).toolkit(state, rules) for party, state in self._states.items()
        }
        self._specs = domain.offered(None if user_tools is None else tuple(user_tools))
        self._in_step: tuple[int, int] | None = None

    def prepare(self, setup: Setup) -> None:
        """Apply a task's setup.

        Raises:
            SetupFailure: it doesn't fit the domain and its data.
        """
        self._sync("data")
        for party, data in ((Party.AGENT, setup.data.agent_data), (Party.USER, setup.data.user_data)):
            if data is not None:
                try:
                    self._states[party].merge(data, where=f"data.{party}_data")
                except InputError as error:
                    raise SetupFailure(error.message) from None
        self._sync("data")
        for number, action in enumerate(setup.actions):
            self._act(action, where=f"actions.{number}")

    def tools(self, party: Party) -> Sequence[ToolSpec]:
        """See `harness.core.protocols.Environment`."""
        return tuple(self._specs[party].values())

    async def call(self, party: Party, call: ToolCall, ask: Ask) -> ToolResult:
        """See `harness.core.protocols.Environment`. No tool of a service desk asks."""
        if problem := clash(self._toolkits[party].rules, call.arguments):
            return failed(call, problem, ToolErrorKind.INVALID_ARGUMENTS)
        if call.name not in self._specs[party]:
            text = f"Tool {call.name!r} not found." if self._specs[party] else "User tools not available"
            return failed(call, text, ToolErrorKind.UNKNOWN_TOOL)
        result = call_method(self._toolkits[party], self.domain.side(party).tools(party)[call.name], call)
        try:
            self._sync(call.name)
        except SetupFailure as failure:
            return failed(call, str(failure.__cause__ or failure), ToolErrorKind.FAILED)
        return result

    async def probe(self, party: Party, name: str, arguments: JsonObject) -> JsonValue:
        """See `harness.core.protocols.Environment`.

        Raises:
            LookupError: there is no such probe.
            ValueError: the arguments don't fit it, or what they name doesn't exist.
        """
        found = self.domain.side(party).probes().get(name)
        if found is None:
            raise LookupError(f"the {party} side has no probe {name!r}")
        try:
            return plain(invoke(self._toolkits[party], found, arguments))
        except ToolFailure as failure:
            raise ValueError(str(failure)) from None

    async def next_phase(self, phase: int) -> None:
        """See `Environment.next_phase`; nothing lies between two requests here."""

    async def fingerprint(self, party: Party) -> str:
        """See `harness.core.protocols.Environment`."""
        return self._states[party].fingerprint()

    async def snapshot(self) -> Snapshot:
        """See `harness.core.protocols.Environment`."""
        return self.now()

    async def restore(self, snapshot: Snapshot) -> None:
        """See `harness.core.protocols.Environment`."""
        self.begin(snapshot)

    async def changes(self, since: Snapshot) -> Sequence[str]:
        """See `harness.core.protocols.Environment`."""
        overlays = since.state
        assert isinstance(overlays, dict), "a snapshot of another environment"
        return [f"{party}.{line}" for party, state in self._states.items() for line in state.became(overlays[party])]

    def now(self) -> Snapshot:
        """Both states as a value. It fits every world over the same bases."""
        return Snapshot({party: state.snapshot() for party, state in self._states.items()})

    def begin(self, snapshot: Snapshot) -> None:
        """Go to a state that `now` gave."""
        overlays = snapshot.state
        assert isinstance(overlays, dict), "a snapshot of another environment"
        for party, state in self._states.items():
            overlay: Overlay = overlays[party]
            state.restore(overlay)
        self._in_step = None

    async def close(self) -> None:
        """See `harness.core.protocols.Environment`."""

    def plain(self, party: Party) -> JsonObject:
        """A side's whole state as plain data, for people and tests."""
        return self._states[party].plain()

    def _act(self, action: SetupAction, *, where: str) -> None:
        side = self.domain.side(action.party)
        known = side.tools(action.party) | side.helpers()
        if action.party is Party.ENVIRONMENT or action.function not in known:
            raise SetupFailure(f"{where}.function: the {action.party} side has no function {action.function!r}")
        try:
            invoke(self._toolkits[action.party], known[action.function], action.arguments)
        except (ValueError, ToolFailure) as error:
            raise SetupFailure(f"{where}.arguments: {action.function}: {error}") from None
        self._sync(where)

    def _sync(self, where: str) -> None:
        agent, user = self._states[Party.AGENT], self._states[Party.USER]
        # A second sync after the same changes changes nothing, and most calls only read.
        if (agent.changes, user.changes) == self._in_step:
            return
        try:
            self.domain.sync(agent, user)
            self._in_step = (agent.changes, user.changes)
        except ToolFailure as failure:
            raise SetupFailure(f"{where}: {failure}") from failure
