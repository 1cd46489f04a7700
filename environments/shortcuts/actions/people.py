"""Contacts and messages."""

from __future__ import annotations

import re

from environments.shortcuts.actions.finding import finder
from environments.shortcuts.coercion import item_text
from environments.shortcuts.device import Device
from environments.shortcuts.records import Contact, OutgoingMessage
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import ActionError, Run, RunErrorKind
from environments.shortcuts.values import Item, Value

finder(
    "filter.contacts",
    "Contacts",
    "Finds contacts; properties: Name, First Name, Last Name, Phone Numbers, Email Addresses, Company, Nickname.",
    "Contacts",
    lambda device: device.contacts,
)


@action(
    "contacts",
    "Contacts",
    "Gives contacts by their names.",
    Parameter("WFContact", ParameterType.ANY, "A name, or several."),
    output="Contacts",
    personal=True,
)
def contacts(run: Run, given: Arguments) -> Value:
    """The contacts of those names."""
    return tuple(_contact(run, item) for item in given.value("WFContact"))


@action(
    "sendmessage",
    "Messages",
    "Sends a message. The device must be online.",
    Parameter("WFSendMessageActionRecipients", ParameterType.ANY, "Contacts, their names, or phone numbers."),
    Parameter("WFSendMessageContent", ParameterType.TEXT, "The message.", is_input=True),
    writes=True,
    personal=True,
)
def send(run: Run, given: Arguments) -> None:
    """The message is sent."""
    people = given.value("WFSendMessageActionRecipients")
    text = given.text("WFSendMessageContent")
    if not people:
        raise given.problem("WFSendMessageActionRecipients", "must name a recipient")
    if not text.strip():
        raise given.problem("WFSendMessageContent", "must hold a message")
    recipients = tuple(dict.fromkeys(_recipient(run, item) for item in people))
    if not run.world.device.settings.online:
        raise ActionError(RunErrorKind.REFUSED, "the device is offline: Wi-Fi and cellular data are both unavailable")
    run.world.device = run.world.device.add(OutgoingMessage("", recipients, text))


_HANDLE = re.compile(r"\+?[\d ()./-]{3,30}|[^\s@]{1,100}@[^\s@]{1,100}", re.A)


def _recipient(run: Run, item: Item) -> str:
    """Whom a message goes to: a contact's name, or a number or address that no contact has."""
    text = item_text(item, run.clock).strip()
    if _HANDLE.fullmatch(text):
        owner = next((person for person in run.world.device.contacts if _owns(person, text)), None)
        return owner.name if owner else text
    return _contact(run, item).name


def _owns(person: Contact, handle: str) -> bool:
    digits = re.sub(r"\D", "", handle)
    return handle in person.emails or any(digits and digits == re.sub(r"\D", "", phone) for phone in person.phones)


def _contact(run: Run, item: Item) -> Contact:
    if isinstance(item, Contact):
        return item
    wanted = item_text(item, run.clock).strip()
    found = named(run.world.device, wanted)
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(person.name for person in found[:5])
        raise ActionError(RunErrorKind.NOT_FOUND, f"several contacts are called {wanted[:80]!r}: {names}")
    raise ActionError(RunErrorKind.NOT_FOUND, f"there is no contact called {wanted[:80]!r}")


def named(device: Device, name: str) -> list[Contact]:
    """The contacts of that full name; if there are none, of that first name, last name or nickname."""
    wanted = name.casefold()
    full = [person for person in device.contacts if person.name.casefold() == wanted]
    return full or [
        person
        for person in device.contacts
        if wanted and wanted in {person.first_name.casefold(), person.last_name.casefold(), person.nickname.casefold()}
    ]
