"""What the device holds: plain immutable records, by where they come from.

`personal` is what people write down, `media` files, pictures and music, `outgoing` what left the device or was shown,
`surroundings` what it finds in the world, `settings` its switches. They are also the shape of `data/device.json` and
of a task's `setup` (unknown keys are refused there). Times are the device's wall-clock time without a zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import TypeAlias

from pydantic import JsonValue

from environments.shortcuts.records.media import File, Photo, Song
from environments.shortcuts.records.outgoing import (
    HandedOver,
    Notification,
    OpenedUrl,
    OutgoingCall,
    OutgoingMail,
    OutgoingMessage,
    OutgoingRequest,
    StubCall,
)
from environments.shortcuts.records.personal import (
    Alarm,
    Contact,
    Event,
    HealthSample,
    Note,
    Reminder,
    SavedShortcut,
    StoredValue,
    Timer,
)
from environments.shortcuts.records.settings import Settings
from environments.shortcuts.records.surroundings import Article, Page, Phrase, Place, StoreItem, Weather

__all__ = [
    "Alarm",
    "Article",
    "Contact",
    "Entry",
    "Event",
    "File",
    "HandedOver",
    "HealthSample",
    "Note",
    "Notification",
    "OpenedUrl",
    "OutgoingCall",
    "OutgoingMail",
    "OutgoingMessage",
    "OutgoingRequest",
    "Page",
    "Photo",
    "Phrase",
    "Place",
    "Reminder",
    "SavedShortcut",
    "Settings",
    "Song",
    "StoreItem",
    "StoredValue",
    "StubCall",
    "Timer",
    "Weather",
    "content",
]

Personal: TypeAlias = Note | Reminder | Event | Contact | Alarm | Timer | HealthSample | SavedShortcut | StoredValue
Media: TypeAlias = File | Photo | Song
Outgoing: TypeAlias = (
    OutgoingMessage | OutgoingMail | OutgoingCall | OutgoingRequest | Notification | OpenedUrl | HandedOver | StubCall
)
Surroundings: TypeAlias = Place | Weather | Page | StoreItem | Phrase
Entry: TypeAlias = Personal | Media | Outgoing | Surroundings
"""What a table of the device may hold. An `Article` only flows between actions."""


def content(entry: Entry | Article | Settings) -> dict[str, JsonValue]:
    """What an entry says, as JSON and without its id, which tells only when it was made."""
    return {field.name: _plain(getattr(entry, field.name)) for field in fields(entry) if field.name != "id"}


def _plain(given: object) -> JsonValue:
    match given:
        case None | bool() | int() | float() | str():
            return given
        case datetime():
            return given.isoformat()
        case tuple() | list():
            return [_plain(part) for part in given]
        case Mapping():
            return {str(key): _plain(part) for key, part in given.items()}
        case File():
            return content(given)
        case _:
            raise TypeError(f"a record can't hold {type(given).__name__}")
