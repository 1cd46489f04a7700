"""The chair seen from a client that acts when it likes: each of its moves becomes the agent's next message.

The engine asks for a message and waits (`act`); the client makes a move and waits for what comes of it (`make`). A move
that comes too early waits for its turn, so a client may make several at once; they are played in order.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from harness.agents.wire import Unread
from harness.core.errors import AgentFault
from harness.core.event import Event, MessageEvent
from harness.core.message import Message, Party, Stop
from harness.core.protocols import View


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a move."""

    events: Sequence[Event]
    """What the agent was told after it: results, words, requests. Its own moves aren't among them."""
    over: bool
    """The episode is over: no further move does anything."""


class Moves:
    """One episode's chair for a client; an `Agent` on its other side."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._unread = Unread()
        self._view: View | None = None
        self._begun = asyncio.Event()
        self._waiting: deque[tuple[Message, asyncio.Future[Outcome]]] = deque()
        self._changed = asyncio.Event()
        self._playing: asyncio.Future[Outcome] | None = None
        self._missed: list[Event] = []
        self._made = 0
        self._left = ""
        self._failed = False
        self._over = False

    def begin(self, view: View) -> None:
        """The first turn has come; what was said before it is the client's to read in the history."""
        self._view = view
        self._unread.of(view)
        self._begun.set()

    async def act(self, view: View) -> Message:
        """The client's next move; the end, if it has left after at least one.

        Raises:
            AgentFault: it has left by a failure or without a move, or makes none in time.
        """
        if self._view is None:
            self.begin(view)
        self._settle(over=False)
        try:
            async with asyncio.timeout(self._timeout_s):
                while not self._waiting and not self._left:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AgentFault(f"no tool was called for {self._timeout_s:g} s") from None
        if self._waiting:
            message, self._playing = self._waiting.popleft()
            self._made += 1
            return message
        if self._failed:
            raise AgentFault(self._left)
        if not self._made:
            raise AgentFault(f"{self._left} and had called no tool")
        return Message(stop=Stop.DONE)

    async def close(self) -> None:
        """The episode is over; every move that waits gets to know."""
        self._settle(over=True)
        self._over = True
        self._begun.set()
        while self._waiting:
            _, future = self._waiting.popleft()
            if not future.done():
                future.set_result(Outcome((), over=True))

    async def view(self) -> View | None:
        """What the client may see, once its turn has come; `None` where the episode ended before that."""
        await self._begun.wait()
        return self._view

    async def make(self, message: Message) -> Outcome:
        """Make a move and wait for what comes of it."""
        if self._over:
            return Outcome((), over=True)
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((message, future))
        self._changed.set()
        try:
            return await future
        except asyncio.CancelledError:
            self._waiting = deque(move for move in self._waiting if move[1] is not future)
            raise

    def leave(self, how: str, *, failed: bool = False) -> None:
        """The client is gone, because of a failure or because it was done; what it had asked for is still played."""
        self._left, self._failed = how, failed
        self._changed.set()

    def _settle(self, *, over: bool) -> None:
        """Tell whoever made the last move what came of it; what nobody waits for any more goes to the next."""
        if self._view is None:
            return
        told = [event for event in self._unread.of(self._view) if not _own(event)]
        self._missed += told
        if self._playing is not None and not self._playing.done():
            self._playing.set_result(Outcome(tuple(self._missed), over))
            self._missed = []
        self._playing = None


def _own(event: Event) -> bool:
    return isinstance(event, MessageEvent) and event.party is Party.AGENT and not event.given
