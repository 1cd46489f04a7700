"""Shortcuts as files: JSON, XML property lists, binary ones (`.shortcut`), read and written without loss.

What a file holds beside its actions (icon, input types, …) is kept as it is. A file may also be upstream's record of a
shortcut, a list of them, or a bare list of actions. Signed files (those that the Shortcuts app shares since iOS 15)
can't be read: their content is encrypted.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import JsonValue

from environments.shortcuts.plist import read_plist, write_plist
from environments.shortcuts.program import Block, Body, Program, Step
from environments.shortcuts.reading import read_program
from environments.shortcuts.writing import expanded
from harness.core.errors import InputError
from harness.core.parsing import JsonObject

ACTIONS_KEY = "WFWorkflowActions"
QUESTIONS_KEY = "WFWorkflowImportQuestions"
_SIGNED = b"AEA1"
_LARGEST = 20 * 2**20
"""Bytes of a file that are read."""


class Form(StrEnum):
    """How a shortcut is written down."""

    JSON = "json"
    XML = "xml"
    BINARY = "binary"


_FORMS = {".json": Form.JSON, ".plist": Form.XML, ".xml": Form.XML, ".wflow": Form.XML, ".shortcut": Form.BINARY}


@dataclass(frozen=True, slots=True)
class ImportQuestion:
    """What a shortcut asks when it's installed: the answer takes the place of a parameter."""

    action: int
    """The action's place in the list, from 0."""
    parameter: str
    text: str
    default: JsonValue = None


@dataclass(frozen=True, slots=True)
class ShortcutFile:
    """A shortcut as a file holds it."""

    content: JsonObject
    """All of it."""
    form: Form
    name: str = ""

    @property
    def actions(self) -> list[JsonValue]:
        """The flat list of actions."""
        found = self.content.get(ACTIONS_KEY)
        return found if isinstance(found, list) else []

    def program(self) -> Program:
        """The actions, read.

        Raises:
            Malformed, TooDeep: they can't be.
        """
        return read_program(self.actions)

    def questions(self) -> list[ImportQuestion]:
        """The import questions; entries that aren't any are left out."""
        return import_questions(self.content.get(QUESTIONS_KEY))

    def expanded(self) -> ShortcutFile:
        """The shortcut with short forms written out.

        Raises:
            Malformed: it can't be read.
        """
        return ShortcutFile({**self.content, ACTIONS_KEY: expanded(self.actions)}, self.form, self.name)

    def repaired(self) -> tuple[ShortcutFile, tuple[str, ...]]:
        """The shortcut without stray markers and with ends for blocks that have none, and what was done.

        Raises:
            Malformed, TooDeep: it can't be read.
        """
        program = self.program()
        actions = flattened(program.body, self.actions)
        return ShortcutFile({**self.content, ACTIONS_KEY: actions}, self.form, self.name), program.repairs


def import_questions(data: JsonValue) -> list[ImportQuestion]:
    """Import questions in upstream's form."""
    found = []
    for entry in data if isinstance(data, list) else []:
        if not isinstance(entry, dict):
            continue
        index, key, text = entry.get("ActionIndex"), entry.get("ParameterKey"), entry.get("Text")
        if isinstance(index, int) and isinstance(key, str) and key:
            found.append(ImportQuestion(index, key, text if isinstance(text, str) else "", entry.get("DefaultValue")))
    return found


def flattened(body: Body, raw: Sequence[JsonValue]) -> list[JsonValue]:
    """The flat list that a tree makes, each action as it was written; missing ends are made."""
    made: list[JsonValue] = []
    for node in body:
        if isinstance(node, Step):
            made.append(raw[node.index])
            continue
        # Blocks are nested to a depth that the reader bounds.
        for segment in node.segments:
            made += [raw[segment.marker.index], *flattened(segment.body, raw)]
        made.append(raw[node.end.index] if node.end else _end_of(node))
    return made


