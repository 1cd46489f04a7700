"""The way to an endpoint: how many requests at once, how many a minute, how many tokens a minute, and not before when.

Whoever has passed `enter` must leave, and say how it ended. Waiting is first come, first served. Time is the event
loop's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress

from harness.models.window import Ticket, Window


class Bucket:
    """A budget that fills steadily: one second's worth lies ready, and whoever overdraws makes the next wait."""

    def __init__(self, per_minute: float) -> None:
        self._rate = per_minute / 60
        self._room = max(1.0, self._rate)
        self._level = self._room
        self._filled_at: float | None = None

    def take(self, amount: float, now: float) -> float:
        """Take so much; returns the seconds to wait before it may be used."""
        if self._filled_at is not None:
            self._level = min(self._room, self._level + (now - self._filled_at) * self._rate)
        self._filled_at = now
        # What is more than the bucket ever holds passes when it is full, and leaves a debt.
        wait = max(0.0, (min(amount, self._room) - self._level) / self._rate)
        self._level -= amount
        return wait

    def give_back(self, amount: float) -> None:
        """Less was used than taken; or more, where it is negative."""
        self._level += amount


class Door:
    """What all models of an endpoint share: its window, who waits before it, and when it wants to be asked again."""

    def __init__(self, most: int | None = None) -> None:
        self.window = Window()
        self.window.cap(most)
        self._waiting: deque[asyncio.Future[Ticket]] = deque()
        self._not_before = 0.0

    async def enter(self) -> Ticket:
        """Wait until one more may be in flight; returns the ticket to leave with."""
        if self.window.open and not self._waiting:
            return self.window.sent()
        turn: asyncio.Future[Ticket] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # The turn and the cancellation came together.
                self.window.broke()
                self.admit()
            with suppress(ValueError):
                self._waiting.remove(turn)
            raise

    def admit(self) -> None:
        """Let in whoever there is room for now."""
        while self._waiting and self.window.open:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(self.window.sent())

    @property
    def resting(self) -> bool:
        """Whether it asked not to be asked for a while."""
        return self._not_before > 0.0

    def rest(self, seconds: float) -> None:
        """Nothing more is sent for so long."""
        self._not_before = max(self._not_before, asyncio.get_running_loop().time() + seconds)

    async def rested(self) -> None:
        """Returns when it may be asked again."""
        rest = self._not_before - asyncio.get_running_loop().time()
        if rest > 0:
            await asyncio.sleep(rest)
            await self.rested()
        else:
            self._not_before = 0.0


class Gate:
    """One model's way to its endpoint, with the rates that hold for this model."""

    def __init__(self, door: Door, *, rpm: float | None = None, tpm: float | None = None) -> None:
        self._door = door
        self._requests = Bucket(rpm) if rpm is not None else None
        self._tokens = Bucket(tpm) if tpm is not None else None
        self._rated = rpm is not None or tpm is not None

    @property
    def counts_tokens(self) -> bool:
        """Whether tokens are limited, so that `enter` wants to know how many."""
        return self._tokens is not None

    @property
    def free(self) -> bool:
        """Whether `enter` passes at once, as far as is known."""
        return self._door.window.open and not self._rated and not self._door.resting

    async def enter(self, tokens: float = 0.0) -> Ticket:
        """Wait until one more may be sent; returns the ticket to leave with.

        Args:
            tokens: How many the request is expected to take.
        """
        ticket = await self._door.enter()
        if self._rated or self._door.resting:
            try:
                await self._keep_rates(tokens)
            except BaseException:
                self.leave_broken()
                raise
        return ticket

    def leave(self, ticket: Ticket, *, unused_tokens: float = 0.0) -> None:
        """An answer came; of the tokens that were expected so many were not used."""
        if self._tokens is not None:
            self._tokens.give_back(unused_tokens)
        self._door.window.succeeded(ticket)
        self._door.admit()

    def leave_broken(self) -> None:
        """It ended without an answer, for another reason than too many requests."""
        self._door.window.broke()
        self._door.admit()

    def leave_refused(self, ticket: Ticket, *, wait_s: float) -> None:
        """It was one too many; for so long the endpoint doesn't want to be asked."""
        if wait_s:
            self._door.rest(wait_s)
        self._door.window.refused(ticket)
        self._door.admit()

    async def _keep_rates(self, tokens: float) -> None:
        now = asyncio.get_running_loop().time()
        wait = self._requests.take(1.0, now) if self._requests is not None else 0.0
        if self._tokens is not None:
            wait = max(wait, self._tokens.take(tokens, now))
        if wait > 0:
            await asyncio.sleep(wait)
        await self._door.rested()
