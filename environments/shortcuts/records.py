"""What the device's apps hold: notes, reminders, events, contacts, messages and what was shown.

Plain immutable records, also the shape of `data/device.json` and of a task's `setup` (unknown keys are
refused there). Times are the device's wall-clock time without a zone.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import ClassVar, Literal, TypeAlias

from pydantic import ConfigDict, JsonValue

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Note:
    """A note."""

    id: str
    title: str
    body: str = ""
    folder: str = "Notes"
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
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message that was sent from the device."""

    id: str
    recipients: tuple[str, ...]
    """Names of contacts, or the numbers and addresses that were given."""
    text: str
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification that stays in the notification centre."""

    id: str
    title: str
    body: str
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class OpenedUrl:
    """An address that was opened in the browser or another app."""

    id: str
    url: str
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


Entry: TypeAlias = Note | Reminder | Event | Contact | OutgoingMessage | Notification | OpenedUrl


@dataclass(frozen=True, slots=True)
class Settings:
    """Switches and levels of the device."""

    wifi: bool = True
    bluetooth: bool = True
    airplane_mode: bool = False
    cellular_data: bool = True
    low_power: bool = False
    do_not_disturb: bool = False
    flashlight: bool = False
    appearance: Literal["light", "dark"] = "light"
    brightness: float = 0.6
    """0 to 1, as `volume` and `ringtone`."""
    volume: float = 0.5
    ringtone: float = 0.5
    battery_percent: int = 80
    charging: bool = False
    device_name: str = "iPhone"
    device_model: str = "iPhone 15"
    system_version: str = "18.1"
    locked: bool = False
    """While it is locked, actions that touch personal data are refused; only the user can unlock it."""
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    @property
    def online(self) -> bool:
        """Whether something can be sent: Wi-Fi, or cellular data outside airplane mode."""
        return self.wifi or (self.cellular_data and not self.airplane_mode)


def content(entry: Entry | Settings) -> dict[str, JsonValue]:
    """What an entry says, as JSON and without its id, which tells only when it was made."""
    return {field.name: _plain(getattr(entry, field.name)) for field in fields(entry) if field.name != "id"}


def _plain(given: object) -> JsonValue:
    match given:
        case datetime():
            return given.isoformat()
        case tuple():
            return [_plain(part) for part in given]
        case None | bool() | int() | float() | str():
            return given
        case _:
            raise TypeError(f"a record can't hold {type(given).__name__}")
