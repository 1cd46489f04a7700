"""What shortcuts leave on a furnished phone: stores, the outbox, what the user was asked, and where runs stop."""

from __future__ import annotations

from dataclasses import replace

import pytest
from shortcut_building import act, changed, mark, on_the_phone, output_of

from environments.shortcuts.device import Device
from environments.shortcuts.records import (
    Alarm,
    Contact,
    Event,
    File,
    HandedOver,
    HealthSample,
    OpenedUrl,
    OutgoingCall,
    OutgoingMail,
    OutgoingRequest,
    Photo,
    SavedShortcut,
    Song,
    StoredValue,
    Timer,
)
from environments.shortcuts.running import RunErrorKind
from environments.shortcuts.setup import phone

NOTES = "com.apple.Notes."
TIMER = "com.apple.mobiletimer-framework.MobileTimerIntents."


def test_files_are_saved_renamed_moved_appended_to_and_deleted() -> None:
    result = on_the_phone(
        act("gettext", UUID="t", WFTextActionText="hello"),
        act("documentpicker.save", UUID="a", WFInput="${t}", WFAskWhereToSave=False, WFFileDestinationPath="Mail/one"),
        act("documentpicker.save", UUID="b", WFInput="${t}", WFAskWhereToSave=False, WFFileDestinationPath="Mail/one"),
        act("file.rename", WFFile="${b}", WFNewFilename="two", UUID="c"),
        act("file.move", WFFile="${c}", WFFolder="Papers"),
        act("file.append", WFFilePath="Mail/one.txt", WFInput="again"),
        act("file.append", WFFilePath="Mail/one.txt", WFInput="first", WFAppendFileWriteMode="Prepend"),
        act("file.createfolder", WFFilePath="Mail/Old"),
    )
    assert result.result.error is None
    made = {file.path: file.text for file in changed(result, File)}
    assert made == {
        "Shortcuts/Mail/one.txt": "first\nhello\nagain",
        "Papers/two.txt": "hello",
        "Shortcuts/Mail/Old": "",
    }
    gone = on_the_phone(act("file.delete", WFInput="Shortcuts"), device=result.world.device)
    assert [file.path for file in gone.world.device.table(File)] == ["Papers", "Papers/lease.pdf", "Papers/two.txt"]


def test_a_saved_file_overwrites_only_where_it_is_told_to() -> None:
    save = act("documentpicker.save", WFInput="new", WFAskWhereToSave=False, WFFileDestinationPath="todo.txt")
    beside = on_the_phone(save)
    assert {file.name: file.text for file in changed(beside, File)} == {"todo 2.txt": "new"}
    over = act(identifier="documentpicker.save", **save["WFWorkflowActionParameters"], WFSaveFileOverwrite=True)
    assert {file.name: file.text for file in changed(on_the_phone(over), File)} == {"todo.txt": "new"}


def test_photos_are_saved_and_deleted_if_the_user_agrees() -> None:
    edit = [
        act("getlastphoto", UUID="p", WFGetLatestPhotosActionIncludeScreenshots=False),
        act("image.crop", WFInput="${p}", WFImageCropWidth=100, WFImageCropHeight=80, UUID="c"),
        act("overlaytext", WFImage="${c}", WFText="paid", WFTextPosition="Bottom Center", UUID="o"),
        act("savetocameraroll", WFInput="${o}", WFCameraRollSelectedGroup="Bills"),
    ]
    (saved,) = changed(on_the_phone(*edit), Photo)
    assert (saved.album, saved.width, saved.height, saved.text) == ("Bills", 100, 80, "Corner Cafe\nTotal 18.40\npaid")
    assert saved.edits == ("crop Center", "text bottom center")
    delete = [act("getlastphoto", UUID="p"), act("deletephotos", photos="${p}")]
    assert len(list(on_the_phone(*delete, answers=["yes, delete it"]).world.device.table(Photo))) == 2
    kept = on_the_phone(*delete, answers=["no"])
    assert kept.result.error is not None
    assert kept.result.error.kind is RunErrorKind.REFUSED


