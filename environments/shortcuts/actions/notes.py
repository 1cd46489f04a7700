"""Notes: find, show, create, append."""

from __future__ import annotations

from dataclasses import replace

from environments.shortcuts.actions.finding import finder
from environments.shortcuts.coercion import item_text
from environments.shortcuts.records import Note
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import ActionError, Run, RunErrorKind
from environments.shortcuts.values import Item, Value, checked_text

finder(
    "filter.notes",
    "Notes",
    "Finds notes; properties: Name, Body, Folder.",
    "Notes",
    lambda device: device.notes,
)


@action(
    "com.apple.Notes.CreateNoteLinkAction",
    "Notes",
    "Creates a note.",
    Parameter("name", ParameterType.TEXT, "The title; the first line of the text if left out."),
    Parameter("contents", ParameterType.TEXT, "The text.", is_input=True),
    Parameter("folder", ParameterType.TEXT, "The folder.", "Notes"),
    output="Create Note",
    writes=True,
    personal=True,
)
def create(run: Run, given: Arguments) -> Value:
    """The new note."""
    return _created(run, given.text("name"), given.text("contents"), given.text("folder"))


@action(
    "com.apple.mobilenotes.SharingExtension",
    "Notes",
    "Creates a note whose title is the first line of the text.",
    Parameter("WFCreateNoteInput", ParameterType.TEXT, "The text.", is_input=True),
    output="Note",
    writes=True,
    personal=True,
)
def create_from_text(run: Run, given: Arguments) -> Value:
    """The new note."""
    return _created(run, "", given.text("WFCreateNoteInput"), "Notes")


def _created(run: Run, title: str, body: str, folder: str) -> Value:
    if not title:
        title, _, body = body.partition("\n")
    if not title.strip():
        raise ActionError(RunErrorKind.BAD_PARAMETER, "the note has neither a title nor a text")
    return (run.world.add(Note("", title, body, folder)),)


@action(
    "appendnote",
    "Notes",
    "Adds a text to the end of a note, on a line of its own.",
    Parameter("WFNote", ParameterType.ANY, "The note, or its title."),
    Parameter("WFInput", ParameterType.TEXT, "The text.", is_input=True),
    output="Appended Note",
    writes=True,
    personal=True,
)
def append(run: Run, given: Arguments) -> Value:
    """The note as it is now."""
    return (_appended(run, _named(run, given), given.text("WFInput")),)


@action(
    "shownote",
    "Notes",
    "Shows a note to the user.",
    Parameter("WFNote", ParameterType.ANY, "The note, or its title.", is_input=True, aliases=("WFInput",)),
    personal=True,
)
def show(run: Run, given: Arguments) -> None:
    """The user sees the note."""
    note = _named(run, given)
    run.show(f"{note.title}\n{note.body}")


def _named(run: Run, given: Arguments, parameter: str = "WFNote") -> Note:
    """The device's note that a parameter means."""
    items = given.value(parameter)
    return _meant(run, next((item for item in items if isinstance(item, Note)), " ".join(given.texts(parameter))))


def _meant(run: Run, item: Item) -> Note:
    """The device's note that is meant: the one given, as it is now, or the one of that title."""
    if isinstance(item, Note) and (found := run.world.device.current(item)) is not None:
        return found
    title = (item.title if isinstance(item, Note) else item_text(item, run.clock)).strip().casefold()
    for note in run.world.device.notes:
        if note.title.casefold() == title:
            return note
    raise ActionError(RunErrorKind.NOT_FOUND, f"there is no note called {title[:80]!r}")


@action(
    "com.apple.Notes.AppendToNoteLinkAction",
    "Notes",
    "Adds a text to the end of a note, on a line of its own.",
    Parameter("entity", ParameterType.ANY, "The note, or its title.", aliases=("note", "WFNote")),
    Parameter("text", ParameterType.TEXT, "The text.", is_input=True, aliases=("WFInput",)),
    output="Append to Note",
    writes=True,
    personal=True,
)
def append_text(run: Run, given: Arguments) -> Value:
    """The note as it is now."""
    return (_appended(run, _named(run, given, "entity"), given.text("text")),)


def _appended(run: Run, note: Note, text: str) -> Note:
    return run.world.change(replace(note, body=checked_text("\n".join(part for part in (note.body, text) if part))))


_NOTES = Parameter("entities", ParameterType.ANY, "The notes, or their titles.", is_input=True, aliases=("notes",))


@action("com.apple.Notes.DeleteNotesLinkAction", "Notes", "Deletes notes.", _NOTES, writes=True, personal=True)
def delete(run: Run, given: Arguments) -> None:
    """They are gone."""
    for note in _all_named(run, given):
        run.world.drop(note)


@action(
    "com.apple.Notes.MoveNotesToFolderLinkAction",
    "Notes",
    "Moves notes to a folder.",
    _NOTES,
    Parameter("container", ParameterType.TEXT, "The folder.", aliases=("folder",)),
    output="Move Notes to Folder",
    writes=True,
    personal=True,
)
def move(run: Run, given: Arguments) -> Value:
    """The notes where they are now."""
    folder = given.text("container").strip()
    if not folder:
        raise given.problem("container", "must name a folder")
    return tuple(run.world.change(replace(note, folder=folder)) for note in _all_named(run, given))


@action(
    "com.apple.Notes.PinNotesLinkAction",
    "Notes",
    "Pins notes, or takes the pin off.",
    _NOTES,
    Parameter("operation", ParameterType.ENUM, "Which.", "add", ("add", "remove")),
    output="Pin Notes",
    writes=True,
    personal=True,
)
def pin(run: Run, given: Arguments) -> Value:
    """The notes as they are now."""
    pinned = given.choice("operation") == "add"
    notes = _all_named(run, given)
    return tuple(run.world.change(replace(note, pinned=pinned)) for note in notes)


def _tagging(identifier: str, output: str, text: str, *, adds: bool) -> None:
    """Declare an action that changes notes' tags."""

    @action(
        identifier,
        "Notes",
        text,
        Parameter("notes", ParameterType.ANY, "The notes, or their titles.", is_input=True, aliases=("entities",)),
        Parameter("tags", ParameterType.ANY, "The tags."),
        output=output,
        writes=True,
        personal=True,
    )
    def tag(run: Run, given: Arguments) -> Value:
        tags = [name.strip().lstrip("#") for name in given.texts("tags")]
        changed = []
        for note in _all_named(run, given, "notes"):
            held = [name for name in note.tags if name not in tags]
            changed.append(run.world.change(replace(note, tags=tuple(held + tags if adds else held))))
        return tuple(changed)


_tagging("com.apple.Notes.AddTagsToNotesLinkAction", "Add Tags to Notes", "Adds tags to notes.", adds=True)
_tagging("com.apple.Notes.RemoveTagsFromNotesLinkAction", "Remove Tags", "Takes tags off notes.", adds=False)


def _all_named(run: Run, given: Arguments, parameter: str = "entities") -> list[Note]:
    return [_meant(run, item) for item in given.value(parameter)]
