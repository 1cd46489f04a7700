"""DuckDB in a worker: an instance of its own for each episode, copied from a base file and then locked.

An instance per episode shares nothing with its neighbours: measured on 600 rows, copying the base takes
24 ms, 10 ms of it the instance, against 52 ms for INSERT statements and 44 ms for CSV files. After the copy
the instance is closed to files, network, extensions and settings, and keeps to one thread, so that sums of
floats and unordered results come out alike in a replay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from time import monotonic

import duckdb

from environments.sql import guard
from environments.sql.build import build_base
from environments.sql.engine import (
    UNREAD,
    UNREADABLE,
    Rows,
    SqlFailure,
    SqlLimits,
    check_kept,
    out_of_memory,
    take_rows,
    too_slow,
)
from environments.sql.remote import RemoteEngine
from environments.sql.values import digest_rows, render, scalar
from environments.sql.watchdog import Watchdog
from harness.core.errors import EnvironmentFault
from harness.core.identity import digest

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    # Eight helper threads for each of many instances are no help.
    "async_threads": 0,
    "temp_directory": "",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
}
_MOST_LENGTH = 10_000
_LONG_ERROR = f"error('at most {_MOST_LENGTH} characters can be made here')"
_TOO_LONG = "strlen(s) > 100000 OR strlen(b) > 1000 THEN error('the texts are too long for it')"
_CAPS = f"""
CREATE MACRO replace(s, a, b) AS CASE WHEN {_TOO_LONG} ELSE system.main.replace(s, a, b) END;
CREATE MACRO regexp_replace
    (s, a, b) AS CASE WHEN {_TOO_LONG} ELSE system.main.regexp_replace(s, a, b) END,
    (s, a, b, o) AS CASE WHEN {_TOO_LONG} ELSE system.main.regexp_replace(s, a, b, o) END;
CREATE MACRO lpad(s, n, c) AS CASE WHEN n > {_MOST_LENGTH} THEN {_LONG_ERROR}
    ELSE system.main.lpad(s, least(n, {_MOST_LENGTH})::INTEGER, c) END;
CREATE MACRO rpad(s, n, c) AS CASE WHEN n > {_MOST_LENGTH} THEN {_LONG_ERROR}
    ELSE system.main.rpad(s, least(n, {_MOST_LENGTH})::INTEGER, c) END;
CREATE MACRO repeat(s, n) AS CASE WHEN strlen(s) * n > {_MOST_LENGTH} THEN {_LONG_ERROR}
    ELSE system.main.repeat(s, CASE WHEN strlen(s) * n > {_MOST_LENGTH} THEN 0 ELSE n END) END;
