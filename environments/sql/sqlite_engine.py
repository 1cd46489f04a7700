"""SQLite for imported databases: the publisher's file as bytes, deserialised into memory once a process.

The bytes are read once per process and never written. An episode is one transaction that is never committed, so that
going back to the file's content costs what the episode changed, and scripts are savepoints in it. The connection has an
authorizer that allows queries and changes of this one database and nothing else, SQLite's own limits on
lengths, and a deadline. The same rule as on DuckDB holds for clock and chance.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from time import monotonic

from environments.sql.build_sqlite import sqlite_file
from environments.sql.engine import (
    UNREAD,
    UNREADABLE,
    Rows,
    SqlFailure,
    SqlLimits,
    check_kept,
    refused,
    take_rows,
    too_slow,
)
from environments.sql.remote import RemoteEngine
from environments.sql.sqlite_guard import NO_CLOCK, Gate, split
from environments.sql.sqlite_types import check_file
from environments.sql.values import digest_rows, render
from environments.sql.watchdog import Watchdog
from harness.core.errors import InputError
from harness.core.identity import digest

_DATE_FUNCTIONS = {"date": 0, "time": 0, "datetime": 0, "julianday": 0, "unixepoch": 0, "strftime": 1}
if sqlite3.sqlite_version_info >= (3, 43):
    _DATE_FUNCTIONS["timediff"] = 0
"""Read the clock where their time value is missing or says so; with the time value's place."""
_CLOCK_VALUES = frozenset({"now", "localtime", "utc"})
_NO_MOMENT = frozenset({"subsec", "subsecond"})
"""Where a moment should stand, they mean the clock."""
_WAL_MARK = slice(18, 20)
_SIZES = {
    # Bytes of one string, row or statement: what a single function call can make.
    # Comparing such strings is quadratic at worst and can't be interrupted: this keeps it to seconds.
    sqlite3.SQLITE_LIMIT_LENGTH: 500_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1_000_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 10,
}
_HEAP_MB = 64
"""Heap beside the database's own pages: sorting, results."""
_VIEW_ROWS = 10_000
_SAMPLE_ROWS = 3
_SAMPLE_CHARACTERS = 2_000


