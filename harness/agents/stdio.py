"""An agent that is a command: JSON Lines on its standard streams, a process of its own for each episode.

A command that ends, talks rubbish, answers another turn or doesn't answer in time is the agent's error, with the last
lines of its standard error.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Sequence

from harness.agents.command import Command, SaidNothing
from harness.agents.wire import Unread, episode_object, read_reply, turn_object
from harness.core.errors import AgentFault
from harness.core.message import Message
from harness.core.parsing import JsonObject
from harness.core.protocols import View


class StdioAgent:
    """Plays one episode through a command's standard streams."""

    def __init__(self, argv: Sequence[str], timeout_s: float) -> None:
        self._argv = argv
        self._timeout_s = timeout_s
        self._command: Command | None = None
        self._unread = Unread()
        self._turn = 0
        self._broken = False

    async def act(self, view: View) -> Message:
        """The command's reply to this turn."""
        objects = [turn_object(self._turn, self._unread.of(view))]
        if self._command is None:
            self._command = await Command.start(self._argv)
            objects.insert(0, episode_object(view, uuid.uuid4().hex))
        try:
            async with asyncio.timeout(self._timeout_s):
                message = await self._asked(self._command, objects)
        except TimeoutError:
            raise self._fault(f"no answer within {self._timeout_s:g} s") from None
        except SaidNothing as silence:
            raise self._fault(f"the command {silence}") from None
        except AgentFault as fault:
            raise self._fault(str(fault)) from None
        self._turn += 1
        return message

    async def close(self) -> None:
        """The episode is over: the command gets to hear so, and has a moment to go by itself unless it has failed."""
        if self._command is None:
            return
        if self._broken:
            await self._command.end(0)
            return
        try:
            async with asyncio.timeout(1):
                await self._command.say('{"type": "end"}')
        except (SaidNothing, TimeoutError):
            pass
        finally:
            await self._command.end()

    async def _asked(self, command: Command, objects: Sequence[JsonObject]) -> Message:
        for one in objects:
            await command.say(json.dumps(one, ensure_ascii=False))
        return read_reply(await command.hear(), turn=self._turn, paired=False)

    def _fault(self, what: str) -> AgentFault:
        assert self._command is not None
        self._broken = True
        return AgentFault(f"{what}{self._command.last_words}")
