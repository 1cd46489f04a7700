"""Our half of a comparison: a domain of `environments/service` over upstream's data, under upstream's rules."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from environments import load_template
from environments.service.template import ServiceTemplate
from environments.service.world import World
from harness.core.errors import EnvironmentFault
from harness.core.message import Party, ToolCall
from harness.core.pack import Pack, PackManifest, Protocol
from harness.core.parsing import JsonObject
from harness.core.task import Phase, Task
from harness.packs.import_tau2 import GREETING
from harness.packs.tau2_layout import LAYOUTS, domain_folder

T = TypeVar("T")

SIDES = {"assistant": Party.AGENT, "user": Party.USER}
"""Upstream's names of the parties."""
REQUESTORS = {Party.AGENT: "assistant", Party.USER: "user"}

_DRAWN_ID = re.compile(r"B[0-9a-f]{8}")
"""A bill that a refuel made: upstream draws its id at random, ours is made from the state."""
_TIMES = {
    "telecom": (("customers", "created_at"), ("devices", "activation_date"), ("devices", "last_esim_transfer_date"))
}
"""Fields with a time: upstream's hash sees them with a space between day and clock."""

NOTHING = Task(id="nothing", phases=(Phase(),))
"""A task that begins with the databases as they are."""


@dataclass(slots=True)
class Desk:
    """A domain, loaded."""

    domain: str
    pack: Pack
    template: ServiceTemplate
    agent_data: Path
    user_data: Path | None

    def world(self, task: Task = NOTHING) -> World:
        """A new world, after the task's setup."""
        return self.template.world(task)

    def tools(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """Parameters by tool, by upstream's name of the side."""
        return {
            side: {
                name: tuple(found.arguments.model_fields)
                for name, found in self.template.domain.side(party).tools(party).items()
            }
            for side, party in SIDES.items()
        }

    def dump(self, world: World, side: str) -> JsonObject:
        """A side's state as upstream's dump of it as JSON."""
        dumped = world.plain(SIDES[side])
        for table, name in _TIMES.get(self.domain, ()):
            for row in dumped.get(table) or ():  # type: ignore[union-attr]
                if isinstance(row, dict) and isinstance(value := row.get(name), str):
                    row[name] = value.replace("T", " ")
        return dumped

    def hash(self, world: World, side: str) -> str:
        """What upstream's own hash function makes of our state."""
        return hashlib.sha256(json.dumps(self.dump(world, side), sort_keys=True).encode()).hexdigest()

    def drawn_ids(self, world: World) -> list[str]:
        """The ids that upstream draws at random, as our world has made them, without the leading letter."""
        if self.domain != "telecom":
            return []
        bills = world.plain(Party.AGENT)["bills"]
        assert isinstance(bills, list)
        ids = [bill["bill_id"] for bill in bills if isinstance(bill, dict)]
        return [made[1:] for made in ids if isinstance(made, str) and _DRAWN_ID.fullmatch(made)]


def open_desk(domain: str, data: Path) -> Desk:
    """The domain over the databases of an upstream data folder.

    Raises:
        InputError: the data isn't there, or can't be read.
    """
    folder, layout = domain_folder(data, domain), LAYOUTS[domain]
    user_data = folder / layout.user_data if layout.user_data is not None else None
    if user_data is not None and not user_data.is_file():
        user_data = None
    options: JsonObject = {"domain": domain, "agent_data": layout.agent_data}
    if user_data is not None:
        options["user_data"] = user_data.name
    manifest = PackManifest(
        id=f"parity-{domain}",
        version="1",
        title=f"τ²-bench, domain {domain}",
        environment="service",
        license="MIT",
        canary="",
        protocol=Protocol(greeting=GREETING),
        options=options,
    )
    pack = Pack(folder, manifest, policy="", tasks={}, files={}, hash="")
    template = load_template(pack)
    assert isinstance(template, ServiceTemplate)
    return Desk(domain, pack, template, folder / layout.agent_data, user_data)


def call(world: World, party: Party, name: str, arguments: JsonObject) -> tuple[str, bool]:
    """Text and error flag of one call. Whatever our world raises is a text that upstream can't return."""
    try:
        result = now(world.call(party, ToolCall(name=name, arguments=arguments), _never_asks))
    except Exception as error:  # noqa: BLE001 - boundary: a world that breaks is what a comparison must show
        return f"(our world raised {type(error).__name__}: {error})", True
    return result.content, result.error is not None


def now(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits, as those of a service desk."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    raise EnvironmentFault("a service desk waited for something")


async def _never_asks(question: str) -> str:
    raise EnvironmentFault(f"a tool of a service desk asked the user: {question}")