def test_the_user_picks_by_hand_or_by_name() -> None:
    device = replace(phone(), picked=("pic-bill",))
    read = [act("selectphoto", UUID="p"), act("extracttextfromimage", WFImage="${p}")]
    picked = on_the_phone(*read, device=device)
    assert (picked.output, picked.questions, picked.world.device.picked) == ("Corner Cafe\nTotal 18.40", [], ())
    named = on_the_phone(*read, answers=["the one called IMG_0414.PNG"])
    assert named.output == "Gate B12"
    assert "IMG_0412.HEIC; IMG_0413.HEIC" in named.questions[0]
    nothing = on_the_phone(*read, answers=["none of these"]).result.error
    assert nothing is not None
    assert nothing.kind is RunErrorKind.BAD_ANSWER
    assert output_of(act("file.select"), answers=["todo.txt"]).startswith("mend")
    assert output_of(act("selectphone"), answers=["Tom Okafor"]) == "+1 555 0144"


@pytest.mark.parametrize(
    ("answer", "chosen"),
    [
        ("red and blue", "red\nblue"),
        ("all", "red\nlight red\nblue"),
        ("none", ""),
        ("light red", "light red"),
        ("1, 3", "red\nblue"),
        ("I take the light red one and the red one", "red\nlight red"),
    ],
)
def test_several_are_chosen_from_a_list(answer: str, chosen: str) -> None:
    choose = act("choosefromlist", WFInput=["red", "light red", "blue"], WFChooseFromListActionSelectMultiple=True)
    assert output_of(choose, answers=[answer]) == chosen


def test_of_a_dictionary_the_user_chooses_a_key_and_gets_its_value() -> None:
    assert output_of(act("choosefromlist", WFInput={"one": 1, "two": 2}), answers=["two"]) == "2"


def test_mails_calls_and_what_is_handed_over_land_in_the_outbox() -> None:
    result = on_the_phone(
        act("documentpicker.open", UUID="f", WFGetFilePath="todo.txt"),
        act(
            "sendemail",
            WFSendEmailActionToRecipients=["Maya", "x@y.example"],
            WFSendEmailActionSubject="List",
            WFSendEmailActionInputAttachments=["Here", "${f}"],
        ),
        act("com.apple.mobilephone.call", WFCallContact="Tom"),
        act("com.apple.facetime.facetime", WFFaceTimeContact="+1 555 0100"),
        act("airdropdocument", WFInput="${f}"),
        act("openin", WFInput="text", WFSelectedApp="Drafts"),
        act("openapp", WFAppIdentifier="com.apple.mobilenotes"),
        act("searchweb", WFInputText="tide tables", WFSearchWebDestination="DuckDuckGo"),
        act("getdirections", WFDestination="4 Mill Lane"),
    )
    assert result.result.error is None
    (mail,) = changed(result, OutgoingMail)
    assert (mail.to, mail.subject, mail.body, mail.attachments) == (
        ("maya@example.org", "x@y.example"),
        "List",
        "Here",
        ("todo.txt",),
    )
    assert [(call.to, call.service) for call in changed(result, OutgoingCall)] == [
        ("Tom Okafor", "Phone"),
        ("Maya Lindqvist", "FaceTime"),
    ]
    assert [(one.way, one.what, one.app) for one in changed(result, HandedOver)] == [
        ("AirDrop", "todo.txt", ""),
        ("Open In", "text", "Drafts"),
    ]
    assert [one.url for one in changed(result, OpenedUrl)] == [
        "app:com.apple.mobilenotes",
        "https://www.duckduckgo.com/search?q=tide%20tables",
        "maps://?daddr=Dr. Kim, Dentist&dirflg=driving",
    ]


