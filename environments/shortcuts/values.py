"""What flows between actions: a value is a tuple of typed items, and the empty tuple is "nothing".

Items are immutable: text (`str`), numbers (`Decimal`), booleans, dates (`datetime`), URLs, quantities,
rich text, dictionaries, nested lists, and records (notes, files, photos, places, …). Containers know
their size and depth, so a limit on what a shortcut may build costs nothing to check.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal, DecimalException
from enum import StrEnum
from typing import TypeAlias

from pydantic import JsonValue

from environments.shortcuts.records import (
    Alarm,
    Article,
    Contact,
    Event,
    File,
    HealthSample,
    Note,
    Photo,
    Place,
    Reminder,
    SavedShortcut,
    Song,
    StoreItem,
    Weather,
)

MAX_SIZE = 65_536
"""Characters and items that one value may hold, added up."""
MAX_DEPTH = 32
"""Levels of containers in one value."""

ARITHMETIC = Context(prec=34, Emin=-127, Emax=127)
"""Decimal arithmetic in about the range of Apple's NSDecimalNumber, so 0.1 + 0.2 is 0.3."""


class TooLarge(Exception):
    """A value would be larger or deeper than the limits allow."""


class ItemKind(StrEnum):
    """The kinds of item, in the words that shortcuts use for them."""

    TEXT = "Text"
    NUMBER = "Number"
    BOOLEAN = "Boolean"
    DATE = "Date"
    URL = "URL"
    QUANTITY = "Quantity"
    DICTIONARY = "Dictionary"
    LIST = "List"
    NOTE = "Note"
    REMINDER = "Reminder"
    EVENT = "Calendar Event"
    CONTACT = "Contact"
    RICH_TEXT = "Rich Text"
    FILE = "File"
    IMAGE = "Image"
    SONG = "Music"
    HEALTH_SAMPLE = "Health Sample"
    LOCATION = "Location"
    WEATHER = "Weather Conditions"
    STORE_ITEM = "Store Item"
    ARTICLE = "Article"
    ALARM = "Alarm"
    SHORTCUT = "Shortcut"


@dataclass(frozen=True, slots=True)
class Url:
    """An address."""

    text: str


class Match(str):
    """A text that a pattern found, with what its groups found."""

    __slots__ = ("groups",)
    groups: tuple[str, ...]

    def __new__(cls, text: str, groups: tuple[str, ...] = ()) -> Match:
        """The text with its groups."""
        made = super().__new__(cls, text)
        made.groups = groups
        return made


@dataclass(frozen=True, slots=True)
class RichText:
    """Text with a form, as HTML."""

    html: str
    title: str = ""
    """Of the page that it came from."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A magnitude with a unit, as in 5 min."""

    magnitude: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Items by key, in order; `None` is a key without a value. Build it with `dictionary`."""

    entries: Mapping[str, Item | None]
    size: int
    depth: int


@dataclass(frozen=True, slots=True)
class Listing:
    """A list inside a dictionary or another list. Build it with `listing`."""

    items: tuple[Item | None, ...]
    size: int
    depth: int


Record: TypeAlias = (
    Note
    | Reminder
    | Event
    | Contact
    | File
    | Photo
    | Song
    | HealthSample
    | Place
    | Weather
    | StoreItem
    | Article
    | Alarm
    | SavedShortcut
)
Item: TypeAlias = str | Decimal | bool | datetime | Url | RichText | Quantity | Dictionary | Listing | Record
Value: TypeAlias = tuple[Item, ...]

NOTHING: Value = ()

_KINDS: dict[type, ItemKind] = {
    str: ItemKind.TEXT,
    Match: ItemKind.TEXT,
    Decimal: ItemKind.NUMBER,
    bool: ItemKind.BOOLEAN,
    datetime: ItemKind.DATE,
    Url: ItemKind.URL,
    Quantity: ItemKind.QUANTITY,
    Dictionary: ItemKind.DICTIONARY,
    Listing: ItemKind.LIST,
    Note: ItemKind.NOTE,
    Reminder: ItemKind.REMINDER,
    Event: ItemKind.EVENT,
    Contact: ItemKind.CONTACT,
    RichText: ItemKind.RICH_TEXT,
    File: ItemKind.FILE,
    Photo: ItemKind.IMAGE,
    Song: ItemKind.SONG,
    HealthSample: ItemKind.HEALTH_SAMPLE,
    Place: ItemKind.LOCATION,
    Weather: ItemKind.WEATHER,
    StoreItem: ItemKind.STORE_ITEM,
    Article: ItemKind.ARTICLE,
    Alarm: ItemKind.ALARM,
    SavedShortcut: ItemKind.SHORTCUT,
}


def kind_of(item: Item) -> ItemKind:
    """The kind of an item."""
    return _KINDS[type(item)]


def size_of(item: Item | None) -> int:
    """Characters and items in `item`, itself included."""
    if type(item) is str:  # most are
        return 1 + len(item)
    match item:
        case Match():
            return 1 + len(item) + sum(map(len, item.groups))
        case str():
            return 1 + len(item)
        case Url():
            return 1 + len(item.text)
        case Dictionary() | Listing():
            return item.size
        case RichText():
            return 1 + len(item.html)
        case Note() | Article():
            return 1 + len(item.title) + len(item.body)
        case File():
            return _file_size(item, 1)
        case Photo():
            return 1 + len(item.text) + sum(map(len, item.edits))
        case Event() | Reminder():
            return 1 + len(item.title) + len(item.notes)
        case _:
            return 1


def _file_size(file: File, depth: int) -> int:
    if depth > MAX_DEPTH:
        raise TooLarge(f"files may be in one another {MAX_DEPTH} levels deep, no more")
    return 1 + len(file.text) + sum(_file_size(part, depth + 1) for part in file.parts)


def checked(value: Value) -> Value:
    """`value`, if it's within the limits.

    Raises:
        TooLarge: it isn't.
    """
    size = 0
    for item in value:
        size += size_of(item)
        if size > MAX_SIZE:
            raise TooLarge(f"a value may hold {MAX_SIZE} characters and items, no more")
    return value


def checked_text(text: str) -> str:
    """`text`, if it's within the limits; else `TooLarge`."""
    if len(text) > MAX_SIZE:
        raise TooLarge(f"a text may have {MAX_SIZE} characters, not {len(text)}")
    return text


