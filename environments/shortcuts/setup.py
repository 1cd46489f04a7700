"""The device's data at the boundary: `data/device.json` of a pack, and the `setup` of a task.

A setup changes the base device: entries with a known id replace it, others are added, `remove` takes
entries away, and settings and the clock are overridden field by field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Self, TypeVar

from pydantic import Field, JsonValue, field_validator, model_validator

from environments.shortcuts.dates import Clock, Locale
from environments.shortcuts.device import Device, Table
from environments.shortcuts.records import Contact, Entry, Event, Note, Reminder, Settings, content
from harness.core.errors import InputError, unknown_name
from harness.core.parsing import Model, parse

E = TypeVar("E", bound=Entry)


class _Entries(Model):
    """Entries of the device's apps."""

    notes: tuple[Note, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    events: tuple[Event, ...] = ()
    contacts: tuple[Contact, ...] = ()

    @model_validator(mode="after")
    def _ids_and_times(self) -> Self:
        for name in ("notes", "reminders", "events", "contacts"):
            ids = [entry.id for entry in getattr(self, name)]
            twice = next((key for key in ids if ids.count(key) > 1 or key.startswith("new-")), None)
            if twice is not None:
                raise ValueError(f"{name}: the id {twice!r} is used twice, or begins with the reserved 'new-'")
        moments = [moment for event in self.events for moment in (event.start, event.end)]
        moments += [reminder.due for reminder in self.reminders if reminder.due]
        if any(moment.tzinfo for moment in moments):
            raise ValueError("times are the device's wall-clock times: leave the zone away")
        return self


class ClockData(Model):
    """The virtual clock; what is left out of a setup stays as it is."""

    now: datetime | None = None
    """Wall-clock time, without a zone."""
    locale: Locale | None = None
    zone: str | None = None
    utc_offset_minutes: int | None = Field(default=None, ge=-840, le=840)

    @field_validator("now")
    @classmethod
    def _wall_clock(cls, now: datetime | None) -> datetime | None:
        if now is not None and now.tzinfo is not None:
            raise ValueError("give the wall-clock time without a zone, and the zone in `utc_offset_minutes`")
        return now


class DeviceData(_Entries):
    """The file `data/device.json`."""

    clock: ClockData
    settings: Settings = Field(default_factory=Settings)
    clipboard: str = ""

    @field_validator("clock")
    @classmethod
    def _has_now(cls, clock: ClockData) -> ClockData:
        if clock.now is None:
            raise ValueError("`now` is missing")
        return clock


class Setup(_Entries):
    """A task's `setup`: what differs from the pack's device."""

    clock: ClockData = ClockData()
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    """Settings to override, by name."""
    clipboard: str | None = None
    shared_input: str = ""
    remove: tuple[str, ...] = ()
    """Ids of notes, reminders, events and contacts of the base that are gone."""

    @field_validator("settings")
    @classmethod
    def _known_settings(cls, settings: dict[str, JsonValue]) -> dict[str, JsonValue]:
        _override(Settings(), settings)
        return settings


class _SettingsData(Model):
    settings: Settings


def _override(base: Settings, changes: Mapping[str, JsonValue]) -> Settings:
    """`base` with `changes`; ValueError names a setting that is unknown or has a wrong value."""
    known = content(base)
    for name in changes:
        if name not in known:
            raise ValueError(str(unknown_name("setting", name, known)))
    try:
        return parse(_SettingsData, {"settings": {**known, **changes}}, where="settings").settings
    except InputError as error:
        raise ValueError(error.message) from None


def base_device(data: DeviceData) -> Device:
    """The device that all episodes of a pack start from."""
    given = {name: value for name in ClockData.model_fields if (value := getattr(data.clock, name)) is not None}
    return Device(
        clock=Clock(**given),
        settings=data.settings,
        notes=Table(_by_id(data.notes)),
        reminders=Table(_by_id(data.reminders)),
        events=Table(_by_id(data.events)),
        contacts=Table(_by_id(data.contacts)),
        clipboard=data.clipboard,
    )


def set_up(base: Device, setup: Setup) -> Device:
    """`base` with a task's changes.

    Raises:
        InputError: `remove` names an id that the base doesn't have.
    """
    known = {entry.id for table in (base.notes, base.reminders, base.events, base.contacts) for entry in table}
    for gone in setup.remove:
        if gone not in known:
            raise InputError(f"setup: field 'remove': the device has no entry {gone!r}")
    clock = {name: value for name in ClockData.model_fields if (value := getattr(setup.clock, name)) is not None}
    return replace(
        base,
        clock=replace(base.clock, **clock),
        settings=_override(base.settings, setup.settings),
        notes=_merged(base.notes, setup.notes, setup.remove),
        reminders=_merged(base.reminders, setup.reminders, setup.remove),
        events=_merged(base.events, setup.events, setup.remove),
        contacts=_merged(base.contacts, setup.contacts, setup.remove),
        clipboard=base.clipboard if setup.clipboard is None else setup.clipboard,
        shared_input=setup.shared_input,
    )


def _by_id(entries: Iterable[E]) -> Mapping[str, E]:
    return MappingProxyType({entry.id: entry for entry in entries})


def _merged(table: Table[E], added: Iterable[E], removed: Iterable[str]) -> Table[E]:
    for key in removed:
        if table.get(key) is not None:
            table = table.remove(key)
    for entry in added:
        table = table.put(entry)
    return table
