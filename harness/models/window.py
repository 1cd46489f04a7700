"""How many requests an endpoint takes at once, found out by asking: additive increase, multiplicative decrease.

Only a refusal for too many requests (429) makes the window smaller; a server that breaks says nothing about how many it
takes. The window doubles in a round until the first refusal, and later grows by a few. A refusal of more requests than
were ever answered since the last decrease is taken for the ceiling: the window grows up to just below it, stays there,
and now and then tries one more: soon at first, and less and less often as the ceiling proves true. So an endpoint that
takes as many as ever refuses about one request in a hundred, and one that takes more is soon used in full. A refusal of
as many as were answered before makes the window smaller, too, but is no ceiling: others may use the endpoint, or it
takes fewer now, which the next refusal shows.

Pure arithmetic; whoever sends and waits is `harness.models.gate`.
"""

from __future__ import annotations

from dataclasses import dataclass

FIRST = 16
"""The size to begin with."""
GROWTH = 4.0
"""Additive increase: so many more a round, a round being as many answers as the window holds."""
DECREASE = 0.85
"""Multiplicative decrease."""
SOON, CALM = 10.0, 100.0
"""Answers until one more than the ceiling allows is tried: at first, and when it has proved true several times.
A wide window waits for four rounds, too."""
_ALIKE = 0.1
"""A ceiling that moves by less than this share, or by one, is the same."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One request in flight."""

    epoch: int
    """How often the window had become smaller when it was sent."""
    level: int
    """How many were in flight then, itself included."""


class Window:
    """The size of one endpoint's window, and what is in flight."""

    def __init__(self) -> None:
        self._most = float("inf")
        self._size = float(FIRST)
        self._ceiling: int | None = None
        self._last_ceiling = 0
        self._answered = 0
        self._calm = 0
        self._patience = SOON
        self._stride = 1.0
        self._epoch = 0
        self.in_flight = 0

    def cap(self, most: int | None) -> None:
        """Never more than so many, besides what holds already."""
        if most is not None:
            self._most = min(self._most, float(most))
            self._size = min(self._size, self._most)

    @property
    def size(self) -> int:
        """Requests that may be in flight."""
        return int(self._size)

    @property
    def open(self) -> bool:
        """Whether one more may be sent."""
        return self.in_flight < int(self._size)

    def sent(self) -> Ticket:
        """One more is in flight; say with its ticket how it ended."""
        self.in_flight += 1
        return Ticket(self._epoch, self.in_flight)

    def succeeded(self, ticket: Ticket) -> None:
        """An answer came."""
        if ticket.epoch == self._epoch:
            self._answered = max(self._answered, ticket.level)
        if self.in_flight >= int(self._size):
            # Room that nobody used says nothing about what more would do.
            self._grow()
        self.in_flight -= 1

    def broke(self) -> None:
        """It ended in a way that says nothing about how many are too many."""
        self.in_flight -= 1

    def refused(self, ticket: Ticket) -> None:
        """It was one too many. Of requests sent before the last decrease the next refusals are the same news."""
        if ticket.epoch == self._epoch:
            if ticket.level > self._answered:
                self._found(ticket.level)
            self._size = max(1.0, min(self._size, self.in_flight) * DECREASE)
            self._answered = 0
            self._epoch += 1
        self.in_flight -= 1

    def _found(self, ceiling: int) -> None:
        alike = abs(ceiling - self._last_ceiling) <= max(1.0, _ALIKE * ceiling)
        self._patience = min(2 * self._patience, max(CALM, 4 * self._size)) if alike else SOON
        self._ceiling = self._last_ceiling = ceiling
        self._calm = 0

    def _grow(self) -> None:
        if self._epoch == 0:
            self._size = min(self._most, self._size + 1.0)
        elif self._ceiling is None:
            self._explore()
        else:
            top = min(self._most, max(1.0, self._ceiling - 1.0))
            self._size = max(self._size, min(top, self._size + GROWTH / self._size))
            self._calm += 1
            if self._calm >= self._patience:
                self._ceiling = None
                self._stride = 1.0
                self._explore()

    def _explore(self) -> None:
        """Take a step further once the last one was answered: one at first, and larger ones while all goes well."""
        if self._answered >= int(self._size):
            self._size = min(self._most, int(self._size) + self._stride)
            self._stride = min(GROWTH, 2 * self._stride)