def dictionary(entries: Mapping[str, Item | None]) -> Dictionary:
    """A dictionary of these entries; `TooLarge` beyond the limits."""
    size = 1 + sum(1 + len(key) + size_of(item) for key, item in entries.items())
    return Dictionary(dict(entries), *_bounded(size, entries.values()))


def listing(items: Iterable[Item | None]) -> Listing:
    """A nested list of these items; `TooLarge` beyond the limits."""
    held = tuple(items)
    return Listing(held, *_bounded(1 + sum(map(size_of, held)), held))


def _bounded(size: int, items: Iterable[Item | None]) -> tuple[int, int]:
    depth = 1 + max((item.depth for item in items if isinstance(item, Dictionary | Listing)), default=0)
    if size > MAX_SIZE or depth > MAX_DEPTH:
        raise TooLarge(f"a container may hold {MAX_SIZE} characters and items in {MAX_DEPTH} levels, no more")
    return size, depth


def spread(item: Item | None) -> Value:
    """An item as a value: a nested list becomes its items, `None` becomes nothing."""
    if item is None:
        return NOTHING
    if isinstance(item, Listing):
        return tuple(inner for inner in item.items if inner is not None)
    return (item,)


def gathered(value: Value) -> Item | None:
    """A value as one item, to be kept in a container: the reverse of `spread`."""
    if not value:
        return None
    return value[0] if len(value) == 1 else listing(value)


def number(given: int | float | str | Decimal) -> Decimal | None:
    """A number within the range of the device's arithmetic, or `None`."""
    try:
        found = ARITHMETIC.create_decimal(str(given) if isinstance(given, float) else given)
    except (DecimalException, ValueError):
        return None
    return found if found.is_finite() else None


def item_of_json(data: JsonValue, depth: int = 0) -> Item | None:
    """Plain JSON as an item; `TooLarge` beyond the limits."""
    if depth > MAX_DEPTH:
        raise TooLarge(f"containers may be nested {MAX_DEPTH} levels deep, no more")
    match data:
        case None:
            return None
        case bool():
            return data
        case str():
            return clean(data)
        case int() | float():
            return number(data)
        case list():
            return listing(item_of_json(inner, depth + 1) for inner in data)
        case dict():
            return dictionary({clean(key): item_of_json(inner, depth + 1) for key, inner in data.items()})


def item_of_text(text: str) -> Item | None:
    """JSON text as an item; `None` where it isn't JSON."""
    try:
        return item_of_json(json.loads(text))
    except (ValueError, RecursionError):
        return None


def clean(text: str) -> str:
    """`text` without lone surrogates, which no UTF-8 file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text
