"""The properties of items, by the names that shortcuts have for them.

`NAMES` holds, by kind of record, what `Get Details of …` offers; a name is found letter case aside. What an item
doesn't have is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from environments.shortcuts.html_text import text_of_html
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
from environments.shortcuts.values import (
    NOTHING,
    Item,
    Quantity,
    RichText,
    Url,
    Value,
    dictionary,
    kind_of,
    number,
    spread,
)

# Each function takes a record of the kind that it stands under.
_Read: TypeAlias = Callable[[Any], "Item | tuple[Item, ...] | None"]


def _amount(value: float | None) -> Decimal | None:
    return None if value is None else number(value)


def _measure(value: float | None, unit: str) -> Quantity | None:
    found = _amount(value)
    return None if found is None else Quantity(found, unit)


def _minutes(event: Event) -> Quantity:
    return Quantity(Decimal(int((event.end - event.start).total_seconds()) // 60), "min")


_NOTE: Mapping[str, _Read] = {
    "Name": lambda note: note.title,
    "Title": lambda note: note.title,
    "Body": lambda note: note.body,
    "Folder": lambda note: note.folder,
    "Is Pinned": lambda note: note.pinned,
    "Tags": lambda note: note.tags,
}
_REMINDER: Mapping[str, _Read] = {
    "Title": lambda reminder: reminder.title,
    "List": lambda reminder: reminder.list,
    "Due Date": lambda reminder: reminder.due,
    "Notes": lambda reminder: reminder.notes,
    "Is Completed": lambda reminder: reminder.completed,
    "Priority": lambda reminder: reminder.priority,
    "Is Flagged": lambda reminder: reminder.flagged,
    "URL": lambda reminder: Url(reminder.url) if reminder.url else None,
    "Name": lambda reminder: reminder.title,
}
_EVENT: Mapping[str, _Read] = {
    "Title": lambda event: event.title,
    "Start Date": lambda event: event.start,
    "End Date": lambda event: event.end,
    "Calendar": lambda event: event.calendar,
    "Location": lambda event: event.location or None,
    "Notes": lambda event: event.notes or None,
    "Is All Day": lambda event: event.all_day,
    "Duration": _minutes,
    "URL": lambda event: Url(event.url) if event.url else None,
    "Attendees": lambda event: event.attendees,
    "Number of Attendees": lambda event: Decimal(len(event.attendees)),
    "Name": lambda event: event.title,
}
_CONTACT: Mapping[str, _Read] = {
    "Name": lambda contact: contact.name,
    "First Name": lambda contact: contact.first_name,
    "Last Name": lambda contact: contact.last_name,
    "Phone Numbers": lambda contact: contact.phones,
    "Email Addresses": lambda contact: contact.emails,
    "Email Address": lambda contact: contact.emails[:1],
    "Company": lambda contact: contact.company or None,
    "Nickname": lambda contact: contact.nickname or None,
    "Birthday": lambda contact: contact.birthday or None,
    "Job Title": lambda contact: contact.job_title or None,
    "Street Addresses": lambda contact: contact.address or None,
    "Notes": lambda contact: contact.notes or None,
}
_FILE: Mapping[str, _Read] = {
    "File Size": lambda file: Decimal(file.size),
    "File Extension": lambda file: file.extension or None,
    "Creation Date": lambda file: file.created,
    "File Path": lambda file: f"/{file.path}",
    "Last Modified Date": lambda file: file.modified,
    "Name": lambda file: file.stem,
}
_PHOTO: Mapping[str, _Read] = {
    "Album": lambda photo: photo.album or None,
    "Width": lambda photo: Decimal(photo.width),
    "Height": lambda photo: Decimal(photo.height),
    "Date Taken": lambda photo: photo.taken,
    "Media Type": lambda photo: photo.media,
    "Photo Type": lambda photo: photo.kind,
    "Is a Screenshot": lambda photo: photo.kind == "Screenshot",
    "Location": lambda photo: photo.place or None,
    "Duration": lambda photo: _measure(photo.seconds, "sec") if photo.media == "Video" else None,
    "Orientation": lambda photo: "Landscape" if photo.width > photo.height else "Portrait",
    "Is Favorite": lambda photo: photo.favorite,
    "File Size": lambda photo: Decimal(photo.size),
    "File Extension": lambda photo: photo.extension or None,
    "Creation Date": lambda photo: photo.taken,
    "Metadata Dictionary": lambda photo: dictionary(
        {"PixelWidth": Decimal(photo.width), "PixelHeight": Decimal(photo.height)}
    ),
    "Name": lambda photo: photo.stem,
}
_SONG: Mapping[str, _Read] = {
    "Title": lambda song: song.title,
    "Album": lambda song: song.album or None,
    "Artist": lambda song: song.artist or None,
    "Genre": lambda song: song.genre or None,
    "Duration": lambda song: Quantity(Decimal(song.seconds), "sec"),
    "Play Count": lambda song: Decimal(song.plays),
    "Rating": lambda song: Decimal(song.rating),
    "Date Added": lambda song: song.added,
    "Media Kind": lambda song: "Music",
    "Name": lambda song: song.title,
}
_HEALTH: Mapping[str, _Read] = {
    "Type": lambda sample: sample.type,
    "Value": lambda sample: _amount(sample.value),
    "Unit": lambda sample: sample.unit,
    "Start Date": lambda sample: sample.start,
    "End Date": lambda sample: sample.end or sample.start,
    "Duration": lambda sample: Quantity(
        Decimal(int(((sample.end or sample.start) - sample.start).total_seconds())), "sec"
    ),
    "Source": lambda sample: sample.source,
    "Name": lambda sample: sample.note or sample.type,
}
_PLACE: Mapping[str, _Read] = {
    "Latitude": lambda place: _amount(place.latitude),
    "Longitude": lambda place: _amount(place.longitude),
    "Street": lambda place: place.street or None,
    "City": lambda place: place.city or None,
    "State": lambda place: place.state or None,
    "ZIP Code": lambda place: place.postcode or None,
    "Region": lambda place: place.country or None,
    "Phone Numbers": lambda place: place.phone or None,
    "URL": lambda place: Url(place.url) if place.url else None,
    "Label": lambda place: place.name or None,
    "Name": lambda place: place.name or None,
}
_WEATHER: Mapping[str, _Read] = {
    "Date": lambda weather: weather.time,
    "Location": lambda weather: weather.place,
    "Temperature": lambda weather: _measure(weather.temperature, "°C"),
    "Low": lambda weather: _measure(weather.low, "°C"),
    "High": lambda weather: _measure(weather.high, "°C"),
    "Feels Like": lambda weather: _measure(
        weather.temperature if weather.feels_like is None else weather.feels_like, "°C"
    ),
    "Condition": lambda weather: weather.condition,
    "Humidity": lambda weather: _amount(weather.humidity),
    "Precipitation Chance": lambda weather: _amount(weather.precipitation_chance),
    "Wind Speed": lambda weather: _measure(weather.wind_speed, "km/h"),
    "UV Index": lambda weather: Decimal(weather.uv_index),
    "Name": lambda weather: weather.condition,
}
_STORE: Mapping[str, _Read] = {
    "Artist": lambda item: item.artist or None,
    "Price": lambda item: _amount(item.price),
    "Currency Code": lambda item: item.currency,
    "Formatted Price": lambda item: f"{item.price:.2f} {item.currency}" if item.price else "Free",
    "Release Date": lambda item: item.released,
    "Category": lambda item: item.category or None,
    "Genre": lambda item: item.category or None,
    "Description": lambda item: item.description or None,
    "Rating": lambda item: _amount(item.rating),
    "Version": lambda item: item.version or None,
    "Store ID": lambda item: item.id,
    "Store URL": lambda item: Url(item.url) if item.url else None,
    "Name": lambda item: item.name,
}
_ARTICLE: Mapping[str, _Read] = {
    "Title": lambda article: article.title,
    "Author": lambda article: article.author or None,
    "Published Date": lambda article: article.published,
    "Body": lambda article: text_of_html(article.body) or None,
    "Excerpt": lambda article: text_of_html(article.body)[:200] or None,
    "Number of Words": lambda article: Decimal(len(text_of_html(article.body).split())),
    "URL": lambda article: Url(article.url) if article.url else None,
    "Name": lambda article: article.title,
}
_ALARM: Mapping[str, _Read] = {
    "Label": lambda alarm: alarm.label,
    "Time": lambda alarm: alarm.time,
    "Is Enabled": lambda alarm: alarm.enabled,
    "Repeats": lambda alarm: alarm.repeats,
    "Name": lambda alarm: alarm.label,
}
_SHORTCUT: Mapping[str, _Read] = {
    "Name": lambda shortcut: shortcut.name,
    "Folder": lambda shortcut: shortcut.folder or None,
    "Action Count": lambda shortcut: Decimal(len(shortcut.actions)),
}
_RICH_TEXT: Mapping[str, _Read] = {
    "Page Contents": lambda page: page,
    "Name": lambda page: page.title or None,
}
_URL: Mapping[str, _Read] = {
    "Page URL": lambda url: url,
    "Name": lambda url: url.text,
}

NAMES: Mapping[type, Mapping[str, _Read]] = {
    Note: _NOTE,
    Reminder: _REMINDER,
    Event: _EVENT,
    Contact: _CONTACT,
    File: _FILE,
    Photo: _PHOTO,
    Song: _SONG,
    HealthSample: _HEALTH,
    Place: _PLACE,
    Weather: _WEATHER,
    StoreItem: _STORE,
    Article: _ARTICLE,
    Alarm: _ALARM,
    SavedShortcut: _SHORTCUT,
    RichText: _RICH_TEXT,
    Url: _URL,
}
"""By kind, the properties and how they are read."""
_FILED = ("File Size", "File Extension", "Creation Date", "File Path", "Last Modified Date")
EMPTY: Mapping[type, tuple[str, ...]] = {
    Reminder: (
        "Completion Date", "Tags", "Images", "Has Subtasks", "Subtasks", "Parent Reminder", "Has Alarms",
        "Reminder Location", *_FILED,
    ),
    Event: (
        "Calender", "Has Alarms", "Is Canceled", "My Status", "Organizer", "Oragnizer Is Me", "Organizer Is Me",
        "Attachments", *_FILED,
    ),
    Contact: (
        "Middle Name", "URLs", "Contact Photo", "Prefix", "Suffix", "Phonetic First Name", "Phonetic Middle Name",
        "Phonetic Last Name", "Department", "Group", *_FILED,
    ),
    Photo: ("Is a Screen Recording", "Frame Rate", "Camera Make", "Camera Model", "File Path", "Last Modified Date"),
    Song: (
        "Album Artist", "Composer", "Track Number", "Disc Number", "Alblum Artwork", "Album Artwork", "Is Explicit",
        "Lyrics", "Release Date", "Comments", "Is Cloud Item", "Skip Count", "Last Played Date", "File Path",
    ),
    Weather: (
        "Visibility", "Dewpoint", "Pressure", "Precipitation Amount", "Wind Direction", "Sunrise Time", "Sunset Time",
        "Air Quality Index", "Air Quality Category", "Air Pollutants",
    ),
    StoreItem: (
        "# of Rating", "Rating (This Version)", "# of Rating (This Version)", "Last Updated", "Release Notes",
        "Content Rating", "Minimum OS Version", "Is Universal", "Supports Game Center", "Supported Devices",
        "Supported Languages", "Screenshot URLs", "iPad Screenshot URLs", "Download Size", "Icon", "Artwork",
        "Artwork URL", "Artwork URLs", "Bundle Identifier", "Duration", "Is Streamable", "Is Explicit", "Type",
        "Feed URL", "Episode Count", "Store Name", "Seller", "Website",
    ),
    Article: ("Main Image URL",),
    RichText: ("Page Selection", "Page URL"),
}  # fmt: skip
"""By kind, further names of upstream's for which nothing is kept: they give nothing."""
_FOLDED: Mapping[type, Mapping[str, _Read]] = {
    kind: {name.casefold(): read for name, read in names.items()} for kind, names in NAMES.items()
}
_SPELLINGS = {"calender": "calendar", "title": "name"}
"""Upstream's spelling of one, and the one that all have."""


def property_of(item: Item, name: str) -> Value:
    """A property of an item; nothing where it has none."""
    wanted = " ".join(name.casefold().split())
    known = _FOLDED.get(type(item))
    if known is None:
        # Whatever has no properties of its own still has a name: itself.
        return (item,) if wanted in ("name", "title") else NOTHING
    read = known.get(wanted) or known.get(_SPELLINGS.get(wanted, ""))
    if read is None:
        return (kind_of(item).value,) if wanted == "type" else NOTHING
    found = read(item)
    return found if isinstance(found, tuple) else spread(found)
