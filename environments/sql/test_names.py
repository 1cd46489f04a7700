"""The names that a pack's test case may use: the union of what upstream's evaluators offer, in one namespace.

Each is written here from its described behaviour. `execute_queries` differs from upstream's in one point: a test
that runs the prediction again gets what it returned when it was handed in, because running it twice breaks whatever
is not idempotent; `comparison = "compat"` runs it again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from environments.sql import upstream_rules
from environments.sql.test_cases import Job, statements

Found = tuple[list[tuple[object, ...]] | None, bool, bool]
"""Rows of the last statement that ran (`None` where it returns none), whether there was an error, or a time-out."""
_ROWS = 10_000
"""Upstream reads no more of a query's rows."""
_TIMEOUTS = ("timeout", "timed out", "locked", "interrupt")


class Cursor(Protocol):
    """What every driver's cursor can do."""

    @property
    def description(self) -> Any:
        """Of the columns; `None` where a statement returns no rows."""

    def execute(self, sql: Any, /) -> Any:
        """Run one statement."""

    def fetchmany(self, size: int = ..., /) -> Any:
        """The next rows."""

    def fetchall(self) -> Any:
        """The rows that are left."""


class Connection(Protocol):
    """What every driver's connection can do."""

    def cursor(self) -> Any:
        """A new cursor."""

    def commit(self) -> Any:
        """Keep what was done."""

    def rollback(self) -> Any:
        """Undo what was done since."""


def names(job: Job, connection: Connection, predicted: Sequence[str], reference: Sequence[str]) -> dict[str, object]:
    """A fresh namespace for one test."""
    run = _Runner(job, connection, predicted)
    return {
        "__name__": "test_case",
        "json": json,
        "date": date,
        "datetime": datetime,
        "Decimal": Decimal,
        "pred_query_result": list(job.case.result),
        "execute_queries": run.execute_queries,
        "perform_query_on_postgresql_databases": run.perform_query,
        "perform_query_on_sqlite_databases": run.perform_query,
        "ex_base": run.ex_base,
        "test_case_default": run.test_case_default,
        "performance_compare_by_qep": run.performance_compare_by_qep,
        "reset_and_restore_database": run.reset_and_restore_database,
        "check_sql_function_usage": check_sql_function_usage,
        "preprocess_results": preprocess_results,
        "remove_comments": _each(upstream_rules.without_comments),
        "remove_distinct": _each(upstream_rules.without_distinct),
        "remove_round": _each(upstream_rules.without_round),
    }


def check_sql_function_usage(sqls: str | Sequence[str], keywords: Sequence[str]) -> int:
    """1 if there is SQL and every keyword occurs in it, whatever its case; else 0."""
    if not sqls:
        return 0
    text = (sqls if isinstance(sqls, str) else " ".join(sqls)).lower()
    return int(all(keyword.lower() in text for keyword in keywords))


def preprocess_results(rows: Sequence[Sequence[object]], decimal_places: int = 2) -> list[tuple[object, ...]]:
    """Rows as upstream compares them: dates cut to days, numbers to so many digits, documents as text."""
    return upstream_rules.normalised(rows, decimal_places)


