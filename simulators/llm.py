"""The user that a model plays. It sees its scenario and its own tools, and nothing of the agent's."""

from __future__ import annotations

from harness.core.message import Message
from harness.core.protocols import View
from harness.core.task import Task
from harness.models.client import ModelClient
from harness.models.speaker import Speaker, ToolProtocol

PROMPT = """\
You play a person who wants something from a service agent; the agent's messages come to you as the user's. Stay
that person: never help as an assistant would, never speak for the agent, and never mention that this is a scenario.

How to play:
- Say one thing at a time, in short everyday sentences of your own.
- Give what you know when you are asked for it, not before, and never invent what is not written here.
- What the agent asks you to do with your own tools, do, and tell what they really show.
- When all that you want is done, write ###STOP###. If you are being handed over to somebody else, write
  ###TRANSFER###. If what the agent asks goes beyond what is written here, write ###OUT-OF-SCOPE###.

Who you are: {persona}

What you want: {request}

{instructions}

What you know:
{facts}"""


class LlmUser:
    """The user of one episode of `task`, played by a model."""

    def __init__(self, task: Task, client: ModelClient, protocol: ToolProtocol) -> None:
        self._speaker = Speaker(client, protocol)
        user = task.user
        self._system = PROMPT.format(
            persona=user.persona or "an ordinary customer",
            request=task.phases[0].request or "see below",
            instructions=user.instructions,
            facts="\n".join(f"- {fact.topic}: {fact.answer}" for fact in user.facts) or "- nothing else",
        ).strip()

    async def act(self, view: View) -> Message:
        """The model's next message."""
        return await self._speaker.speak(view, self._system)
