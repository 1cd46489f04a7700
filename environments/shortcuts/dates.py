"""Dates on the device: the virtual clock, dates read from words, dates written as text.

All times are the device's wall-clock time without a zone, so arithmetic never depends on a zone
database; the clock carries the zone's name and its fixed offset for formats that show them. Patterns
follow Unicode TR35 as far as shortcuts use them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Literal

Locale = Literal["en_US", "en_GB"]

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_DATE_STYLES: dict[Locale, dict[str, str]] = {
    "en_US": {"Short": "M/d/yy", "Medium": "MMM d, yyyy", "Long": "MMMM d, yyyy"},
    "en_GB": {"Short": "dd/MM/yyyy", "Medium": "d MMM yyyy", "Long": "d MMMM yyyy"},
}
_TIME_STYLES: dict[Locale, dict[str, str]] = {
    "en_US": {"Short": "h:mm a", "Medium": "h:mm:ss a", "Long": "h:mm:ss a xxx"},
    "en_GB": {"Short": "HH:mm", "Medium": "HH:mm:ss", "Long": "HH:mm:ss xxx"},
}


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is on the device, and how the device writes it."""

    now: datetime
    """Wall-clock time without a zone."""
    locale: Locale = "en_US"
    zone: str = "UTC"
    """The zone's name, for show."""
    utc_offset_minutes: int = 0

    def offset(self) -> str:
        """The offset from UTC as `+01:00`."""
        sign = "-" if self.utc_offset_minutes < 0 else "+"
        hours, minutes = divmod(abs(self.utc_offset_minutes), 60)
        return f"{sign}{hours:02}:{minutes:02}"


def format_date(when: datetime, clock: Clock, date_style: str = "Medium", time_style: str = "Short") -> str:
    """`when` in the locale's styles (`None`, `Short`, `Medium`, `Long`), joined as Apple's formatter does."""
    date = _DATE_STYLES[clock.locale].get(date_style)
    time = _TIME_STYLES[clock.locale].get(time_style)
    parts = [format_pattern(when, clock, pattern) for pattern in (date, time) if pattern]
    return (", " if date_style == "Short" else " at ").join(parts)


def format_iso(when: datetime, clock: Clock, *, with_time: bool) -> str:
    """`when` as ISO 8601, with the device's offset where the time is shown."""
    return f"{when:%Y-%m-%dT%H:%M:%S}{clock.offset()}" if with_time else f"{when:%Y-%m-%d}"


def format_relative(when: datetime, clock: Clock) -> str:
    """`when` as `today`, `tomorrow`, `yesterday`, or the medium date."""
    days = (when.date() - clock.now.date()).days
    return {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(days) or format_date(when, clock, time_style="None")


_FIELDS: dict[str, Callable[[datetime], str]] = {
    "yyyy": lambda when: f"{when.year:04}",
    "yy": lambda when: f"{when.year % 100:02}",
    "y": lambda when: str(when.year),
    "MMMM": lambda when: MONTHS[when.month - 1],
    "MMM": lambda when: MONTHS[when.month - 1][:3],
    "MM": lambda when: f"{when.month:02}",
    "M": lambda when: str(when.month),
    "dd": lambda when: f"{when.day:02}",
    "d": lambda when: str(when.day),
    "EEEE": lambda when: DAYS[when.weekday()],
    "EEE": lambda when: DAYS[when.weekday()][:3],
    "EE": lambda when: DAYS[when.weekday()][:3],
    "E": lambda when: DAYS[when.weekday()][:3],
    "HH": lambda when: f"{when.hour:02}",
    "H": lambda when: str(when.hour),
    "hh": lambda when: f"{(when.hour - 1) % 12 + 1:02}",
    "h": lambda when: str((when.hour - 1) % 12 + 1),
    "mm": lambda when: f"{when.minute:02}",
    "m": lambda when: str(when.minute),
    "ss": lambda when: f"{when.second:02}",
    "s": lambda when: str(when.second),
    "a": lambda when: "AM" if when.hour < 12 else "PM",
}
_PATTERN = re.compile(r"'((?:[^']|'')*)'|(x{1,3}|X{1,3}|Z{1,5})|(([A-Za-z])\4*)|(.)", re.S)


def format_pattern(when: datetime, clock: Clock, pattern: str) -> str:
    """`when` by a TR35 pattern such as `yyyy-MM-dd HH:mm`; letters without a meaning here stay as they are."""

    def written(match: re.Match[str]) -> str:
        quoted, zone, field, _, other = match.groups()
        if quoted is not None:
            return quoted.replace("''", "'") or "'"
        if zone:
            return clock.offset()
        if field:
            return _FIELDS[field](when) if field in _FIELDS else field
        return other or ""

    return _PATTERN.sub(written, pattern)


_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in MONTHS)
_DAY = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in DAYS)
_UNITS = {"sec": 1, "min": 60, "h": 3600, "day": 86_400, "week": 604_800}
_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?", re.A
)
_IN = re.compile(r"\bin (an?|\d{1,4}) ?(sec|min|h(?:ou)?r?|day|week)\w*", re.I | re.A)
_WORD = re.compile(r"\b(today|tonight|tomorrow|yesterday|now)\b", re.I)
_MONTH_DAY = re.compile(rf"\b({_MONTH})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (\d{{4}}))?", re.I | re.A)
_DAY_MONTH = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\.? ({_MONTH})\b\.?(?:,? (\d{{4}}))?", re.I | re.A)
_SLASHES = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b", re.A)
_WEEKDAY = re.compile(rf"\b(next )?({_DAY})\b", re.I)
_TIME = re.compile(
    r"\b(\d{1,2})(?:[:.](\d{2}))(?::\d{2})?(?: ?([ap])\.?m\b\.?)?|\b(\d{1,2}) ?([ap])\.?m\b\.?", re.I | re.A
)
_NAMED_TIME = re.compile(r"\b(noon|midnight)\b|\bat (\d{1,2})\b", re.I | re.A)

