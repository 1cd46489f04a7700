"""What one attempt at an episode asks of models: counted in one place, and kept within its budget.

The runner opens an account around each attempt; whoever calls a model in it, agent, user or judge, is charged to it.
It travels as a context variable, since between runner and client lies code of others. Outside of an episode a call
has an account of its own.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from random import Random

from harness.core.identity import role_random
from harness.core.message import Usage
from harness.core.record import Traffic
from harness.models.faults import Cause


@dataclass
class Account:
    """One attempt's."""

    trial: str = ""
    """Names the trial among all: no two share a stored answer."""
    seed: int = 0
    """The trial's; jitter is drawn from it."""
    retries_left: int = 20
    requests: int = 0
    retries: int = 0
    cached: int = 0
    faults: Counter[Cause] = field(default_factory=Counter)
    waited_s: float = 0.0
    paid: Usage = field(default_factory=Usage)
    asked: Counter[str] = field(default_factory=Counter)
    """How often each request was made: the second time the same may be answered otherwise."""
    recorded: bool = False
    """Whether an answer of this attempt was written to a cassette."""
    deadline: asyncio.Timeout | None = None
    """When the episode's time is up; moved by what is nobody's fault in it."""

    @cached_property
    def random(self) -> Random:
        """For jitter."""
        return role_random(self.seed, "retries")

    def failed(self, cause: Cause, seconds: float) -> None:
        """A request that took this long came to nothing."""
        self.faults[cause] += 1
        self._lost(seconds)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """A scope in which the episode's clock stands still."""
        loop = asyncio.get_running_loop()
        due = self._due()
        if due is not None and self.deadline is not None:
            self.deadline.reschedule(None)
        began = loop.time()
        try:
            yield
        finally:
            waited = loop.time() - began
            self.waited_s += waited
            if due is not None and self.deadline is not None and not self.deadline.expired():
                self.deadline.reschedule(due + waited)

    def traffic(self) -> Traffic:
        """For the journal."""
        return Traffic(
            requests=self.requests,
            retries=self.retries,
            cached=self.cached,
            faults={cause.value: count for cause, count in sorted(self.faults.items())},
            waited_s=round(self.waited_s, 6),
            paid=self.paid,
        )

    def _lost(self, seconds: float) -> None:
        self.waited_s += seconds
        due = self._due()
        if due is not None and self.deadline is not None:
            self.deadline.reschedule(due + seconds)

    def _due(self) -> float | None:
        return None if self.deadline is None or self.deadline.expired() else self.deadline.when()


_ACCOUNT: ContextVar[Account | None] = ContextVar("account", default=None)


def account() -> Account:
    """The one that calls are charged to."""
    return _ACCOUNT.get() or Account()


@contextmanager
def charged_to(opened: Account) -> Iterator[Account]:
    """A scope whose calls are charged to `opened`."""
    token = _ACCOUNT.set(opened)
    try:
        yield opened
    finally:
        _ACCOUNT.reset(token)
