"""What the device's actions do, by app. Importing this package fills `registry.ACTIONS`.

Identifiers, parameter names and choices are upstream's; the descriptions are ours, since upstream's are
wrong for about seventy actions.
"""

from environments.shortcuts.actions import calendar as calendar
from environments.shortcuts.actions import control, data, dates, interaction, lists, numbers, people, settings, text
from environments.shortcuts.actions import notes as notes
from environments.shortcuts.actions import reminders as reminders

__all__ = [
    "calendar",
    "control",
    "data",
    "dates",
    "interaction",
    "lists",
    "notes",
    "numbers",
    "people",
    "reminders",
    "settings",
    "text",
]