LONGEST_DATE = 200
"""Characters of a text that are searched for a date."""


def read_date(text: str, clock: Clock) -> datetime | None:
    """The first date or time that `text` names, seen from the clock's now; `None` where it names none.

    Understands ISO 8601, `March 14[, 2025]`, `14 March`, `3/14/25` in the locale's order, `today`,
    `tonight`, `tomorrow`, `yesterday`, weekdays (the next one; today's name is a week from now),
    `in 2 hours`, and a time (`9am`, `14:30`, `noon`) alone or beside a day. A day without a time is
    midnight; `tonight` is 19:00.
    """
    text = text[:LONGEST_DATE]
    try:
        iso = _ISO.search(text)
        if iso:
            return _from_iso(iso, clock)
        ahead = _IN.search(text)
        if ahead:
            count = 1 if ahead[1].lower() in ("a", "an") else int(ahead[1])
            unit = ahead[2].lower()
            return clock.now + timedelta(seconds=count * _UNITS["h" if unit.startswith("h") else unit])
        day, rest = _day_in(text, clock)
        time = _time_in(rest)
        if day is None and time is None:
            return None
        hour, minute = time or (0, 0)
        return (day or clock.now).replace(hour=hour, minute=minute, second=0, microsecond=0)
    except (ValueError, OverflowError):
        return None


def _from_iso(match: re.Match[str], clock: Clock) -> datetime:
    year, month, day, hour, minute, second, zone = match.groups()
    when = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
    if not zone:
        return when
    digits = "+0000" if zone == "Z" else zone.replace(":", "")
    minutes = int(digits[1:3]) * 60 + int(digits[3:5])
    there = timezone(timedelta(minutes=-minutes if digits[0] == "-" else minutes))
    here = timezone(timedelta(minutes=clock.utc_offset_minutes))
    return when.replace(tzinfo=there).astimezone(here).replace(tzinfo=None)


def _day_in(text: str, clock: Clock) -> tuple[datetime | None, str]:
    """The day that `text` names and the text without it (so that its digits aren't read as a time)."""
    today = clock.now
    if match := _MONTH_DAY.search(text):
        return _in_year(match[1], match[2], match[3], today), _without(text, match)
    if match := _DAY_MONTH.search(text):
        return _in_year(match[2], match[1], match[3], today), _without(text, match)
    if match := _SLASHES.search(text):
        first, second, year = int(match[1]), int(match[2]), int(match[3])
        month, day = (first, second) if clock.locale == "en_US" else (second, first)
        return datetime(year if year > 99 else 2000 + year, month, day), _without(text, match)
    if match := _WORD.search(text):
        word = match[1].lower()
        if word == "now":
            return today, f"{today:%H:%M}"
        shift = {"tomorrow": 1, "yesterday": -1}.get(word, 0)
        rest = _without(text, match)
        if word == "tonight" and _time_in(rest) is None:
            rest = "19:00"
        return today + timedelta(days=shift), rest
    if match := _WEEKDAY.search(text):
        wanted = next(number for number, name in enumerate(DAYS) if name[:3].lower() == match[2][:3].lower())
        return today + timedelta(days=(wanted - today.weekday() - 1) % 7 + 1), _without(text, match)
    return None, text


def _in_year(month_name: str, day: str, year: str | None, today: datetime) -> datetime:
    month = next(number for number, name in enumerate(MONTHS, 1) if name[:3].lower() == month_name[:3].lower())
    return datetime(int(year) if year else today.year, month, int(day))


def _without(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()]} {text[match.end() :]}"


def _time_in(text: str) -> tuple[int, int] | None:
    if match := _TIME.search(text):
        hour = int(match[1] or match[4])
        half = (match[3] or match[5] or "").lower()
        if half:
            hour = hour % 12 + (12 if half == "p" else 0)
        return hour, int(match[2] or 0)
    if match := _NAMED_TIME.search(text):
        named = (match[1] or "").lower()
        return {"noon": (12, 0), "midnight": (0, 0)}.get(named) or (int(match[2]), 0)
    return None
