"""One kind of item as another, the permissive way of shortcuts: what can't be had is nothing, not an error.

Text gives its first number or date, a list gives its items' texts as lines, a boolean is Yes or No, a
record is its name (a note its body, a file what is in it). Dictionary key paths live here too, since both the
references' aggrandizements and actions use them.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from decimal import Decimal

from pydantic import JsonValue

from environments.shortcuts.dates import Clock, format_date, format_iso, read_date
from environments.shortcuts.html_text import html_of_text, images_of_html, links_of_html, text_of_html
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
    content,
)
from environments.shortcuts.values import (
    Dictionary,
    Item,
    ItemKind,
    Listing,
    Quantity,
    Record,
    RichText,
    Url,
    Value,
    checked_text,
    item_of_text,
    kind_of,
    number,
    spread,
)

_NUMBER = re.compile(r"[-−+]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|[-−+]?\.\d+", re.A)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:[^\s<>\"]+")
_TRUE = frozenset({"yes", "y", "true", "on", "1", "ok", "sure"})
_FALSE = frozenset({"no", "n", "false", "off", "0", ""})


def number_text(value: Decimal) -> str:
    """A number as shortcuts print it: no exponent, no trailing zeros."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def item_text(item: Item, clock: Clock) -> str:
    """One item as text."""
    match item:
        case str():
            return item
        case bool():
            return "Yes" if item else "No"
        case Decimal():
            return number_text(item)
        case datetime():
            return format_date(item, clock)
        case Url():
            return item.text
        case Quantity():
            return f"{number_text(item.magnitude)} {item.unit}"
        case Dictionary():
            return json.dumps(plain(item, clock), ensure_ascii=False)
        case Listing():
            return "\n".join(item_text(inner, clock) for inner in item.items if inner is not None)
        case RichText():
            return text_of_html(item.html)
        case _:
            return _record_text(item, clock)


def _record_text(item: Record, clock: Clock) -> str:
    match item:
        case Note():
            return item.body
        case Reminder() | Event() | Song():
            return item.title
        case Contact() | StoreItem() | SavedShortcut():
            return item.name
        case File():
            return item.text or ("" if item.extension in TEXTUAL else item.name)
        case Photo():
            return item.name
        case HealthSample():
            return f"{number_text(Decimal(str(item.value)))} {item.unit}".strip()
        case Place():
            return "\n".join(part for part in (item.name, item.address) if part)
        case Weather():
            return f"{item.condition}, {number_text(Decimal(str(item.temperature)))} °C"
        case Article():
            return item.title
        case Alarm():
            return item.label


def text_of(value: Value, clock: Clock) -> str:
    """A value as text, an item a line; `TooLarge` beyond the limits."""
    return checked_text("\n".join(item_text(item, clock) for item in value))


def plain(item: Item | None, clock: Clock) -> JsonValue:
    """An item as plain JSON data."""
    match item:
        case None | bool() | str():
            return item
        case Decimal():
            return int(item) if item == item.to_integral_value() and abs(item) < 2**53 else float(item)
        case Dictionary():
            return {key: plain(inner, clock) for key, inner in item.entries.items()}
        case Listing():
            return [plain(inner, clock) for inner in item.items]
        case datetime():
            return format_iso(item, clock, with_time=True)
        case Url() | RichText() | Quantity():
            return item_text(item, clock)
        case _:
            return content(item)


def first_number(text: str) -> Decimal | None:
    """The first number that a text holds, thousands separators aside."""
    match = _NUMBER.search(text)
    return number(match[0].replace(",", "").replace("−", "-")) if match else None


def number_of(value: Value) -> Decimal | None:
    """The first item that has a number, as that number."""
    for item in value:
        match item:
            case bool():
                return Decimal(int(item))
            case Decimal():
                return item
            case Quantity():
                return item.magnitude
            case str() | Url() | File():
                found = first_number(item if isinstance(item, str) else item.text)
                if found is not None:
                    return found
            case HealthSample():
                return number(item.value)
            case Weather():
                return number(item.temperature)
            case Listing():
                found = number_of(spread(item))
                if found is not None:
                    return found
    return None


def boolean_of(value: Value) -> bool | None:
    """Yes or no, as far as the first item says so."""
    if not value:
        return None
    match value[0]:
        case bool() as given:
            return given
        case Decimal() as given:
            return given != 0
        case str() as given:
            word = given.strip().strip(".!").casefold()
            return True if word in _TRUE else False if word in _FALSE else None
        case _:
            return None


def date_of(value: Value, clock: Clock) -> datetime | None:
    """The first item that has a date: an event's is its start, a reminder's when it is due."""
    for item in value:
        match item:
            case datetime():
                return item
            case Event():
                return item.start
            case Reminder() if item.due:
                return item.due
            case Photo() if item.taken:
                return item.taken
            case HealthSample():
                return item.start
            case Weather():
                return item.time
            case Article() if item.published:
                return item.published
            case str() | File():
                found = read_date(item if isinstance(item, str) else item.text, clock)
                if found is not None:
                    return found
    return None


