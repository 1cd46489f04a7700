"""The pack `shortcuts-daily`: solvable, not trivially solved, and reproducible."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from environments.shortcuts.program import length
from environments.shortcuts.reading import read_program
from harness.agents.noop import NoopAgent
from harness.agents.oracle import OracleAgent
from harness.core.check import ProbeCheck
from harness.core.event import MessageEvent
from harness.core.message import Party, ToolCall
from harness.core.pack import Pack
from harness.core.protocols import Agent
from harness.core.record import Record
from harness.core.task import Call, Task
from harness.engine.episode import play
from harness.engine.recorded import rescore
from harness.engine.setting import Setting
from harness.packs.load import load_pack, open_pack
from simulators.scripted import ScriptedUser

ROOT = Path(__file__).parents[3] / "tasks" / "shortcuts-daily"
PACK: Pack = load_pack(ROOT)
TEMPLATE = open_pack(PACK)
TASKS = pytest.mark.parametrize("task", PACK.tasks.values(), ids=list(PACK.tasks))


def setting(task: Task) -> Setting:
    return Setting.of(PACK, task.id, TEMPLATE)


def played(task: Task, agent: Agent) -> Record:
    return asyncio.run(play(setting(task), agent, ScriptedUser(task))).record


def calls(task: Task) -> list[Call]:
    return [step for phase in task.phases for step in phase.reference or () if isinstance(step, Call)]


@TASKS
def test_the_reference_earns_everything_and_doing_nothing_earns_nothing(task: Task) -> None:
    record = played(task, OracleAgent(task))
    assert (record.reward.value, record.termination) == (1.0, "user_stop")
    assert played(task, NoopAgent()).reward.value == 0.0


@TASKS
def test_the_scripted_user_answers_what_the_reference_says_it_answers(task: Task) -> None:
    events = played(task, OracleAgent(task)).events
    answers = [
        following.message.text
        for event, following in pairwise(events)
        if isinstance(event, MessageEvent) and event.party is Party.ENVIRONMENT
        if isinstance(following, MessageEvent) and following.party is Party.USER
    ]
    assert answers == [answer for step in calls(task) for answer in step.answers]


@TASKS
def test_playing_it_again_from_the_record_differs_in_nothing(task: Task) -> None:
    record = played(task, OracleAgent(task))
    assert asyncio.run(rescore(setting(task), record)).differences == ()
    assert played(task, OracleAgent(task)).trajectory_hash() == record.trajectory_hash()


@TASKS
def test_the_references_make_the_probes_hold_which_do_not_all_hold_before(task: Task) -> None:
    async def probe() -> tuple[list[bool], list[bool]]:
        environment = await TEMPLATE.create(task, 1)
        checks = [check for phase in task.phases for check in phase.checks if isinstance(check, ProbeCheck)]

        async def verdicts() -> list[bool]:
            return [
                await environment.probe(check.party, check.name, check.arguments) == check.expected for check in checks
            ]

        before = await verdicts()
        for step in calls(task):
            answers = iter(step.answers)

            async def ask(question: str, answers: object = answers) -> str:
                return next(answers)  # type: ignore[call-overload, no-any-return]

            result = await environment.call(step.party, ToolCall(name=step.tool, arguments=step.arguments), ask)
            assert result.error is None, result.content
            assert "remarks" not in result.content
            assert next(answers, None) is None, "the reference gives an answer that nobody asks for"
        return before, await verdicts()

    before, after = asyncio.run(probe())
    assert after
    assert all(after)
    assert not all(before)


@TASKS
def test_the_tagged_length_is_upstreams_length_of_the_reference(task: Task) -> None:
    total = 0
    for step in calls(task):
        if step.tool == "run_action":
            total += 1
        elif step.tool == "run_shortcut":
            actions = step.arguments["actions"]
            assert isinstance(actions, list)
            total += length(read_program(actions).body)
    assert f"length:{total}" in task.tags


def test_the_pack_has_what_it_is_for() -> None:
    tags = [task.tags for task in PACK.tasks.values()]
    lengths = {int(tag.removeprefix("length:")) for held in tags for tag in held if tag.startswith("length:")}
    assert len(PACK.tasks) >= 12
    assert {min(lengths), max(lengths)} == {1, 12}
    assert sum("ask" in held for held in tags) >= 3
    assert sum("conditional" in held for held in tags) >= 2
    assert sum("repeat" in held for held in tags) >= 2
    assert sum(any(step.party is Party.USER for step in calls(task)) for task in PACK.tasks.values()) >= 1
    assert set(PACK.manifest.splits["base"]) == set(PACK.tasks)
    assert len(PACK.manifest.splits["lite"]) == 10


def test_a_near_miss_earns_nothing() -> None:
    task = PACK.tasks["tip"]
    phase = task.phases[0]
    assert phase.reference is not None
    steps = list(phase.reference)
    last = steps[-1]
    assert isinstance(last, Call)
    parameters = {"WFNotificationActionBody": "Tip: ${share}"}
    steps[-1] = last.model_copy(update={"arguments": {**last.arguments, "parameters": parameters}})
    wrong = task.model_copy(update={"phases": (phase.model_copy(update={"reference": tuple(steps)}),)})
    record = asyncio.run(play(setting(task), OracleAgent(wrong), ScriptedUser(task))).record
    assert record.reward.value == 0.0


def test_another_program_that_does_the_same_earns_everything() -> None:
    task = PACK.tasks["retro-to-reminders"]
    phase = task.phases[0]
    titles = ("Ask Priya for the load figures", "Measure the cold start", "Renew the signing certificate")
    steps = tuple(
        Call(
            tool="run_action",
            arguments={
                "identifier": "is.workflow.actions.addnewreminder",
                "parameters": {"WFCalendarItemTitle": title, "WFCalendarDescriptor": "Work"},
            },
        )
        for title in titles
    )
    other = task.model_copy(update={"phases": (phase.model_copy(update={"reference": steps}),)})
    record = asyncio.run(play(setting(task), OracleAgent(other), ScriptedUser(task))).record
    assert record.reward.value == 1.0
