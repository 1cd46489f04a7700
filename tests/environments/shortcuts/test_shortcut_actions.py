from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from shortcut_building import RunShortcut, act, small_device

from environments.shortcuts.program import CONTROL_FLOW
from environments.shortcuts.records import Note, OutgoingMessage
from environments.shortcuts.registry import ACTIONS, nearest
from environments.shortcuts.running import RunErrorKind, World

OURS = {
    # Identifiers that upstream's catalogue lacks although its shortcuts use them.
    "is.workflow.actions.appendnote",
    "is.workflow.actions.filter.notes",
    "is.workflow.actions.properties.note",
    "is.workflow.actions.shownote",
    "is.workflow.actions.properties.workflow",
    "is.workflow.actions.alarm.create",
    "is.workflow.actions.setstoredcontent",
    "is.workflow.actions.getstoredcontent",
    "is.workflow.actions.deletestoredcontent",
    "is.workflow.actions.useractivity.open",
    "com.apple.mobilenotes.SharingExtension",
    "com.apple.mobiletimer-framework.MobileTimerIntents.MTGetAlarmsIntent",
    "com.apple.mobiletimer-framework.MobileTimerIntents.MTToggleAlarmIntent",
    "com.apple.mobiletimer-framework.MobileTimerIntents.MTDeleteAlarmIntent",
}
UNDECLARED = {
    "GroupingIdentifier", "WFControlFlowMode", "WFMenuItemTitle", "WFResult",
    "WFContentItemSortEnabled", "WFContentItemLimitEnabled", "WFContentItemLimitNumber",
}  # fmt: skip


def find(identifier: str, *conditions: dict[str, Any], every: bool = True, **more: Any) -> dict[str, Any]:
    rows = {"WFActionParameterFilterPrefix": int(every), "WFActionParameterFilterTemplates": list(conditions)}
    return act(identifier, WFContentItemFilter=rows, **more)


