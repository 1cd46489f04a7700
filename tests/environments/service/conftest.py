"""Service desks for tests: our own pack, and the mock domain over data written here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from environments.service.domain import Bases
from environments.service.template import ServiceTemplate, load, load_domain
from environments.service.world import World
from harness.core.message import Party, ToolCall, ToolResult
from harness.core.pack import Pack
from harness.core.parsing import JsonObject, JsonValue
from harness.core.task import Task
from harness.packs.load import load_pack

DESK = Path(__file__).parents[3] / "tasks" / "telecom-desk"

MOCK_DATA: JsonObject = {
    "tasks": {"task_1": {"task_id": "task_1", "title": "Water the plants", "description": None, "status": "pending"}},
    "users": {"user_1": {"user_id": "user_1", "name": "Ada", "tasks": ["task_1"]}},
}
MOCK_USER_DATA: JsonObject = {"notifications": {"n1": {"notification_id": "n1", "message": "New task"}}}


async def never_asked(question: str) -> str:
    raise AssertionError(f"a service tool asked {question!r}")


class Player:
    """One world, played without a loop around it."""

    def __init__(self, world: World) -> None:
        self.world = world

    def result(self, party: Party, name: str, arguments: JsonObject) -> ToolResult:
        return asyncio.run(self.world.call(party, ToolCall(id="c", name=name, arguments=arguments), never_asked))

    def agent(self, name: str, **arguments: JsonValue) -> str:
        return self.result(Party.AGENT, name, arguments).content

    def user(self, name: str, **arguments: JsonValue) -> str:
        return self.result(Party.USER, name, arguments).content

    def probe(self, party: Party, name: str, **arguments: JsonValue) -> JsonValue:
        return asyncio.run(self.world.probe(party, name, arguments))

    def prints(self) -> tuple[str, str]:
        return asyncio.run(self.world.fingerprint(Party.AGENT)), asyncio.run(self.world.fingerprint(Party.USER))


def task_with(**fields: object) -> Task:
    return Task.model_validate({"id": "t", "phases": [{}], **fields})


@pytest.fixture(scope="session")
def desk_pack() -> Pack:
    return load_pack(DESK)


@pytest.fixture(scope="session")
def desk(desk_pack: Pack) -> ServiceTemplate:
    return load(desk_pack)


@pytest.fixture(scope="session")
def mock() -> ServiceTemplate:
    domain = load_domain("mock")
    agent = domain.agent.schema.load(MOCK_DATA, where="agent")
    return ServiceTemplate(domain, Bases(agent, domain.user.schema.load(MOCK_USER_DATA, where="user")))


Start = Callable[..., Player]


@pytest.fixture
def start() -> Start:
    """A player in a new world of a template, after the given setup actions `(party, function, arguments)`."""

    def begin(template: ServiceTemplate, *actions: tuple[str, str, JsonObject], **fields: object) -> Player:
        setup = {"actions": [{"party": p, "function": f, "arguments": a} for p, f, a in actions]}
        world = asyncio.run(template.create(task_with(**{"setup": setup, **fields}), 1))
        assert isinstance(world, World)
        return Player(world)

    return begin
