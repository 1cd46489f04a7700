"""Mails, calls, and whatever else is handed to people, apps and machines."""

from __future__ import annotations

from typing import Literal

from environments.shortcuts.actions.people import contact_named, recipient
from environments.shortcuts.coercion import file_of, item_text, lookup
from environments.shortcuts.records import Contact, File, HandedOver, OpenedUrl, OutgoingCall, OutgoingMail, Photo
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import ActionError, Run, RunErrorKind
from environments.shortcuts.values import Item, Value

_ITEMS = Parameter("WFInput", ParameterType.ANY, "What.", is_input=True)


@action(
    "sendemail",
    "Mail",
    "Sends a mail. The device must be online.",
    Parameter("WFSendEmailActionToRecipients", ParameterType.ANY, "Contacts, their names, or addresses."),
    Parameter("WFSendEmailActionCcRecipients", ParameterType.ANY, "Who gets a copy."),
    Parameter("WFSendEmailActionBccRecipients", ParameterType.ANY, "Who gets a copy unseen."),
    Parameter("WFSendEmailActionSubject", ParameterType.TEXT, "The subject."),
    Parameter("WFSendEmailActionInputAttachments", ParameterType.ANY, "The text, and files to attach.", is_input=True),
    Parameter("WFSendEmailActionShowComposeSheet", ParameterType.BOOLEAN, "Whether the user sees it first.", True),
    Parameter("WFSendEmailActionSaveAsDraft", ParameterType.BOOLEAN, "Whether it's only kept.", False),
    Parameter("WFSendEmailActionFrom", ParameterType.TEXT, "The user's own address."),
    writes=True,
    personal=True,
)
def send_mail(run: Run, given: Arguments) -> None:
    """The mail is sent, or kept."""
    to, cc, bcc = (_addresses(run, given.value(f"WFSendEmailAction{kind}Recipients")) for kind in ("To", "Cc", "Bcc"))
    draft = given.boolean("WFSendEmailActionSaveAsDraft")
    if not to and not draft:
        raise given.problem("WFSendEmailActionToRecipients", "must name a recipient")
    if not draft and not run.world.device.settings.online:
        raise ActionError(RunErrorKind.REFUSED, "the device is offline: Wi-Fi and cellular data are both unavailable")
    parts = given.value("WFSendEmailActionInputAttachments")
    files = tuple(file_of(item, run.clock).name for item in parts if isinstance(item, File | Photo))
    text = "\n".join(item_text(item, run.clock) for item in parts if not isinstance(item, File | Photo))
    subject = given.text("WFSendEmailActionSubject")
    run.world.add(OutgoingMail("", to, subject, text, cc, bcc, files, draft))


def _addresses(run: Run, value: Value) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_address(run, item) for item in value))


def _address(run: Run, item: Item) -> str:
    """The address that is meant: a contact's first one, or one that was given."""
    text = item_text(item, run.clock).strip()
    if "@" in text and " " not in text:
        return text
    contact = contact_named(run, item)
    if not contact.emails:
        raise ActionError(RunErrorKind.NOT_FOUND, f"{contact.name} has no mail address")
    return contact.emails[0]


def _call(identifier: str, service: Literal["Phone", "FaceTime"], *names: str) -> None:
    """Declare an action that calls somebody."""

    @action(
        identifier,
        "Phone",
        f"Calls somebody by {service}.",
        Parameter(names[0], ParameterType.ANY, "A contact, a name or a number.", is_input=True, aliases=names[1:]),
        writes=True,
        personal=True,
    )
    def call(run: Run, given: Arguments) -> None:
        people = given.value(names[0])
        if not people:
            raise given.problem(names[0], "must say whom to call")
        for item in people[:1]:
            run.world.add(OutgoingCall("", recipient(run, item), service))


_call("com.apple.mobilephone.call", "Phone", "WFCallContact", "WFContact", "contact")
_call("com.apple.facetime.facetime", "FaceTime", "WFFaceTimeContact", "WFContact", "contact")