def row(name: str, operator: int, **values: Any) -> dict[str, Any]:
    return {"Property": name, "Operator": operator, "Values": values}


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (act("text.split", text="a b c", WFTextSeparator="Spaces"), "a\nb\nc"),
        (act("text.split", text="abc", WFTextSeparator="Every Character"), "a\nb\nc"),
        (act("text.split", text="a\r\nb"), "a\nb"),
        (act("text.combine", text=["a", "b"], WFTextSeparator="Custom", WFTextCustomSeparator=" / "), "a / b"),
        (act("text.combine", text=["a", "b"]), "a\nb"),
        (act("text.replace", WFInput="a.b.c", WFReplaceTextFind=".", WFReplaceTextReplace="$1"), "a$1b$1c"),
        (
            act(
                "text.replace",
                WFInput="Ab",
                WFReplaceTextFind="a",
                WFReplaceTextReplace="x",
                WFReplaceTextCaseSensitive=False,
            ),
            "xb",
        ),
        (
            act(
                "text.replace",
                WFInput="joe@example",
                WFReplaceTextFind=r"(\w+)@(\w+)",
                WFReplaceTextReplace="$2: $1",
                WFReplaceTextRegularExpression=True,
            ),
            "example: joe",
        ),
        (act("text.match", text="a1b22", WFMatchTextPattern="[0-9]+"), "1\n22"),
        (act("text.changecase", text="it's late", WFCaseType="Capitalize Every Word"), "It's Late"),
        (act("math", WFInput="0.1", WFMathOperation="+", WFMathOperand=0.2), "0.3"),
        (act("math", WFInput=7, WFMathOperation="÷", WFMathOperand=2), "3.5"),
        (
            act("math", WFInput=7, WFMathOperation="…", WFScientificMathOperation="Modulus", WFScientificMathOperand=4),
            "3",
        ),
        (act("math", WFInput=-27, WFMathOperation="…", WFScientificMathOperation="∛x"), "-3"),
        (act("math", WFInput=5, WFMathOperation="…", WFScientificMathOperation="x!"), "120"),
        (act("round", WFInput="2.345", WFRoundTo="Hundredths"), "2.35"),
        (act("round", WFInput="21", WFRoundTo="Tens Place", WFRoundMode="Always Round Up"), "30"),
        (act("round", WFInput="-2.5"), "-3"),
        (act("count", Input="one two-three. Four?", WFCountType="Words"), "3"),
        (act("count", Input="one two. Four?", WFCountType="Sentences"), "2"),
        (act("count", Input="añb", WFCountType="Characters"), "3"),
        (act("getitemfromlist", WFInput=["a", "b", "c"], WFItemSpecifier="Item At Index", WFItemIndex=2), "b"),
        (act("getitemfromlist", WFInput=["a"], WFItemSpecifier="Item At Index", WFItemIndex=9), ""),
        (act("getitemfromlist", WFInput=["a", "b", "c"], WFItemSpecifier="Items in Range", WFItemRangeStart=2), "b\nc"),
        (act("getvalueforkey", WFInput='{"a": {"b": [4, 5]}}', WFDictionaryKey="a.b.2"), "5"),
        (act("getvalueforkey", WFInput={"x": 1, "y": 2}, WFGetDictionaryValueType="All Keys"), "x\ny"),
        (
            act("setvalueforkey", WFDictionary={"x": 1}, WFDictionaryKey="y", WFDictionaryValue="z"),
            '{"x": 1, "y": "z"}',
        ),
        (act("date", WFDateActionMode="Specified Date", WFDateActionDate="noon"), "May 14, 2025 at 12:00 PM"),
        (act("format.date", WFDate="2025-01-31", WFDateFormatStyle="ISO 8601"), "2025-01-31"),
        (act("format.date", WFDate="tomorrow", WFDateFormatStyle="Relative"), "tomorrow"),
        (act("format.date", WFDate="2025-01-31", WFDateFormatStyle="RFC 2822"), "Fri, 31 Jan 2025 00:00:00 -0400"),
        (
            act("adjustdate", WFDate="2025-01-31", WFDuration={"Magnitude": 1, "Unit": "months"}),
            "Feb 28, 2025 at 12:00 AM",
        ),
        (act("adjustdate", WFDate="now", WFAdjustOperation="Get Start of Week"), "May 12, 2025 at 12:00 AM"),
        (
            act(
                "gettimebetweendates", WFTimeUntilFromDate="now", WFInput="2025-05-14 10:00", WFTimeUntilUnit="Minutes"
            ),
            "80",
        ),
        (
            act(
                "gettimebetweendates", WFTimeUntilFromDate="2025-03-31", WFInput="2025-02-28", WFTimeUntilUnit="Months"
            ),
            "-1",
        ),
        (act("getclipboard"), "copied before"),
        (act("getdevicedetails", WFDeviceDetail="current brightness"), "0.6"),
        (act("getbatterylevel"), "80"),
        (act("url", WFURLActionURL="see https://x.example"), "https://x.example"),
        (act("contacts", WFContact="maya"), "Maya Lindqvist"),
        (act("properties.contacts", WFInput="no contact", WFContentItemPropertyName="Company"), ""),
        (act("getupcomingevents", WFDateSpecifier="Tomorrow"), "Choir"),
        (act("getupcomingreminders", WFGetUpcomingItemCount=5), "Water plants"),
    ],
)
def test_actions_give_what_they_are_for(shortcut: RunShortcut, action: dict[str, Any], expected: str) -> None:
    ran = shortcut(action)
    assert (ran.result.error, ran.output) == (None, expected)


