"""Prove a pack's reference solutions before anybody is judged by them.

Published references don't always run, return nothing, look at the clock or fail their own tests (BIRD-INTERACT's
issues 11 and 12): a task of that kind can't be solved, and a score that counts it is wrong.
"""

from __future__ import annotations

import asyncio

from environments import load_template
from harness.agents.oracle import OracleAgent
from harness.checks.context import play_reference
from harness.core.check import CheckKind, is_success
from harness.core.errors import EnvironmentFault
from harness.core.message import Party
from harness.core.pack import Pack
from harness.core.protocols import Environment, Template
from harness.core.task import Call, Phase, Task
from harness.engine.episode import play
from harness.engine.setting import Setting
from simulators.scripted import ScriptedUser


def unsound(pack: Pack) -> dict[str, str]:
    """The tasks whose reference solution fails, by id, with the reason; tasks without one are left alone.

    Raises:
        InputError: the pack's environment can't be loaded.
    """
    template = load_template(pack)

    async def look() -> dict[str, str]:
        found = {}
        for task in pack.tasks.values():
            known = all(phase.reference is not None for phase in task.phases)
            if known and task.id not in pack.manifest.excluded and (why := await _why(pack, template, task)):
                found[task.id] = why
        return found

    try:
        return asyncio.run(look())
    finally:
        template.close()


async def _why(pack: Pack, template: Template, task: Task) -> str:
    setting = Setting.of(pack, task.id, template, agent="oracle", simulator="scripted")
    for number, phase in enumerate(task.phases):
        which = f"phase {number + 1}: " if len(task.phases) > 1 else ""
        try:
            world = await template.create(task, setting.seed)
        except EnvironmentFault as fault:
            return f"its world can't be made: {fault}"
        try:
            await play_reference(world, task, through=number - 1)
            if number:
                await world.next_phase(number)
            if why := await _failing(world, phase) or await _idle(world, template, task, number):
                return which + why
        except EnvironmentFault as fault:
            return f"{which}{fault}"
        finally:
            await world.close()
    record = (await play(setting, OracleAgent(task), ScriptedUser(task))).record
    if record.reward.value is not None and not is_success(record.reward.value):
        failures = (check for judged in record.reward.phases for check in judged.checks if check.reason)
        why = "; ".join(f"{check.kind}: {check.reason}" for check in failures)
        return f"the reference fails its own checks: {why or record.reward.reason}"
    return ""


async def _idle(start: Environment, template: Template, task: Task, number: int) -> str:
    """What is wrong where only the state is looked at: doing nothing must not be right."""
    if {check.kind for check in task.phases[number].checks} != {CheckKind.STATE}:
        return ""
    world = await template.create(task, 0)
    try:
        await play_reference(world, task, through=number)
        same = await world.fingerprint(Party.AGENT) == await start.fingerprint(Party.AGENT)
    finally:
        await world.close()
    return "the reference changes nothing" if same else ""


async def _failing(world: Environment, phase: Phase) -> str:
    """What is wrong with the SQL that the phase's reference hands in, on the world as the phase finds it."""
    for step in phase.reference or ():
        if not isinstance(step, Call) or step.tool != "submit_sql":
            continue
        try:
            rows = await world.probe(Party.AGENT, "query", step.arguments)
        except ValueError as error:
            return f"the reference doesn't run: {error}"
        if not rows and any(check.kind is CheckKind.ROWS for check in phase.checks):
            return "the reference returns no rows"
    return ""