def _handing(identifier: str, app: str, text: str, way: str, *more: Parameter) -> None:
    """Declare an action that hands something over."""

    @action(identifier, app, text, _ITEMS, *more, writes=True, personal=True)
    def hand_over(run: Run, given: Arguments) -> None:
        items = given.value("WFInput")
        if not items:
            raise given.problem("WFInput", "must hold something")
        target = next((given.text(one.name) for one in more if given.given(one.name)), "")
        run.world.add(HandedOver("", way, "\n".join(_shown(run, item) for item in items)[:4_000], target))


def _shown(run: Run, item: Item) -> str:
    return item.name if isinstance(item, File | Photo | Contact) else item_text(item, run.clock)


_handing("share", "Sharing", "Shows the share sheet with items.", "Share")
_handing("airdropdocument", "Sharing", "Sends items by AirDrop.", "AirDrop")
_handing("print", "Sharing", "Prints items.", "Print")
_handing(
    "openin",
    "Sharing",
    "Opens items in another app.",
    "Open In",
    Parameter("WFSelectedApp", ParameterType.ANY, "The app.", aliases=("WFOpenInAppIdentifier", "WFAppName")),
    Parameter("WFOpenInAskWhenRun", ParameterType.BOOLEAN, "Whether the user chooses it."),
)
_handing("runextension", "Sharing", "Gives items to an extension of an app.", "Extension")
_handing(
    "imgur.upload",
    "Sharing",
    "Uploads images.",
    "Imgur",
    Parameter("WFImgurTitle", ParameterType.TEXT, "The title."),
)


@action(
    "openapp",
    "Apps",
    "Opens an app.",
    Parameter("WFSelectedApp", ParameterType.ANY, "The app.", aliases=("WFAppIdentifier",)),
    Parameter("WFAppName", ParameterType.TEXT, "Its name."),
    Parameter("WFOpenInSlideOver", ParameterType.BOOLEAN, "Whether beside another.", False),
    output="App",
    writes=True,
)
def open_app(run: Run, given: Arguments) -> Value:
    """The app's name."""
    name = app_name(run, given, "WFSelectedApp") or given.text("WFAppName")
    if not name:
        raise given.problem("WFSelectedApp", "must name an app")
    run.world.add(OpenedUrl("", f"app:{name}"))
    return (name,)


def app_name(run: Run, given: Arguments, parameter: str) -> str:
    """The app that a parameter names: as text, or as the dictionary that Apple's picker leaves."""
    for item in given.value(parameter):
        found = lookup(item, "Name") or lookup(item, "BundleIdentifier")
        return item_text(found if found is not None else item, run.clock)
    return ""


@action(
    "com.apple.shortcuts.OpenWorkflowAction",
    "Apps",
    "Opens a shortcut in its editor.",
    Parameter("target", ParameterType.ANY, "The shortcut.", aliases=("WFWorkflow", "WFWorkflowName")),
    writes=True,
)
def open_shortcut(run: Run, given: Arguments) -> None:
    """The editor is opened."""
    run.world.add(OpenedUrl("", f"shortcuts:{app_name(run, given, 'target')}"))


def _passing(identifier: str, app: str, text: str) -> None:
    """Declare an action that only leads the user somewhere, and changes nothing that is kept."""

    @action(identifier, app, text)
    def pass_on(run: Run, given: Arguments) -> None:
        """Nothing that anybody could see afterwards."""


_passing("handoff", "Apps", "Goes on in the app Shortcuts.")
_passing("waittoreturn", "Apps", "Waits until the user comes back.")
_passing("returntohomescreen", "Apps", "Shows the home screen.")
_passing("dismisssiri", "Apps", "Lets Siri go away and goes on.")
_passing("vibrate", "Apps", "Shakes the device.")


@action(
    "useractivity.open",
    "Apps",
    "Opens a place inside an app.",
    Parameter("AppBundleIdentifier", ParameterType.TEXT, "The app."),
    Parameter("UserActivityData", ParameterType.ANY, "The place."),
    writes=True,
)
def open_activity(run: Run, given: Arguments) -> None:
    """It is opened."""
    run.world.add(OpenedUrl("", f"app:{given.text('AppBundleIdentifier')}"))


@action(
    "showdefinition",
    "Apps",
    "Shows what a word means.",
    Parameter("Word", ParameterType.TEXT, "The word.", is_input=True),
)
def define(run: Run, given: Arguments) -> None:
    """The user sees it."""
    run.show(f"Definition of {given.text('Word')}")
