"""A person in the chair, the agent's or (by `simulators.human`) the user's: sees what the party sees, and types.

The end of the input ends the conversation. A line that isn't understood is asked for again and costs no turn.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from harness.agents.terminal import Terminal
from harness.agents.typed import HELP, Look, NotUnderstood, read_typed
from harness.core.event import Event, MessageEvent, ToolEvent
from harness.core.message import Message, Party, Stop, ToolSpec
from harness.core.protocols import View
from harness.models.text_protocol import signatures

_ROLES = {Party.AGENT: "You are the agent.", Party.USER: "You are the user."}
_STYLES = {Party.AGENT: "cyan", Party.USER: "green", Party.ENVIRONMENT: "magenta"}


class HumanPlayer:
    """Plays one episode for whoever sits at the terminal."""

    def __init__(self, terminal: Terminal, *, scenario: str = "") -> None:
        """`scenario`: what this party knows beyond the view."""
        self._terminal = terminal
        self._scenario = scenario
        self._shown = 0
        self._met = False

    async def act(self, view: View) -> Message:
        """What the person says or does."""
        if not self._met:
            self._met = True
            self._greet(view)
        if view.interaction.relay:
            self._shown = 0
        for event in view.history[self._shown :]:
            if not _typed(event, view.party):
                self._tell(event, view.party)
        self._shown = len(view.history)
        while True:
            line = await self._terminal.ask(f"{view.party}> ")
            if line is None:
                self._terminal.show("(the input has ended, and with it your part in the conversation)")
                return Message(stop=Stop.DONE)
            if (message := self._understood(line, view)) is not None:
                return message

    def _understood(self, line: str, view: View) -> Message | None:
        try:
            typed = read_typed(line, view.tools)
        except NotUnderstood as problem:
            self._terminal.show(str(problem), style="red")
            return None
        if isinstance(typed, Look):
            self._look(typed, view)
            return None
        if view.mode.solo and typed.text and typed.stop is None:
            self._terminal.show("nobody is there to talk to: call a tool, or /stop", style="red")
            return None
        return None if typed.blank and not view.interaction.relay else typed

    def _greet(self, view: View) -> None:
        show = self._terminal.show
        show()
        show(f"{_ROLES[view.party]} /help tells what you can type.", style="yellow")
        self._instruct(view)
        show(f"\nYour tools:\n{signatures(view.tools) or '- none'}\n")
        if not view.history:
            show("Nothing was said yet: you open the conversation.", style="yellow")

    def _instruct(self, view: View) -> None:
        self._terminal.show("\n\n".join(part.strip() for part in (view.instructions, self._scenario) if part.strip()))

    def _look(self, look: Look, view: View) -> None:
        match look.what:
            case "help":
                self._terminal.show(HELP)
            case "tools":
                self._terminal.show(_about(view.tools, look.name))
            case "instructions":
                self._instruct(view)
            case "history":
                for event in view.history:
                    self._tell(event, view.party)

    def _tell(self, event: Event, party: Party) -> None:
        match event:
            case ToolEvent(name=name, result=result):
                mark = f"{name} failed" if result.error else name
                self._terminal.show(f"[{mark}] {result.content}", style="red" if result.error else "")
            case MessageEvent(message=message):
                who = "you" if event.party is party else event.party.value
                for call in message.tool_calls:
                    self._terminal.show(f"{who} call {call.name} {json.dumps(call.arguments, ensure_ascii=False)}")
                if message.text and not message.tool_calls:
                    self._terminal.show(f"{who}: {message.text}", style=_STYLES[event.party])


def _typed(event: Event, party: Party) -> bool:
    """Whether it stands on the screen already."""
    return isinstance(event, MessageEvent) and event.party is party and not event.given


def _about(tools: Sequence[ToolSpec], name: str) -> str:
    for spec in tools:
        if spec.name == name:
            return f"{spec.name}: {spec.description}\n{json.dumps(spec.parameters, indent=2, ensure_ascii=False)}"
    return signatures(tools) or "- none"
