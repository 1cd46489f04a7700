"""Every task of our own telecom pack is unsolved at the start and solved by its reference."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path

import pytest

from harness.core.check import ActionCheck, CheckKind, ProbeCheck
from harness.core.message import Party, ToolCall
from harness.core.task import Call
from harness.packs.load import task_ids

DESK = Path(__file__).parents[3] / "tasks" / "telecom-desk"
FILES = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted((DESK / "tasks").glob("*.toml"))]
TASKS = [task["id"] for file in FILES for task in file["task"]]


async def never_asked(question: str) -> str:
    raise AssertionError(f"a service tool asked {question!r}")


async def do(world, party, tool, arguments):
    return await world.call(party, ToolCall(name=tool, arguments=arguments), never_asked)


async def probes_hold(world, task) -> list[bool]:
    checks = [check for check in task.phases[0].checks if isinstance(check, ProbeCheck)]
    return [await world.probe(check.party, check.name, check.arguments) == check.expected for check in checks]


def calls_of(task) -> list[Call]:
    return [step for step in task.phases[0].reference if isinstance(step, Call)]


@pytest.mark.parametrize("name", TASKS)
def test_the_reference_makes_the_probes_true_and_doing_nothing_earns_nothing(desk, desk_pack, name):
    task = desk_pack.tasks[name]

    async def play():
        world = await desk.create(task, 1)
        before = await probes_hold(world, task)
        results = [await do(world, step.party, step.tool, step.arguments) for step in calls_of(task)]
        seen = [await do(world, Party.USER, wish.tool, wish.arguments) for wish in task.user.done_when]
        content = [wish.contains in result.content for wish, result in zip(task.user.done_when, seen, strict=True)]
        return before, [result.content for result in results if result.error], await probes_hold(world, task), content

    before, failed, after, content = asyncio.run(play())
    assert failed == []
    assert after
    assert all(after)
    assert all(content)
    acts = [check for check in task.phases[0].checks if isinstance(check, ActionCheck)]
    assert acts or not all(before), "doing nothing would earn the reward"
    assert acts or task.user.done_when, "the user would leave before anything is done"


@pytest.mark.parametrize("name", TASKS)
def test_no_step_that_changes_something_can_be_left_out_of_a_reference(desk, desk_pack, name):
    """Else a task would test less than its purpose says."""
    task = desk_pack.tasks[name]
    tools = desk.domain.agent.tools(Party.AGENT) | desk.domain.user.tools(Party.USER)

    async def play(skipped):
        world = await desk.create(task, 1)
        for step in calls_of(task):
            if step is not skipped:
                await do(world, step.party, step.tool, step.arguments)
        return await probes_hold(world, task)

    for step in calls_of(task):
        if tools[step.tool].spec.writes:
            assert not all(asyncio.run(play(step))), f"{step.tool} is needless"


def test_every_basis_is_set_on_purpose_and_names_only_kinds_that_are_checked(desk_pack):
    for task in desk_pack.tasks.values():
        (phase,) = task.phases
        assert phase.reward_basis is not None
        assert set(phase.reward_basis) == {check.kind for check in phase.checks}
        assert CheckKind.PROBE in phase.reward_basis


def test_the_splits_are_all_tasks_and_ten_of_them(desk_pack):
    assert set(task_ids(desk_pack, "base")) == set(desk_pack.tasks) == set(TASKS)
    assert len(task_ids(desk_pack, "lite")) == 10
    assert {"sim-locked", "suspended-for-a-bill"} <= set(task_ids(desk_pack, "lite"))
