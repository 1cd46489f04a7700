"""The simulated device as a value.

A `Device` is immutable: each change makes a new one that shares everything unchanged with the old. Its
tables are the pack's data, loaded once and shared by all episodes, under a small overlay of changes; so
a snapshot is a reference, and fingerprints and differences cost what changed, not what exists.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Generic, TypeVar, cast

from pydantic import JsonValue

from environments.shortcuts.dates import Clock
from environments.shortcuts.records import (
    Alarm,
    Contact,
    Entry,
    Event,
    File,
    HandedOver,
    HealthSample,
    Note,
    Notification,
    OpenedUrl,
    OutgoingCall,
    OutgoingMail,
    OutgoingMessage,
    OutgoingRequest,
    Page,
    Photo,
    Phrase,
    Place,
    Reminder,
    SavedShortcut,
    Settings,
    Song,
    StoredValue,
    StoreItem,
    StubCall,
    Timer,
    Weather,
    content,
)
from harness.core.changes import changes
from harness.core.identity import canonical, digest
from harness.core.parsing import JsonObject

E = TypeVar("E", bound=Entry)

MAX_CHANGES = 1_000
"""Entries that may be added, changed or removed in one table of one device."""

TABLES: Mapping[str, type[Entry]] = MappingProxyType(
    {
        "notes": Note,
        "reminders": Reminder,
        "events": Event,
        "contacts": Contact,
        "files": File,
        "photos": Photo,
        "songs": Song,
        "health": HealthSample,
        "alarms": Alarm,
        "timers": Timer,
        "shortcuts": SavedShortcut,
        "stored": StoredValue,
        "places": Place,
        "weather": Weather,
        "pages": Page,
        "store": StoreItem,
        "phrases": Phrase,
        "messages": OutgoingMessage,
        "mails": OutgoingMail,
        "calls": OutgoingCall,
        "requests": OutgoingRequest,
        "notifications": Notification,
        "opened": OpenedUrl,
        "handed_over": HandedOver,
        "stub_calls": StubCall,
    }
)
"""The device's tables by name, as data files have them. The last eight begin empty and only grow."""


class StorageFull(Exception):
    """The device takes no more entries of a kind."""


@dataclass(frozen=True, slots=True)
class Table(Generic[E]):
    """Entries by id: a shared base, and what differs from it."""

    base: Mapping[str, E] = field(default_factory=lambda: MappingProxyType({}))
    changed: Mapping[str, E | None] = field(default_factory=lambda: MappingProxyType({}))
    """Added and changed entries; `None` for a removed one. Never equal to the base's entry."""

    def __iter__(self) -> Iterator[E]:
        """The base's entries in order, then the added ones in the order in which they came."""
        for key, entry in self.base.items():
            now = self.changed.get(key, entry)
            if now is not None:
                yield now
        for key, added in self.changed.items():
            if key not in self.base and added is not None:
                yield added

    def get(self, key: str) -> E | None:
        """The entry with this id, if there is one."""
        return self.changed[key] if key in self.changed else self.base.get(key)

    def put(self, entry: E) -> Table[E]:
        """The table with `entry` in place of the one with its id, or added.

        Raises:
            StorageFull: there are too many changes already.
        """
        return self._with(entry.id, entry)

    def remove(self, key: str) -> Table[E]:
        """The table without the entry of this id."""
        return self._with(key, None)

    def _with(self, key: str, entry: E | None) -> Table[E]:
        changed = dict(self.changed)
        if entry == self.base.get(key):
            changed.pop(key, None)
        else:
            changed[key] = entry
        if len(changed) > MAX_CHANGES:
            raise StorageFull(f"the device holds no more than {MAX_CHANGES} changes of a kind")
        return Table(self.base, changed)

    def difference(self) -> list[list[str]]:
        """What was lost and gained against the base, as sorted contents without ids.

        Two tables over one base are equal in content exactly where their differences are equal: an entry
        that was removed and made again cancels out.
        """
        lost = Counter(canonical(content(self.base[key])) for key in self.changed if key in self.base)
        gained = Counter(canonical(content(entry)) for entry in self.changed.values() if entry is not None)
        return [sorted((lost - gained).elements()), sorted((gained - lost).elements())]


_EMPTY: Table[Entry] = Table()


