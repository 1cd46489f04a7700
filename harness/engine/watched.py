"""A template whose worlds write down what each call changed: for whoever plays a record again and wants to show it."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue

from harness.core.message import Party, ToolCall, ToolResult, ToolSpec
from harness.core.parsing import JsonObject
from harness.core.protocols import Ask, Environment, Snapshot, Template
from harness.core.task import Task

Changes = dict[str, tuple[str, ...]]
"""By the id of a call: what it changed, a line a place. Calls that changed nothing aren't there."""


class WatchedTemplate:
    """Another template; the changes of the world that it made first are kept in `seen`.

    The worlds made after it are those that references are carried out on; nobody wants to see what happens there.
    """

    def __init__(self, template: Template) -> None:
        self._template = template
        self._first = True
        self.seen: Changes = {}

    def validate(self, task: Task) -> Sequence[str]:
        """See `Template.validate`."""
        return self._template.validate(task)

    async def create(self, task: Task, seed: int) -> Environment:
        """See `Template.create`."""
        world = await self._template.create(task, seed)
        if not self._first:
            return world
        self._first = False
        return _Watched(world, self.seen)

    def close(self) -> None:
        """The other template stays open."""


class _Watched:
    """Another environment, and what its calls change."""

    def __init__(self, world: Environment, seen: Changes) -> None:
        self._world = world
        self._seen = seen

    def tools(self, party: Party) -> Sequence[ToolSpec]:
        return self._world.tools(party)

    async def call(self, party: Party, call: ToolCall, ask: Ask) -> ToolResult:
        before = await self._world.snapshot()
        result = await self._world.call(party, call, ask)
        if found := tuple(await self._world.changes(before)):
            self._seen[call.id] = found
        return result

    async def probe(self, party: Party, name: str, arguments: JsonObject) -> JsonValue:
        return await self._world.probe(party, name, arguments)

    async def next_phase(self, phase: int) -> None:
        await self._world.next_phase(phase)

    async def fingerprint(self, party: Party) -> str:
        return await self._world.fingerprint(party)

    async def snapshot(self) -> Snapshot:
        return await self._world.snapshot()

    async def changes(self, since: Snapshot) -> Sequence[str]:
        return await self._world.changes(since)

    async def restore(self, snapshot: Snapshot) -> None:
        await self._world.restore(snapshot)

    async def close(self) -> None:
        await self._world.close()
