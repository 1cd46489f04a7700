"""A person in the user's chair: shown the user's scenario and tools, and nothing of the agent's."""

from __future__ import annotations

from harness.agents.human import HumanPlayer
from harness.agents.terminal import Terminal
from harness.core.message import Message
from harness.core.protocols import View
from harness.core.task import Task


class HumanUser:
    """Plays the user of one episode for whoever sits at the terminal."""

    def __init__(self, task: Task, terminal: Terminal) -> None:
        self._player = HumanPlayer(terminal, scenario=scenario(task))

    async def act(self, view: View) -> Message:
        """What the person says or does."""
        return await self._player.act(view)


def scenario(task: Task) -> str:
    """What the user of a task is, wants and knows, beside the instructions that every user is shown."""
    user, request = task.user, task.phases[0].request
    parts = []
    if user.persona:
        parts.append(f"Who you are: {user.persona.strip()}")
    if request:
        parts.append(f"What you want first: {request}")
    if user.facts:
        facts = [f"- {fact.topic}: {fact.answer}" for fact in user.facts]
        parts.append("\n".join(["What you know, and tell when you are asked:", *facts]))
    if user.done_when:
        sights = [f"- {sight.contains!r} in what {sight.tool} shows" for sight in user.done_when]
        parts.append("\n".join(["You are content when you have seen:", *sights]))
    return "\n\n".join(parts)
