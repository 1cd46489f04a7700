"""What the device's actions do, by app. Importing this package fills `registry.ACTIONS`.

Identifiers, parameter names and choices are upstream's; the descriptions are ours, since upstream's are
wrong for about seventy actions.
"""

from environments.shortcuts.actions import (
    calendar,
    clock,
    coding,
    control,
    data,
    dates,
    documents,
    files,
    health,
    images,
    interaction,
    library,
    lists,
    maps,
    measures,
    music,
    notes,
    numbers,
    outbox,
    people,
    reminders,
    settings,
    store,
    text,
    web,
    words,
)

__all__ = [
    "calendar", "clock", "coding", "control", "data", "dates", "documents", "files", "health", "images", "interaction",
    "library", "lists", "maps", "measures", "music", "notes", "numbers", "outbox", "people", "reminders", "settings",
    "store", "text", "web", "words",
]  # fmt: skip