@dataclass(frozen=True, slots=True)
class Device:
    """The whole device at one moment."""

    clock: Clock
    settings: Settings = field(default_factory=Settings)
    tables: Mapping[type, Table[Entry]] = field(default_factory=lambda: MappingProxyType({}))
    """By the kind of their entries; what isn't here is empty."""
    clipboard: str = ""
    shared_input: str = ""
    """A text that was given to the shortcut through the share sheet."""
    shared_entries: tuple[Entry, ...] = ()
    """The same for notes, files, pictures and the like."""
    echoes: bool = False
    """Whether a web address without a page answers with what was asked, in place of not being found."""
    shown: tuple[str, ...] = ()
    """Results and alerts that were shown and closed again: on no account part of the device's state."""
    picked: tuple[str, ...] = ()
    """Ids of what the user picked for the next action that lets them pick; no part of the state either."""
    made: int = 0
    """Entries made so far, for new ids."""

    def table(self, kind: type[E]) -> Table[E]:
        """The entries of a kind."""
        return cast("Table[E]", self.tables.get(kind, _EMPTY))

    @property
    def notes(self) -> Table[Note]:
        """The notes."""
        return self.table(Note)

    @property
    def reminders(self) -> Table[Reminder]:
        """The reminders."""
        return self.table(Reminder)

    @property
    def events(self) -> Table[Event]:
        """The events of all calendars."""
        return self.table(Event)

    @property
    def contacts(self) -> Table[Contact]:
        """The address book."""
        return self.table(Contact)

    def current(self, entry: E) -> E | None:
        """The entry of this one's id as it is now; `None` where it is gone or was never stored."""
        return self.table(type(entry)).get(entry.id)

    def add(self, entry: Entry) -> Device:
        """The device with a new entry; its id is replaced by a fresh one.

        Raises:
            StorageFull: there are too many entries of its kind.
        """
        made = self.made + 1
        return replace(self._put(replace(entry, id=f"new-{made}")), made=made)

    def put(self, entry: Entry) -> Device:
        """The device with `entry` in place of the one with its id.

        Raises:
            StorageFull: there are too many changed entries of its kind.
        """
        return self._put(entry)

    def remove(self, entry: Entry) -> Device:
        """The device without the entry of this id."""
        kind = type(entry)
        return replace(self, tables={**self.tables, kind: self.table(kind).remove(entry.id)})

    def _put(self, entry: Entry) -> Device:
        kind = type(entry)
        return replace(self, tables={**self.tables, kind: self.table(kind).put(entry)})

    def latest(self) -> str:
        """The id that `add` gave last."""
        return f"new-{self.made}"

    def state(self) -> JsonObject:
        """What the device holds, as JSON: tables by what they lost and gained against the pack's data.

        Equal exactly where two devices over the same base data hold the same. Ids, the order in which entries came,
        what was only shown, and the time, which goes on whether or not a shortcut waits, don't count.
        """
        found: JsonObject = {
            "settings": content(self.settings),
            "clipboard": self.clipboard,
            "shared_input": [self.shared_input, *(canonical(content(entry)) for entry in self.shared_entries)],
        }
        for name, kind in TABLES.items():
            if kind in self.tables and self.tables[kind].changed:
                lost, gained = self.tables[kind].difference()
                if lost or gained:
                    found[name] = {"lost": _json(lost), "gained": _json(gained)}
        return found

    def changes(self, since: Device) -> Iterator[str]:
        """What differs from another moment of this device, a line a place."""
        yield from changes(content(since.settings), content(self.settings), "settings")
        yield from changes(since.clipboard, self.clipboard, "clipboard")
        yield from changes(since.shared_input, self.shared_input, "shared_input")
        for name, kind in TABLES.items():
            before, after = since.tables.get(kind, _EMPTY), self.tables.get(kind, _EMPTY)
            if before.changed == after.changed:
                continue
            for key in dict.fromkeys((*before.changed, *after.changed)):
                then, now = before.get(key), after.get(key)
                yield from changes(_told(then), _told(now), f"{name}.{key}")

    def fingerprint(self) -> str:
        """A hash of the state."""
        return digest(self.state())


def _told(entry: Entry | None) -> JsonValue:
    return None if entry is None else content(entry)


def _json(contents: list[str]) -> list[JsonValue]:
    return [json.loads(one) for one in contents]