"""
"""These build their result outside the memory that DuckDB limits: megabytes could grow to terabytes. What is made of
constants is made before anything is asked, so the counts are cut, too. The guard keeps an agent from naming the schema
`system`, where the originals are."""
_LOCK = "SET TimeZone = 'UTC'; SET enable_external_access = false; SET lock_configuration = true"
_SAMPLE_ROWS = 3
_VIEW_ROWS = 10_000
"""A view with more rows counts in a fingerprint as such, without its rows."""
_SAMPLE_CHARACTERS = 2_000
_NUMBERS = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DECIMAL\(.*\)|DOUBLE|FLOAT|BOOLEAN)$")
_TABLES = (
    "SELECT schema_name, table_name, sql FROM duckdb_tables() "
    "WHERE NOT internal AND database_name = current_database() ORDER BY ALL"
)
_VIEWS = (
    "SELECT schema_name, view_name, sql FROM duckdb_views() "
    "WHERE NOT internal AND database_name = current_database() ORDER BY ALL"
)
_INDEXES = "SELECT sql FROM duckdb_indexes() WHERE database_name = current_database() ORDER BY ALL"


class DuckDatabase:
    """One episode's instance, in a worker."""

    def __init__(self, base: Path, limits: SqlLimits, watchdog: Watchdog) -> None:
        """Copy the base into memory and lock the copy.

        Raises:
            EnvironmentFault: the base can't be opened.
        """
        self._limits = limits
        self._watchdog = watchdog
        self._until = 0.0
        config = {**_CONFIG, "memory_limit": f"{limits.memory_mb}MB"}
        path = str(base).replace("'", "''")
        try:
            self._connection = duckdb.connect(":memory:", config=config)
            self._connection.execute(f"ATTACH '{path}' AS base (READ_ONLY)")
            self._connection.execute("COPY FROM DATABASE base TO memory")
            self._connection.execute("DETACH base")
            self._connection.execute(_CAPS)
            self._connection.execute(_LOCK)
        except duckdb.Error as error:
            raise EnvironmentFault(f"the database {base.name} can't be opened: {error}") from error

    def run(self, sql: str, *, keep: bool, max_rows: int) -> Rows:
        """See `Database.run`."""
        statements = guard.check(sql, repeatable=self._limits.repeatable)
        connection = self._connection
        with self._watchdog.watch(self._limits.seconds, connection.interrupt) as over:
            try:
                connection.execute("BEGIN")
                for statement in statements:
                    connection.execute(statement)
                result = self._fetch(max_rows)
                if keep:
                    check_kept(result, max_rows)
                    self._check_size()
                connection.execute("COMMIT" if keep else "ROLLBACK")
            except (duckdb.Error, SqlFailure, OverflowError, ValueError, MemoryError) as error:
                # Besides its own errors the binding raises Python's for values that Python can't hold.
                failure = too_slow(self._limits.seconds) if over() else _failure(error)
                try:
                    connection.execute("ROLLBACK")
                except duckdb.TransactionException:
                    pass  # A failed COMMIT has ended it already.
                except (duckdb.Error, MemoryError):
                    failure.spent = True
                raise failure from None
        return result

    def schema(self, *, views: bool) -> str:
        """See `Database.schema`; without `views` these are shown without rows."""
        self._until = monotonic() + self._limits.seconds
        parts = [f"{sql}\n{self._sample(str(space), str(name))}" for space, name, sql in self._read(_TABLES)]
        for space, name, sql in self._read(_VIEWS):
            parts.append(f"{sql}\n{self._sample(str(space), str(name)) if views else UNREAD}")
        return "\n\n".join(parts)

    def digest(self, *, views: bool) -> str:
        """See `Database.digest`; without `views` these count by name only."""
        self._until = monotonic() + self._limits.seconds
        content: list[object] = []
        try:
            for namespace, name, sql in self._read(_TABLES):
                _, rows = self._contents(str(namespace), str(name))
                content.append(["table", sql, digest_rows(rows)])
            for namespace, name, _ in self._read(_VIEWS):
                shown = self._view(str(namespace), str(name)) if views else UNREADABLE
                content.append(["view", namespace, name, *shown])
            content += [["index", sql] for (sql,) in self._read(_INDEXES)]
        except duckdb.Error as error:
            raise EnvironmentFault(f"the database can't be read: {error}") from error
        return digest(content)

    def close(self) -> None:
        """Drop the instance."""
        self._connection.close()

    def _fetch(self, max_rows: int) -> Rows:
        """The result of the last statement, as far as it is wanted."""
        description = self._connection.description or []
        if any("TIME ZONE" in str(column[1]) for column in description):
            raise SqlFailure("a result can't hold TIMESTAMP WITH TIME ZONE values here; cast them to TIMESTAMP")
        rows, cut = take_rows(self._connection.fetchone, max_rows) if description else ([], False)
        return Rows(tuple(str(column[0]) for column in description), rows, cut)

    def _left(self) -> float:
        """Seconds left for the agent's views: all of them together get what one statement gets."""
        return max(0.01, self._until - monotonic())

    def _check_size(self) -> None:
        total = 0
        for namespace, name, _ in self._read(_TABLES):
            (count,) = self._read(f"SELECT count(*) FROM {_quoted(str(namespace), str(name))}")[0]
            total += int(str(count))
        self._limits.check_size(total)

    def _read(self, sql: str) -> list[tuple[object, ...]]:
        return self._connection.execute(sql).fetchall()

    def _contents(self, namespace: str, name: str) -> tuple[list[str], Iterator[tuple[object, ...]]]:
        """A table's or view's column names and rows; what isn't a number or a truth value comes as the engine's
        own text, which exists for every value (Python has no date before year 1, no unpadded time zone)."""
        relation = _quoted(namespace, name)
        description = self._connection.execute(f"SELECT * FROM {relation} LIMIT 0").description or []
        columns = [str(column[0]) for column in description]
        wanted = ", ".join(
            _quoted(column) if _NUMBERS.match(str(kind)) else f"CAST({_quoted(column)} AS VARCHAR)"
            for column, kind, *_ in description
        )
        self._connection.execute(f"SELECT {wanted} FROM {relation}")
        return columns, iter(self._connection.fetchone, None)

    def _sample(self, namespace: str, name: str) -> str:
        try:
            with self._watchdog.watch(self._left(), self._connection.interrupt):
                columns, rows = self._contents(namespace, name)
                shown = [[scalar(value) for value in row] for row in islice(rows, _SAMPLE_ROWS)]
        except duckdb.Error as error:
            # An agent's view may be broken, or too much for the limits.
            return f"(can't be read: {_failure(error)})"
        return render(columns, shown, cut=False, characters=_SAMPLE_CHARACTERS)

    def _view(self, namespace: str, name: str) -> tuple[object, ...]:
        try:
            with self._watchdog.watch(self._left(), self._connection.interrupt):
                columns, found = self._contents(namespace, name)
                rows = list(islice(found, _VIEW_ROWS + 1))
        except duckdb.Error:
            # See `_sample`.
            return UNREADABLE
        return (columns, digest_rows(rows) if len(rows) <= _VIEW_ROWS else "large")


def _failure(error: Exception) -> SqlFailure:
    """What the agent is told; without figures that differ from run to run."""
    if isinstance(error, SqlFailure):
        return error
    if isinstance(error, duckdb.OutOfMemoryException | duckdb.FatalException | MemoryError):
        return out_of_memory()
    if isinstance(error, duckdb.InterruptException):
        return SqlFailure("the statement was interrupted")
    return SqlFailure(str(error))


def _quoted(*parts: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


class DuckEngine(RemoteEngine):
    """The base files of a pack's databases."""

    def __init__(self, folders: Mapping[str, Path], limits: SqlLimits) -> None:
        """Build what isn't in the cache.

        Raises:
            InputError: a database can't be built.
        """
        super().__init__("duckdb", {name: build_base(folder) for name, folder in folders.items()}, limits)

    def check(self, sql: str) -> None:
        """Parse and guard a script without running it."""
        guard.check(sql, repeatable=self._limits.repeatable)
