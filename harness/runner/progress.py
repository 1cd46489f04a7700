"""How a run is watched: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from harness.core.record import Record

if TYPE_CHECKING:
    from rich.console import Console

_LINES = 10


class Progress(Protocol):
    """Told of every episode when its attempt is on disk."""

    def finished(self, record: Record) -> None:
        """One more episode is done."""
        ...

    def note(self, text: str) -> None:
        """Something to tell while the run goes on."""
        ...


class Silent:
    """Shows nothing."""

    def finished(self, record: Record) -> None:
        """Takes no notice."""

    def note(self, text: str) -> None:
        """Keeps it to itself."""


@contextmanager
def watch(console: Console, title: str, *, done: int, total: int) -> Iterator[Progress]:
    """A progress display for a run of `total` episodes of which `done` are finished."""
    if console.is_terminal:
        with _bar(console, title, done, total) as progress:
            yield progress
    else:
        yield _Lines(console, title, done, total)


class _Lines:
    """About ten lines a run, whatever its size."""

    def __init__(self, console: Console, title: str, done: int, total: int) -> None:
        self._console, self._title = console, title
        self._done, self._total = done, total
        self._step = max(1, total // _LINES)
        self._started = monotonic()

    def finished(self, record: Record) -> None:
        self._done += 1
        if self._done % self._step == 0 or self._done == self._total:
            seconds = monotonic() - self._started
            self.note(f"{self._title}: {self._done}/{self._total} episodes, {seconds:.0f} s")

    def note(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def _bar(console: Console, title: str, done: int, total: int) -> Iterator[Progress]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[state]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=total, completed=done, state="")

        class _Watched:
            def __init__(self) -> None:
                self.solved = self.judged = 0

            def finished(self, record: Record) -> None:
                if record.reward.value is not None:
                    self.judged += 1
                    self.solved += record.reward.value >= 1.0
                bar.update(task, advance=1, state=f"{self.solved}/{self.judged} solved")

            def note(self, text: str) -> None:
                bar.console.print(text, highlight=False, markup=False, soft_wrap=True)

        yield _Watched()
