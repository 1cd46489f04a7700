"""Calendar events: find, add, remove."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from environments.shortcuts.actions.finding import finder
from environments.shortcuts.records import Event
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import ActionError, Run, RunErrorKind
from environments.shortcuts.values import Value

finder(
    "filter.calendarevents",
    "Calendar",
    "Finds events; properties: Title, Start Date, End Date, Calendar, Location, Notes, Is All Day.",
    "Calendar Events",
    lambda device: device.events,
)


@action(
    "getupcomingevents",
    "Calendar",
    "Gives the events that begin next, the earliest first.",
    Parameter("WFGetUpcomingItemCount", ParameterType.NUMBER, "How many.", 1),
    Parameter("WFGetUpcomingItemCalendar", ParameterType.TEXT, "From which calendar, if not all."),
    Parameter(
        "WFDateSpecifier",
        ParameterType.ENUM,
        "On which day.",
        "Any Day",
        ("Any Day", "Today", "Tomorrow", "Specified Day"),
    ),
    Parameter("WFSpecifiedDate", ParameterType.DATE, "The day, for Specified Day."),
    output="Upcoming Events",
    personal=True,
)
def upcoming(run: Run, given: Arguments) -> Value:
    """The next events."""
    day = None
    match given.choice("WFDateSpecifier"):
        case "Today":
            day = run.clock.now.date()
        case "Tomorrow":
            day = (run.clock.now + timedelta(days=1)).date()
        case "Specified Day":
            day = given.date("WFSpecifiedDate").date()
    wanted = given.text("WFGetUpcomingItemCalendar").casefold()
    found = [
        event
        for event in run.world.device.events
        if event.start >= run.clock.now
        and (day is None or event.start.date() == day)
        and (not wanted or event.calendar.casefold() == wanted)
    ]
    found.sort(key=lambda event: event.start)
    return tuple(found[: given.integer("WFGetUpcomingItemCount", least=0, most=1_000)])


@action(
    "addnewevent",
    "Calendar",
    "Adds an event.",
    Parameter("WFCalendarItemTitle", ParameterType.TEXT, "The title."),
    Parameter("WFCalendarItemStartDate", ParameterType.DATE, "When it begins, such as `Friday at 3pm`."),
    Parameter("WFCalendarItemEndDate", ParameterType.DATE, "When it ends; an hour later if left out."),
    Parameter("WFCalendarItemAllDay", ParameterType.BOOLEAN, "Whether it takes the whole day.", False),
    Parameter("WFCalendarItemLocation", ParameterType.TEXT, "Where."),
    Parameter(
        "WFCalendarDescriptor",
        ParameterType.TEXT,
        "The calendar.",
        "Home",
        aliases=("WFCalendarItemCalendar",),
    ),
    Parameter("WFCalendarItemNotes", ParameterType.TEXT, "Notes."),
    output="New Event",
    writes=True,
    personal=True,
)
def add(run: Run, given: Arguments) -> Value:
    """The new event."""
    title = given.text("WFCalendarItemTitle").strip()
    if not title:
        raise given.problem("WFCalendarItemTitle", "must name the event")
    start = given.date("WFCalendarItemStartDate")
    try:
        end = (
            given.date("WFCalendarItemEndDate") if given.given("WFCalendarItemEndDate") else start + timedelta(hours=1)
        )
    except OverflowError:
        raise given.problem("WFCalendarItemStartDate", "must be a date of the calendar") from None
    if end < start:
        raise given.problem("WFCalendarItemEndDate", f"must not be before the start, {start:%Y-%m-%d %H:%M}")
    event = Event(
        id="",
        title=title,
        start=start,
        end=end,
        calendar=given.text("WFCalendarDescriptor"),
        location=given.text("WFCalendarItemLocation"),
        notes=given.text("WFCalendarItemNotes"),
        all_day=given.boolean("WFCalendarItemAllDay"),
    )
    run.world.device = run.world.device.add(event)
    made = run.world.device.events.get(run.world.device.latest())
    return () if made is None else (made,)


@action(
    "removeevents",
    "Calendar",
    "Deletes events.",
    Parameter("WFInputEvents", ParameterType.ANY, "The events.", is_input=True, aliases=("WFInput",)),
    Parameter("WFCalendarIncludeFutureEvents", ParameterType.BOOLEAN, "Repetitions too.", False),
    writes=True,
    personal=True,
)
def remove(run: Run, given: Arguments) -> None:
    """They are gone."""
    for item in given.value("WFInputEvents"):
        if not isinstance(item, Event):
            raise ActionError(RunErrorKind.NOT_FOUND, "WFInputEvents must hold events of this device")
        run.world.device = replace(run.world.device, events=run.world.device.events.remove(item.id))
