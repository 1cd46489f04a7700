"""Which of a task's requests is the present one, read off what a party has seen."""

from __future__ import annotations

from harness.core.event import MessageEvent
from harness.core.message import Party
from harness.core.protocols import View
from harness.core.task import Task


class Following:
    """Reads a party's history as it grows; for parties that know the task (the oracle, simulated users)."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._read = 0
        self.phase = 0

    def follow(self, view: View) -> bool:
        """Read what is new; returns whether a further request was made in the user's name."""
        new, self._read = view.history[self._read :], len(view.history)
        before = self.phase
        for event in new:
            following = self.phase + 1
            if (
                isinstance(event, MessageEvent)
                and event.given
                and event.party is Party.USER
                and following < len(self._task.phases)
                and event.message.text == self._task.phases[following].request
            ):
                self.phase = following
        return self.phase != before