class SqliteDatabase:
    """The databases of one episode after another, in a worker, on one connection."""

    def __init__(self, file: Path, limits: SqlLimits, watchdog: Watchdog) -> None:
        self._limits = limits
        self._watchdog = watchdog
        self._until = 0.0
        self._file: Path | None = None
        # The watchdog's thread interrupts it.
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._connection.execute(f"PRAGMA hard_heap_limit = {(limits.memory_mb + _HEAP_MB) * 1024 * 1024}")
        self._connection.execute("PRAGMA temp_store = MEMORY")
        # SQLite stores any bytes as text; what isn't UTF-8 is shown escaped.
        self._connection.text_factory = lambda data: data.decode(errors="backslashreplace")
        for limit, value in _SIZES.items():
            self._connection.setlimit(limit, value)
        # A time value can be put together at run time, so the functions themselves must not know the clock.
        self._plain = sqlite3.connect(":memory:", isolation_level=None)
        self._asked_clock = False
        for name, place in _DATE_FUNCTIONS.items() if limits.repeatable else ():
            self._connection.create_function(name, -1, self._without_clock(name, place), deterministic=True)
        self.reopen(file)

    def reopen(self, file: Path) -> None:
        """Have what that file holds in the place of what is there."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        if file != self._file:
            self._connection.deserialize(_kept_image(file))
            (page,) = self._connection.execute("PRAGMA page_size").fetchone()
            self._connection.execute(f"PRAGMA max_page_count = {self._limits.memory_mb * 1024 * 1024 // page}")
            self._file = file
        self._connection.execute("BEGIN")

    def run(self, sql: str, *, keep: bool, max_rows: int) -> Rows:
        """See `Database.run`."""
        statements = split(sql, repeatable=self._limits.repeatable)
        connection = self._connection
        gate = Gate(repeatable=self._limits.repeatable)
        self._asked_clock = False
        with self._watchdog.watch(self._limits.seconds, connection.interrupt) as over:
            try:
                connection.execute("SAVEPOINT script")
                connection.set_authorizer(gate.decide)
                for statement in statements:
                    result = _fetch(connection.execute(statement), max_rows)
                connection.set_authorizer(None)
                if keep:
                    check_kept(result, max_rows)
                    self._check_size()
                if not keep:
                    connection.execute("ROLLBACK TO script")
                connection.execute("RELEASE script")
            except (sqlite3.Error, sqlite3.Warning, UnicodeError, MemoryError, SqlFailure) as error:
                connection.set_authorizer(None)
                if self._asked_clock:
                    failure = refused(NO_CLOCK)
                else:
                    failure = too_slow(self._limits.seconds) if over() else gate.explain(error)
                try:
                    connection.execute("ROLLBACK TO script")
                    connection.execute("RELEASE script")
                except (sqlite3.Error, MemoryError):
                    # `INSERT OR ROLLBACK`, a change that was interrupted or had no memory: the whole episode is gone.
                    failure.spent = True
                raise failure from None
        return result

    def _without_clock(self, name: str, place: int) -> Callable[..., str | float | None]:
        """SQLite's own date function, refusing every value that means the clock or the machine's time zone."""

        def call(*values: str | float | bytes | None) -> str | float | None:
            said = [value.strip().lower() if isinstance(value, str) else "" for value in values]
            if not said[place:] or _CLOCK_VALUES.intersection(said) or said[place] in _NO_MOMENT:
                self._asked_clock = True
                raise ValueError(NO_CLOCK)
            marks = ", ".join("?" * len(values))
            result: str | float | None = self._plain.execute(f"SELECT {name}({marks})", values).fetchone()[0]
            return result

        return call

    def schema(self, *, views: bool) -> str:
        """See `Database.schema`; without `views` these are shown without rows."""
        self._until = monotonic() + self._limits.seconds
        parts = []
        for kind, name, sql in self._read(
            "SELECT type, name, sql FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY 2"
        ):
            parts.append(f"{sql};\n{self._sample(str(name)) if views or kind == 'table' else UNREAD}")
        return "\n\n".join(parts)

    def digest(self, *, views: bool) -> str:
        """See `Database.digest`; a table counts by its columns' names, types, defaults and keys, and a view without
        `views` by name only."""
        self._until = monotonic() + self._limits.seconds
        content: list[object] = []
        for (name,) in self._read("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"):
            columns = self._read(f"PRAGMA table_xinfo({_quoted(str(name))})")
            content.append(["table", name, [list(column[1:]) for column in columns], self._rows(str(name))])
        for (name,) in self._read("SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY 1"):
            content.append(["view", name, *(self._view(str(name)) if views else UNREADABLE)])
        rest = self._read("SELECT type, sql FROM sqlite_master WHERE type NOT IN ('table', 'view') ORDER BY 1, 2")
        content += [list(row) for row in rest]
        return digest(content)

    def close(self) -> None:
        """Drop the connection."""
        self._connection.close()
        self._plain.close()

    def _left(self) -> float:
        """Seconds left for the agent's views: all of them together get what one statement gets."""
        return max(0.01, self._until - monotonic())

    def _check_size(self) -> None:
        total = 0
        for (name,) in self._read("SELECT name FROM sqlite_master WHERE type = 'table'"):
            ((count,),) = self._read(f"SELECT count(*) FROM {_quoted(str(name))}")
            total += int(str(count))
        self._limits.check_size(total)

    def _read(self, sql: str) -> list[tuple[object, ...]]:
        return self._connection.execute(sql).fetchall()

    def _sample(self, name: str) -> str:
        try:
            with self._watchdog.watch(self._left(), self._connection.interrupt):
                found = _fetch(self._connection.execute(f"SELECT * FROM {_quoted(name)}"), _SAMPLE_ROWS)
        except sqlite3.Error as error:
            # An agent's view may be broken, or too much for the limits.
            return f"(can't be read: {error})"
        return render(found.columns, found.rows, cut=False, characters=_SAMPLE_CHARACTERS)

    def _rows(self, name: str) -> list[str] | str:
        try:
            return digest_rows(self._connection.execute(f"SELECT * FROM {_quoted(name)}"))
        except sqlite3.Error:
            # A generated column may fail on a row that is there.
            return "unreadable"

    def _view(self, name: str) -> tuple[object, ...]:
        try:
            with self._watchdog.watch(self._left(), self._connection.interrupt):
                cursor = self._connection.execute(f"SELECT * FROM {_quoted(name)}")
                rows = cursor.fetchmany(_VIEW_ROWS + 1)
        except sqlite3.Error:
            # See `_sample`.
            return UNREADABLE
        columns = [column[0] for column in cursor.description]
        return (columns, digest_rows(rows) if len(rows) <= _VIEW_ROWS else "large")


def _fetch(cursor: sqlite3.Cursor, max_rows: int) -> Rows:
    if cursor.description is None:
        return Rows((), [])
    columns = tuple(column[0] for column in cursor.description)
    rows, cut = take_rows(cursor.fetchone, max_rows)
    return Rows(columns, rows, cut)


def image(path: Path) -> bytes:
    """A database file's bytes, with the write-ahead mark taken off: in memory there is no such log.

    Raises:
        InputError: it isn't there, or no SQLite database.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: the database can't be read ({error.strerror})") from None
    if not data.startswith(b"SQLite format 3\x00"):
        raise InputError(f"{path}: not an SQLite database")
    if data[_WAL_MARK] == b"\x02\x02":
        data = data[: _WAL_MARK.start] + b"\x01\x01" + data[_WAL_MARK.stop :]
    return data


@lru_cache(maxsize=1)
def _kept_image(path: Path) -> bytes:
    """The image that a worker opens again and again; whoever asks knows that the file hasn't changed."""
    return image(path)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class SqliteEngine(RemoteEngine):
    """The files of a pack's databases."""

    def __init__(self, folders: Mapping[str, Path], limits: SqlLimits) -> None:
        """Build what isn't there, and look whether the files are sound.

        Raises:
            InputError: a database can't be built, or is damaged.
        """
        super().__init__("sqlite", {name: check_file(sqlite_file(folder)) for name, folder in folders.items()}, limits)

    def check(self, sql: str) -> None:
        """Split the script; SQLite itself parses only against a database, so the words are left to it."""
        split(sql, repeatable=self._limits.repeatable)
