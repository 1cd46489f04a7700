from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shortcut_building import Action, act

from environments.shortcuts.device import MAX_CHANGES, Device, StorageFull, Table
from environments.shortcuts.records import Note, Reminder
from environments.shortcuts.running import World
from environments.shortcuts.setup import DeviceData, Setup, base_device, phone, set_up
from environments.shortcuts.template import ShortcutsEnvironment
from harness.core.errors import InputError
from harness.core.message import Party, ToolCall
from harness.core.parsing import parse

BASE = MappingProxyType({name: Note(name, name.upper()) for name in ("a", "b", "c")})

edits = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from("abcdef"), st.sampled_from(["A", "B", "other"])),
        st.tuples(st.just("remove"), st.sampled_from("abcdef"), st.just("")),
    ),
    max_size=12,
)


def contents(table: Table[Note]) -> list[str]:
    return sorted(note.title for note in table)


def edited(steps: list[tuple[str, str, str]]) -> Table[Note]:
    table: Table[Note] = Table(BASE)
    for kind, key, title in steps:
        table = table.put(Note(key, title)) if kind == "put" else table.remove(key)
    return table


@given(edits, edits)
def test_tables_differ_from_their_base_alike_exactly_where_they_hold_the_same(
    one: list[tuple[str, str, str]], other: list[tuple[str, str, str]]
) -> None:
    left, right = edited(one), edited(other)
    assert (left.difference() == right.difference()) == (contents(left) == contents(right))


@given(edits)
def test_a_table_is_never_changed_by_its_successors(steps: list[tuple[str, str, str]]) -> None:
    table = Table(BASE)
    edited(steps)
    assert list(table) == list(BASE.values())


def test_an_entry_that_becomes_as_it_was_is_no_change() -> None:
    table = Table(BASE).put(Note("a", "new")).put(BASE["a"])
    assert table.changed == {}


def test_new_entries_equal_whatever_order_and_ids_they_came_with(device: Device) -> None:
    one = device.add(Note("", "x")).add(Note("", "y")).add(Reminder("", "z"))
    other = device.add(Reminder("", "z")).add(Note("", "y")).add(Note("", "x"))
    assert one.fingerprint() == other.fingerprint() != device.fingerprint()


def test_each_kind_of_state_shows_in_the_fingerprint(device: Device) -> None:
    changed = [
        replace(device, clipboard="x"),
        replace(device, shared_input="x"),
        replace(device, settings=replace(device.settings, locked=True)),
        device.remove(Note("n1", "")),
        device.add(Note("", "x")),
    ]
    assert len({other.fingerprint() for other in [device, *changed]}) == len(changed) + 1


def test_waiting_leaves_nothing_behind_that_could_fail_a_solution(device: Device) -> None:
    later = replace(device, clock=replace(device.clock, now=datetime(2025, 5, 14, 9)), shown=("done",))
    assert later.fingerprint() == device.fingerprint()


def test_the_device_fills_up() -> None:
    table: Table[Note] = Table()
    for number in range(MAX_CHANGES):
        table = table.put(Note(str(number), "x"))
    with pytest.raises(StorageFull):
        table.put(Note("one more", "x"))


CHOICES: tuple[Action, ...] = (
    act("setclipboard", WFInput="one"),
    act("wifi.set", operation="toggle"),
    act("appendnote", WFNote="Shopping", WFInput="bread"),
    act("addnewreminder", WFCalendarItemTitle="x"),
    act("number.random", WFRandomNumberMaximum=9),
    act("appendvariable", WFVariableName="v", WFInput="x"),
    act("setclipboard", WFInput="${v}"),
    act("gettext", UUID="kept", WFTextActionText="kept"),
    act("sendmessage", WFSendMessageActionRecipients="Maya", WFSendMessageContent="hi"),
    act("removeevents"),
    act("getlastphoto", UUID="p"),
    act("deletephotos", photos="${p}"),
    act("savetocameraroll", WFInput="${p}"),
    act("documentpicker.save", WFInput="x", WFAskWhereToSave=False, WFFileDestinationPath="x"),
    act("file.delete", WFInput="todo.txt"),
    act("sendemail", WFSendEmailActionToRecipients="Maya", WFSendEmailActionInputAttachments="hi"),
    act("health.quantity.log", WFQuantitySampleType="Weight", WFQuantitySampleQuantity={"Magnitude": 70, "Unit": "kg"}),
    act("timer.start", WFDuration={"Magnitude": 5, "Unit": "min"}),
    act("openurl", WFInput="https://example.org"),
    act("downloadurl", WFURL="https://example.org/x", WFHTTPMethod="POST"),
    act("playmusic", WFMediaItems="Slow Tide"),
    act("runworkflow", WFWorkflowName="Hello", WFInput="x"),
    act("unheard.of"),
)


