"""Alarms and timers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from environments.shortcuts.actions.health import quantity
from environments.shortcuts.coercion import item_text
from environments.shortcuts.records import Alarm, Timer
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import ActionError, Run, RunErrorKind
from environments.shortcuts.values import Value

_TIMER_INTENTS = "com.apple.mobiletimer-framework.MobileTimerIntents"
_SECONDS = {"sec": 1, "min": 60, "hr": 3600}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@action(
    f"{_TIMER_INTENTS}.MTCreateAlarmIntent",
    "Clock",
    "Sets an alarm.",
    Parameter("dateComponents", ParameterType.DATE, "When, such as 7:30am.", aliases=("time", "WFTime")),
    Parameter("label", ParameterType.TEXT, "What it's called.", "Alarm", aliases=("name",)),
    Parameter("repeatSchedule", ParameterType.ANY, "Days of the week on which it rings again.", aliases=("repeats",)),
    output="Create Alarm",
    writes=True,
)
def create(run: Run, given: Arguments) -> Value:
    """The alarm."""
    return _created(run, given, "dateComponents", "label", "repeatSchedule")


@action(
    "alarm.create",
    "Clock",
    "Sets an alarm.",
    Parameter("WFTime", ParameterType.DATE, "When, such as 7:30am.", aliases=("dateComponents",)),
    Parameter("WFLabel", ParameterType.TEXT, "What it's called.", "Alarm", aliases=("label",)),
    Parameter("WFFrequency", ParameterType.ANY, "Days of the week on which it rings again."),
    output="Create Alarm",
    writes=True,
)
def create_plainly(run: Run, given: Arguments) -> Value:
    """The alarm."""
    return _created(run, given, "WFTime", "WFLabel", "WFFrequency")


def _created(run: Run, given: Arguments, time: str, label: str, repeats: str) -> Value:
    when = given.date(time)
    wanted = [text.strip().capitalize() for text in given.texts(repeats) if text.strip()]
    days = tuple(day for day in _DAYS if any(day.startswith(word[:3]) for word in wanted))
    return (run.world.add(Alarm("", f"{when:%H:%M}", given.text(label) or "Alarm", repeats=days)),)


@action(f"{_TIMER_INTENTS}.MTGetAlarmsIntent", "Clock", "Gives all alarms.", output="All Alarms")
def alarms(run: Run, given: Arguments) -> Value:
    """The alarms."""
    return tuple(run.world.device.table(Alarm))


@action(
    f"{_TIMER_INTENTS}.MTToggleAlarmIntent",
    "Clock",
    "Switches an alarm on or off.",
    Parameter("alarm", ParameterType.ANY, "The alarm, its label or its time.", is_input=True),
    Parameter("operation", ParameterType.ENUM, "How.", "toggle", ("toggle", "turn")),
    Parameter("state", ParameterType.BOOLEAN, "On or off, for turn.", True),
    output="Toggle Alarm",
    writes=True,
)
def toggle(run: Run, given: Arguments) -> Value:
    """The alarm as it is now."""
    changed = []
    for alarm in _named(run, given):
        on = not alarm.enabled if given.choice("operation") == "toggle" else given.boolean("state")
        changed.append(run.world.change(replace(alarm, enabled=on)))
    return tuple(changed)


@action(
    f"{_TIMER_INTENTS}.MTDeleteAlarmIntent",
    "Clock",
    "Deletes alarms.",
    Parameter("alarms", ParameterType.ANY, "The alarms, their labels or times.", is_input=True, aliases=("alarm",)),
    writes=True,
)
def delete(run: Run, given: Arguments) -> None:
    """They are gone."""
    for alarm in _named(run, given, "alarms"):
        run.world.drop(alarm)


def _named(run: Run, given: Arguments, name: str = "alarm") -> list[Alarm]:
    found: list[Alarm] = []
    for item in given.value(name):
        if isinstance(item, Alarm):
            found += [current for current in (run.world.device.current(item),) if current is not None]
            continue
        wanted = item_text(item, run.clock).strip().casefold()
        found += [one for one in run.world.device.table(Alarm) if wanted in (one.label.casefold(), one.time)]
    if not found:
        raise ActionError(RunErrorKind.NOT_FOUND, "there is no such alarm")
    return found


@action(
    "timer.start",
    "Clock",
    "Starts a timer.",
    Parameter("WFDuration", ParameterType.QUANTITY, 'How long, as {"Magnitude": 5, "Unit": "min"}; sec, min or hr.'),
    writes=True,
)
def start(run: Run, given: Arguments) -> None:
    """It runs."""
    length = quantity(given, "WFDuration")
    unit = length.unit.casefold().removesuffix("s") or "sec"
    factor = next((seconds for name, seconds in _SECONDS.items() if unit.startswith(name[:2])), None)
    if factor is None:
        raise given.problem("WFDuration", "must be in sec, min or hr")
    seconds = int(length.magnitude * factor)
    if not 0 < seconds <= 86_400:
        raise given.problem("WFDuration", "must be more than nothing, and at most a day")
    ends = run.clock.now + timedelta(seconds=seconds)
    run.world.add(Timer("", seconds, ends))
