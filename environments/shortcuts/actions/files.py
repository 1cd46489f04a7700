"""Files and folders of iCloud Drive. Relative paths start in the folder Shortcuts, as Apple's do."""

from __future__ import annotations

from dataclasses import replace

from environments.shortcuts.actions.finding import finder
from environments.shortcuts.asking import pick
from environments.shortcuts.coercion import file_of
from environments.shortcuts.records import File, Photo
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import ActionError, Run, RunErrorKind
from environments.shortcuts.values import NOTHING, Url, Value, checked_text

HOME = "Shortcuts"
"""The folder in which relative paths start."""
_LONGEST_PATH = 500
_FILES = Parameter("WFInput", ParameterType.ANY, "The files.", is_input=True)
_FOLDER = Parameter("WFFolder", ParameterType.ANY, "The folder in which the path starts: a folder, or its path.")

finder(
    "filter.files",
    "Files",
    "Finds files; properties: Name, File Extension, File Size, File Path, Creation Date, Last Modified Date.",
    "Files",
    lambda device: (file for file in device.table(File) if not file.is_folder),
)


def path_of(given: Arguments, name: str, base: str) -> tuple[str, str]:
    """Folder and name of the path in a parameter, seen from a folder.

    Raises:
        ActionError: it is no path, or leads out of iCloud Drive.
    """
    parts = [part for part in given.text(name).strip().split("/") if part not in ("", ".")]
    if not parts or ".." in parts or sum(map(len, parts)) > _LONGEST_PATH:
        raise given.problem(name, "must be a path such as Notes/today.txt")
    start = [part for part in base.split("/") if part]
    if parts[: len(start)] == start:
        parts = parts[len(start) :] or [""]
    return "/".join((*start, *parts[:-1])), parts[-1]


def base_of(run: Run, given: Arguments, name: str = "WFFolder") -> str:
    """The path of the folder that a parameter names; `HOME` where it names none."""
    for item in given.value(name):
        if isinstance(item, File):
            return item.path
    text = given.text(name).strip().strip("/")
    return text or HOME


def find(run: Run, folder: str, name: str) -> File | None:
    """The file or folder of this path, letter case aside as on the device."""
    wanted = (f"{folder}/{name}" if folder else name).strip("/").casefold()
    return next((file for file in run.world.device.table(File) if file.path.casefold() == wanted), None)


def inside(run: Run, folder: str, *, deep: bool = False) -> tuple[File, ...]:
    """What is in a folder, directly or at any depth."""
    wanted = folder.strip("/").casefold()
    return tuple(
        file
        for file in run.world.device.table(File)
        if file.folder.casefold() == wanted or (deep and file.folder.casefold().startswith(f"{wanted}/"))
    )


@action(
    "documentpicker.open",
    "Files",
    "Gets a file or folder by its path, or lets the user pick one.",
    Parameter("WFGetFilePath", ParameterType.TEXT, "The path, such as Notes/today.txt."),
    Parameter("WFFile", ParameterType.ANY, "The folder in which the path starts."),
    Parameter("WFFileErrorIfNotFound", ParameterType.BOOLEAN, "Whether a missing file is an error.", True),
    Parameter("WFGetFolderContents", ParameterType.BOOLEAN, "Of a folder, what is in it.", False),
    Parameter("WFShowFilePicker", ParameterType.BOOLEAN, "Whether the user picks."),
    Parameter("SelectMultiple", ParameterType.BOOLEAN, "Whether the user may pick several.", False),
    output="File",
    personal=True,
)
async def open_file(run: Run, given: Arguments) -> Value:
    """The file; nothing where it is missing and that's no error."""
    if given.given("WFGetFilePath") and not (given.given("WFShowFilePicker") and given.boolean("WFShowFilePicker")):
        folder, name = path_of(given, "WFGetFilePath", base_of(run, given, "WFFile"))
        found = find(run, folder, name)
        if found is None and given.boolean("WFFileErrorIfNotFound"):
            raise ActionError(RunErrorKind.NOT_FOUND, f"there is no file {folder}/{name}"[:200])
        if found is None:
            return NOTHING
        return inside(run, found.path) if found.is_folder and given.boolean("WFGetFolderContents") else (found,)
    return await _picked(run, folders=False, several=given.boolean("SelectMultiple"))


