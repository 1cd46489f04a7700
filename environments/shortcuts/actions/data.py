"""Dictionaries, and the properties of records."""

from __future__ import annotations

from environments.shortcuts.coercion import coerced, dictionary_of, lookup, property_of
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import Run
from environments.shortcuts.values import NOTHING, ItemKind, Value, checked, dictionary, gathered, spread

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


def _properties(identifier: str, app: str, names: tuple[str, ...], output: str) -> None:
    """Declare an action that reads one property of records of a kind."""

    @action(
        identifier,
        app,
        "Takes a property of each item.",
        Parameter("WFContentItemPropertyName", ParameterType.ENUM, "Which.", names[0], names),
        Parameter("WFInput", ParameterType.ANY, "The items.", is_input=True),
        output=output,
    )
    def read(run: Run, given: Arguments) -> Value:
        name = given.choice("WFContentItemPropertyName")
        return checked(tuple(found for item in given.value("WFInput") for found in property_of(item, name, run.clock)))


_properties(
    "properties.contacts",
    "Contacts",
    ("Name", "First Name", "Last Name", "Phone Numbers", "Email Addresses", "Company", "Nickname", "Birthday"),
    "Details of Contacts",
)
_properties(
    "properties.reminders",
    "Reminders",
    ("Title", "List", "Due Date", "Notes", "Is Completed", "Priority", "Name"),
    "Details of Reminders",
)
_properties(
    "properties.calendarevents",
    "Calendar",
    ("Title", "Start Date", "End Date", "Calendar", "Location", "Notes", "Is All Day", "Duration", "Name"),
    "Details of Calendar Events",
)
_properties("properties.note", "Notes", ("Name", "Title", "Body", "Folder"), "Details of Notes")