def dictionary_of(value: Value) -> Dictionary | None:
    """The first item that is a dictionary, or a text that is one in JSON; `TooLarge` beyond the limits."""
    for item in value:
        found = item_of_text(item) if isinstance(item, str) else item
        if isinstance(found, File | Note):
            found = item_of_text(found.text if isinstance(found, File) else found.body)
        if isinstance(found, Dictionary):
            return found
        if isinstance(found, Listing):
            inner = dictionary_of(spread(found))
            if inner is not None:
                return inner
    return None


def urls_of(value: Value) -> tuple[Url, ...]:
    """Every address among the items and inside their texts; a text without a scheme is no address."""
    found: list[Url] = []
    for item in value:
        match item:
            case Url():
                found.append(item)
            case str() | Note() | File():
                text = item if isinstance(item, str) else item.body if isinstance(item, Note) else item.text
                found += [Url(match[0].rstrip(".,;)")) for match in _URL.finditer(text)]
            case RichText():
                found += [Url(address) for address in links_of_html(item.html)]
            case Article() | StoreItem() | Reminder() | Event() | Place() if item.url:
                found.append(Url(item.url))
    return tuple(found)


def rich_text_of(value: Value, clock: Clock) -> RichText:
    """A value as HTML: rich text as it is, anything else as paragraphs."""
    parts = [item.html if isinstance(item, RichText) else html_of_text(item_text(item, clock)) for item in value]
    titles = [item.title for item in value if isinstance(item, RichText) and item.title]
    return RichText(checked_text("".join(parts)), titles[0] if titles else "")


def file_of(item: Item, clock: Clock) -> File | Photo:
    """An item as a file: pictures stay what they are, text becomes a text file."""
    match item:
        case File() | Photo():
            return item
        case RichText():
            return File("", f"{item.title or 'Rich Text'}.html", text=item.html)
        case Dictionary():
            return File("", "Dictionary.json", text=item_text(item, clock))
        case Note():
            return File("", f"{item.title}.txt", text=item.body)
        case Contact():
            return File("", f"{item.name}.vcf", text=item.name)
        case SavedShortcut():
            return File("", f"{item.name}.shortcut", text=json.dumps(item.actions, ensure_ascii=False))
        case _:
            return File("", "Text.txt", text=item_text(item, clock))


def images_of(value: Value, clock: Clock) -> tuple[Photo, ...]:
    """The pictures among the items and in their contents; a picture in rich text is known by its address."""
    found: list[Photo] = []
    for item in value:
        match item:
            case Photo():
                found.append(item)
            case File() if item.extension in PICTURES:
                found.append(Photo("", item.name, taken=item.created, text=item.text, size=item.size))
            case File():
                found += images_of(item.parts, clock)
            case RichText():
                found += [Photo("", address.rpartition("/")[2]) for address in images_of_html(item.html)]
            case Listing():
                found += images_of(spread(item), clock)
            case _:
                pass
    return tuple(found)


TEXTUAL = frozenset(
    {"txt", "md", "csv", "json", "html", "xml", "rtf", "log", "js", "py", "swift", "css", "yaml", "yml"}
)
"""Extensions of files that are text."""
PICTURES = frozenset({"png", "jpg", "jpeg", "heic", "gif", "tiff", "webp", "bmp"})
"""Extensions of files that are pictures."""


def lookup(item: Item | None, path: str) -> Item | None:
    """What a dictionary holds under a key, or under keys joined by dots (list positions count from 1)."""
    if isinstance(item, str):
        item = item_of_text(item)
    if isinstance(item, Dictionary) and path in item.entries:
        return item.entries[path]
    for key in path.split("."):
        if isinstance(item, Dictionary):
            item = item.entries.get(key)
        elif isinstance(item, Listing) and key.isascii() and key.isdigit() and len(key) < 6:
            position = int(key)
            item = item.items[position - 1] if 1 <= position <= len(item.items) else None
        else:
            return None
    return item


def coerced(value: Value, kind: ItemKind, clock: Clock) -> Value:
    """A value as another kind, item by item where that makes sense; nothing where it can't be had."""
    match kind:
        case ItemKind.TEXT:
            return tuple(item_text(item, clock) for item in value)
        case ItemKind.URL:
            return urls_of(value)
        case ItemKind.RICH_TEXT:
            return tuple(rich_text_of((item,), clock) for item in value)
        case ItemKind.FILE:
            return tuple(file_of(item, clock) for item in value)
        case ItemKind.IMAGE:
            return images_of(value, clock)
        case ItemKind.NUMBER | ItemKind.BOOLEAN | ItemKind.DATE | ItemKind.DICTIONARY:
            found = (_as_one(item, kind, clock) for item in value)
            return tuple(item for item in found if item is not None)
        case _:
            return tuple(item for item in value if kind_of(item) is kind)


def _as_one(item: Item, kind: ItemKind, clock: Clock) -> Item | None:
    match kind:
        case ItemKind.NUMBER:
            return number_of((item,))
        case ItemKind.BOOLEAN:
            return boolean_of((item,))
        case ItemKind.DATE:
            return date_of((item,), clock)
        case _:
            return dictionary_of((item,))
