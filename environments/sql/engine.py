"""What every SQL engine offers: databases opened from an immutable template, and one way to run SQL.

The environment above knows no engine; an engine knows no task. A `Database` belongs to one episode and
is used by one thread at a time. Whatever the SQL does wrong is an `SqlFailure`, never a crash.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from pydantic import JsonValue

from environments.sql.test_cases import Copy
from environments.sql.values import native, scalar
from harness.core.message import ToolErrorKind

_SHOWN = 2_000
"""Characters of an engine's message, in which there may be megabytes of whoever wrote the SQL."""


class SqlFailure(Exception):
    """A script could not be run; nothing of it took effect. The message is for who wrote the SQL."""

    def __init__(self, message: str, kind: ToolErrorKind = ToolErrorKind.FAILED, *, spent: bool = False) -> None:
        super().__init__(message if len(message) <= _SHOWN else f"{message[:_SHOWN]}…")
        self.kind = kind
        self.spent = spent
        """Whether the process that ran it has met its memory's limit."""


def refused(message: str) -> SqlFailure:
    """A failure by rule: the script holds something that no episode may do."""
    return SqlFailure(message, ToolErrorKind.REFUSED)


UNREAD = "(not read: it takes too long)"
"""Stands in a schema for the first rows of a view."""
UNREADABLE = ("unreadable",)
"""Stands in a digest for the rows of a view that fails, or takes too long or too much memory."""
_MAX_RESULT_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class SqlLimits:
    """What one script may take."""

    seconds: float
    """Wall-clock time of one call, all its statements together."""
    memory_mb: int
    """The engine's memory for data and intermediate results, in MiB."""
    table_rows: int
    """Rows that all tables together may hold after a script whose effects stay."""
    repeatable: bool = True
    """Whether the clock, chance and whatever else would make a replay differ is refused. False where nothing is
    replayed: to judge SQL of others, which may look at the clock, or put rows into a temporary table."""

    def check_size(self, rows: int) -> None:
        """Raise `SqlFailure` if the tables would hold too many rows."""
        if rows > self.table_rows:
            raise SqlFailure(f"it would leave {rows} rows in the tables; at most {self.table_rows} are allowed")


@dataclass(frozen=True)
class Rows:
    """The result of a script's last statement. `columns` is empty where it returns no rows by nature."""

    columns: tuple[str, ...]
    values: list[tuple[object, ...]]
    """As Python has them: None, bool, int, float, str, bytes, Decimal, date, datetime, time, timedelta, UUID,
    and lists and dicts of these."""
    cut: bool = False
    """Whether there were more rows than asked for."""

    @cached_property
    def rows(self) -> list[list[JsonValue]]:
        """The same as JSON scalars, which are shown and compared."""
        return [[scalar(value) for value in row] for row in self.values]


class Database(Protocol):
    """One episode's database."""

    def run(self, sql: str, *, keep: bool, max_rows: int) -> Rows:
        """Run a script of one or more statements as one transaction; keep its effects or undo them.

        Raises:
            SqlFailure: refused, wrong, or over a limit (with `keep`, more than `max_rows` rows too);
                then nothing took effect.
        """
        ...

    def schema(self) -> str:
        """Every table and view as it is now: its definition and its first rows."""
        ...

    def digest(self) -> str:
        """A hash of the content: tables by columns and rows (in any order), views by what they show,
        indexes by definition."""
        ...

    def interrupt(self) -> None:
        """Make a running statement fail soon; callable from another thread."""
        ...

    def close(self) -> None:
        """Give back what the database holds."""
        ...


class Engine(Protocol):
    """The databases of one pack, loaded once."""

    @property
    def databases(self) -> Sequence[str]:
        """Their names."""
        ...

    def open(self, name: str) -> Database:
        """A fresh database with the content of the template `name`."""
        ...

    def copy(self, name: str, scripts: Sequence[str]) -> AbstractContextManager[Copy]:
        """A database with the content of the template `name` and these scripts' effects, for a test to use up."""
        ...

    def check(self, sql: str) -> None:
        """Raise `SqlFailure` if the script doesn't parse or holds something that is refused."""
        ...

    def close(self) -> None:
        """Give back what the templates hold."""
        ...


def take_rows(fetch: Callable[[], Sequence[object] | None], max_rows: int) -> tuple[list[tuple[object, ...]], bool]:
    """The first rows of a result, one at a time, and whether there are more.

    Raises:
        SqlFailure: together they are larger than a result may be.
    """
    rows: list[tuple[object, ...]] = []
    total = 0
    while (row := fetch()) is not None:
        if len(rows) == max_rows:
            return rows, True
        cells = [native(value) for value in row]
        total += sum(size for _, size in cells)
        if total > _MAX_RESULT_BYTES:
            raise SqlFailure(f"the result holds more than {_MAX_RESULT_BYTES:,} characters")
        rows.append(tuple(value for value, _ in cells))
    return rows, False


def check_kept(result: Rows, max_rows: int) -> None:
    """Raise `SqlFailure` if an answer has more rows than an episode keeps."""
    if result.cut:
        raise SqlFailure(f"it returns more than {max_rows} rows, too many for an answer")


@contextmanager
def deadline(seconds: float, interrupt: Callable[[], None]) -> Iterator[threading.Event]:
    """Call `interrupt` after `seconds`; the event that is yielded tells whether it happened."""
    over = threading.Event()

    def stop() -> None:
        over.set()
        interrupt()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()
        # A timer that has just fired must not interrupt the statement after this one.
        timer.join()


def out_of_memory() -> SqlFailure:
    """The failure of a script that needed more memory than there is for it."""
    return SqlFailure("out of memory: the statement needs more than an episode may use", spent=True)


def too_slow(seconds: float) -> SqlFailure:
    """The failure of a script that was stopped by its deadline."""
    return SqlFailure(f"stopped after {seconds:g} s: the statement takes too long", ToolErrorKind.TIMEOUT)
