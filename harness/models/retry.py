"""The one place where model calls are repeated.

A client raises `Transient` for what may go away by itself (429, 5xx, time-outs, lost connections). The wait
doubles from half a second, with jitter, and never undercuts what the provider asks for.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from harness.core.errors import ModelFault

T = TypeVar("T")

TRIES = 5
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
TRANSIENT_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


class Transient(Exception):
    """A failure that may go away by itself."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


async def with_retries(call: Callable[[], Awaitable[T]], *, model: str) -> T:
    """The result of `call`, tried up to `TRIES` times.

    Raises:
        ModelFault: every try failed.
    """
    wait = FIRST_WAIT_S
    for attempt in range(1, TRIES + 1):
        try:
            return await call()
        except Transient as failure:
            if attempt == TRIES:
                raise ModelFault(f"{model}: {failure} ({TRIES} tries)") from None
            # Jitter only spreads the load; nothing of a record depends on it.
            pause = max(failure.retry_after_s or 0.0, wait * random.uniform(0.5, 1.0))
        await anyio.sleep(min(pause, LONGEST_WAIT_S))
        wait *= 2
    raise AssertionError("unreachable")