@given(st.lists(st.sampled_from(CHOICES), max_size=6), st.lists(st.sampled_from(CHOICES), max_size=6))
def test_restoring_a_snapshot_undoes_and_repeats_exactly(before: list[Action], after: list[Action]) -> None:
    async def agreeing(question: str) -> str:
        return "yes"

    async def run() -> None:
        environment = ShortcutsEnvironment(World(3, phone()))

        async def play(actions: list[Action]) -> list[str]:
            results = []
            for action in actions:
                arguments = {
                    "identifier": action["WFWorkflowActionIdentifier"],
                    "parameters": action["WFWorkflowActionParameters"],
                }
                call = ToolCall(id="c", name="run_action", arguments=arguments)
                results.append((await environment.call(Party.AGENT, call, agreeing)).content)
            return [*results, await environment.fingerprint(Party.AGENT)]

        await play(before)
        snapshot, fingerprint = await environment.snapshot(), await environment.fingerprint(Party.AGENT)
        first = await play(after)
        for _ in range(2):
            await environment.restore(snapshot)
            assert await environment.fingerprint(Party.AGENT) == fingerprint
            assert await play(after) == first

    asyncio.run(run())


DATA = {
    "clock": {"now": "2025-05-14T08:40:00"},
    "notes": [{"id": "n1", "title": "Groceries"}],
    "reminders": [{"id": "r1", "title": "Water", "due": "2025-05-14T19:00:00"}],
}


def test_a_setup_changes_the_base_and_leaves_it_as_it_was() -> None:
    base = base_device(parse(DeviceData, DATA, where="device"))
    setup = parse(
        Setup,
        {
            "clock": {"now": "2025-06-01T10:00:00"},
            "settings": {"locked": True, "brightness": 1},
            "notes": [{"id": "n1", "title": "Groceries", "body": "tea"}, {"id": "n2", "title": "New"}],
            "remove": ["r1"],
            "clipboard": "c",
        },
        where="setup",
    )
    device = set_up(base, setup)
    assert [(note.title, note.body) for note in device.notes] == [("Groceries", "tea"), ("New", "")]
    assert list(device.reminders) == []
    assert (device.settings.locked, device.settings.brightness, device.clipboard) == (True, 1.0, "c")
    assert device.clock.now == datetime(2025, 6, 1, 10)
    assert [note.body for note in base.notes] == [""]
    assert device.settings.wifi == base.settings.wifi


@pytest.mark.parametrize(
    ("setup", "words"),
    [
        ({"setings": {}}, "did you mean 'settings'"),
        ({"settings": {"wify": True}}, "did you mean 'wifi'"),
        ({"settings": {"locked": "yes"}}, "locked"),
        ({"notes": [{"id": "n", "title": "x", "colour": "red"}]}, "colour"),
        ({"notes": [{"id": "n", "title": "x"}, {"id": "n", "title": "y"}]}, "used twice"),
        ({"notes": [{"id": "new-1", "title": "x"}]}, "reserved"),
        ({"clock": {"now": "2025-06-01T10:00:00+02:00"}}, "without a zone"),
        ({"reminders": [{"id": "r", "title": "x", "due": "soon"}]}, "due"),
        ({"reminders": [{"id": "r", "title": "x", "due": "2025-06-01T10:00:00Z"}]}, "leave the zone away"),
        ({"remove": ["nobody"]}, "no entry 'nobody'"),
    ],
)
def test_a_wrong_setup_is_refused_by_field(setup: dict[str, object], words: str) -> None:
    base = base_device(parse(DeviceData, DATA, where="device"))
    with pytest.raises(InputError) as caught:
        set_up(base, parse(Setup, setup, where="setup"))
    assert words in str(caught.value)
