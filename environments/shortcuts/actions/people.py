"""Contacts and messages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from environments.shortcuts.actions.finding import finder
from environments.shortcuts.asking import pick
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
    return tuple(contact_named(run, item) for item in given.value("WFContact"))


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
    recipients = tuple(dict.fromkeys(recipient(run, item) for item in people))
    if not run.world.device.settings.online:
        raise ActionError(RunErrorKind.REFUSED, "the device is offline: Wi-Fi and cellular data are both unavailable")
    run.world.add(OutgoingMessage("", recipients, text))


_HANDLE = re.compile(r"\+?[\d ()./-]{3,30}|[^\s@]{1,100}@[^\s@]{1,100}", re.A)


def recipient(run: Run, item: Item) -> str:
    """Whom a message goes to: a contact's name, or a number or address that no contact has."""
    text = item_text(item, run.clock).strip()
    if _HANDLE.fullmatch(text):
        owner = next((person for person in run.world.device.contacts if _owns(person, text)), None)
        return owner.name if owner else text
    return contact_named(run, item).name


def _owns(person: Contact, handle: str) -> bool:
    digits = re.sub(r"\D", "", handle)
    return handle in person.emails or any(digits and digits == re.sub(r"\D", "", phone) for phone in person.phones)


def contact_named(run: Run, item: Item) -> Contact:
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


@action(
    "selectcontacts",
    "Contacts",
    "Lets the user pick contacts.",
    Parameter("WFSelectMultiple", ParameterType.BOOLEAN, "Whether several may be picked.", False),
    output="Contacts",
    personal=True,
)
async def select(run: Run, given: Arguments) -> Value:
    """Whom the user picks."""
    several = given.boolean("WFSelectMultiple")
    pool = list(run.world.device.contacts)
    prompt = "Pick contacts." if several else "Pick a contact."
    return await pick(run, prompt, pool, [person.name for person in pool], several=several)


def _selecting(identifier: str, what: str, output: str, read: Callable[[Contact], tuple[str, ...]]) -> None:
    """Declare an action that lets the user pick a number or address of a contact."""

    @action(identifier, "Contacts", f"Lets the user pick {what}.", output=output, personal=True)
    async def select_one(run: Run, given: Arguments) -> Value:
        pool = [person for person in run.world.device.contacts if read(person)]
        found = await pick(run, f"Pick {what}.", pool, [person.name for person in pool], several=False)
        return read(found[0])[:1]


_selecting("selectphone", "a contact's phone number", "Phone Numbers", lambda person: person.phones)
_selecting("selectemail", "a contact's mail address", "Email Addresses", lambda person: person.emails)

_INPUT = Parameter("WFInput", ParameterType.ANY, "What to look into.", is_input=True)


@action(
    "detect.contacts", "Contacts", "Finds the contacts that its input names.", _INPUT, output="Contacts", personal=True
)
def detect(run: Run, given: Arguments) -> Value:
    """The contacts; in a text, those whose whole name, number or address is in it."""
    found: dict[str, Contact] = {}
    for item in given.value("WFInput"):
        if isinstance(item, Contact):
            found[item.id] = item
            continue
        text = item_text(item, run.clock)
        for person in run.world.device.contacts:
            if person.name.casefold() in text.casefold() or any(
                one in text for one in (*person.emails, *person.phones)
            ):
                found[person.id] = person
    return tuple(found.values())


_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}", re.A)
_PHONE = re.compile(r"(?<![\w.])\+?\d[\d ()/-]{4,20}\d(?![\w.])", re.A)


@action("detect.emailaddress", "Contacts", "Finds the mail addresses in its input.", _INPUT, output="Email Addresses")
def detect_addresses(run: Run, given: Arguments) -> Value:
    """The addresses; a contact's are its own."""
    return _handles(run, given, _MAIL, lambda person: person.emails)


@action("detect.phonenumber", "Contacts", "Finds the phone numbers in its input.", _INPUT, output="Phone Numbers")
def detect_numbers(run: Run, given: Arguments) -> Value:
    """The numbers; a contact's are its own."""
    return _handles(run, given, _PHONE, lambda person: person.phones)


