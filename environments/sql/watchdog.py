"""One thread that stops what runs too long.

Starting a timer's thread for each statement would cost more than most statements take. This thread
sleeps and is woken only for a deadline that lies before its next look.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic


@dataclass(slots=True)
class _Watch:
    until: float
    stop: Callable[[], None]
    fired: bool = False


class Watchdog:
    """Watches one piece of work at a time; `longest` is the most seconds that a piece may get."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._changed = threading.Condition()
        self._watch: _Watch | None = None
        self._next_look = 0.0
        threading.Thread(target=self._run, name="sql-watchdog", daemon=True).start()

    @contextmanager
    def watch(self, seconds: float, stop: Callable[[], None]) -> Iterator[Callable[[], bool]]:
        """Call `stop` if the block takes longer than that; what is yielded tells whether it happened."""
        watch = _Watch(monotonic() + seconds, stop)
        with self._changed:
            self._watch = watch
            if watch.until < self._next_look:
                self._changed.notify()
        try:
            yield lambda: watch.fired
        finally:
            # Under the lock: what is about to fire must not stop the statement after this one.
            with self._changed:
                self._watch = None

    def _run(self) -> None:
        with self._changed:
            while True:
                now = monotonic()
                watch = self._watch
                if watch is not None and not watch.fired and watch.until <= now:
                    watch.fired = True
                    watch.stop()
                waiting = watch is not None and not watch.fired
                self._next_look = min(watch.until, now + self._longest) if watch and waiting else now + self._longest
                self._changed.wait(self._next_look - now)