def _end_of(block: Block) -> JsonObject:
    parameters: JsonObject = {"GroupingIdentifier": block.segments[0].marker.group, "WFControlFlowMode": 2}
    return {"WFWorkflowActionIdentifier": block.kind.value, "WFWorkflowActionParameters": parameters}


def read_shortcut(path: Path, record: str = "") -> ShortcutFile:
    """The shortcut in a file.

    Args:
        record: Of a file of records, which one: its URL, its name, or its number from 1.

    Raises:
        InputError: it can't be read, or holds no shortcut.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(f"{path}: larger than {_LARGEST // 2**20} MB, which no shortcut is")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror})") from None
    if data.startswith(_SIGNED):
        raise InputError(
            f"{path}: a signed shortcut, whose content is encrypted",
            hint="take the unsigned file: an iCloud record's field `shortcut`, or a backup of the app's database",
        )
    if data.startswith(b"bplist"):
        return _of(read_plist(data, str(path)), Form.BINARY, path, record)
    if data.lstrip()[:5] in (b"<?xml", b"<!DOC", b"<plis"):
        return _of(read_plist(data, str(path)), Form.XML, path, record)
    try:
        found: JsonValue = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: neither JSON nor a property list ({str(error)[:100]})") from None
    return _of(found, Form.JSON, path, record)


def _of(found: JsonValue, form: Form, path: Path, record: str) -> ShortcutFile:
    if isinstance(found, list) and _is_actions(found):
        found = {ACTIONS_KEY: found}
    elif isinstance(found, list):
        found = _record(found, path, record)
    if not isinstance(found, dict):
        raise InputError(f"{path}: holds no shortcut (got {type(found).__name__})")
    name = _name(found)
    inner = found.get("shortcut")
    if ACTIONS_KEY not in found and isinstance(inner, dict):
        found = inner
    if not isinstance(found.get(ACTIONS_KEY), list):
        raise InputError(f"{path}: field {ACTIONS_KEY!r}: a list of actions is needed")
    return ShortcutFile(found, form, name or path.stem)


def _is_actions(found: list[JsonValue]) -> bool:
    return bool(found) and all(isinstance(one, dict) and "WFWorkflowActionIdentifier" in one for one in found)


def _record(records: list[JsonValue], path: Path, wanted: str) -> JsonValue:
    known = [(str(one.get("URL", "")), _name(one), one) for one in records if isinstance(one, dict)]
    if wanted.isdecimal() and 0 < int(wanted) <= len(records):
        return records[int(wanted) - 1]
    for url, name, one in known:
        if wanted and wanted in (url, name):
            return one
    if len(known) == 1 and not wanted:
        return known[0][2]
    which = f"no record {wanted!r}" if wanted else f"{len(known)} records"
    some = ", ".join(url for url, _, _ in known[:3])
    raise InputError(f"{path}: holds {which}", hint=f"name one with --record: its URL, name or number ({some}, …)")


def _name(found: JsonValue) -> str:
    if not isinstance(found, dict):
        return ""
    names = found.get("NameINStore")
    if isinstance(names, list) and names and isinstance(names[0], str):
        return names[0]
    name = found.get("WFWorkflowName")
    return name if isinstance(name, str) else ""


def form_of(path: Path, asked: str | None = None) -> Form:
    """The form that a file to be written gets: the one asked for, or its extension's.

    Raises:
        InputError: the extension says nothing.
    """
    if asked is not None:
        return Form(asked)
    found = _FORMS.get(path.suffix.lower())
    if found is None:
        raise InputError(f"{path}: the extension says no form", hint="give --to json, xml or binary")
    return found


def written(shortcut: ShortcutFile, form: Form, where: str) -> bytes:
    """A shortcut's bytes in a form.

    Raises:
        InputError: it has no such form.
    """
    if form is Form.JSON:
        return f"{json.dumps(shortcut.content, ensure_ascii=False, indent=2)}\n".encode("utf-8", "surrogatepass")
    return write_plist(shortcut.content, where, binary=form is Form.BINARY)
