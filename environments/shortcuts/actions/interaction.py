"""What the user is asked and shown, the clipboard, and addresses that are opened."""

from __future__ import annotations

from dataclasses import replace

from environments.shortcuts.asking import ask_for
from environments.shortcuts.records import Notification
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import Run
from environments.shortcuts.values import NOTHING, Value

_TYPES = ("Text", "Number", "URL", "Date", "Time", "Date and Time")
_DEFAULTS = {
    "Number": "WFAskActionDefaultAnswerNumber",
    "URL": "WFAskActionDefaultAnswerURL",
    "Date": "WFAskActionDefaultAnswerDate",
    "Time": "WFAskActionDefaultAnswerTime",
    "Date and Time": "WFAskActionDefaultAnswerDateAndTime",
}


@action(
    "ask",
    "Scripting",
    "Asks the user for a text, number, address, date or time.",
    Parameter("WFAskActionPrompt", ParameterType.TEXT, "The question."),
    Parameter("WFInputType", ParameterType.ENUM, "What the answer must be.", "Text", _TYPES),
    Parameter("WFAskActionDefaultAnswer", ParameterType.ANY, "What counts if the user answers nothing."),
    *(Parameter(name, ParameterType.ANY, f"The same for a {kind}.") for kind, name in _DEFAULTS.items()),
    output="Provided Input",
)
async def ask(run: Run, given: Arguments) -> Value:
    """What the user answers."""
    kind = given.choice("WFInputType")
    own = _DEFAULTS.get(kind, "WFAskActionDefaultAnswer")
    default = given.value(own) or given.value("WFAskActionDefaultAnswer")
    return await ask_for(run, given.text("WFAskActionPrompt"), kind, default)


@action(
    "showresult",
    "Scripting",
    "Shows a text to the user.",
    Parameter("Text", ParameterType.TEXT, "The text.", is_input=True),
)
def show_result(run: Run, given: Arguments) -> None:
    """The user sees the text."""
    run.show(given.text("Text"))


@action(
    "alert",
    "Scripting",
    "Shows an alert to the user, who closes it.",
    Parameter("WFAlertActionTitle", ParameterType.TEXT, "The title."),
    Parameter("WFAlertActionMessage", ParameterType.TEXT, "The message.", "Do you want to continue?"),
    Parameter("WFAlertActionCancelButtonShown", ParameterType.BOOLEAN, "Whether it could be cancelled.", True),
)
def alert(run: Run, given: Arguments) -> None:
    """The user sees the alert and goes on."""
    parts = (given.text("WFAlertActionTitle"), given.text("WFAlertActionMessage"))
    run.show("\n".join(part for part in parts if part))


@action(
    "notification",
    "Scripting",
    "Leaves a notification on the device.",
    Parameter("WFNotificationActionBody", ParameterType.TEXT, "What it says.", "Hello World"),
    Parameter("WFNotificationActionTitle", ParameterType.TEXT, "Its title."),
    Parameter("WFNotificationActionSound", ParameterType.BOOLEAN, "Whether it makes a sound.", True),
    Parameter("WFInput", ParameterType.ANY, "An attachment.", is_input=True),
    writes=True,
)
def notify(run: Run, given: Arguments) -> None:
    """There is a notification."""
    note = Notification("", given.text("WFNotificationActionTitle"), given.text("WFNotificationActionBody"))
    run.world.add(note)


@action("getclipboard", "Scripting", "Gives what is on the clipboard.", output="Clipboard")
def get_clipboard(run: Run, given: Arguments) -> Value:
    """The clipboard's text."""
    text = run.world.device.clipboard
    return (text,) if text else NOTHING


@action(
    "setclipboard",
    "Scripting",
    "Puts a text on the clipboard.",
    Parameter("WFInput", ParameterType.TEXT, "The text.", is_input=True),
    output="Copied Text",
    writes=True,
)
def set_clipboard(run: Run, given: Arguments) -> Value:
    """The text, which the clipboard now holds."""
    text = given.text("WFInput")
    run.world.device = replace(run.world.device, clipboard=text)
    return (text,)