@pytest.mark.parametrize(
    ("action", "kind", "words"),
    [
        (act("setbrightness", WFBrightness=20), RunErrorKind.BAD_PARAMETER, "WFBrightness must be from 0 to 1"),
        (act("wifi.set", OnValue="maybe"), RunErrorKind.BAD_PARAMETER, "OnValue must be yes or no"),
        (act("wifi.set", operation="flip"), RunErrorKind.BAD_PARAMETER, "one of set, toggle (got 'flip')"),
        (act("math", WFInput="x", WFMathOperand=1), RunErrorKind.BAD_PARAMETER, "WFInput must hold a number"),
        (act("math", WFInput=1, WFMathOperation="^"), RunErrorKind.BAD_PARAMETER, "WFMathOperation"),
        (
            act("math", WFInput="9" * 120, WFMathOperation="×", WFMathOperand="9" * 120),
            RunErrorKind.BAD_PARAMETER,
            "calculated",
        ),
        (act("adjustdate", WFDate="now", WFDuration="soon"), RunErrorKind.BAD_PARAMETER, "WFDuration"),
        (
            act("adjustdate", WFDate="now", WFDuration={"Magnitude": 9e9, "Unit": "years"}),
            RunErrorKind.BAD_PARAMETER,
            "no date of the calendar",
        ),
        (act("appendnote", WFNote="Unwritten", WFInput="x"), RunErrorKind.NOT_FOUND, "no note called 'unwritten'"),
        (act("contacts", WFContact="Tom"), RunErrorKind.NOT_FOUND, "several contacts"),
        (
            act("sendmessage", WFSendMessageActionRecipients="Zoe", WFSendMessageContent="hi"),
            RunErrorKind.NOT_FOUND,
            "Zoe",
        ),
        (act("openurl", WFInput="not an address"), RunErrorKind.BAD_PARAMETER, "must hold an address"),
        (act("text.match", text="a", WFMatchTextPattern="(?=a)"), RunErrorKind.BAD_PARAMETER, "regular expression"),
        (act("filter.notes", WFContentItemFilter="milk"), RunErrorKind.BAD_PARAMETER, "must be a filter"),
        (act("addnewevent", WFCalendarItemTitle="x"), RunErrorKind.BAD_PARAMETER, "WFCalendarItemStartDate was empty"),
        (act("gettxt"), RunErrorKind.NOT_IMPLEMENTED, "the nearest is is.workflow.actions.gettext"),
    ],
)
def test_what_cannot_be_done_is_a_typed_error_that_says_why(
    shortcut: RunShortcut, action: dict[str, Any], kind: RunErrorKind, words: str
) -> None:
    ran = shortcut(action)
    assert ran.result.error is not None
    assert ran.result.error.kind is kind
    assert words in ran.result.error.message
    assert ran.world.device == small_device()


def test_computing_with_nothing_gives_nothing_and_says_so(shortcut: RunShortcut) -> None:
    ran = shortcut(act("nothing", UUID="n"), act("math", WFInput="${n}", WFMathOperand=1), act("count"))
    assert (ran.output, ran.result.error) == ("0", None)
    assert "WFInput was empty" in ran.result.remarks[0]


def test_switches_are_set_and_toggled(shortcut: RunShortcut) -> None:
    ran = shortcut(
        act("wifi.set", OnValue=0),
        act("bluetooth.set", operation="toggle"),
        act("airplanemode.set"),
        act("dnd.set", Operation="Toggle"),
        act("setvolume", WFVolume="0.25", WFVolumeSetting="Ringtone"),
        act("appearance", style="dark"),
    )
    settings = ran.world.device.settings
    assert (settings.wifi, settings.bluetooth, settings.airplane_mode, settings.do_not_disturb) == (
        False,
        False,
        True,
        True,
    )
    assert (settings.ringtone, settings.volume, settings.appearance) == (0.25, 0.5, "dark")


def test_records_are_found_by_their_properties(shortcut: RunShortcut) -> None:
    assert shortcut(find("filter.notes", row("Body", 99, String="MILK"))).output == "milk\neggs"
    assert shortcut(find("filter.reminders", row("Is Completed", 4, Bool=False))).output == "Water plants"
    assert shortcut(find("filter.contacts", row("First Name", 4, String="Tom"))).output == "Tom Okafor\nTom Berger"
    either = find("filter.reminders", row("Title", 8, String="pay"), row("Due Date", 1002), every=False)
    assert shortcut(either).output == "Water plants\nPay rent"
    next_day = {"Property": "Start Date", "Operator": 1000, "Number": 24, "Unit": 32, "VariableOverrides": {}}
    assert shortcut(find("filter.calendarevents", next_day)).output == "Stand-up"


def test_found_records_are_sorted_and_limited(shortcut: RunShortcut) -> None:
    latest = find(
        "filter.calendarevents",
        WFContentItemSortProperty="Start Date",
        WFContentItemSortOrder="Latest First",
        WFContentItemLimitEnabled=True,
        WFContentItemLimitNumber=1,
    )
    assert shortcut(latest).output == "Choir"


