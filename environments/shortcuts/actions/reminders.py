"""Reminders: find, add, mark or change, remove."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, cast

from environments.shortcuts.actions.finding import finder
from environments.shortcuts.coercion import boolean_of, date_of, text_of
from environments.shortcuts.records import Reminder
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import ActionError, Run, RunErrorKind
from environments.shortcuts.values import Value

_PRIORITIES = ("None", "Low", "Medium", "High")

finder(
    "filter.reminders",
    "Reminders",
    "Finds reminders; properties: Title, List, Due Date, Notes, Is Completed, Priority.",
    "Reminders",
    lambda device: device.reminders,
)


@action(
    "getupcomingreminders",
    "Reminders",
    "Gives the open reminders that are due next, the earliest first.",
    Parameter("WFGetUpcomingItemCount", ParameterType.NUMBER, "How many.", 1),
    Parameter("WFGetUpcomingItemCalendar", ParameterType.TEXT, "From which list, if not all."),
    output="Upcoming Reminders",
    personal=True,
)
def upcoming(run: Run, given: Arguments) -> Value:
    """The next reminders with a date."""
    wanted = given.text("WFGetUpcomingItemCalendar")
    due = [
        (reminder.due, reminder)
        for reminder in run.world.device.reminders
        if reminder.due and reminder.due >= run.clock.now and not reminder.completed
    ]
    due.sort(key=lambda pair: pair[0])
    found = tuple(reminder for _, reminder in due if not wanted or reminder.list.casefold() == wanted.casefold())
    return found[: given.integer("WFGetUpcomingItemCount", least=0, most=1_000)]


@action(
    "addnewreminder",
    "Reminders",
    "Adds a reminder.",
    Parameter("WFCalendarItemTitle", ParameterType.TEXT, "What to be reminded of.", is_input=True),
    Parameter(
        "WFCalendarDescriptor",
        ParameterType.TEXT,
        "The list.",
        "Reminders",
        aliases=("WFCalendarItemCalendar",),
    ),
    Parameter("WFAlertEnabled", ParameterType.TEXT, "`Alert` for a reminder with a time, else `No Alert`."),
    Parameter("WFAlertCustomTime", ParameterType.DATE, "When it is due, such as `tomorrow at 9am`."),
    Parameter("WFCalendarItemNotes", ParameterType.TEXT, "Notes."),
    Parameter("WFPriority", ParameterType.ENUM, "How important.", "None", _PRIORITIES),
    output="New Reminder",
    writes=True,
    personal=True,
)
def add(run: Run, given: Arguments) -> Value:
    """The new reminder."""
    title = given.text("WFCalendarItemTitle").strip()
    if not title:
        raise given.problem("WFCalendarItemTitle", "must say what to be reminded of")
    silent = given.text("WFAlertEnabled") == "No Alert"
    reminder = Reminder(
        id="",
        title=title,
        list=given.text("WFCalendarDescriptor"),
        due=given.date("WFAlertCustomTime") if given.given("WFAlertCustomTime") and not silent else None,
        notes=given.text("WFCalendarItemNotes"),
        priority=_priority(given.choice("WFPriority")),
    )
    return (run.world.add(reminder),)


_SETTABLE = ("Title", "List", "Due Date", "Notes", "Completed", "Priority")


@action(
    "setters.reminders",
    "Reminders",
    "Changes a property of reminders.",
    Parameter("WFInput", ParameterType.ANY, "The reminders.", is_input=True),
    Parameter("WFContentItemPropertyName", ParameterType.ENUM, "Which property.", "Completed", _SETTABLE),
    *(
        Parameter(f"WFReminderContentItem{name.replace(' ', '')}", ParameterType.ANY, f"The new value of {name}.")
        for name in _SETTABLE
    ),
    output="Edited Reminder",
    writes=True,
    personal=True,
)
def change(run: Run, given: Arguments) -> Value:
    """The reminders as they are now."""
    name = given.choice("WFContentItemPropertyName")
    parameter = f"WFReminderContentItem{name.replace(' ', '')}"
    changed = []
    for item in given.value("WFInput"):
        current = run.world.device.reminders.get(item.id) if isinstance(item, Reminder) else None
        if current is None:
            raise ActionError(RunErrorKind.NOT_FOUND, "WFInput must hold reminders of this device")
        reminder = _edited(current, name, given, parameter)
        run.world.change(reminder)
        changed.append(reminder)
    return tuple(changed)


def _edited(reminder: Reminder, name: str, given: Arguments, parameter: str) -> Reminder:
    value, clock = given.value(parameter), given.run.clock
    match name:
        case "Title":
            return replace(reminder, title=text_of(value, clock))
        case "List":
            return replace(reminder, list=text_of(value, clock))
        case "Notes":
            return replace(reminder, notes=text_of(value, clock))
        case "Due Date":
            return replace(reminder, due=date_of(value, clock))
        case "Priority":
            return replace(reminder, priority=_priority(text_of(value, clock)))
        case _:
            # Upstream's action without a value marks the reminder as completed.
            return replace(reminder, completed=boolean_of(value) is not False)


def _priority(name: str) -> Literal["None", "Low", "Medium", "High"]:
    found = next((known for known in _PRIORITIES if known == name), "None")
    return cast('Literal["None", "Low", "Medium", "High"]', found)


@action(
    "removereminders",
    "Reminders",
    "Deletes reminders.",
    Parameter("WFInputReminders", ParameterType.ANY, "The reminders.", is_input=True, aliases=("WFInput",)),
    writes=True,
    personal=True,
)
def remove(run: Run, given: Arguments) -> None:
    """They are gone."""
    for item in given.value("WFInputReminders"):
        if isinstance(item, Reminder):
            run.world.drop(item)