@action(
    "file.select",
    "Files",
    "Lets the user pick files or folders.",
    Parameter("WFPickingMode", ParameterType.ENUM, "What can be picked.", "Files", ("Files", "Folders")),
    Parameter("SelectMultiple", ParameterType.BOOLEAN, "Whether several may be picked.", False),
    output="File",
    personal=True,
)
async def select(run: Run, given: Arguments) -> Value:
    """What the user picks."""
    folders = given.choice("WFPickingMode") == "Folders"
    return await _picked(run, folders=folders, several=given.boolean("SelectMultiple"))


async def _picked(run: Run, *, folders: bool, several: bool) -> Value:
    pool = [file for file in run.world.device.table(File) if file.is_folder == folders]
    what = "folder" if folders else "file"
    question = f"Pick {what}s." if several else f"Pick a {what}."
    return await pick(run, question, pool, [file.path for file in pool], several=several)


@action(
    "documentpicker.save",
    "Files",
    "Saves files.",
    _FILES,
    _FOLDER,
    Parameter("WFAskWhereToSave", ParameterType.BOOLEAN, "Whether the user says where.", True),
    Parameter("WFFileDestinationPath", ParameterType.TEXT, "The path, with or without the file's name."),
    Parameter("WFSaveFileOverwrite", ParameterType.BOOLEAN, "Whether a file of that name is replaced.", False),
    output="Saved File",
    writes=True,
    personal=True,
)
async def save(run: Run, given: Arguments) -> Value:
    """The files as they are stored."""
    items = given.value("WFInput")
    if not items:
        raise given.problem("WFInput", "must hold something to save")
    folder, wanted = base_of(run, given), ""
    if given.given("WFFileDestinationPath"):
        folder, wanted = path_of(given, "WFFileDestinationPath", folder)
        known = find(run, folder, wanted)
        if given.text("WFFileDestinationPath").rstrip().endswith("/") or (known is not None and known.is_folder):
            folder, wanted = f"{folder}/{wanted}".strip("/"), ""
    elif given.boolean("WFAskWhereToSave"):
        folder = (await run.ask("In which folder should it be saved?")).strip("/ ") or folder
    overwrite = given.boolean("WFSaveFileOverwrite")
    return tuple(_stored(run, as_file(file_of(item, run.clock)), folder, wanted, overwrite) for item in items)


def _stored(run: Run, file: File, folder: str, wanted: str, overwrite: bool) -> File:
    name = wanted or file.name
    if file.extension and wanted and "." not in wanted:
        name = f"{wanted}.{file.extension}"
    known = find(run, folder, name)
    now = run.clock.now
    if known is not None and overwrite:
        return run.world.change(
            replace(file, id=known.id, name=name, folder=folder, created=known.created, modified=now)
        )
    count = 1
    while known is not None:
        count += 1
        stem, dot, extension = name.rpartition(".")
        known = find(run, folder, f"{stem} {count}.{extension}" if dot else f"{name} {count}")
    if count > 1:
        stem, dot, extension = name.rpartition(".")
        name = f"{stem} {count}.{extension}" if dot else f"{name} {count}"
    return run.world.add(replace(file, name=name, folder=folder, created=now, modified=now))


def as_file(item: File | Photo) -> File:
    """A picture as a file of its name."""
    return item if isinstance(item, File) else File("", item.name, text=item.text, created=item.taken)


@action(
    "file.createfolder",
    "Files",
    "Makes a folder.",
    Parameter("WFFilePath", ParameterType.TEXT, "Its path."),
    _FOLDER,
    output="Created Folder",
    writes=True,
    personal=True,
)
def create_folder(run: Run, given: Arguments) -> Value:
    """The folder, which may have been there."""
    folder, name = path_of(given, "WFFilePath", base_of(run, given))
    known = find(run, folder, name)
    if known is not None and not known.is_folder:
        raise given.problem("WFFilePath", "is the path of a file")
    return (known or run.world.add(File("", name, folder, is_folder=True, created=run.clock.now)),)