def test_notes_are_created_and_appended_to(shortcut: RunShortcut) -> None:
    ran = shortcut(
        act("com.apple.Notes.CreateNoteLinkAction", UUID="n", name="Log", contents="one", folder="Work"),
        act("appendnote", WFNote="${n}", WFInput="two"),
        act("appendnote", WFNote="log", WFInput="three"),
        act("com.apple.mobilenotes.SharingExtension", WFCreateNoteInput="Title line\nthe rest"),
    )
    made = [(note.title, note.body, note.folder) for note in ran.world.device.notes][2:]
    assert made == [("Log", "one\ntwo\nthree", "Work"), ("Title line", "the rest", "Notes")]


def test_reminders_are_added_changed_and_removed(shortcut: RunShortcut) -> None:
    ran = shortcut(
        act(
            "addnewreminder",
            UUID="r",
            WFCalendarItemTitle="Call",
            WFCalendarItemCalendar="Work",
            WFAlertEnabled="Alert",
            WFAlertCustomTime="tomorrow at 9am",
            WFPriority="High",
        ),
        act("setters.reminders", WFInput="${r}", WFContentItemPropertyName="Completed"),
        find("filter.reminders", row("Title", 4, String="Pay rent"), UUID="old"),
        act("removereminders", WFInputReminders="${old}"),
    )
    plants, call = ran.world.device.reminders
    assert plants.title == "Water plants"
    assert (call.list, call.due, call.priority, call.completed) == ("Work", datetime(2025, 5, 15, 9), "High", True)


def test_an_event_without_an_end_takes_an_hour_and_none_ends_before_it_begins(shortcut: RunShortcut) -> None:
    ran = shortcut(act("addnewevent", WFCalendarItemTitle="Lunch", WFCalendarItemStartDate="today at noon"))
    assert [(event.start.hour, event.end.hour) for event in ran.world.device.events][-1] == (12, 13)
    backwards = act(
        "addnewevent",
        WFCalendarItemTitle="Lunch",
        WFCalendarItemStartDate="today at noon",
        WFCalendarItemEndDate="today at 11:00",
    )
    error = shortcut(backwards).result.error
    assert error is not None
    assert "must not be before the start" in error.message


def test_messages_go_to_contacts_by_name_number_or_address(shortcut: RunShortcut) -> None:
    people = ["Maya", "+1 (555) 0100", "maya@example.org", "+49 30 1234"]
    ran = shortcut(act("sendmessage", WFSendMessageActionRecipients=people, WFSendMessageContent="hi"))
    assert [message.recipients for message in ran.world.device.table(OutgoingMessage)] == [
        ("Maya Lindqvist", "+49 30 1234")
    ]


def test_nothing_is_sent_while_the_device_is_offline(shortcut: RunShortcut) -> None:
    ran = shortcut(
        act("airplanemode.set", OnValue=True),
        act("wifi.set", OnValue=False),
        act("sendmessage", WFSendMessageActionRecipients="Maya", WFSendMessageContent="hi"),
    )
    assert ran.result.error is not None
    assert ran.result.error.kind is RunErrorKind.REFUSED
    assert list(ran.world.device.table(OutgoingMessage)) == []


@pytest.mark.parametrize("identifier", sorted(name for name, action in ACTIONS.items() if action.personal))
def test_a_locked_device_refuses_every_action_on_personal_data(shortcut: RunShortcut, identifier: str) -> None:
    world = World(1, small_device())
    world.device = replace(world.device, settings=replace(world.device.settings, locked=True))
    error = shortcut(act(identifier), world=world).result.error
    assert error is not None
    assert error.kind is RunErrorKind.REFUSED


def test_notifications_stay_and_shown_results_do_not_count_as_state(shortcut: RunShortcut) -> None:
    shown = shortcut(act("showresult", Text="hello"), act("alert", WFAlertActionMessage="m", WFAlertActionTitle="t"))
    assert shown.result.shown == ("hello", "t\nm")
    assert shown.world.device.fingerprint() == small_device().fingerprint()
    noted = shortcut(act("notification", WFNotificationActionBody="b"))
    assert noted.world.device.fingerprint() != small_device().fingerprint()


