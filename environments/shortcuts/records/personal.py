"""What people keep on their phone: notes, reminders, events, contacts, alarms, timers, measurements, shortcuts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import ConfigDict, JsonValue

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Note:
    """A note."""

    id: str
    title: str
    body: str = ""
    folder: str = "Notes"
    pinned: bool = False
    tags: tuple[str, ...] = ()
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder on one of the lists."""

    id: str
    title: str
    list: str = "Reminders"
    due: datetime | None = None
    notes: str = ""
    completed: bool = False
    priority: Literal["None", "Low", "Medium", "High"] = "None"
    flagged: bool = False
    url: str = ""
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class Event:
    """An event in one of the calendars."""

    id: str
    title: str
    start: datetime
    end: datetime
    calendar: str = "Home"
    location: str = ""
    notes: str = ""
    all_day: bool = False
    url: str = ""
    attendees: tuple[str, ...] = ()
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class Contact:
    """A person in the address book."""

    id: str
    first_name: str
    last_name: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    company: str = ""
    nickname: str = ""
    birthday: str = ""
    job_title: str = ""
    address: str = ""
    notes: str = ""
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm of the clock."""

    id: str
    time: str
    """As `07:30`."""
    label: str = "Alarm"
    enabled: bool = True
    repeats: tuple[str, ...] = ()
    """Days of the week."""
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class Timer:
    """A running timer."""

    id: str
    seconds: int
    ends: datetime
    label: str = ""
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class HealthSample:
    """A measurement or a workout."""

    id: str
    type: str
    """Such as `Weight`, `Steps` or `Heart Rate`; of a workout, `Workout`."""
    value: float
    unit: str
    start: datetime
    end: datetime | None = None
    source: str = "Health"
    note: str = ""
    """Of a workout: which activity."""
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class StoredValue:
    """A text that a shortcut keeps from one run to the next."""

    id: str
    name: str
    text: str
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class SavedShortcut:
    """A shortcut of the library, which other shortcuts may run by its name."""

    id: str
    name: str
    actions: tuple[JsonValue, ...]
    folder: str = ""
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
