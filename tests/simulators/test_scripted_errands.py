"""The scripted user at a real phone: it looks before it flips a switch, does all in order, and solves τ²'s tasks."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from harness.agents.oracle import OracleAgent
from harness.core.event import MessageEvent, ToolEvent
from harness.core.message import Message, Party, Stop, ToolCall
from harness.core.pack import Pack
from harness.core.parsing import parse
from harness.core.protocols import Agent, Template, View
from harness.core.record import Record
from harness.core.task import Call, Say, Task
from harness.core.termination import Termination
from harness.engine.episode import play
from harness.engine.setting import Setting
from harness.packs.find import find_pack
from harness.packs.import_tau2 import import_tau2
from harness.packs.load import load_pack, open_pack
from simulators.errands import in_words
from simulators.scripted import ScriptedUser


class Says:
    """An agent that says one thing after another, and then stops."""

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)

    async def act(self, view: View) -> Message:
        return Message(text=self.texts.pop(0)) if self.texts else Message(stop=Stop.DONE)


def visit(pack: Pack, template: Template, task: Task, agent: Agent) -> Record:
    setting = Setting.of(replace(pack, tasks={task.id: task}), task.id, template)
    return asyncio.run(play(setting, agent, ScriptedUser(task))).record


def at_the_phone(*texts: str, actions: tuple[str, ...] = (), **user: object) -> Record:
    """What comes of these words of an agent, said to a user whose phone had these functions called before."""
    setup = {"actions": [{"party": "user", "function": name, "arguments": {}} for name in actions]}
    scenario = {"facts": [{"topic": "phone number", "answer": "It is 555-1."}], **user}
    task = parse(Task, {"id": "t", "setup": setup, "user": scenario, "phases": [{"request": "Help me."}]}, where="t")
    pack = load_pack(find_pack("telecom-desk"))
    template = open_pack(pack)
    try:
        return visit(pack, template, task, Says(*texts))
    finally:
        template.close()


def used(record: Record) -> list[str]:
    return [event.name for event in record.events if isinstance(event, ToolEvent) and event.party is Party.USER]


def told(record: Record) -> list[str]:
    """What the user said after its opening."""
    spoken = [
        event.message.text
        for event in record.events
        if isinstance(event, MessageEvent) and event.party is Party.USER and event.message.text
    ]
    return spoken[1:]


def test_a_switch_that_stands_as_it_should_is_left_alone() -> None:
    record = at_the_phone("Please turn off airplane mode.")
    assert used(record) == ["check_network_status"]
    assert told(record) == ["The airplane mode is off already."]


@pytest.mark.parametrize(
    ("thing", "turn_on", "look"),
    [
        ("airplane mode", "turn_airplane_mode_on", "check_network_status"),
        ("data saver", "turn_data_saver_mode_on", "check_data_restriction_status"),
        ("mobile data", None, "check_network_status"),
        ("data roaming", "turn_roaming_on", "check_network_status"),
    ],
)
def test_a_switch_that_stands_otherwise_is_flipped_after_a_look(thing: str, turn_on: str | None, look: str) -> None:
    record = at_the_phone(f"Please turn off {thing}.", actions=(turn_on,) if turn_on else ())
    first, flipped = used(record)
    assert first == look
    assert flipped.startswith("toggle_")
    assert "is now OFF" in told(record)[0]


def test_a_switch_can_be_cycled() -> None:
    record = at_the_phone("Turn airplane mode on, wait ten seconds, and then turn it off again.")
    assert used(record).count("toggle_airplane_mode") == 2
    assert "Airplane Mode is now ON." in told(record)[0]
    assert "Airplane Mode is now OFF." in told(record)[0]


def test_several_things_are_done_in_order_and_all_told() -> None:
    record = at_the_phone(
        "Please reset your APN settings, turn on airplane mode and restart the phone. What is your phone number?"
    )
    assert used(record) == ["reset_apn_settings", "check_network_status", "toggle_airplane_mode", "reboot_device"]
    (report,) = told(record)
    places = [report.find(part) for part in ("555-1", "will reset at reboot", "is now ON", "Resetting APN settings")]
    assert sorted(places) == places
    assert -1 not in places


def test_whether_it_works_is_seen_by_what_the_task_calls_done() -> None:
    wish = [{"tool": "run_speed_test", "contains": "Excellent"}]
    broken = at_the_phone("Is your internet working now?", done_when=wish, actions=("turn_data_off",))
    assert told(broken)[0].startswith("It is not working yet. Speed test failed")
    mended = at_the_phone("Please enable mobile data. Does it work now?", "Is it fixed?", done_when=wish)
    assert mended.termination is Termination.USER_STOP


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ("May I send you a payment request for 65 USD?", "Yes, please do."),
        ("Would you like me to add 2 GB of data for 4 USD?", "Yes, please do."),
        ("Are you okay with that?", "Yes, please do."),
        ("Would you like to change your mobile data plan?", "No, I'd rather not."),
        ("May I have your phone number?", "It is 555-1."),
        ("Can I get your shoe size?", "I'm sorry, I can't tell you that."),
        ("Would you like the red or the blue one?", "I'm sorry, I can't tell you that."),
        ("Shall I transfer you to a colleague?", "I'm sorry, I can't tell you that."),
        ("What seems to be the problem?", "Help me."),
        ("Could you set the network mode to 4G?", "What exactly do you mean: which mode?"),
    ],
)
def test_it_agrees_to_what_its_scenario_does_not_refuse(question: str, reply: str) -> None:
    unwilling = "You are willing to refuel 2.0 GB of data, but you do not want to change your mobile data plan."
    assert told(at_the_phone(question, instructions=unwilling))[0] == reply


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("Status Bar: 5G", "Status Bar: 5G"),
        ("Error: no such app", "That didn't work: no such app"),
        (
            '[{"id": "n1", "is_read": false}, {"id": "n2", "is_read": null}]',
            "id: n1; is read: false; id: n2; is read: null",
        ),
        ("{cut", "{cut"),
        ("[" * 100_000, "[" * 100_000),
        ("[]", ""),
    ],
)
def test_results_are_told_in_words(content: str, words: str) -> None:
    assert in_words(content) == words


# --- τ²'s own tasks ---

IN_WORDS = {
    "toggle_airplane_mode": "It looks like airplane mode is on. Could you turn it off and let me know what you see?",
    "reseat_sim_card": "Please remove your SIM card and re-insert it.",
    "reset_apn_settings": "Next, I'd like you to reset your APN settings.",
    "reboot_device": "Now please restart your phone.",
    "make_payment": "I've sent you a payment request. Please check it and make the payment.",
    "toggle_roaming": "Since you are abroad, please go to your settings and enable data roaming.",
    "toggle_data": "Please make sure that mobile data is turned on.",
    "toggle_data_saver_mode": "Data Saver slows you down. Please switch off Data Saver mode.",
    "set_network_mode_preference": "It is set to 2G only. Please change the preferred network to 4G/5G preferred.",
    "disconnect_vpn": "Could you turn off your VPN?",
    "toggle_wifi_calling": "Please disable Wi-Fi Calling.",
    "grant_app_permission": "Please allow the {app_name} app to access {permission}.",
}


class Talks:
    """Plays a reference as a person at a desk would: by words, without the names of the user's tools."""

    def __init__(self, task: Task) -> None:
        self.steps = list(task.phases[0].reference or ())
        self.opening = ["Thanks for reaching out. May I have your full name and phone number, please?"]
        self.closing = ["Is everything working now?", "Is there anything else I can help you with?"]

    async def act(self, view: View) -> Message:
        if self.opening:
            return Message(text=self.opening.pop())
        if not self.steps:
            return Message(text=self.closing.pop(0)) if self.closing else Message(stop=Stop.DONE)
        match self.steps.pop(0):
            case Say(text=text):
                return Message(text=text)
            case Call(party=Party.AGENT, tool=tool, arguments=arguments):
                return Message(tool_calls=(ToolCall(name=tool, arguments=arguments),))
            case Call(tool=tool, arguments=arguments):
                return Message(text=IN_WORDS[tool].format(**arguments))


@pytest.fixture(scope="module")
def telecom(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Pack:
    out = tmp_path_factory.mktemp("packs") / "telecom"
    import_tau2(shared_data / "tau2", out, "telecom", "base")
    return load_pack(out)


@pytest.mark.parametrize("agent", [OracleAgent, Talks])
def test_official_telecom_tasks_are_solved_by_following_instructions(telecom: Pack, agent: type[Talks]) -> None:
    template = open_pack(telecom)
    try:
        records = [visit(telecom, template, task, agent(task)) for task in telecom.tasks.values()]
    finally:
        template.close()
    assert len(records) > 100
    assert [record.task for record in records if record.reward.value != 1.0] == []
    assert {record.termination for record in records} == {Termination.USER_STOP}