@action(
    "file.append",
    "Files",
    "Adds a text to a text file, which is made where it's missing.",
    Parameter("WFFilePath", ParameterType.TEXT, "The file's path."),
    Parameter("WFFile", ParameterType.ANY, "The folder in which the path starts, or the file.", aliases=("WFFolder",)),
    Parameter("WFInput", ParameterType.TEXT, "The text.", is_input=True),
    Parameter("WFAppendFileWriteMode", ParameterType.ENUM, "Where.", "Append", ("Append", "Prepend")),
    Parameter("WFAppendOnNewLine", ParameterType.BOOLEAN, "Whether on a line of its own.", True),
    output="Appended File",
    writes=True,
    personal=True,
)
def append(run: Run, given: Arguments) -> Value:
    """The file as it is now."""
    target = next((item for item in given.value("WFFile") if isinstance(item, File) and not item.is_folder), None)
    if target is None:
        folder, name = path_of(given, "WFFilePath", base_of(run, given, "WFFile"))
        target = find(run, folder, name if "." in name else f"{name}.txt") or find(run, folder, name)
        if target is None:
            target = run.world.add(File("", name if "." in name else f"{name}.txt", folder, created=run.clock.now))
    current = _stored_file(run, target)
    parts = [current.text, given.text("WFInput")]
    if given.choice("WFAppendFileWriteMode") == "Prepend":
        parts.reverse()
    glue = "\n" if given.boolean("WFAppendOnNewLine") and all(parts) else ""
    return (run.world.change(replace(current, text=checked_text(glue.join(parts)), modified=run.clock.now)),)


@action(
    "file.delete",
    "Files",
    "Deletes files and folders with what is in them.",
    _FILES,
    Parameter("WFDeleteFileConfirmDeletion", ParameterType.BOOLEAN, "Whether the user is asked first.", False),
    Parameter("WFDeleteImmediatelyDelete", ParameterType.BOOLEAN, "Whether they don't go to the bin.", False),
    writes=True,
    personal=True,
)
async def delete(run: Run, given: Arguments) -> None:
    """They are gone."""
    files = [_stored_file(run, item) for item in given.value("WFInput")]
    if given.boolean("WFDeleteFileConfirmDeletion"):
        answer = await run.ask(f"Delete {', '.join(file.name for file in files[:5])}? Yes or no?")
        if not answer.strip().casefold().startswith(("y", "ok", "sure", "delete")):
            raise ActionError(RunErrorKind.REFUSED, "the user doesn't want them to be deleted")
    for file in files:
        for gone in (*inside(run, file.path, deep=True), file) if file.is_folder else (file,):
            run.world.drop(gone)


@action(
    "file.getfoldercontents",
    "Files",
    "Gives what is in a folder.",
    Parameter("WFFolder", ParameterType.ANY, "The folder, or its path.", is_input=True),
    Parameter("Recursive", ParameterType.BOOLEAN, "Also what is in the folders inside it.", False),
    output="Get Contents of Folder",
    personal=True,
)
def folder_contents(run: Run, given: Arguments) -> Value:
    """The files and folders."""
    folder = base_of(run, given)
    if find(run, "", folder) is None and not inside(run, folder, deep=True):
        raise ActionError(RunErrorKind.NOT_FOUND, f"there is no folder {folder[:200]}")
    return inside(run, folder, deep=given.boolean("Recursive"))


@action(
    "file.rename",
    "Files",
    "Gives a stored file another name.",
    Parameter("WFFile", ParameterType.ANY, "The file.", is_input=True),
    Parameter("WFNewFilename", ParameterType.TEXT, "The name; the extension stays where it's left out."),
    output="File",
    writes=True,
    personal=True,
)
def rename(run: Run, given: Arguments) -> Value:
    """The file under its new name."""
    name = given.text("WFNewFilename").strip().replace("/", "-")
    if not name:
        raise given.problem("WFNewFilename", "must be the new name")
    return tuple(run.world.change(named(_stored_file(run, item), name)) for item in given.value("WFFile"))


