"""Prove a pack: each task is solvable, not solved by doing nothing or the wrong thing, and reproducible."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from itertools import chain

from harness.agents.noop import NoopAgent
from harness.agents.oracle import OracleAgent
from harness.checks.context import play_reference
from harness.core.check import is_success
from harness.core.errors import InputError
from harness.core.event import ToolEvent
from harness.core.mode import Mode
from harness.core.pack import Pack
from harness.core.parsing import JsonObject
from harness.core.protocols import Template
from harness.core.task import Step
from harness.engine.episode import play
from harness.engine.setting import Setting
from harness.packs.find import find_pack
from harness.packs.load import load_pack, open_pack
from harness.packs.statically import played_statically
from harness.packs.suites import unfit
from simulators.scripted import ScriptedUser


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


def check_pack(name: str, mode: Mode = Mode.DEFAULT, options: JsonObject | None = None) -> PackReport:
    """Check the pack with this id or in this folder, played in a mode, with options laid over its own.

    Tasks that can't be played in that mode are left out.

    Raises:
        InputError: it can't be found, isn't valid, or has no task for the mode.
    """
    pack = load_pack(find_pack(name))
    manifest = pack.manifest.model_copy(update={"options": {**pack.manifest.options, **(options or {})}})
    pack = replace(pack, manifest=manifest)
    if mode is Mode.STATIC and pack.manifest.environment == "shortcuts":
        pack = played_statically(pack)
    tasks = [task for task in pack.tasks if task not in pack.manifest.excluded and not unfit(pack, task, mode)]
    if pack.tasks and not tasks:
        raise InputError(f"no task of pack {pack.id!r} can be played in mode {mode.value!r}")
    template = open_pack(pack)

    async def problems() -> tuple[Problem, ...]:
        # Databases live in processes of their own, so that tasks can share the cores.
        places = asyncio.Semaphore(os.cpu_count() or 1)

        async def of(task: str) -> list[Problem]:
            async with places:
                return [Problem(task, what) async for what in _problems(pack, template, task, mode)]

        return tuple(chain.from_iterable(await asyncio.gather(*map(of, tasks))))

    try:
        return PackReport(pack.id, len(tasks), asyncio.run(problems()))
    finally:
        template.close()


async def _problems(pack: Pack, template: Template, name: str, mode: Mode) -> AsyncIterator[str]:
    setting = Setting.of(pack, name, template, agent="oracle", simulator="scripted", mode=mode)
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
    elif not is_success(first.reward.value):
        failed = [check for phase in first.reward.phases for check in phase.checks if check.reason]
        why = "; ".join(f"{check.kind} {check.label}: {check.reason}" for check in failed) or first.reward.reason
        yield f"the oracle earns {first.reward.value:g} and ends by {first.termination}: {why}"
    if first != second:
        yield "two runs of the oracle with one seed differ"
    idle = (await play(setting, NoopAgent(), ScriptedUser(task))).record
    if idle.reward.value is not None and idle.reward.value > 0:
        yield f"doing nothing earns {idle.reward.value:g}"
    for place, phase in enumerate(task.phases):
        for which, steps in (("alternative", phase.alternative), ("negative", phase.negative)):
            if steps and (why := await _wrong(setting, place, which, steps)):
                yield why


async def _wrong(setting: Setting, place: int, kind: str, steps: tuple[Step, ...]) -> str:
    """What is wrong with another attempt at a phase, made after the references of the phases before it."""
    phases = list(setting.task.phases)
    phases[place] = phases[place].model_copy(update={"reference": steps})
    changed = setting.task.model_copy(update={"phases": tuple(phases)})
    record = (await play(setting, OracleAgent(changed), ScriptedUser(setting.task))).record
    which = f"the {kind} of phase {place + 1}"
    results = (event for event in record.events if isinstance(event, ToolEvent))
    failure = next((event.result.content for event in results if event.result.error is not None), None)
    if failure is not None:
        return f"{which} doesn't run: {failure}"
    if place >= len(record.reward.phases):
        return f"{which} is never judged: the episode ends by {record.termination} before"
    earned = record.reward.phases[place].value
    if kind == "negative":
        return f"{which} earns {earned:g}" if earned else ""
    return "" if earned is not None and is_success(earned) else f"{which} earns {earned}"