def test_a_request_that_may_change_something_is_kept_and_needs_the_network() -> None:
    post = act("downloadurl", WFURL="https://api.example/x", WFHTTPMethod="POST", WFJSONValues={"a": "${Clipboard}"})
    (request,) = changed(on_the_phone(post), OutgoingRequest)
    assert (request.method, request.body) == ("POST", '{"a": "https://example.org/reading/tides"}')
    offline = replace(phone(), settings=replace(phone().settings, wifi=False, cellular_data=False))
    error = on_the_phone(post, device=offline).result.error
    assert error is not None
    assert error.kind is RunErrorKind.REFUSED
    closed = on_the_phone(
        act("downloadurl", WFURL="https://api.example/x"), device=replace(phone(), echoes=False)
    ).result.error
    assert closed is not None
    assert closed.kind is RunErrorKind.NOT_FOUND


def test_health_music_alarms_and_stored_values_change() -> None:
    result = on_the_phone(
        act(
            "health.quantity.log",
            WFQuantitySampleType="Weight",
            WFQuantitySampleQuantity={"Magnitude": "68.1", "Unit": "kg"},
        ),
        act(
            "health.workout.log",
            WFWorkoutReadableActivityType="Running",
            WFWorkoutDuration={"Magnitude": 0.5, "Unit": "hr"},
        ),
        act("createplaylist", WFPlaylistName="Calm", WFPlaylistItems="The Lamplighters"),
        act("playmusic", WFMediaItems="Calm", WFPlayMusicActionRepeat="All"),
        act("skipforward"),
        act("pausemusic"),
        act(TIMER + "MTCreateAlarmIntent", dateComponents="7:15am", label="Tea"),
        act(TIMER + "MTToggleAlarmIntent", alarm="Get up"),
        act("timer.start", WFDuration={"Magnitude": 90, "Unit": "sec"}),
        act("setstoredcontent", WFStoredContentKey="k", WFInput="v"),
        act("getstoredcontent", WFStoredContentKey="k", UUID="v"),
        act("setclipboard", WFInput="${v}"),
    )
    assert result.result.error is None
    assert [(one.type, one.value, one.unit, one.note) for one in changed(result, HealthSample)] == [
        ("Weight", 68.1, "kg", ""),
        ("Workout", 30.0, "min", "Running"),
    ]
    assert [(song.title, song.playlists) for song in changed(result, Song)] == [("Slow Tide", ("Evening", "Calm"))]
    settings = result.world.device.settings
    assert (settings.now_playing, settings.playing, settings.repeat) == ("Run the Ridge", False, "All")
    assert [(alarm.label, alarm.time, alarm.enabled) for alarm in changed(result, Alarm)] == [
        ("Get up", "06:45", False),
        ("Tea", "07:15", True),
    ]
    assert [timer.seconds for timer in changed(result, Timer)] == [90]
    assert [(value.name, value.text) for value in changed(result, StoredValue)] == [("k", "v")]
    assert result.world.device.clipboard == "v"


def test_setters_change_one_property() -> None:
    result = on_the_phone(
        act(
            "filter.calendarevents",
            UUID="e",
            WFContentItemFilter={
                "WFActionParameterFilterTemplates": [
                    {"Property": "Title", "Operator": 4, "Values": {"String": "Dentist"}}
                ]
            },
        ),
        act(
            "setters.calendarevents",
            WFInput="${e}",
            WFContentItemPropertyName="Start Date",
            WFCalendarEventContentItemStartDate="2025-05-14 17:00",
        ),
        act("contacts", WFContact="Tom", UUID="c"),
        act(
            "setters.contacts",
            WFInput="${c}",
            WFContentItemPropertyName="Phone Numbers",
            Mode="Append",
            WFContactContentItemPhoneNumbers="+1 555 0199",
        ),
        act("addnewcontact", WFContactFirstName="Ada", WFContactEmails="ada@example.org"),
    )
    assert result.result.error is None
    (event,) = changed(result, Event)
    assert (f"{event.start:%H:%M}", f"{event.end:%H:%M}") == ("17:00", "17:30")
    tom, ada = changed(result, Contact)
    assert (tom.phones, ada.name, ada.emails) == (("+1 555 0144", "+1 555 0199"), "Ada", ("ada@example.org",))


