"""One scripted agent through every door earns equal rewards by equal trajectories.

The script is what the oracle says on each task, so the rewards are 1. The tasks are of suite `lite`, two a family,
with follow-ups, users that hold tools, and tools that ask the user.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
import scripted_agents
from a2a_sdk_agent import sdk_app
from agent_seat import as_agent
from aiohttp import web
from http_server import serving, serving_app
from scripted_agents import Script, chat_answer

from harness.agents.http import EPISODE
from harness.agents.load import AgentFactory, agent_identity, check_agent, open_agent
from harness.agents.oracle import OracleAgent
from harness.core.message import Party
from harness.core.protocols import Agent, Template
from harness.core.record import Record
from harness.engine.episode import play
from harness.engine.setting import Setting
from harness.models.open import ModelPool
from harness.packs.find import find_pack
from harness.packs.load import load_pack, open_pack
from simulators.scripted import ScriptedUser

TASKS = (
    ("sql-shop", "low-stock"),
    ("sql-shop", "autumn-view"),
    ("telecom-desk", "airplane-mode-left-on"),
    ("telecom-desk", "suspended-for-a-bill"),
    ("shortcuts-daily", "morning-brief"),
    ("shortcuts-daily", "tip"),
)
HERE = Path(scripted_agents.__file__)
Make = Callable[[Setting], Agent]


@pytest.fixture(scope="module")
def settings() -> Iterator[list[Setting]]:
    packs = {name: load_pack(find_pack(name)) for name, _ in TASKS}
    templates: dict[str, Template] = {name: open_pack(pack) for name, pack in packs.items()}
    yield [Setting.of(packs[pack], task, templates[pack]) for pack, task in TASKS]
    for template in templates.values():
        template.close()


async def played(settings: list[Setting], make: Make) -> list[Record]:
    """All tasks, at the same time."""

    async def one(setting: Setting) -> Record:
        return (await play(setting, make(setting), ScriptedUser(setting.task))).record

    return list(await asyncio.gather(*map(one, settings)))


@pytest.fixture(scope="module")
def reference(settings: list[Setting]) -> list[Record]:
    return asyncio.run(played(settings, lambda setting: OracleAgent(setting.task)))


@pytest.fixture(scope="module")
def script(reference: list[Record], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the oracle did, by the user's first words."""
    acts = {}
    for record in reference:
        said = [event for event in record.events if event.type == "message"]
        opening = next(event.message.text for event in said if event.party is Party.USER)
        own = [event.message for event in said if event.party is Party.AGENT and not event.given]
        wanted = {"text", "tool_calls", "stop"}
        dumped = [message.model_dump(mode="json", include=wanted, exclude_defaults=True) for message in own]
        for act in dumped:
            for call in act.get("tool_calls", ()):
                call.pop("id")
        acts[opening] = dumped
    path = tmp_path_factory.mktemp("script") / "script.json"
    path.write_text(json.dumps(acts))
    return path


@asynccontextmanager
async def at(name: str) -> AsyncIterator[AgentFactory]:
    check_agent(name)
    async with open_agent(agent_identity(name, None, "auto"), ModelPool({})) as factory:
        yield factory


@asynccontextmanager
async def by_http() -> AsyncIterator[AgentFactory]:
    script = Script.read()

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(chat_answer(script, request.headers[EPISODE], await request.json()))

    async with serving(answer) as url, at(f"http:{url}/v1") as factory:
        yield factory


@asynccontextmanager
async def by_a2a(version: str) -> AsyncIterator[AgentFactory]:
    script = Script.read()
    async with serving_app(lambda url: sdk_app(url, script, version)) as url, at(f"a2a:{url}") as factory:
        yield factory


DOORS: dict[str, Callable[[], AbstractAsyncContextManager[AgentFactory]]] = {
    "python": lambda: at("scripted_agents:Agent"),
    "stdio": lambda: at(as_agent("stdio", [sys.executable, str(HERE), "stdio"])),
    "http": by_http,
    "mcp": lambda: at(as_agent("mcp", [sys.executable, str(HERE), "mcp", "auto"])),
    "mcp by the older handshake": lambda: at(as_agent("mcp", [sys.executable, str(HERE), "mcp", "legacy"])),
    "a2a": lambda: by_a2a("1.0"),
    "a2a 0.3": lambda: by_a2a("0.3"),
}


@pytest.mark.parametrize("door", DOORS)
def test_every_door_leads_to_equal_rewards_by_equal_trajectories(
    door: str, settings: list[Setting], reference: list[Record], script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRIPT", str(script))

    async def through() -> list[Record]:
        async with DOORS[door]() as factory:
            return await played(settings, lambda setting: factory.create(setting.task, 0))

    for record, expected in zip(asyncio.run(through()), reference, strict=True):
        assert comparable(record) == comparable(expected), record.task
        assert record.reward == expected.reward
        assert (record.reward.value, record.termination, record.turns) == (1.0, expected.termination, expected.turns)
        assert record.fingerprints == expected.fingerprints


def test_the_tasks_have_what_doors_may_get_wrong(reference: list[Record], settings: list[Setting]) -> None:
    assert sum(len(setting.task.phases) > 1 for setting in settings) >= 2
    assert any(event.type == "tool" and event.party is Party.USER for record in reference for event in record.events)
    asked = (event for record in reference for event in record.events if event.type == "message")
    assert any(event.party is Party.ENVIRONMENT and event.to is Party.USER for event in asked)


def comparable(record: Record) -> list[dict[str, object]]:
    """The events without what a door may change: the ids of calls, a model's own words, usage."""
    names: dict[str, str] = {}
    events = [event.model_dump(mode="json") for event in record.events]
    for event in events:
        if event["type"] == "message":
            event["message"].pop("raw")
            event["message"].pop("usage")
            for call in event["message"]["tool_calls"]:
                call["id"] = names.setdefault(call["id"], f"#{len(names)}")
        if event["type"] == "tool":
            event["result"]["call_id"] = names[event["result"]["call_id"]]
    return events
