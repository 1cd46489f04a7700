"""How many requests an endpoint takes at once, found out by asking: additive increase, multiplicative decrease.

Only a refusal for too many requests (429) makes the window smaller; a server that breaks says nothing about how many it
takes. The window remembers at how many it was refused. It doubles until the first refusal, later grows by a few a round
up to just below the last one, stays there, and now and then tries one more: an endpoint that takes as many as ever
refuses about one request in a hundred, one that takes more is soon used in full.

Pure arithmetic; whoever sends and waits is `harness.models.gate`.
"""

from __future__ import annotations

FIRST = 16
"""The size to begin with."""
GROWTH = 4.0
"""Additive increase: so many more a round, a round being as many answers as the window holds."""
DECREASE = 0.85
"""Multiplicative decrease."""
CALM = 100
"""Answers between two tries of one more, at least; a wide window waits for four rounds, too."""


class Window:
    """The size of one endpoint's window, and what is in flight."""

    def __init__(self, most: int | None = None) -> None:
        self._most = float("inf") if most is None else float(most)
        self._size = min(float(FIRST), self._most)
        self._refused_at: int | None = None
        self._ever_refused = False
        self._calm = 0
        self._epoch = 0
        self.in_flight = 0

    @property
    def size(self) -> int:
        """Requests that may be in flight."""
        return int(self._size)

    @property
    def open(self) -> bool:
        """Whether one more may be sent."""
        return self.in_flight < int(self._size)

    def sent(self) -> int:
        """One more is in flight; returns the ticket with which to say how it ended."""
        self.in_flight += 1
        return self._epoch

    def succeeded(self) -> None:
        """An answer came."""
        if self.in_flight >= int(self._size):
            # Room that nobody used says nothing about what more would do.
            self._grow()
        self.in_flight -= 1

    def broke(self) -> None:
        """It ended in a way that says nothing about how many are too many."""
        self.in_flight -= 1

    def refused(self, ticket: int) -> None:
        """It was one too many. Of requests sent before the last decrease the next refusals are the same news."""
        if ticket == self._epoch:
            self._refused_at = self.in_flight
            self._ever_refused = True
            self._size = max(1.0, min(self._size, self.in_flight) * DECREASE)
            self._calm = 0
            self._epoch += 1
        self.in_flight -= 1

    def _grow(self) -> None:
        ceiling = self._most if self._refused_at is None else min(self._most, self._refused_at - 1)
        if self._size < ceiling:
            step = GROWTH / self._size if self._ever_refused else 1.0
            self._size = min(self._size + step, max(1.0, ceiling))
            return
        self._calm += 1
        if self._calm >= max(CALM, 4 * self._size) and self._size < self._most:
            self._refused_at = None
            self._calm = 0
            self._size = min(float(int(self._size) + 1), self._most)
