"""Dictionaries, and the properties of records."""

from __future__ import annotations

from environments.shortcuts.actions.finding import details
from environments.shortcuts.coercion import coerced, dictionary_of, lookup
from environments.shortcuts.records import (
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
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import Run
from environments.shortcuts.values import NOTHING, ItemKind, RichText, Value, checked, dictionary, gathered, spread

_KEY = Parameter("WFDictionaryKey", ParameterType.TEXT, "The key; keys joined by dots reach into nested dictionaries.")


@action(
    "dictionary",
    "Scripting",
    "Makes a dictionary.",
    Parameter("WFItems", ParameterType.DICTIONARY, "The entries; a plain JSON object will do."),
    output="Dictionary",
)
def make_dictionary(run: Run, given: Arguments) -> Value:
    """The dictionary."""
    return (given.dictionary("WFItems") if given.given("WFItems") else dictionary({}),)


@action(
    "detect.dictionary",
    "Scripting",
    "Reads dictionaries from text in JSON.",
    Parameter("WFInput", ParameterType.ANY, "The text.", is_input=True),
    output="Dictionary",
)
def detect_dictionary(run: Run, given: Arguments) -> Value:
    """The dictionaries found."""
    return coerced(given.value("WFInput"), ItemKind.DICTIONARY, run.clock)


@action(
    "getvalueforkey",
    "Scripting",
    "Takes a value, all keys or all values from a dictionary.",
    Parameter("WFGetDictionaryValueType", ParameterType.ENUM, "Which.", "Value", ("Value", "All Keys", "All Values")),
    _KEY,
    Parameter("WFInput", ParameterType.ANY, "The dictionary.", is_input=True),
    output="Dictionary Value",
)
def get_value(run: Run, given: Arguments) -> Value:
    """What the dictionary holds; nothing where it holds nothing."""
    found = dictionary_of(given.value("WFInput"))
    if found is None:
        return NOTHING
    match given.choice("WFGetDictionaryValueType"):
        case "All Keys":
            return tuple(found.entries)
        case "All Values":
            return checked(tuple(item for entry in found.entries.values() for item in spread(entry)))
        case _:
            return spread(lookup(found, given.text("WFDictionaryKey")))


@action(
    "setvalueforkey",
    "Scripting",
    "Makes a dictionary with one more or one changed entry.",
    _KEY,
    Parameter("WFDictionaryValue", ParameterType.ANY, "The value."),
    Parameter("WFDictionary", ParameterType.ANY, "The dictionary.", is_input=True),
    output="Dictionary",
)
def set_value(run: Run, given: Arguments) -> Value:
    """The new dictionary; the old one stays as it is."""
    found = dictionary_of(given.value("WFDictionary"))
    entries = {} if found is None else dict(found.entries)
    entries[given.text("WFDictionaryKey")] = gathered(given.value("WFDictionaryValue"))
    return (dictionary(entries),)


details("properties.contacts", "Contacts", Contact, "Details of Contacts")
details("properties.reminders", "Reminders", Reminder, "Details of Reminders")
details("properties.calendarevents", "Calendar", Event, "Details of Calendar Events")
details("properties.eventattendees", "Calendar", Contact, "Details of Event Attendees")
details("properties.note", "Notes", Note, "Details of Notes")
details("properties.files", "Files", File, "Details of Files")
details("properties.images", "Photos", Photo, "Details of Images")
details("properties.music", "Music", Song, "Details of Music")
details("properties.locations", "Maps", Place, "Details of Locations")
details("properties.parkedcar", "Maps", Place, "Details of Parked Car")
details("properties.weather.conditions", "Weather", Weather, "Details of Weather Conditions")
details("properties.health.quantity", "Health", HealthSample, "Details of Health Sample")
details("properties.articles", "Web", Article, "Details of Article")
details("properties.safariwebpage", "Web", RichText, "Details of Safari Web Page")
details("properties.appstore", "Store", StoreItem, "Details of App Store App")
details("properties.itunesstore", "Store", StoreItem, "Details of iTunes Product")
details("properties.itunesartist", "Store", StoreItem, "Details of iTunes Artist")
details("properties.podcast", "Store", StoreItem, "Details of Podcast Episode")
details("properties.podcastshow", "Store", StoreItem, "Details of Podcast")
details("properties.workflow", "Scripting", SavedShortcut, "Details of Shortcut")
