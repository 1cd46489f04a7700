"""A party's seat: anyone's code is asked for its next message here, and what it does wrong becomes its fault."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import cast

from harness.core.errors import AgentFault, EnvironmentFault, EpisodeFault, UserFault
from harness.core.message import Message, Party, ToolCall
from harness.core.protocols import Agent, Simulator, View
from harness.engine.threads import in_thread

_CLOSE_S = 30.0
"""Seconds that a party may take to close."""


class Seat:
    """Who sits there, and how to ask them."""

    def __init__(self, party: Party, player: Agent | Simulator) -> None:
        self._player = player
        self._waits = inspect.iscoroutinefunction(player.act)
        self.fault: type[AgentFault] | type[UserFault] = AgentFault if party is Party.AGENT else UserFault
        """What a mistake of this party is raised as."""

    async def act(self, view: View) -> Message:
        """The party's next message.

        Raises:
            EpisodeFault: what the party itself raised of the kind, or its fault: it broke, or returned no message.
        """
        try:
            message = await self._reply(view)
        except EpisodeFault:
            raise
        except asyncio.CancelledError as error:
            if (task := asyncio.current_task()) is None or task.cancelling():
                raise
            raise self.fault("CancelledError: raised by the party itself") from error
        except BaseException as error:
            # Boundary: anyone's code sits in the seat, and may raise whatever there is.
            raise self.fault(f"{type(error).__name__}: {error}") from error
        if isinstance(message, str):
            return Message(text=message)
        if not isinstance(message, Message):
            raise self.fault(f"act() returned {type(message).__name__}, not a Message or str")
        return message

    async def close(self) -> None:
        """The episode is over: the party's own `close()`, plain or async, is called if it has one. What it raises or
        how long it takes changes nothing any more."""
        close = getattr(self._player, "close", None)
        if not callable(close):
            return
        # Boundary: anyone's code sits in the seat.
        with suppress(Exception, SystemExit, KeyboardInterrupt):
            async with asyncio.timeout(_CLOSE_S):
                left = close() if inspect.iscoroutinefunction(close) else await in_thread(close)
                if inspect.isawaitable(left):
                    await left

    async def _reply(self, view: View) -> object:
        act = self._player.act
        if self._waits:
            return await cast("Awaitable[object]", act(view))
        # A plain method may wait for a network or never return: it must not hold up the other episodes.
        reply = await in_thread(lambda: act(view))
        return await reply if inspect.isawaitable(reply) else reply


def with_call_ids(message: Message, used: set[str]) -> Message:
    """The message with an id for each call that has none or one of `used`; adds its ids to them."""
    if not message.tool_calls:
        return message
    calls: list[ToolCall] = []
    for call in message.tool_calls:
        if not call.id or call.id in used:
            number = len(used)
            while f"call_{number}" in used:
                number += 1
            call = call.numbered(f"call_{number}")
        used.add(call.id)
        calls.append(call)
    return message.model_copy(update={"tool_calls": tuple(calls)})


def side_of(fault: EpisodeFault) -> Party | None:
    """Whose fault it is; `None`: the infrastructure's."""
    sides: Sequence[tuple[type[EpisodeFault], Party]] = (
        (AgentFault, Party.AGENT),
        (UserFault, Party.USER),
        (EnvironmentFault, Party.ENVIRONMENT),
    )
    return next((party for kind, party in sides if isinstance(fault, kind)), None)
