"""Notes: find, show, create, append."""

from __future__ import annotations

from dataclasses import replace

from environments.shortcuts.actions.finding import finder
from environments.shortcuts.records import Note
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import ActionError, Run, RunErrorKind
from environments.shortcuts.values import Value, checked_text

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
    run.world.device = run.world.device.add(Note("", title, body, folder))
    made = run.world.device.notes.get(run.world.device.latest())
    return () if made is None else (made,)


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
    note = _named(run, given)
    body = "\n".join(part for part in (note.body, given.text("WFInput")) if part)
    changed = replace(note, body=checked_text(body))
    run.world.device = replace(run.world.device, notes=run.world.device.notes.put(changed))
    return (changed,)


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


def _named(run: Run, given: Arguments) -> Note:
    """The device's note that is meant: the one given, as it is now, or the one of that title."""
    for item in given.value("WFNote"):
        if isinstance(item, Note) and (found := run.world.device.notes.get(item.id)) is not None:
            return found
    title = " ".join(given.texts("WFNote")).strip().casefold()
    for note in run.world.device.notes:
        if note.title.casefold() == title:
            return note
    raise ActionError(RunErrorKind.NOT_FOUND, f"there is no note called {title[:80]!r}")
