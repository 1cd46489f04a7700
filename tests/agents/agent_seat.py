"""A seat to try agents in: views, the names of agents, and processes to look for."""

from __future__ import annotations

import os
import shlex
import time
from pathlib import Path

from harness.core.event import Event, MessageEvent
from harness.core.message import Message, Party, ToolSpec
from harness.core.protocols import View

TOOL = ToolSpec(
    name="look",
    description="Looks.",
    parameters={"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]},
)


def view(*history: Event, tools: tuple[ToolSpec, ...] = (TOOL,)) -> View:
    return View(Party.AGENT, "Be kind.", tools, history, 7)


def said(party: Party, text: str, *, given: bool = False) -> MessageEvent:
    to = Party.AGENT if party is Party.USER else Party.USER
    return MessageEvent(party=party, to=to, message=Message(text=text), given=given)


def as_agent(door: str, command: list[str]) -> str:
    """The command as it is named after `--agent`."""
    return f"{door}:{shlex.join(command)}"


def gone(pid: int, within_s: float = 10.0) -> bool:
    """Whether a process has ended, waiting for it if need be."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False
