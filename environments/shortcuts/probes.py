"""What checks may look at on the device, declared like tools but offered to nobody.

Titles are compared as they are, letter case included; `None` for what isn't there.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue

from environments.shortcuts.device import TABLES, Device
from environments.shortcuts.records import Event, Note, Notification, OpenedUrl, OutgoingMessage, Reminder, content
from environments.shortcuts.running import Performed
from environments.toolkit import tool
from harness.core.message import Party
from harness.core.parsing import JsonObject


class Probes:
    """Reads of one device."""

    def __init__(self, device: Device, performed: Sequence[Performed] = ()) -> None:
        self._device = device
        self._performed = performed

    @tool(party=Party.ENVIRONMENT)
    def state(self) -> JsonObject:
        """Everything that counts, tables by what they lost and gained against the pack's data."""
        return self._device.state()

    @tool(party=Party.ENVIRONMENT)
    def performed(self) -> list[JsonObject]:
        """The actions that were carried out in this phase: name, arguments, place, uses."""
        return [
            {
                "name": action.identifier,
                "arguments": action.parameters,
                "place": list(action.place),
                "uses": [list(use) for use in action.uses],
            }
            for action in self._performed
        ]

    @tool(party=Party.ENVIRONMENT)
    def has(self, table: str, fields: JsonObject) -> bool:
        """Whether a table of the device (files, mails, alarms, …) has an entry with these fields."""
        return self.count(table, fields) > 0

    @tool(party=Party.ENVIRONMENT)
    def count(self, table: str, fields: JsonObject | None = None) -> int:
        """How many entries with these fields a table of the device has.

        Raises LookupError for a name that is no table.
        """
        wanted = (fields or {}).items()
        entries = map(content, self._device.table(TABLES[table]))
        return sum(all(entry.get(key) == value for key, value in wanted) for entry in entries)

    @tool(party=Party.ENVIRONMENT)
    def note_text(self, title: str) -> str | None:
        """The text of the note of this title."""
        note = self._note(title)
        return None if note is None else note.body

    @tool(party=Party.ENVIRONMENT)
    def note_contains(self, title: str, text: str) -> bool:
        """Whether the note of this title holds this text."""
        note = self._note(title)
        return note is not None and text in note.body

    @tool(party=Party.ENVIRONMENT)
    def reminder(self, title: str) -> JsonValue:
        """The reminder of this title: list, due, notes, completed, priority."""
        return next((_shown(entry) for entry in self._device.reminders if entry.title == title), None)

    @tool(party=Party.ENVIRONMENT)
    def reminder_exists(
        self, title: str, list_name: str | None = None, due: str | None = None, completed: bool | None = None
    ) -> bool:
        """Whether there is such a reminder; what isn't given doesn't matter. `due` is ISO 8601."""
        return any(
            entry.title == title
            and (list_name is None or entry.list == list_name)
            and (due is None or (entry.due is not None and entry.due.isoformat() == due))
            and (completed is None or entry.completed == completed)
            for entry in self._device.reminders
        )

    @tool(party=Party.ENVIRONMENT)
    def reminder_titles(self, list_name: str, completed: bool = False) -> list[str]:
        """The titles on a list, sorted; open ones, or completed ones."""
        return sorted(
            entry.title for entry in self._device.reminders if entry.list == list_name and entry.completed == completed
        )

    @tool(party=Party.ENVIRONMENT)
    def event(self, title: str) -> JsonValue:
        """The event of this title: start, end, calendar, location, notes, all_day."""
        return next((_shown(entry) for entry in self._device.events if entry.title == title), None)

    @tool(party=Party.ENVIRONMENT)
    def event_exists(self, title: str, start: str | None = None) -> bool:
        """Whether there is an event of this title, at this start (ISO 8601) if one is given."""
        return any(
            entry.title == title and (start is None or entry.start.isoformat() == start)
            for entry in self._device.events
        )

    @tool(party=Party.ENVIRONMENT)
    def messages_sent(self) -> list[JsonObject]:
        """Every message that was sent, in order: recipients and text."""
        return [content(message) for message in self._device.table(OutgoingMessage)]

    @tool(party=Party.ENVIRONMENT)
    def message_sent(self, to: str, contains: str = "") -> bool:
        """Whether a message with this text in it was sent to this recipient."""
        return any(
            to in message.recipients and contains in message.text for message in self._device.table(OutgoingMessage)
        )

    @tool(party=Party.ENVIRONMENT)
    def notification_exists(self, contains: str) -> bool:
        """Whether a notification holds this text in its title or body."""
        return any(contains in f"{entry.title}\n{entry.body}" for entry in self._device.table(Notification))

    @tool(party=Party.ENVIRONMENT)
    def url_opened(self, url: str) -> bool:
        """Whether this address was opened."""
        return any(entry.url == url for entry in self._device.table(OpenedUrl))

    @tool(party=Party.ENVIRONMENT)
    def setting(self, name: str) -> JsonValue:
        """A setting's value.

        Raises LookupError for a name that is no setting.
        """
        return content(self._device.settings)[name]

    @tool(party=Party.ENVIRONMENT)
    def clipboard(self) -> str:
        """The clipboard's text."""
        return self._device.clipboard

    @tool(party=Party.ENVIRONMENT)
    def shown(self, contains: str) -> bool:
        """Whether something was shown to the user that holds this text."""
        return any(contains in text for text in self._device.shown)

    def _note(self, title: str) -> Note | None:
        return next((note for note in self._device.notes if note.title == title), None)


def _shown(entry: Reminder | Event) -> JsonObject:
    return {key: value for key, value in content(entry).items() if key != "title"}
