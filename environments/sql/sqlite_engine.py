"""SQLite for imported databases: the publisher's file as bytes, deserialised into memory per episode.

The bytes are read once per process and never written. Each episode's connection is in memory, has an
authorizer that allows queries and changes of this one database and nothing else, SQLite's own limits on
lengths, and a deadline. The same rule as on DuckDB holds for clock and chance.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic

from environments.sql.engine import (
    Database,
    Rows,
    SqlFailure,
    SqlLimits,
    check_kept,
    deadline,
    refused,
    take_rows,
    too_slow,
)
from environments.sql.values import digest_rows, render, scalar
from harness.core.errors import InputError
from harness.core.identity import digest

_ALLOWED = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE, sqlite3.SQLITE_FUNCTION}
    | {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}
    | {sqlite3.SQLITE_CREATE_TABLE, sqlite3.SQLITE_CREATE_VIEW, sqlite3.SQLITE_CREATE_INDEX}
    | {sqlite3.SQLITE_DROP_TABLE, sqlite3.SQLITE_DROP_VIEW, sqlite3.SQLITE_DROP_INDEX}
    | {sqlite3.SQLITE_ALTER_TABLE, sqlite3.SQLITE_REINDEX}
)
_FUNCTIONS = frozenset(
    {"load_extension", "random", "randomblob", "current_date", "current_time", "current_timestamp"}
    | {"sqlite_version", "sqlite_source_id", "sqlite_compileoption_get", "sqlite_compileoption_used"}
    | {"readfile", "writefile", "edit", "fts3_tokenizer", "sqlite_log", "changes", "total_changes", "last_insert_rowid"}
)
"""Refused: they reach the host, or depend on the clock, on chance, or on what ran before."""
_CLOCK_DEFAULT = re.compile(r"(?is)\b(create|alter)\b.*\bcurrent_(date|time|timestamp)\b")
"""A column's default is no call that the authorizer is asked about."""
_INTERNALS = frozenset({"sqlite_stmt", "dbstat", "sqlite_dbpage", "bytecode", "tables_used"})
"""Tables that tell about the process."""
_DATE_FUNCTIONS = {"date": 0, "time": 0, "datetime": 0, "julianday": 0, "unixepoch": 0, "strftime": 1}
"""Read the clock where their time value is missing or says so; with the time value's place."""
_CLOCK_VALUES = frozenset({"now", "localtime", "utc"})
_NO_CLOCK = "the clock isn't available here: give dates and times as literals"
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
_NOTHING = re.compile(r"(?:\s|;|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.S)
_MAX_STATEMENTS = 50
_VIEW_ROWS = 10_000
_SAMPLE_ROWS = 3
_SAMPLE_CHARACTERS = 2_000


class SqliteEngine:
    """The files of a pack's databases, as bytes."""

    def __init__(self, folders: dict[str, Path], limits: SqlLimits) -> None:
        self._limits = limits
        self._images = {name: _image(folder / f"{name}.sqlite") for name, folder in folders.items()}

    @property
    def databases(self) -> Sequence[str]:
        """Names of the folders."""
        return tuple(self._images)

    def open(self, name: str) -> Database:
        """An in-memory copy of a file."""
        return SqliteDatabase(self._images[name], self._limits)

    def check(self, sql: str) -> None:
        """Split the script; SQLite itself parses only against a database, so the words are left to it."""
        _split(sql)

    def close(self) -> None:
        """Forget the bytes."""
        self._images.clear()


class SqliteDatabase:
    """One episode's connection."""

    def __init__(self, image: bytes, limits: SqlLimits) -> None:
        self._limits = limits
        self._closed = threading.Event()
        self._until = 0.0
        # One thread at a time uses it, but not always the same one.
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._connection.deserialize(image)
        # SQLite stores any bytes as text; what isn't UTF-8 is shown escaped.
        self._connection.text_factory = lambda data: data.decode(errors="backslashreplace")
        (page,) = self._connection.execute("PRAGMA page_size").fetchone()
        self._connection.execute(f"PRAGMA max_page_count = {limits.memory_mb * 1024 * 1024 // page}")
        for limit, value in _SIZES.items():
            self._connection.setlimit(limit, value)
        # A time value can be put together at run time, so the functions themselves must not know the clock.
        self._plain = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._asked_clock = False
        for name, place in _DATE_FUNCTIONS.items():
            self._connection.create_function(name, -1, self._without_clock(name, place), deterministic=True)

    def run(self, sql: str, *, keep: bool, max_rows: int) -> Rows:
        """See `Database.run`."""
        statements = _split(sql)
        connection = self._connection
        gate = _Gate()
        self._asked_clock = False
        with deadline(self._limits.seconds, self.interrupt) as over:
            try:
                connection.execute("BEGIN")
                connection.set_authorizer(gate.decide)
                for statement in statements:
                    result = _fetch(connection.execute(statement), max_rows)
                connection.set_authorizer(None)
                if keep:
                    check_kept(result, max_rows)
                    self._check_size()
                connection.execute("COMMIT" if keep else "ROLLBACK")
            except (sqlite3.Error, sqlite3.Warning, UnicodeError, MemoryError, SqlFailure) as error:
                connection.set_authorizer(None)
                with suppress(sqlite3.OperationalError):  # `INSERT OR ROLLBACK` has ended it already.
                    connection.execute("ROLLBACK")
                if self._asked_clock:
                    raise refused(_NO_CLOCK) from None
                raise (too_slow(self._limits.seconds) if over.is_set() else gate.explain(error)) from None
        return result

    def _without_clock(self, name: str, place: int) -> Callable[..., str | float | None]:
        """SQLite's own date function, refusing every value that means the clock or the machine's time zone."""

        def call(*values: str | float | bytes | None) -> str | float | None:
            said = {value.strip().lower() for value in values if isinstance(value, str)}
            if len(values) <= place or said & _CLOCK_VALUES:
                self._asked_clock = True
                raise ValueError(_NO_CLOCK)
            marks = ", ".join("?" * len(values))
            result: str | float | None = self._plain.execute(f"SELECT {name}({marks})", values).fetchone()[0]
            return result

        return call

    def schema(self) -> str:
        """See `Database.schema`."""
        self._until = monotonic() + self._limits.seconds
        parts = []
        for name, sql in self._read("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY 1"):
            parts.append(f"{sql};\n{self._sample(str(name))}")
        return "\n\n".join(parts)

    def digest(self) -> str:
        """See `Database.digest`; a table counts by its columns' names, types, defaults and keys."""
        self._until = monotonic() + self._limits.seconds
        content: list[object] = []
        for (name,) in self._read("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"):
            columns = self._read(f"PRAGMA table_xinfo({_quoted(str(name))})")
            content.append(["table", name, [list(column[1:]) for column in columns], self._rows(str(name))])
        for (name,) in self._read("SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY 1"):
            content.append(["view", name, *self._view(str(name))])
        rest = self._read("SELECT type, sql FROM sqlite_master WHERE type NOT IN ('table', 'view') ORDER BY 1, 2")
        content += [list(row) for row in rest]
        return digest(content)

    def interrupt(self) -> None:
        """See `Database.interrupt`."""
        if not self._closed.is_set():
            self._connection.interrupt()

    def close(self) -> None:
        """Drop the connection."""
        self._closed.set()
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
            with deadline(self._left(), self.interrupt):
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
            with deadline(self._left(), self.interrupt):
                cursor = self._connection.execute(f"SELECT * FROM {_quoted(name)}")
                rows = cursor.fetchmany(_VIEW_ROWS + 1)
        except sqlite3.Error:
            # See `_sample`.
            return ("unreadable",)
        columns = [column[0] for column in cursor.description]
        return (columns, digest_rows(rows) if len(rows) <= _VIEW_ROWS else "large")


class _Gate:
    """SQLite's authorizer for one script: asked once for every thing that a statement would do."""

    def __init__(self) -> None:
        self._failure: SqlFailure | None = None

    def decide(self, action: int, first: str | None, second: str | None, *_: str | None) -> int:
        if action not in _ALLOWED:
            self._failure = refused(
                "this kind of statement isn't allowed here; allowed are queries, changes of rows, and CREATE, "
                "ALTER or DROP of tables, views and indexes"
            )
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _FUNCTIONS:
            self._failure = refused(
                f"{second} isn't available here: it depends on the clock, on chance, or on the machine"
            )
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_READ and (first or "").lower() in _INTERNALS:
            self._failure = refused(f"{first} isn't available here; get_schema shows the tables")
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    def explain(self, error: Exception) -> SqlFailure:
        """What the agent is told of an error that ended its script."""
        if isinstance(error, SqlFailure):
            return error
        if isinstance(error, MemoryError):
            return SqlFailure("out of memory: the statement needs more than an episode may use")
        return self._failure or SqlFailure(str(error))


def _fetch(cursor: sqlite3.Cursor, max_rows: int) -> Rows:
    if cursor.description is None:
        return Rows((), [])
    columns = tuple(column[0] for column in cursor.description)
    rows, cut = take_rows(cursor.fetchone, max_rows, scalar)
    return Rows(columns, rows, cut)


def _split(sql: str) -> list[str]:
    """The statements of a script, those that are only comments left out."""
    if _CLOCK_DEFAULT.search(sql):
        raise refused(_NO_CLOCK)
    statements = []
    start = 0
    for end in [place.end() for place in re.finditer(";", sql)] + [len(sql)]:
        part = sql[start:end]
        if end < len(sql) and not sqlite3.complete_statement(part):
            continue
        if not _NOTHING.fullmatch(part):
            statements.append(part)
        start = end
    if not statements:
        raise SqlFailure("there is no SQL statement in it")
    if len(statements) > _MAX_STATEMENTS:
        raise refused(f"at most {_MAX_STATEMENTS} statements may be run at once, these are {len(statements)}")
    return statements


def _image(path: Path) -> bytes:
    """A database file's bytes, with the write-ahead mark taken off: in memory there is no such log."""
    try:
        data = bytearray(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: the database can't be read ({error.strerror})") from None
    if not data.startswith(b"SQLite format 3\x00"):
        raise InputError(f"{path}: not an SQLite database")
    if data[_WAL_MARK] == b"\x02\x02":
        data[_WAL_MARK] = b"\x01\x01"
    probe = sqlite3.connect(":memory:")
    try:
        probe.deserialize(bytes(data))
        (verdict,) = probe.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        verdict = str(error)
    finally:
        probe.close()
    if verdict != "ok":
        raise InputError(f"{path}: the SQLite database is damaged: {verdict}")
    return bytes(data)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
