"""Prove a pack: each task is solvable, not trivially solved, and reproducible."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from harness.agents.noop import NoopAgent
from harness.agents.oracle import OracleAgent
from harness.checks.context import play_reference
from harness.core.pack import Pack
from harness.core.protocols import Template
from harness.engine.episode import play
from harness.engine.setting import Setting
from harness.packs.find import find_pack
from harness.packs.load import load_pack, open_pack
from simulators.scripted import ScriptedUser

_ENOUGH = 1.0 - 1e-6


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a task."""

    task: str
    what: str


@dataclass(frozen=True, slots=True)
class PackReport:
    """What the check of a pack found."""

    pack: str
    tasks: int
    problems: tuple[Problem, ...]


def check_pack(name: str) -> PackReport:
    """Check the pack with this id or in this folder.

    Raises:
        InputError: it can't be found, or isn't valid.
    """
    pack = load_pack(find_pack(name))
    template = open_pack(pack)

    async def problems() -> tuple[Problem, ...]:
        return tuple([Problem(task, what) for task in pack.tasks async for what in _problems(pack, template, task)])

    try:
        return PackReport(pack.id, len(pack.tasks), asyncio.run(problems()))
    finally:
        template.close()


async def _problems(pack: Pack, template: Template, name: str) -> AsyncIterator[str]:
    setting = Setting.of(pack, name, template, agent="oracle", simulator="scripted")
    task = setting.task
    if any(phase.reference is None for phase in task.phases):
        return
    world = await template.create(task, setting.seed)
    try:
        for call, error in await play_reference(world, task, through=len(task.phases) - 1):
            yield f"a call of the reference fails: {call.tool}: {error}"
    finally:
        await world.close()
    first, second = [(await play(setting, OracleAgent(task), ScriptedUser(task))).record for _ in range(2)]
    if first.reward.value is None:
        yield f"the oracle's reward can't be decided: {first.reward.reason}"
    elif first.reward.value < _ENOUGH:
        failed = [check for phase in first.reward.phases for check in phase.checks if check.reason]
        why = "; ".join(f"{check.kind} {check.label}: {check.reason}" for check in failed) or first.reward.reason
        yield f"the oracle earns {first.reward.value:g} and ends by {first.termination}: {why}"
    if first != second:
        yield "two runs of the oracle with one seed differ"
    idle = (await play(setting, NoopAgent(), ScriptedUser(task))).record
    if idle.reward.value is not None and idle.reward.value > 0:
        yield f"doing nothing earns {idle.reward.value:g}"