def named(file: File, name: str, *, bare: bool = False) -> File:
    """A file under another name, with its old extension where the name has none (unless `bare`)."""
    keeps = file.extension and not bare and "." not in name
    return replace(file, name=f"{name}.{file.extension}" if keeps else name)


@action(
    "file.move",
    "Files",
    "Moves stored files to another folder.",
    Parameter("WFFile", ParameterType.ANY, "The files.", is_input=True),
    Parameter("WFFolder", ParameterType.ANY, "The folder, or its path."),
    Parameter("WFReplaceExisting", ParameterType.BOOLEAN, "Whether a file of that name is replaced.", False),
    output="File",
    writes=True,
    personal=True,
)
def move(run: Run, given: Arguments) -> Value:
    """The files where they are now."""
    folder = base_of(run, given)
    moved = []
    for item in given.value("WFFile"):
        file = _stored_file(run, item)
        known = find(run, folder, file.name)
        if known is not None and not given.boolean("WFReplaceExisting"):
            raise ActionError(RunErrorKind.REFUSED, f"there is a file {file.name[:100]!r} in {folder[:100]!r} already")
        if known is not None:
            run.world.drop(known)
        moved.append(run.world.change(replace(file, folder=folder, modified=run.clock.now)))
    return tuple(moved)


@action(
    "getparentdirectory",
    "Files",
    "Gives the folder that a file is in.",
    Parameter("WFInput", ParameterType.ANY, "The file.", is_input=True),
    output="Parent Directory",
    personal=True,
)
def parent(run: Run, given: Arguments) -> Value:
    """The folder."""
    folders = dict.fromkeys(item.folder for item in given.value("WFInput") if isinstance(item, File))
    return tuple(find(run, "", folder) or _folder(folder) for folder in folders if folder)


def _folder(path: str) -> File:
    folder, _, name = path.rpartition("/")
    return File("", name, folder, is_folder=True)


@action(
    "file.getlink",
    "Files",
    "Gives a public link to files.",
    Parameter("WFFile", ParameterType.ANY, "The files.", is_input=True, aliases=("WFInput",)),
    output="Get Link to File",
    personal=True,
)
def link(run: Run, given: Arguments) -> Value:
    """The links."""
    files = [as_file(file_of(item, run.clock)) for item in given.value("WFFile")]
    return tuple(Url(f"https://www.icloud.com/iclouddrive/{file.path.replace(' ', '%20')}") for file in files)


@action(
    "file",
    "Files",
    "Gives a certain file or folder.",
    Parameter("WFFile", ParameterType.ANY, "The file, or its path."),
    output="File",
    personal=True,
)
def certain(run: Run, given: Arguments) -> Value:
    """The file."""
    return tuple(_stored_file(run, item) for item in given.value("WFFile"))


@action(
    "file.reveal",
    "Files",
    "Shows files to the user in the app Files.",
    Parameter("WFFile", ParameterType.ANY, "The files.", is_input=True),
    personal=True,
)
def reveal(run: Run, given: Arguments) -> None:
    """The user sees where they are."""
    run.show("\n".join(_stored_file(run, item).path for item in given.value("WFFile")))


def _stored_file(run: Run, item: object) -> File:
    """The device's file that is meant: the one given, as it is now, or the one of that path."""
    if isinstance(item, File):
        found = run.world.device.current(item) if item.id else find(run, item.folder, item.name)
        if found is not None:
            return found
        raise ActionError(RunErrorKind.NOT_FOUND, f"{item.name[:100]!r} isn't stored on this device")
    if isinstance(item, str):
        path = item.strip().strip("/")
        for folder in (HOME, ""):
            found = find(run, folder, path)
            if found is not None:
                return found
        raise ActionError(RunErrorKind.NOT_FOUND, f"there is no file {path[:100]!r}")
    raise ActionError(RunErrorKind.NOT_FOUND, "this action takes files of this device")
