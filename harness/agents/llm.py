"""The agent that a model plays."""

from __future__ import annotations

from harness.core.message import Message
from harness.core.protocols import View
from harness.models.client import ModelClient
from harness.models.speaker import Speaker, ToolProtocol

PROMPT = """\
You act for a user, in a conversation with them and by the tools that you are given. In one message you either
speak to the user or use tools; text beside a tool call reaches nobody. What you don't know and can't look up, ask the
user. Follow this policy:

{policy}

When everything that was asked for is done and nothing is left to say, write ###STOP###."""


SOLO_PROMPT = """\
You solve a ticket by the tools that you are given, those of the service desk and those of the user's own device. Nobody
is there to talk to: in every message you use tools. Follow this policy:

{policy}

When the ticket is solved, or can't be solved and was handed over, write ###STOP### without using a tool."""


class LlmAgent:
    """Asks a model for each message, with the pack's policy in the system prompt."""

    def __init__(self, client: ModelClient, protocol: ToolProtocol) -> None:
        self._speaker = Speaker(client, protocol)

    async def act(self, view: View) -> Message:
        """The model's next message."""
        if view.interaction.relay:
            return await self._speaker.speak(view, view.instructions)
        prompt = SOLO_PROMPT if view.mode.solo else PROMPT
        return await self._speaker.speak(view, prompt.format(policy=view.instructions))
