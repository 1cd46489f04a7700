"""Our own shortcuts packs: solvable in both modes, not by mistake, reproducible, and as varied as they should be."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from environments.shortcuts.program import length
from environments.shortcuts.reading import read_program
from harness.agents.oracle import OracleAgent
from harness.core.check import ProbeCheck
from harness.core.event import MessageEvent, ToolEvent
from harness.core.message import Party, ToolCall, ToolResult
from harness.core.mode import Mode
from harness.core.pack import Pack
from harness.core.parsing import JsonObject
from harness.core.protocols import Agent, Environment
from harness.core.record import Record
from harness.core.task import Call, Task
from harness.engine.episode import play
from harness.engine.recorded import rescore
from harness.engine.setting import Setting
from harness.packs.load import load_pack, open_pack
from harness.runner.check_pack import check_pack
from simulators.scripted import ScriptedUser

TASKS = Path(__file__).parents[3] / "tasks"
PACKS = {name: load_pack(TASKS / name) for name in ("shortcuts-daily", "shortcuts-cross-app")}
TEMPLATES = {name: open_pack(pack) for name, pack in PACKS.items()}
CASES = [pytest.param(pack, task, id=task.id) for pack in PACKS.values() for task in pack.tasks.values()]
EVERY_TASK = pytest.mark.parametrize(("pack", "task"), CASES)
MODES = pytest.mark.parametrize("mode", [Mode.LIVE, Mode.AUTHOR])
CATEGORIES = {
    "Productivity & Utilities",
    "Entertainment & Media",
    "Home & Smart Devices",
    "Development & API",
    "Education & Reference",
    "Health & Fitness",
    "Lifestyle & Social",
    "Business & Finance",
}


def setting(pack: Pack, task: Task, mode: Mode = Mode.LIVE) -> Setting:
    return Setting.of(pack, task.id, TEMPLATES[pack.id], mode=mode)


def played(pack: Pack, task: Task, agent: Agent, mode: Mode = Mode.LIVE) -> Record:
    return asyncio.run(play(setting(pack, task, mode), agent, ScriptedUser(task))).record


def calls(task: Task) -> list[Call]:
    return [step for phase in task.phases for step in phase.reference or () if isinstance(step, Call)]


@MODES
@EVERY_TASK
def test_the_reference_ends_with_a_content_user(pack: Pack, task: Task, mode: Mode) -> None:
    record = played(pack, task, OracleAgent(task), mode)
    assert (record.reward.value, record.termination) == (1.0, "user_stop")
    tools = {event.name for event in record.events if isinstance(event, ToolEvent) and event.party is Party.AGENT}
    assert tools <= ({"submit_shortcut"} if mode is Mode.AUTHOR else {"run_action", "run_shortcut"})


@MODES
@pytest.mark.parametrize("name", list(PACKS))
def test_references_and_alternatives_pass_and_neither_doing_nothing_nor_a_near_miss_does(name: str, mode: Mode) -> None:
    assert check_pack(name, mode).problems == ()


@EVERY_TASK
def test_the_scripted_user_answers_what_the_reference_says_it_answers(pack: Pack, task: Task) -> None:
    events = played(pack, task, OracleAgent(task)).events
    answers = [
        following.message.text
        for event, following in pairwise(events)
        if isinstance(event, MessageEvent) and event.party is Party.ENVIRONMENT
        if isinstance(following, MessageEvent) and following.party is Party.USER
    ]
    assert answers == [answer for step in calls(task) for answer in step.answers]


@EVERY_TASK
def test_playing_it_again_from_the_record_differs_in_nothing(pack: Pack, task: Task) -> None:
    record = played(pack, task, OracleAgent(task))
    assert asyncio.run(rescore(setting(pack, task), record)).differences == ()
    assert played(pack, task, OracleAgent(task)).trajectory_hash() == record.trajectory_hash()


@EVERY_TASK
def test_the_references_make_the_probes_hold_which_do_not_all_hold_before(pack: Pack, task: Task) -> None:
    async def probe() -> tuple[list[bool], list[bool]]:
        environment = await TEMPLATES[pack.id].create(task, 1)
        checks = [check for check in task.phases[-1].checks if isinstance(check, ProbeCheck)]

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
    assert after == [True] * len(after)
    assert not after or not all(before)


@EVERY_TASK
def test_the_tagged_length_is_upstreams_length_of_the_reference(pack: Pack, task: Task) -> None:
    total = 0
    for step in calls(task):
        if step.tool == "run_action":
            total += 1
        elif step.tool == "run_shortcut":
            actions = step.arguments["actions"]
            assert isinstance(actions, list)
            total += length(read_program(actions).body)
    assert f"length:{total}" in task.tags


def length_of(task: Task) -> int:
    return next(int(tag.removeprefix("length:")) for tag in task.tags if tag.startswith("length:"))


def test_the_packs_hold_tasks_of_every_kind() -> None:
    tasks = [task for pack in PACKS.values() for task in pack.tasks.values()]
    references = {task.id: [step for phase in task.phases for step in phase.reference or ()] for task in tasks}
    assert len(tasks) >= 60
    assert {category for task in tasks for category in task.tags} >= CATEGORIES
    # ShortcutsBench's levels: up to 1, 5, 15 and 30 actions.
    assert {sum(length_of(task) > bound for bound in (1, 5, 15)) for task in tasks} == {0, 1, 2, 3}
    assert max(map(length_of, tasks)) <= 30
    assert sum(any(step.answers for step in calls(task)) for task in tasks) >= 15
    # Every answer is one of the user's private facts: neither the request nor the phone says it.
    for task in tasks:
        known = " ".join(fact.answer for fact in task.user.facts).casefold()
        assert all(answer.casefold() in known for step in calls(task) for answer in step.answers), task.id
    assert sum(any(step.party is Party.USER for step in calls(task)) for task in tasks) >= 10
    assert sum("apps:3" in task.tags or "apps:4" in task.tags for task in tasks) >= 10
    assert sum(len(task.phases) > 1 for task in tasks) >= 5
    # The user changes their mind, or the device changes, between two requests.
    assert sum("follow-up" in task.tags for task in tasks) >= 5
    assert sum(all(phase.alternative and phase.negative for phase in task.phases) for task in tasks) >= 20
    assert sum(all(phase.negative for phase in task.phases) for task in tasks) >= 40
    kinds = {check.kind for task in tasks for phase in task.phases for check in phase.checks}
    assert kinds >= {"state", "probe", "forbidden", "order", "references", "sequence", "questions"}
    assert all(references.values())
    for pack in PACKS.values():
        assert set(pack.manifest.splits["base"]) == set(pack.tasks)
    assert len(PACKS["shortcuts-daily"].manifest.splits["lite"]) == 10


def test_an_author_may_revise_and_what_the_first_attempt_did_is_undone() -> None:
    async def revise() -> tuple[str, str]:
        pack = PACKS["shortcuts-daily"]
        task = pack.tasks["late-for-maya"]
        worlds = [await TEMPLATES[pack.id].create(task, 1) for _ in range(2)]

        async def nobody(question: str) -> str:
            raise AssertionError(question)

        async def submit(world: Environment, *texts: str) -> ToolResult:
            actions = [
                {"WFWorkflowActionIdentifier": MESSAGE, "WFWorkflowActionParameters": sent(text)} for text in texts
            ]
            return await world.call(
                Party.AGENT, ToolCall(name="submit_shortcut", arguments={"actions": actions}), nobody
            )

        for world in worlds:
            await world.call(Party.USER, ToolCall(name="unlock_device", arguments={}), nobody)
        assert (await submit(worlds[0], "wrong", "and twice")).error is None
        for world in worlds:
            # The phone stays unlocked: what hands did is no part of an attempt.
            assert (await submit(world, "right")).error is None
        return await worlds[0].fingerprint(Party.AGENT), await worlds[1].fingerprint(Party.AGENT)

    revised, direct = asyncio.run(revise())
    assert revised == direct


MESSAGE = "is.workflow.actions.sendmessage"


def sent(text: str) -> JsonObject:
    return {"WFSendMessageActionRecipients": "Maya Lindqvist", "WFSendMessageContent": text}
