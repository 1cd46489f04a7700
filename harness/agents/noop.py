"""The agent that does nothing: the floor under every score."""

from __future__ import annotations

from harness.core.message import Message, Stop
from harness.core.protocols import View


class NoopAgent:
    """Stops at once. A task that it solves tests nothing."""

    async def act(self, view: View) -> Message:
        """End the conversation."""
        return Message(stop=Stop.DONE)
