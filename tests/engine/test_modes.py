"""τ²'s ablations: without a user the agent holds every tool, with a plan it is shown the reference."""

from __future__ import annotations

import asyncio

import pytest

from harness.agents.noop import NoopAgent
from harness.agents.oracle import OracleAgent
from harness.core.errors import InputError
from harness.core.event import FaultEvent, MessageEvent
from harness.core.message import Message, Party, Stop, ToolCall
from harness.core.mode import Mode
from harness.core.pack import Pack
from harness.core.protocols import Agent, Template, View
from harness.core.record import Record
from harness.core.suite import Selection, Suite
from harness.core.termination import Termination
from harness.engine.episode import play
from harness.engine.recorded import rescore
from harness.engine.setting import Setting
from harness.packs.find import find_pack
from harness.packs.load import load_pack, open_pack
from harness.packs.suites import Changes, configured, resolve_suite
from simulators.scripted import ScriptedUser

PACK = load_pack(find_pack("telecom-desk"))
TEMPLATE: Template = open_pack(PACK)


class Says:
    """An agent that says one thing after another, and keeps what it was shown."""

    def __init__(self, *replies: Message) -> None:
        self.replies = list(replies)
        self.view: View | None = None

    async def act(self, view: View) -> Message:
        self.view = view
        return self.replies.pop(0) if self.replies else Message(stop=Stop.DONE)


def run(agent: Agent, mode: Mode, task: str = "airplane-mode-left-on", pack: Pack = PACK) -> Record:
    setting = Setting.of(pack, task, TEMPLATE, mode=mode)
    return asyncio.run(play(setting, agent, ScriptedUser(setting.task))).record


@pytest.mark.parametrize("mode", [Mode.NO_USER, Mode.NO_USER_ORACLE_PLAN])
@pytest.mark.parametrize("name", list(PACK.tasks))
def test_every_task_can_be_solved_alone_and_scored_again(name, mode):
    setting = Setting.of(PACK, name, TEMPLATE, mode=mode)
    record = asyncio.run(play(setting, OracleAgent(setting.task), ScriptedUser(setting.task))).record
    assert record.reward.value == 1.0
    assert record.termination is Termination.AGENT_STOP
    assert not any(isinstance(event, MessageEvent) and event.party is Party.USER for event in record.events)
    assert asyncio.run(rescore(setting, record)).differences == ()


def test_alone_nothing_is_solved_by_doing_nothing():
    assert run(NoopAgent(), Mode.NO_USER).reward.value == 0.0


def test_alone_the_agent_holds_the_users_tools_and_they_act_on_the_users_phone():
    agent = Says(Message(tool_calls=(ToolCall(name="toggle_airplane_mode"),)))
    record = run(agent, Mode.NO_USER)
    assert agent.view is not None
    names = [spec.name for spec in agent.view.tools]
    assert "get_customer_by_phone" in names
    assert "toggle_airplane_mode" in names
    assert record.reward.value == 1.0


def test_with_a_user_the_agent_does_not_hold_the_users_tools():
    agent = Says(Message(tool_calls=(ToolCall(name="toggle_airplane_mode"),)))
    record = run(agent, Mode.DEFAULT)
    assert record.reward.value == 0.0
    assert agent.view is not None
    assert "toggle_airplane_mode" not in [spec.name for spec in agent.view.tools]


def test_words_to_nobody_end_the_episode_as_the_agents_error():
    record = run(Says(Message(text="Hello? Anyone?")), Mode.NO_USER)
    assert record.termination is Termination.AGENT_ERROR
    assert record.reward.value == 0.0
    assert [event.party for event in record.events if isinstance(event, FaultEvent)] == [Party.AGENT]


@pytest.mark.parametrize(
    ("mode", "ticket", "plan"),
    [
        (Mode.DEFAULT, False, False),
        (Mode.NO_USER, True, False),
        (Mode.ORACLE_PLAN, False, True),
        (Mode.NO_USER_ORACLE_PLAN, True, True),
    ],
)
def test_each_mode_shows_what_is_its_own_and_nothing_else(mode, ticket, plan):
    agent = Says()
    run(agent, mode)
    assert agent.view is not None
    told = agent.view.instructions
    assert told.startswith(PACK.policy)
    assert (PACK.tasks["airplane-mode-left-on"].ticket in told) is ticket
    assert ("toggle_airplane_mode()" in told) is plan
    assert agent.view.mode is mode


def test_the_mode_is_part_of_the_suite_hash_and_of_the_record():
    modes = [mode for mode in Mode if not mode.interact and not mode.shortcuts]
    hashes = {resolve_suite("telecom-desk", Changes(mode=mode)).hash for mode in modes}
    assert len(hashes) == len(modes)
    assert run(NoopAgent(), Mode.ORACLE_PLAN).mode is Mode.ORACLE_PLAN


def test_tasks_that_a_mode_cannot_play_are_named_with_the_reason():
    resolved = resolve_suite("lite", Changes(mode=Mode.NO_USER))
    assert all(pack == "telecom-desk" for pack, _ in resolved.tasks)
    assert {why for pack, _, why in resolved.left_out if pack != "telecom-desk"} == {"it has no ticket"}
    with pytest.raises(InputError, match="no task of 'sql-shop' can be played in mode 'no-user'"):
        resolve_suite("sql-shop", Changes(mode=Mode.NO_USER))


def test_a_variant_of_the_policy_takes_its_place_alone_and_with_a_user():
    suite = Suite(id="s", select=(Selection(pack="telecom-desk", policy="workflow"),))
    texts = {"workflow": "Step by step.", "workflow-solo": "Step by step, alone.", "solo": "Alone."}
    rich = Pack(**{**{name: getattr(PACK, name) for name in PACK.__slots__}, "policies": texts})
    agents = {mode: Says() for mode in (Mode.DEFAULT, Mode.NO_USER)}
    for mode, agent in agents.items():
        run(agent, mode, pack=configured(rich, suite))
    told = {mode: agent.view.instructions for mode, agent in agents.items() if agent.view is not None}
    assert told[Mode.DEFAULT] == "Step by step."
    assert told[Mode.NO_USER].startswith("Step by step, alone.\n")
    with pytest.raises(InputError, match="workflow"):
        configured(PACK, suite)


def test_options_of_a_selection_reach_the_environment_and_two_wishes_for_one_pack_are_refused():
    upstream = Selection(pack="telecom-desk", split="lite", options={"rules": "upstream"})
    pack = configured(PACK, Suite(id="s", select=(upstream,)))
    assert pack.manifest.options["rules"] == "upstream"
    assert pack.manifest.options["domain"] == "telecom"
    with pytest.raises(InputError, match="two selections of pack 'telecom-desk' differ"):
        configured(PACK, Suite(id="s", select=(upstream, Selection(pack="telecom-desk"))))