class _Runner:
    def __init__(self, job: Job, connection: Connection, predicted: Sequence[str]) -> None:
        self._job = job
        self._connection = connection
        self._predicted = list(predicted)

    def execute_queries(
        self,
        queries: str | Sequence[str],
        db_name: str = "",
        conn: Connection | None = None,
        *_: object,
        return_error: bool = False,
        **__: object,
    ) -> Found | tuple[list[tuple[object, ...]] | None, bool, bool, str]:
        """Run statements one by one, each kept; the first error ends it, and is told as a fourth value if wanted."""
        rows, late, message = self._run(queries, conn or self._connection)
        found = (rows, bool(message) and not late, late)
        return (*found, message) if return_error else found

    def _run(self, queries: str | Sequence[str], conn: Connection) -> tuple[list[tuple[object, ...]] | None, bool, str]:
        """The last rows, whether it was a time-out, and what went wrong."""
        wanted = [queries] if isinstance(queries, str) else list(queries)
        parts = [part for query in wanted for part in statements(query, self._job.copy.kind)]
        if not self._job.case.again and parts == self._predicted:
            return list(self._job.case.result), False, ""
        rows: list[tuple[object, ...]] | None = None
        for part in parts:
            cursor = conn.cursor()
            try:
                cursor.execute(part)
                rows = _rows(cursor, part)
                conn.commit()
            except Exception as error:  # noqa: BLE001 - drivers raise errors of their own
                with suppress(Exception):  # DuckDB has nothing to undo outside of a transaction, and says so.
                    conn.rollback()
                message = str(error) or type(error).__name__
                return rows, any(word in message.lower() for word in _TIMEOUTS), message
        return rows, False, ""

    def perform_query(
        self, query: str | Sequence[str], db_name: str, conn: Connection | None = None
    ) -> tuple[object, Connection]:
        """Run statements and give their last rows and the connection; an error is raised."""
        connection = conn or self._connection
        rows, _, message = self._run(query, connection)
        if message:
            raise RuntimeError(f"the query doesn't run: {message}")
        return rows, connection

    def ex_base(
        self,
        pred_sqls: Sequence[str],
        sol_sqls: Sequence[str],
        db_name: str,
        conn: Connection,
        conditions: Mapping[str, object] | None = None,
    ) -> int:
        """1 if both return what upstream calls the same, else 0."""
        if not pred_sqls or not sol_sqls:
            return 0
        given, _, failed = self._run(pred_sqls, conn)
        wanted, _, broken = self._run(sol_sqls, conn)
        if failed or broken:
            return 0
        ordered = bool(conditions and conditions.get("order"))
        return int(not upstream_rules.difference(given or [], wanted or [], ordered=ordered))

    def test_case_default(
        self,
        pred_sqls: Sequence[str],
        sol_sqls: Sequence[str],
        db_name: str,
        conn: Connection,
        conditions: Mapping[str, object] | None = None,
    ) -> int:
        """Upstream's test of a query: both are cleaned, run and compared; raises where they differ."""
        cleaned = [[upstream_rules.clean(sql) for sql in those] for those in (pred_sqls, sol_sqls)]
        assert self.ex_base(cleaned[0], cleaned[1], db_name, conn, conditions) == 1, "the results differ"
        return 1

    def performance_compare_by_qep(
        self, old: str | Sequence[str], new: str | Sequence[str], db_name: str, conn: Connection
    ) -> int:
        """1 if PostgreSQL's planner finds `new` cheaper than `old`; else 0. What they do is undone."""
        if self._job.copy.kind != "postgres":
            raise RuntimeError("only PostgreSQL tells the cost of a plan")
        return int(self._cost(new, conn) < self._cost(old, conn))

    def reset_and_restore_database(self, db_name: str, *_: object, **__: object) -> None:
        """Put the database back to what the pack's file holds."""
        if not isinstance(self._connection, sqlite3.Connection):
            raise RuntimeError("a database can be reset on SQLite only: every test has a fresh one anyway")
        self._connection.commit()
        with sqlite3.connect(f"file:{self._job.copy.address}?mode=ro&immutable=1", uri=True) as source:
            source.backup(self._connection)

    def _cost(self, queries: str | Sequence[str], conn: Connection) -> float:
        total = 0.0
        wanted = [queries] if isinstance(queries, str) else list(queries)
        try:
            for part in (part for query in wanted for part in statements(query, "postgres")):
                cursor = conn.cursor()
                if part.split(None, 1)[0].lower() in ("select", "with", "insert", "update", "delete"):
                    cursor.execute(f"EXPLAIN (FORMAT JSON) {part}")
                    total += float(cursor.fetchall()[0][0][0]["Plan"]["Total Cost"])
                else:
                    cursor.execute(part)
        finally:
            conn.rollback()
        return total


def _rows(cursor: Cursor, sql: str) -> list[tuple[object, ...]] | None:
    if not cursor.description:
        return None
    reads = sql.lstrip().lower().startswith(("select", "with"))
    return [tuple(row) for row in (cursor.fetchmany(_ROWS) if reads else cursor.fetchall())]


def _each(change: Callable[[str], str]) -> Callable[[str | Sequence[str]], str | list[str]]:
    """Upstream's helpers take a list; some scripts give them one text."""
    return lambda sqls: change(sqls) if isinstance(sqls, str) else [change(sql) for sql in sqls]
