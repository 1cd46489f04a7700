"""One episode's PostgreSQL database: a clone of a template, reached as the agents' role.

What is only tried runs in a transaction that is rolled back; sequences, which no transaction restores, are put back
beside it. A script that no transaction can undo (COMMIT, VACUUM, CREATE INDEX CONCURRENTLY) is tried on a throwaway
clone, and handed in, it runs statement by statement.
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import cast

import psycopg
from psycopg import sql as pgsql

from environments.sql import postgres_guard, postgres_schema
from environments.sql.engine import Rows, SqlFailure, SqlLimits, check_kept, deadline, refused, take_rows, too_slow
from environments.sql.postgres_server import Server
from harness.core.errors import EnvironmentFault

_GRACE_S = 1.5
"""The server stops a statement at its time limit; after so much more its backend is ended."""
_ROOM_MB = 512
"""Address space of a backend beside a statement's own memory."""
_READS = ("select", "with", "values", "table", "explain", "(")
_SEQUENCES = "SELECT schemaname, sequencename, last_value, start_value FROM pg_sequences ORDER BY 1, 2"


class PostgresDatabase:
    """Fulfils `Database`."""

    def __init__(
        self,
        server: Server,
        name: str,
        limits: SqlLimits,
        spare: Callable[[], PostgresDatabase],
        done: Callable[[PostgresDatabase], None],
    ) -> None:
        """`spare` makes another one as this was at first, `done` takes this one back."""
        self.name = name
        self.kept: list[tuple[str, int]] = []
        self.broken = False
        """Whether something went wrong that nobody else should meet."""
        self._server = server
        self._limits = limits
        self._spare = spare
        self._done = done
        self._connection: psycopg.Connection | None = None
        self._has_sequences = bool(self._connected().execute("SELECT 1 FROM pg_sequences LIMIT 1").fetchone())
        self._connected().rollback()

    def run(self, sql: str, *, keep: bool, max_rows: int) -> Rows:
        """See `Database.run`."""
        script = postgres_guard.check(sql)
        if script.undoable:
            rows = self._in_transaction(script.statements, keep=keep, max_rows=max_rows)
        elif keep:
            rows = self._one_by_one(script.statements, max_rows)
        else:
            with closing(self._spare()) as other:
                for earlier, most in self.kept:
                    other.run(earlier, keep=True, max_rows=most)
                return other.run(sql, keep=True, max_rows=max_rows)
        if keep:
            self.kept.append((sql, max_rows))
        return rows

    def schema(self) -> str:
        """See `Database.schema`."""
        with self._reading() as connection:
            return postgres_schema.describe(connection)

    def digest(self) -> str:
        """See `Database.digest`."""
        with self._reading() as connection:
            return postgres_schema.digest_of(connection)

    def interrupt(self) -> None:
        """See `Database.interrupt`."""
        connection = self._connection
        if connection is not None and not connection.closed:
            self.broken = True
            self._server.terminate(connection.info.backend_pid)

    def close(self) -> None:
        """Give the clone back."""
        self._done(self)

    def disconnect(self) -> None:
        """Close the connection; the database stays."""
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

    def dsn(self) -> str:
        """Where a test case finds it."""
        return self._server.agent_dsn(self.name)

    def _in_transaction(self, statements: Sequence[str], *, keep: bool, max_rows: int) -> Rows:
        connection = self._connected()
        sequences = connection.execute(_SEQUENCES).fetchall() if self._has_sequences and not keep else []
        with self._limited(connection):
            rows = self._each(connection, statements, max_rows)
            if keep:
                check_kept(rows, max_rows)
                self._limits.check_size(postgres_schema.rows_in(connection))
                # A deferred constraint speaks only now.
                connection.commit()
        connection.rollback()
        if keep:
            self._has_sequences = bool(connection.execute("SELECT 1 FROM pg_sequences LIMIT 1").fetchone())
            connection.rollback()
        elif sequences:
            self._put_back(connection, sequences)
        return rows

    def _one_by_one(self, statements: Sequence[str], max_rows: int) -> Rows:
        connection = self._connected()
        connection.autocommit = True
        try:
            with self._limited(connection):
                rows = self._each(connection, statements, max_rows)
                if connection.info.transaction_status is not psycopg.pq.TransactionStatus.IDLE:
                    connection.execute("COMMIT")
                check_kept(rows, max_rows)
                return rows
        except SqlFailure:
            self._rebuild()
            raise
        finally:
            if self._connection is connection and not connection.closed:
                connection.autocommit = False

    def _each(self, connection: psycopg.Connection, statements: Sequence[str], max_rows: int) -> Rows:
        for statement in statements[:-1]:
            connection.execute(statement.encode())
        last = statements[-1]
        cursor = connection.cursor()
        if last.lstrip().lower().startswith(_READS) and connection.autocommit is False:
            # Row by row: a result of millions must not come here whole.
            stream = cast("Generator[tuple[object, ...], None, None]", cursor.stream(last.encode()))
            try:
                rows, cut = take_rows(lambda: next(stream, None), max_rows)
            except psycopg.ProgrammingError as error:
                if "didn't produce" in str(error) or "the last operation" in str(error):
                    return Rows((), [])
                raise
            finally:
                stream.close()
        else:
            cursor.execute(last.encode())
            rows, cut = take_rows(cursor.fetchone, max_rows) if cursor.description else ([], False)
        return Rows(tuple(column.name for column in cursor.description or ()), rows, cut)

    @contextmanager
    def _limited(self, connection: psycopg.Connection) -> Iterator[None]:
        """Turn whatever goes wrong into a failure, and leave the connection fit for use."""
        pid = connection.info.backend_pid
        with deadline(self._limits.seconds + _GRACE_S, lambda: self._server.terminate(pid)) as over:
            try:
                yield
            except SqlFailure:
                self._undo(connection)
                raise
            except psycopg.errors.QueryCanceled:
                self._undo(connection)
                raise too_slow(self._limits.seconds) from None
            except (psycopg.Error, ValueError, OverflowError) as error:
                self._undo(connection)
                if over.is_set():
                    raise too_slow(self._limits.seconds) from None
                if connection.closed and self.broken:
                    raise SqlFailure("the statement was interrupted") from None
                if connection.closed or isinstance(error, psycopg.errors.OutOfMemory):
                    raise SqlFailure("out of memory: the statement needs more than an episode may use") from None
                raise _failure(error) from None

    def _undo(self, connection: psycopg.Connection) -> None:
        with suppress(psycopg.Error):
            connection.rollback()

    def _connected(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            try:
                connection = psycopg.connect(self._server.agent_dsn(self.name))
                settings = f"SET TIME ZONE 'UTC'; SET statement_timeout = {int(self._limits.seconds * 1000)}"
                connection.execute(f"{settings}; SET work_mem = '{max(1, self._limits.memory_mb // 8)}MB'".encode())
                connection.commit()
            except psycopg.Error as error:
                raise EnvironmentFault(f"the database {self.name} can't be reached: {error}") from None
            self._connection = connection
            if self._server.embedded:
                _limit_memory(connection.info.backend_pid, self._limits.memory_mb + _ROOM_MB)
        return self._connection

    @contextmanager
    def _reading(self) -> Iterator[psycopg.Connection]:
        connection = self._connected()
        try:
            yield connection
        except psycopg.Error as error:
            raise EnvironmentFault(f"the database can't be read: {error}") from None
        finally:
            self._undo(connection)

    def _put_back(self, connection: psycopg.Connection, before: Sequence[tuple[object, ...]]) -> None:
        now = connection.execute(_SEQUENCES).fetchall()
        for (schema, name, value, start), (*_, later, _) in zip(before, now, strict=True):
            if value != later:
                target = pgsql.Identifier(str(schema), str(name)).as_string(connection)
                connection.execute("SELECT setval(%s, %s, %s)", [target, value or start, value is not None])
        connection.commit()

    def _rebuild(self) -> None:
        """After a script that couldn't be undone: the clone as it was, on another database."""
        other = self._spare()
        for sql, max_rows in self.kept:
            other.run(sql, keep=True, max_rows=max_rows)
        self.name, other.name = other.name, self.name
        self._connection, other._connection = other._connection, self._connection
        other.broken = True
        other.close()


def _limit_memory(pid: int, more_mb: int) -> None:
    """Keep a backend on this machine to the address space that it has and so many MiB more."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + more_mb * 1024 * 1024
        resource.prlimit(pid, resource.RLIMIT_AS, (limit, limit))
    except (OSError, AttributeError):
        return  # Another system, or a user without the right: work_mem and the time limit have to do.


def _failure(error: Exception) -> SqlFailure:
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return refused(f"{_text(error)}: it isn't available here")
    return SqlFailure(_text(error))


def _text(error: Exception) -> str:
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        hint = f" (hint: {error.diag.message_hint})" if error.diag.message_hint else ""
        return f"{error.diag.message_primary}{hint}"
    return str(error).strip()
