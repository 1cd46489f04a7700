"""The simulated device as a value.

A `Device` is immutable: each change makes a new one that shares everything unchanged with the old. Its
tables are the pack's data, loaded once and shared by all episodes, under a small overlay of changes; so
a snapshot is a reference, and the fingerprint costs what changed, not what exists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Generic, TypeVar

from environments.shortcuts.dates import Clock
from environments.shortcuts.records import (
    Contact,
    Entry,
    Event,
    Note,
    Notification,
    OpenedUrl,
    OutgoingMessage,
    Reminder,
    Settings,
    content,
)
from harness.core.identity import canonical, digest

E = TypeVar("E", bound=Entry)

MAX_CHANGES = 1_000
"""Entries that may be added, changed or removed in one table of one device."""


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


@dataclass(frozen=True, slots=True)
class Device:
    """The whole device at one moment."""

    clock: Clock
    settings: Settings = field(default_factory=Settings)
    notes: Table[Note] = field(default_factory=Table)
    reminders: Table[Reminder] = field(default_factory=Table)
    events: Table[Event] = field(default_factory=Table)
    contacts: Table[Contact] = field(default_factory=Table)
    messages: Table[OutgoingMessage] = field(default_factory=Table)
    notifications: Table[Notification] = field(default_factory=Table)
    opened: Table[OpenedUrl] = field(default_factory=Table)
    clipboard: str = ""
    shared_input: str = ""
    """What was given to the shortcut through the share sheet."""
    shown: tuple[str, ...] = ()
    """Results and alerts that were shown and closed again: on no account part of the device's state."""
    made: int = 0
    """Entries made so far, for new ids."""

    def add(self, entry: Entry) -> Device:
        """The device with a new entry; its id is replaced by a fresh one.

        Raises:
            StorageFull: there are too many entries of its kind.
        """
        made = self.made + 1
        fresh = replace(entry, id=f"new-{made}")
        match fresh:
            case Note():
                return replace(self, made=made, notes=self.notes.put(fresh))
            case Reminder():
                return replace(self, made=made, reminders=self.reminders.put(fresh))
            case Event():
                return replace(self, made=made, events=self.events.put(fresh))
            case Contact():
                return replace(self, made=made, contacts=self.contacts.put(fresh))
            case OutgoingMessage():
                return replace(self, made=made, messages=self.messages.put(fresh))
            case Notification():
                return replace(self, made=made, notifications=self.notifications.put(fresh))
            case OpenedUrl():
                return replace(self, made=made, opened=self.opened.put(fresh))

    def latest(self) -> str:
        """The id that `add` gave last."""
        return f"new-{self.made}"

    def fingerprint(self) -> str:
        """A hash of the state: equal exactly where two devices over the same base data hold the same.

        Ids, the order in which entries came, and what was only shown don't count.
        """
        tables = (
            self.notes,
            self.reminders,
            self.events,
            self.contacts,
            self.messages,
            self.notifications,
            self.opened,
        )
        return digest(
            [
                self.clock.now.isoformat(),
                content(self.settings),
                self.clipboard,
                self.shared_input,
                [table.difference() for table in tables],
            ]
        )
