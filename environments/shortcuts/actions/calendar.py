"""Calendar events: find, add, remove."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from environments.shortcuts.actions.finding import finder
from environments.shortcuts.device import Device
from environments.shortcuts.records import Contact, Event
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

finder(
    "filter.eventattendees",
    "Calendar",
    "Finds the people who are invited to events; properties as of contacts.",
    "Event Attendees",
    lambda device: _attendees(device),
)


def _attendees(device: Device) -> list[Contact]:
    """Everybody who is invited to something, as a contact where they are one."""
    names = dict.fromkeys(name for event in device.events for name in event.attendees)
    known = {contact.name: contact for contact in device.contacts}
    return [known.get(name) or Contact("", name) for name in names]


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
    return (run.world.add(event),)


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
        run.world.drop(item)


_SETTABLE = ("Title", "Start Date", "End Date", "Calendar", "Location", "Notes", "Is All Day", "URL", "Attendees")


@action(
    "setters.calendarevents",
    "Calendar",
    "Changes a property of events.",
    Parameter("WFInput", ParameterType.ANY, "The events.", is_input=True),
    Parameter("WFContentItemPropertyName", ParameterType.ENUM, "Which property.", "Title", _SETTABLE),
    Parameter("Mode", ParameterType.ENUM, "How.", "Set", ("Set", "Append", "Remove")),
    *(
        Parameter(f"WFCalendarEventContentItem{name.replace(' ', '')}", ParameterType.ANY, f"The new value of {name}.")
        for name in _SETTABLE
    ),
    output="Edited Calendar Event",
    writes=True,
    personal=True,
)
def change(run: Run, given: Arguments) -> Value:
    """The events as they are now."""
    name = given.choice("WFContentItemPropertyName")
    changed = []
    for item in given.value("WFInput"):
        current = run.world.device.current(item) if isinstance(item, Event) else None
        if current is None:
            raise ActionError(RunErrorKind.NOT_FOUND, "WFInput must hold events of this device")
        changed.append(run.world.change(_edited(current, name, given)))
    return tuple(changed)


def _edited(event: Event, name: str, given: Arguments) -> Event:
    parameter = f"WFCalendarEventContentItem{name.replace(' ', '')}"
    text = given.text(parameter)
    match name:
        case "Start Date":
            start = given.date(parameter)
            try:
                return replace(event, start=start, end=max(event.end, start + (event.end - event.start)))
            except OverflowError:
                raise given.problem(parameter, "must be a date of the calendar") from None
        case "End Date":
            end = given.date(parameter)
            if end < event.start:
                raise given.problem(parameter, f"must not be before the start, {event.start:%Y-%m-%d %H:%M}")
            return replace(event, end=end)
        case "Is All Day":
            return replace(event, all_day=given.boolean(parameter))
        case "Attendees":
            people = tuple(given.texts(parameter))
            return replace(event, attendees=(*event.attendees, *people) if given.choice("Mode") == "Append" else people)
        case "Title":
            return replace(event, title=text)
        case "Calendar":
            return replace(event, calendar=text)
        case "Location":
            return replace(event, location=text)
        case "URL":
            return replace(event, url=text)
        case _:
            return replace(event, notes=f"{event.notes}{text}" if given.choice("Mode") == "Append" else text)


@action(
    "showincalendar",
    "Calendar",
    "Shows events to the user.",
    Parameter("WFEvent", ParameterType.ANY, "The events.", is_input=True, aliases=("WFInput",)),
    personal=True,
)
def show(run: Run, given: Arguments) -> None:
    """The user sees them."""
    run.show(given.text("WFEvent"))