def _handles(
    run: Run, given: Arguments, pattern: re.Pattern[str], read: Callable[[Contact], tuple[str, ...]]
) -> tuple[str, ...]:
    found: list[str] = []
    for item in given.value("WFInput"):
        found += read(item) if isinstance(item, Contact) else pattern.findall(item_text(item, run.clock))
    return tuple(found)


def _given(identifier: str, parameter: str, what: str, output: str) -> None:
    """Declare an action that gives numbers or addresses as they are written."""

    @action(identifier, "Contacts", f"Gives {what}.", Parameter(parameter, ParameterType.ANY, "Which."), output=output)
    def give(run: Run, given: Arguments) -> Value:
        return tuple(given.texts(parameter))


_given("phonenumber", "WFPhoneNumber", "phone numbers", "Phone Numbers")
_given("email", "WFEmailAddress", "mail addresses", "Email Addresses")


@action(
    "addnewcontact",
    "Contacts",
    "Adds a contact.",
    Parameter("WFContactFirstName", ParameterType.TEXT, "First name."),
    Parameter("WFContactLastName", ParameterType.TEXT, "Last name."),
    Parameter("WFContactCompany", ParameterType.TEXT, "Company."),
    Parameter("WFContactPhoneNumbers", ParameterType.ANY, "Phone numbers."),
    Parameter("WFContactEmails", ParameterType.ANY, "Mail addresses."),
    Parameter("WFContactNotes", ParameterType.TEXT, "Notes."),
    output="New Contact",
    writes=True,
    personal=True,
)
def add(run: Run, given: Arguments) -> Value:
    """The new contact."""
    first, last = given.text("WFContactFirstName").strip(), given.text("WFContactLastName").strip()
    company = given.text("WFContactCompany").strip()
    if not (first or last or company):
        raise given.problem("WFContactFirstName", "must name somebody")
    person = Contact(
        id="",
        first_name=first,
        last_name=last,
        phones=tuple(text for text in given.texts("WFContactPhoneNumbers") if text),
        emails=tuple(text for text in given.texts("WFContactEmails") if text),
        company=company,
        notes=given.text("WFContactNotes"),
    )
    return (run.world.add(person),)


_SETTABLE = ("First Name", "Last Name", "Nickname", "Company", "Job Title", "Phone Numbers", "Email Addresses", "Notes")


@action(
    "setters.contacts",
    "Contacts",
    "Changes a property of contacts.",
    Parameter("WFInput", ParameterType.ANY, "The contacts.", is_input=True),
    Parameter("WFContentItemPropertyName", ParameterType.ENUM, "Which property.", "Nickname", _SETTABLE),
    Parameter("Mode", ParameterType.ENUM, "How.", "Set", ("Set", "Append", "Remove")),
    *(
        Parameter(f"WFContactContentItem{name.replace(' ', '')}", ParameterType.ANY, f"The new value of {name}.")
        for name in _SETTABLE
    ),
    output="Edited Contact",
    writes=True,
    personal=True,
)
def change(run: Run, given: Arguments) -> Value:
    """The contacts as they are now."""
    name = given.choice("WFContentItemPropertyName")
    texts = tuple(given.texts(f"WFContactContentItem{name.replace(' ', '')}"))
    changed = []
    for item in given.value("WFInput"):
        current = run.world.device.current(item) if isinstance(item, Contact) else None
        if current is None:
            raise ActionError(RunErrorKind.NOT_FOUND, "WFInput must hold contacts of this device")
        changed.append(run.world.change(_edited(current, name, given.choice("Mode"), texts)))
    return tuple(changed)


def _edited(person: Contact, name: str, mode: str, texts: tuple[str, ...]) -> Contact:
    lists = {"Phone Numbers": "phones", "Email Addresses": "emails"}
    if name in lists:
        held: tuple[str, ...] = getattr(person, lists[name])
        new = {
            "Append": tuple(dict.fromkeys((*held, *texts))),
            "Remove": tuple(one for one in held if one not in texts),
        }.get(mode, texts)
        return replace(person, **{lists[name]: new})  # type: ignore[arg-type]
    field, text = name.lower().replace(" ", "_"), "\n".join(texts)
    held_text: str = getattr(person, field)
    value = {"Append": f"{held_text}{text}", "Remove": ""}.get(mode, text)
    return replace(person, **{field: value})  # type: ignore[arg-type]
