"""The device's data at the boundary: `data/device.json` of a pack, and the `setup` of a task.

A setup changes the base device: entries with a known id replace it, others are added, `remove` takes
entries away, and settings and the clock are overridden field by field. Tables that begin empty (what is sent, opened
or shown) are no part of either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Self

from pydantic import Field, JsonValue, field_validator, model_validator

from environments.shortcuts.dates import Clock, Locale
from environments.shortcuts.device import TABLES, Device, Table
from environments.shortcuts.records import (
    Alarm,
    Contact,
    Entry,
    Event,
    File,
    HealthSample,
    Note,
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
    Timer,
    Weather,
    content,
)
from harness.core.errors import InputError, unknown_name
from harness.core.parsing import Model, parse, read_json


class _Entries(Model):
    """Entries of the device's apps."""

    notes: tuple[Note, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    events: tuple[Event, ...] = ()
    contacts: tuple[Contact, ...] = ()
    files: tuple[File, ...] = ()
    photos: tuple[Photo, ...] = ()
    songs: tuple[Song, ...] = ()
    health: tuple[HealthSample, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    timers: tuple[Timer, ...] = ()
    shortcuts: tuple[SavedShortcut, ...] = ()
    stored: tuple[StoredValue, ...] = ()
    places: tuple[Place, ...] = ()
    weather: tuple[Weather, ...] = ()
    pages: tuple[Page, ...] = ()
    store: tuple[StoreItem, ...] = ()
    phrases: tuple[Phrase, ...] = ()

    def entries(self) -> Iterator[tuple[str, tuple[Entry, ...]]]:
        """The tables that have entries, by name."""
        for name in TABLES:
            if name in type(self).model_fields and (held := getattr(self, name)):
                yield name, held

    @model_validator(mode="after")
    def _ids_and_times(self) -> Self:
        for name, held in self.entries():
            counts = Counter(entry.id for entry in held)
            twice = next((key for key, count in counts.items() if count > 1 or key.startswith("new-")), None)
            if twice is not None:
                raise ValueError(f"{name}: the id {twice!r} is used twice, or begins with the reserved 'new-'")
            for entry in held:
                zoned = next((moment for moment in _moments(entry) if moment.tzinfo), None)
                if zoned is not None:
                    raise ValueError(
                        f"{name}: {entry.id!r}: times are the device's wall-clock times: leave the zone away"
                    )
        return self


def _moments(entry: Entry) -> Iterator[datetime]:
    for name in entry.__dataclass_fields__:
        if isinstance(value := getattr(entry, name), datetime):
            yield value


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
    shared_input: str = ""
    echoes: bool = False
    """Whether a web address without a page answers with what was asked."""

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
    shared_input: str | None = None
    """A text that is given to the shortcut through the share sheet."""
    shared: tuple[str, ...] = ()
    """Ids of entries that are given to it."""
    remove: tuple[str, ...] = ()
    """Ids of entries of the base that are gone."""

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
        tables=MappingProxyType({TABLES[name]: table_of(held) for name, held in data.entries()}),
        clipboard=data.clipboard,
        shared_input=data.shared_input,
        echoes=data.echoes,
    )


@cache
def phone() -> Device:
    """A furnished phone: what shortcuts run on where nobody gives a device."""
    return device_in(Path(__file__).with_name("phone.json"))


def device_in(path: Path) -> Device:
    """The device that a data file describes.

    Raises:
        InputError: it can't be read.
    """
    return base_device(parse(DeviceData, read_json(path), where=str(path)))


def table_of(entries: tuple[Entry, ...]) -> Table[Entry]:
    """A table that begins with these entries."""
    return Table(MappingProxyType({entry.id: entry for entry in entries}))


def set_up(base: Device, setup: Setup) -> Device:
    """`base` with a task's changes.

    Raises:
        InputError: `remove` or `shared` names an id that the device doesn't have.
    """
    device = base
    known = {entry.id: entry for kind in TABLES.values() for entry in base.table(kind)}
    for gone in setup.remove:
        if gone not in known:
            raise InputError(f"setup: field 'remove': the device has no entry {gone!r}")
        device = device.remove(known[gone])
    for _, held in setup.entries():
        for entry in held:
            device = device.put(entry)
    clock = {name: value for name in ClockData.model_fields if (value := getattr(setup.clock, name)) is not None}
    return replace(
        device,
        clock=replace(base.clock, **clock),
        settings=_override(base.settings, setup.settings),
        clipboard=base.clipboard if setup.clipboard is None else setup.clipboard,
        shared_input=base.shared_input if setup.shared_input is None else setup.shared_input,
        shared_entries=tuple(_named(device, key) for key in setup.shared),
    )


def _named(device: Device, key: str) -> Entry:
    found = (device.table(kind).get(key) for kind in TABLES.values())
    entry = next((one for one in found if one is not None), None)
    if entry is None:
        raise InputError(f"setup: field 'shared': the device has no entry {key!r}")
    return entry
