"""Dates: make, read, format, shift and compare them; wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from environments.shortcuts.coercion import coerced, first_number
from environments.shortcuts.dates import format_date, format_iso, format_pattern, format_relative
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import ActionError, Run, RunErrorKind
from environments.shortcuts.values import ItemKind, Quantity, Value

_DATE = Parameter("WFDate", ParameterType.DATE, "The date.", is_input=True, aliases=("WFInput",))


@action(
    "date",
    "Calendar",
    "Makes a date: now, or the one that a text names.",
    Parameter("WFDateActionMode", ParameterType.ENUM, "Which.", "Current Date", ("Current Date", "Specified Date")),
    Parameter("WFDateActionDate", ParameterType.DATE, "The date, such as `tomorrow at 9am` or `2025-05-20 14:00`."),
    output="Date",
)
def make_date(run: Run, given: Arguments) -> Value:
    """The date."""
    if given.choice("WFDateActionMode") == "Current Date":
        return (run.clock.now,)
    return (given.date("WFDateActionDate"),)


@action(
    "detect.date",
    "Calendar",
    "Finds the dates in its input.",
    Parameter("WFInput", ParameterType.ANY, "What to look into.", is_input=True),
    output="Dates",
)
def detect_dates(run: Run, given: Arguments) -> Value:
    """The first date of each item."""
    return coerced(given.value("WFInput"), ItemKind.DATE, run.clock)


_STYLES = ("None", "Short", "Medium", "Long", "Relative", "RFC 2822", "ISO 8601", "Custom")
_TIMES = ("None", "Short", "Medium", "Long", "Relative")


@action(
    "format.date",
    "Calendar",
    "Writes a date as text.",
    _DATE,
    Parameter("WFDateFormatStyle", ParameterType.ENUM, "How the day is written.", "Short", _STYLES),
    Parameter("WFTimeFormatStyle", ParameterType.ENUM, "How the time is written.", "Short", _TIMES),
    Parameter("WFDateFormat", ParameterType.TEXT, "The pattern of a Custom format, such as yyyy-MM-dd HH:mm."),
    Parameter("WFISO8601IncludeTime", ParameterType.BOOLEAN, "Whether ISO 8601 shows the time.", False),
    output="Formatted Date",
)
def format_one(run: Run, given: Arguments) -> Value:
    """The text."""
    when, style = given.date("WFDate"), given.choice("WFDateFormatStyle")
    match style:
        case "Custom":
            return (format_pattern(when, run.clock, given.text("WFDateFormat")),)
        case "ISO 8601":
            return (format_iso(when, run.clock, with_time=given.boolean("WFISO8601IncludeTime")),)
        case "RFC 2822":
            return (
                format_pattern(when, run.clock, "EEE, dd MMM yyyy HH:mm:ss ") + run.clock.offset().replace(":", ""),
            )
        case "Relative":
            return (format_relative(when, run.clock),)
        case _:
            return (format_date(when, run.clock, style, given.choice("WFTimeFormatStyle")),)


_SECONDS = {
    "sec": 1, "min": 60, "hr": 3600, "day": 86_400, "week": 604_800,
    "second": 1, "minute": 60, "hour": 3600,
}  # fmt: skip
_MONTHS = {"month": 1, "year": 12}
_STARTS = ("Minute", "Hour", "Day", "Week", "Month", "Year")
_ADJUSTMENTS = ("Add", "Subtract", *(f"Get Start of {part}" for part in _STARTS))


@action(
    "adjustdate",
    "Calendar",
    "Adds to a date, takes off from it, or goes back to the start of its hour, day, week, month or year.",
    _DATE,
    Parameter("WFAdjustOperation", ParameterType.ENUM, "Which.", "Add", _ADJUSTMENTS),
    Parameter(
        "WFDuration",
        ParameterType.QUANTITY,
        'How much, as {"Magnitude": 2, "Unit": "hr"}; units: sec, min, hr, days, weeks, months, years.',
        aliases=("WFAdjustOffsetPicker",),
    ),
    output="Adjusted Date",
)
def adjust(run: Run, given: Arguments) -> Value:
    """The other date."""
    when, operation = given.date("WFDate"), given.choice("WFAdjustOperation")
    if operation.startswith("Get Start of "):
        return (_start(when, operation.removeprefix("Get Start of ")),)
    try:
        return (_shifted(when, _quantity(given), -1 if operation == "Subtract" else 1),)
    except (OverflowError, ValueError):
        raise given.problem("WFDuration", "leads to no date of the calendar") from None


def _quantity(given: Arguments) -> Quantity:
    value = given.value("WFDuration")
    match value[:1]:
        case (Quantity() as quantity,):
            return quantity
        case (str() as text,) if (amount := first_number(text)) is not None:
            return Quantity(amount, text.split()[-1].lstrip("0123456789.,-"))
    raise given.problem("WFDuration", 'must be a quantity such as {"Magnitude": 2, "Unit": "hr"}')


def _shifted(when: datetime, by: Quantity, sign: int) -> datetime:
    unit = by.unit.casefold().removesuffix("s")
    amount = by.magnitude * sign
    if unit in _SECONDS:
        return when + timedelta(seconds=float(amount * _SECONDS[unit]))
    if unit in _MONTHS:
        months = when.year * 12 + when.month - 1 + int(amount) * _MONTHS[unit]
        first = when.replace(year=months // 12, month=months % 12 + 1, day=1)
        length = (first + timedelta(days=32)).replace(day=1) - first
        return first.replace(day=min(when.day, length.days))
    known = "sec, min, hr, days, weeks, months, years"
    raise ActionError(RunErrorKind.BAD_PARAMETER, f"WFDuration has the unit {by.unit[:40]!r}, not one of {known}")


def _start(when: datetime, part: str) -> datetime:
    minute = when.replace(second=0, microsecond=0)
    day = minute.replace(hour=0, minute=0)
    starts = {
        "Minute": minute,
        "Hour": minute.replace(minute=0),
        "Day": day,
        "Month": day.replace(day=1),
        "Year": day.replace(month=1, day=1),
    }
    return starts[part] if part in starts else day - timedelta(days=min(when.weekday(), (when - datetime.min).days))


_UNITS = {"Seconds": 1, "Minutes": 60, "Hours": 3600, "Days": 86_400, "Weeks": 604_800}


@action(
    "gettimebetweendates",
    "Calendar",
    "Gives the time from a first date to a second one; negative if the second is earlier.",
    Parameter("WFTimeUntilFromDate", ParameterType.DATE, "The first date."),
    Parameter("WFInput", ParameterType.DATE, "The second date.", is_input=True),
    Parameter("WFTimeUntilUnit", ParameterType.ENUM, "In which unit.", "Minutes", (*_UNITS, "Months", "Years")),
    output="Time Between Dates",
)
def time_between(run: Run, given: Arguments) -> Value:
    """The number of whole units."""
    first, second, unit = given.date("WFTimeUntilFromDate"), given.date("WFInput"), given.choice("WFTimeUntilUnit")
    if unit in _UNITS:
        seconds = Decimal(int((second - first).total_seconds()))
        return ((seconds / _UNITS[unit]).to_integral_value(ROUND_DOWN),)
    early, late = sorted((first, second))
    months = (late.year - early.year) * 12 + late.month - early.month
    months -= (late.day, late.time()) < (early.day, early.time())
    whole = months if unit == "Months" else months // 12
    return (Decimal(whole if first <= second else -whole),)


@action(
    "delay",
    "Scripting",
    "Waits: the device's clock goes on by so many seconds.",
    Parameter("WFDelayTime", ParameterType.NUMBER, "Seconds.", 1),
    writes=True,
)
def wait(run: Run, given: Arguments) -> None:
    """Time passes."""
    device = run.world.device
    seconds = given.integer("WFDelayTime", least=0, most=86_400)
    later = device.clock.now + timedelta(seconds=seconds)
    run.world.device = replace(device, clock=replace(device.clock, now=later))