def test_notes_are_pinned_tagged_moved_and_deleted() -> None:
    result = on_the_phone(
        act(NOTES + "PinNotesLinkAction", entities="Shopping", operation="add"),
        act(NOTES + "AddTagsToNotesLinkAction", notes="Shopping", tags=["food", "#week"]),
        act(NOTES + "MoveNotesToFolderLinkAction", entities="Log", container="Old"),
        act(NOTES + "DeleteNotesLinkAction", entities="Ideas"),
    )
    assert result.result.error is None
    notes = {note.title: (note.pinned, note.tags, note.folder) for note in result.world.device.notes}
    assert notes == {"Shopping": (True, ("food", "week"), "Notes"), "Log": (False, (), "Old")}


def cyclic(*names: str) -> Device:
    """Shortcuts of which each runs the next, and the last the first."""
    device = phone()
    for name, following in zip(names, (*names[1:], names[0]), strict=True):
        device = device.put(SavedShortcut(name, name, (act("runworkflow", WFWorkflowName=following),)))
    return device


@pytest.mark.parametrize("names", [("one",), ("one", "two", "three")])
def test_shortcuts_that_run_one_another_in_a_circle_end_with_a_limit(names: tuple[str, ...]) -> None:
    error = on_the_phone(act("runworkflow", WFWorkflowName="one"), device=cyclic(*names)).result.error
    assert error is not None
    assert error.kind is RunErrorKind.LIMIT
    assert "8 levels deep" in error.message


def test_a_nested_shortcut_spends_the_steps_of_the_one_that_runs_it() -> None:
    loop = [mark("repeat.count", 0, WFRepeatCount=900), act("nothing"), mark("repeat.count", 2)]
    device = phone().put(SavedShortcut("l", "Loop", tuple(loop)))
    result = on_the_phone(*[act("runworkflow", WFWorkflowName="Loop")] * 3, device=device).result
    assert result.error is not None
    assert result.error.kind is RunErrorKind.LIMIT
    assert result.steps <= 2_001


def test_what_a_nested_shortcut_sets_stays_inside_it() -> None:
    inner = (act("setvariable", WFVariableName="v", WFInput="inner"), act("gettext", WFTextActionText="${v}"))
    device = phone().put(SavedShortcut("i", "Inner", inner))
    result = on_the_phone(
        act("setvariable", WFVariableName="v", WFInput="outer"),
        act("runworkflow", WFWorkflowName="Inner", UUID="r"),
        act("gettext", WFTextActionText="${r} ${v}"),
        device=device,
    )
    assert result.output == "inner outer"


def test_archives_in_archives_end_with_a_limit() -> None:
    actions = [
        act("gettext", WFTextActionText="x", UUID="z"),
        mark("repeat.count", 0, WFRepeatCount=100),
        act("makezip", WFInput="${z}", UUID="z"),
        mark("repeat.count", 2),
    ]
    error = on_the_phone(*actions).result.error
    assert error is not None
    assert error.kind is RunErrorKind.LIMIT


def test_where_an_input_is_nothing_a_real_shortcut_goes_on_and_an_agents_stops() -> None:
    actions = [
        act("filter.notes", UUID="n", WFContentItemLimitEnabled=True, WFContentItemLimitNumber=0),
        act("addnewreminder", WFCalendarItemTitle="${n}"),
        act("setclipboard", WFInput="after"),
    ]
    strict = on_the_phone(*actions)
    assert strict.result.error is not None
    assert strict.result.error.kind is RunErrorKind.BAD_PARAMETER
    lenient = on_the_phone(*actions, lenient=True)
    assert lenient.result.error is None
    assert lenient.world.device.clipboard == "after"
    assert list(lenient.world.device.reminders) == list(phone().reminders)
    assert "does nothing: WFCalendarItemTitle was empty" in lenient.result.remarks[0]
