"""The composed telecom tasks are upstream's, every one can be solved and none is solved before its last repair."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

import pytest

from harness.agents.noop import NoopAgent
from harness.agents.oracle import OracleAgent
from harness.core.check import ProbeCheck
from harness.core.identity import canonical, digest
from harness.core.message import ToolCall
from harness.core.task import Call
from harness.engine.episode import play
from harness.engine.setting import Setting
from harness.packs.generate import generate_telecom
from harness.packs.import_tau2 import read_tasks
from harness.packs.load import load_pack, open_pack
from harness.packs.telecom_criteria import criteria_of, criteria_of_upstream
from harness.packs.telecom_generator import UPSTREAM_ACCOUNT, select, tau2_telecom_tasks
from harness.packs.telecom_issues import FAMILIES
from harness.packs.telecom_scenario import PERSONAS
from simulators.facts import asked_for
from simulators.scripted import ScriptedUser

# Digests of what upstream ships: `criteria_of_upstream` of all tasks of the wheel's tasks_full.json, in its order,
# and the sorted ids of `base` in split_tasks.json. The project holds neither file.
FULL = "sha256:5d5cef95fd0b824b76399cc988fecc2fd04b4c82e176a95885921593f09b941b"
BASE = "sha256:2a9b77904f021aefefabba4e817143fd342a6849fab684f41080df2fc0a9d570"

INTENTS = [str(family.intent) for family in FAMILIES]


@pytest.fixture(scope="session")
def tasks():
    return {task.id: task for task in tau2_telecom_tasks()}


@pytest.fixture(scope="session")
def upstream(shared_data):
    return shared_data / "tau2" / "domains" / "telecom"


@pytest.fixture(scope="session", params=["upstream", "held-out"])
def generated(request, tmp_path_factory):
    """All compositions, over upstream's database and over our own carrier's."""
    data = request.getfixturevalue("shared_data") / "tau2" if request.param == "upstream" else None
    out = tmp_path_factory.mktemp("generated") / request.param
    generate_telecom(out, data=data, selection="full", seed=11)
    pack = load_pack(out)
    template = open_pack(pack)
    yield pack, template
    template.close()


async def never_asked(question: str) -> str:
    raise AssertionError(f"a telecom tool asked {question!r}")


def test_all_2285_tasks_have_upstreams_ids_starts_actions_assertions_and_order(tasks):
    assert digest([criteria_of(task) for task in tasks.values()]) == FULL


def test_base_is_sampled_as_upstream_did(tasks):
    assert digest(sorted(task.id for task in tau2_telecom_tasks("base"))) == BASE


@pytest.mark.parametrize("file", ["tasks.json", "tasks_small.json"])
def test_tasks_equal_upstreams_files(tasks, upstream, file):
    theirs = read_tasks(upstream / file)
    for task_id, task in theirs.items():
        assert canonical(criteria_of(tasks[task_id])) == canonical(criteria_of_upstream(task))


def test_splits_select_upstreams_tasks(upstream):
    splits = json.loads((upstream / "split_tasks.json").read_text())
    assert {one.id for one in select("base")} == set(splits["base"])
    assert [one.id for one in select("small")] == splits["small"]


def test_the_number_of_tasks_by_family_and_by_issues_is_the_papers():
    chosen = select("full")
    assert Counter(str(one.family.intent) for one in chosen) == dict(zip(INTENTS, (254, 47, 1984), strict=True))
    assert Counter(len(one.issues) for one in chosen) == dict(
        enumerate((20, 101, 283, 505, 596, 467, 235, 69, 9), start=1)
    )
    assert sum(one.hopeless for one in chosen) == 32


def test_the_comparison_sees_every_change_of_what_judges_a_task(tasks):
    task = next(task for task in tasks.values() if "issue:data_usage_exceeded" in task.tags)
    phase, value = task.phases[0], criteria_of(task)
    changed = [
        task.model_copy(update={"id": f"{task.id}x"}),
        task.model_copy(update={"setup": {"actions": task.setup["actions"][:-1]}}),
        *(
            task.model_copy(update={"phases": (phase.model_copy(update=update),)})
            for update in (
                {"reference": phase.reference[:-1]},
                {"reference": (phase.reference[0].model_copy(update={"arguments": {"gb_amount": 2}}),)},
                {"checks": phase.checks[:-1]},
                {"checks": (phase.checks[0].model_copy(update={"expected": False}), *phase.checks[1:])},
                {"reward_basis": ()},
            )
        ),
    ]
    assert all(canonical(criteria_of(one)) != canonical(value) for one in changed)


def unproved(template, task) -> str:
    """What speaks against a task: a call of its reference that fails, or criteria met too early or never."""

    async def prove() -> str:
        world = await template.create(task, 0)

        async def holds() -> bool:
            probes = [check for check in task.phases[0].checks if isinstance(check, ProbeCheck)]
            return all([await world.probe(one.party, one.name, one.arguments) == one.expected for one in probes])

        for step in task.phases[0].reference:
            if isinstance(step, Call):
                if "transfer" not in task.tags and await holds():
                    return f"solved before {step.tool}"
                result = await world.call(step.party, ToolCall(name=step.tool, arguments=step.arguments), never_asked)
                if result.error is not None:
                    return f"{step.tool}: {result.content}"
        return "" if await holds() else "not solved by its reference"

    return asyncio.run(prove())


def test_every_task_is_broken_until_its_last_repair_and_solved_by_it(generated):
    pack, template = generated
    assert len(pack.tasks) == 2285
    problems = {task.id: problem for task in pack.tasks.values() if (problem := unproved(template, task))}
    assert problems == {}


@pytest.mark.parametrize("intent", INTENTS)
def test_the_oracle_with_a_scripted_user_earns_1_and_doing_nothing_0(generated, intent):
    pack, template = generated
    mine = [task for task in pack.tasks.values() if f"intent:{intent}" in task.tags]
    sample = mine[:: max(1, len(mine) // 25)]
    if intent == "service_issue":
        assert {"transfer" in task.tags for task in sample} == {True, False}
    for task in sample:
        setting = Setting.of(pack, task.id, template, agent="oracle", simulator="scripted")
        solved = asyncio.run(play(setting, OracleAgent(task), ScriptedUser(task))).record
        idle = asyncio.run(play(setting, NoopAgent(), ScriptedUser(task))).record
        assert (solved.reward.value, idle.reward.value) == (1, 0), (task.id, solved.termination, solved.reward)


def test_users_know_who_and_where_they_are_and_what_they_agree_to(generated):
    for task in generated[0].tasks.values():
        acts = task.setup["actions"]
        who = acts[0]["arguments"]
        abroad = any(act["function"] == "set_user_location" for act in acts)
        answers = " ".join(fact.answer for fact in asked_for("Where are you, are you abroad?", task.user.facts))
        for text in (task.user.instructions, task.ticket):
            assert who["name"] in text
            assert who["phone_number"] in text
            assert (" abroad" in text) == abroad
        assert ("abroad" in answers) == abroad
        price = asked_for("It costs 4 dollars, do you agree to the price?", task.user.facts)
        assert bool(price) == ("intent:service_issue" not in task.tags)
        for step in task.reference_calls():
            if step.tool == "refuel_data":
                assert f"{step.arguments['gb_amount']:g} GB" in task.user.instructions
                assert f"{step.arguments['gb_amount']:g} GB" in task.ticket


def test_nothing_tells_the_user_or_the_solo_agent_the_cause(tasks):
    for task in tasks.values():
        told = f"{task.user.instructions} {task.phases[0].request} {task.ticket} {task.user.facts}"
        words = ("airplane", "SIM", "APN", "roaming", "VPN", "saver", "suspended", "contract", "permission", "2G")
        assert not [word for word in words if word in told], task.id
        assert not [step.tool for step in task.reference_calls() if step.tool in told], task.id


def test_personas_are_told_apart_and_only_by_their_portrait(tasks):
    for task in tasks.values():
        persona = next(tag for tag in task.tags if tag.startswith("persona:")).removeprefix("persona:")
        assert task.id.endswith(f"[PERSONA:{persona}]")
        assert task.user.persona in PERSONAS[persona]
    assert len({task.user.persona for task in tasks.values()}) == 3


def test_upstreams_tasks_happen_to_upstreams_customer(tasks):
    assert {canonical(task.setup["actions"][0]) for task in tasks.values()} == {
        canonical(
            {
                "party": "user",
                "function": "set_user_info",
                "arguments": {"name": UPSTREAM_ACCOUNT.name, "phone_number": UPSTREAM_ACCOUNT.phone_number},
            }
        )
    }