def test_ask_understands_the_answer_as_its_type(shortcut: RunShortcut) -> None:
    number = shortcut(act("ask", WFInputType="Number", WFAskActionPrompt="How many?"), answers=["about 12 of them"])
    assert (number.result.output, number.questions) == ((Decimal(12),), ["How many?"])
    date = shortcut(act("ask", WFInputType="Date"), answers=["let's say Friday"])
    assert date.result.output == (datetime(2025, 5, 16),)
    empty = shortcut(act("ask", WFAskActionDefaultAnswer="as usual"), answers=[" "])
    assert empty.output == "as usual"
    wrong = shortcut(act("ask", WFInputType="Number"), answers=["a few"]).result.error
    assert wrong is not None
    assert wrong.kind is RunErrorKind.BAD_ANSWER


def test_an_ask_reference_goes_to_the_user_with_its_prompt_or_its_purpose(shortcut: RunShortcut) -> None:
    ran = shortcut(
        act("gettext", WFTextActionText="to ${Ask: Whom?}"),
        act("setbrightness", WFBrightness="${Ask}"),
        answers=["Maya", "0.3"],
    )
    assert ran.questions == ["Whom?", "What should be used for WFBrightness of setbrightness?"]
    assert ran.world.device.settings.brightness == 0.3


def test_choosing_from_a_list_gives_the_item_itself(shortcut: RunShortcut) -> None:
    ran = shortcut(
        find("filter.notes", UUID="notes"),
        act("properties.note", UUID="names", WFInput="${notes}", WFContentItemPropertyName="Name"),
        act("choosefromlist", WFInput="${names}", WFChooseFromListActionPrompt="Which note?"),
        answers=["Ideas!"],
    )
    assert (ran.output, ran.questions) == ("Ideas", ["Which note?\nOptions: Groceries; Ideas"])


def test_chance_comes_from_the_seed_and_goes_on(shortcut: RunShortcut) -> None:
    draw = act("number.random", WFRandomNumberMaximum=10**6)

    def draws(seed: int) -> list[str]:
        world = World(seed, small_device())
        return [shortcut(draw, world=world).output for _ in range(3)]

    assert draws(1) == draws(1) != draws(2)
    assert len(set(draws(1))) == 3


def test_waiting_moves_the_virtual_clock(shortcut: RunShortcut) -> None:
    assert shortcut(act("delay", WFDelayTime=90), act("date")).output == "May 14, 2025 at 8:41 AM"


def test_a_note_that_changed_since_it_was_found_is_appended_to_as_it_is_now(shortcut: RunShortcut) -> None:
    ran = shortcut(
        find("filter.notes", row("Name", 4, String="Ideas"), UUID="found"),
        act("appendnote", WFNote="Ideas", WFInput="first"),
        act("appendnote", WFNote="${found}", WFInput="second"),
    )
    assert ran.world.device.notes.get("n2") == Note("n2", "Ideas", "a kite\nfirst\nsecond", "Work")


def test_every_action_is_documented() -> None:
    for action in ACTIONS.values():
        text = action.description()
        assert text.startswith(f"{action.identifier}(")
        assert action.text.endswith(".")
        for parameter in action.parameters:
            assert parameter.text or parameter.is_input, f"{action.identifier}: {parameter.name}"
        assert (action.handler is None) == (action.identifier in CONTROL_FLOW)


def test_a_misspelt_identifier_finds_its_neighbour() -> None:
    assert nearest("is.workflow.actions.setbrightnes") == "is.workflow.actions.setbrightness"
    assert nearest("com.example.unrelated.Intent") == ""


def test_identifiers_and_parameters_are_upstreams(shared_data: Path) -> None:
    catalogue = json.loads((shared_data / "shortcutsbench" / "all_api2paraname2paratype.json").read_text())
    stats = json.loads((shared_data / "shortcutsbench" / "action_stats.json").read_text())
    # Upstream's definitions lack parameters that real shortcuts have; those were counted.
    seen = {entry["identifier"]: set(entry["parameters"]) for entry in stats["actions"]}
    unknown = {identifier for identifier in ACTIONS if identifier not in catalogue}
    assert unknown == OURS
    strange = {
        f"{action.identifier}: {parameter.name}"
        for action in ACTIONS.values()
        # Upstream names one property of each setter only, and no parameter of the alarm.
        if action.identifier in catalogue
        and ".setters." not in action.identifier
        and "MTCreate" not in action.identifier
        for parameter in action.parameters
        if parameter.name not in catalogue[action.identifier] and parameter.name not in UNDECLARED
        if parameter.name not in seen.get(action.identifier, ())
    }
    assert strange == set()
