"""What the device's actions do, by app. Importing this package fills `registry.ACTIONS`.

Identifiers, parameter names and choices are upstream's; the descriptions are ours, since upstream's are
wrong for about seventy actions.
"""

from environments.shortcuts.actions import (
    articles,
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
    photos,
    reminders,
    settings,
    store,
    text,
    web,
    words,
)

__all__ = [
    "articles", "calendar", "clock", "coding", "control", "data", "dates", "documents", "files", "health", "images",
    "interaction", "library", "lists", "maps", "measures", "music", "notes", "numbers", "outbox", "people", "photos",
    "reminders", "settings", "store", "text", "web", "words",
]  # fmt: skip
