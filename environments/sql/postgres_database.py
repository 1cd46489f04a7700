"""One episode's PostgreSQL database: a clone of a template, reached as the agents' role.

The whole episode is one transaction: a script that is only tried is rolled back to the savepoint before it, one that is
handed in stays, and giving the clone back rolls back all of it, so that the next episode finds it as new. Sequences,
which no transaction restores, are put back beside it. A script that no transaction can undo (COMMIT, VACUUM, CREATE
INDEX CONCURRENTLY) is tried on a throwaway clone; handed in, it runs statement by statement after a commit, and so does
whatever needs one (deferrable constraints, a test case that connects by itself): such a clone is dropped.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress

import psycopg
from psycopg import sql as pgsql

from environments.sql import postgres_guard, postgres_schema, postgres_values
from environments.sql.engine import Rows, SqlFailure, SqlLimits, check_kept, deadline, refused, take_rows, too_slow
from environments.sql.postgres_rows import streamed
from environments.sql.postgres_server import Server
from harness.core.errors import EnvironmentFault

_GRACE_S = 1.5
"""The server stops a statement at its time limit; after so much more its backend is ended."""
_ROOM_MB = 64
"""Memory of a backend beside what the options allow; a value that is sent takes three times its size there."""
_FILE_MB = 512
"""Of a table, as of any file that a backend writes."""
_SETTINGS = (
    "SET TIME ZONE 'UTC'; SET statement_timeout = {timeout}; SET work_mem = '{work_mem}MB'; SET jit = off; "
    # What a helper process takes isn't limited with its leader's, and sums of floats depend on who adds first.
    "SET max_parallel_workers_per_gather = 0; SET max_parallel_maintenance_workers = 0; "
    "SET client_min_messages = error"
)
_SEQUENCES = "SELECT schemaname, sequencename, last_value, start_value FROM pg_sequences ORDER BY 1, 2"
_DEFERRABLE = "SELECT 1 FROM pg_constraint WHERE condeferrable LIMIT 1"
_MOST_USES = 200
_MOST_GROWTH = 64 * 1024 * 1024
"""Episodes, and bytes more than at first, after which a clone is dropped all the same: what is rolled back leaves dead
rows behind."""
_SIZE = "SELECT pg_database_size(current_database())"


class PostgresDatabase:
    """Fulfils `Database`."""

    def __init__(
        self,
        server: Server,
        name: str,
        public: str,
        limits: SqlLimits,
        spare: Callable[[], PostgresDatabase],
        done: Callable[[PostgresDatabase], None],
    ) -> None:
        """`public` is what the agent reads for `name`, which another run wouldn't find; `spare` makes another one as
        this was at first, `done` takes this one back."""
        self.name = name
        self._public = public
        self.broken = False
        """Whether something went wrong that nobody else should meet."""
        self._kept: list[tuple[str, int]] = []
        self._open: list[tuple[str, int]] = []
        """Those of the kept scripts that aren't committed."""
        self._committed = False
        self._oversized = False
        self._uses = 0
        self._server = server
        self._limits = limits
        self._spare = spare
        self._done = done
        self._connection: psycopg.Connection | None = None
        self._sequences = self._connected().execute(_SEQUENCES).fetchall()
        self._has_sequences = bool(self._sequences)
        self.size = self._size_now()
        """Bytes of the clone as it was at first."""
        self._connected().rollback()

    def run(self, sql: str, *, keep: bool, max_rows: int) -> Rows:
        """See `Database.run`."""
        script = postgres_guard.check(sql, repeatable=self._limits.repeatable)
        if script.undoable:
            rows = self._in_transaction(script.statements, keep=keep, max_rows=max_rows)
        elif keep:
            self._commit()
            rows = self._one_by_one(script.statements, max_rows)
        else:
            with closing(self._spare()) as other:
                for earlier, most in self._kept:
                    other.run(earlier, keep=True, max_rows=most)
                return other.run(sql, keep=True, max_rows=max_rows)
        if keep:
            self._kept.append((sql, max_rows))
            if script.undoable:
                self._open.append((sql, max_rows))
                if self._connected().execute(_DEFERRABLE).fetchone():
                    self._commit()
        return rows

    def schema(self) -> str:
        """See `Database.schema`."""
        with self._reading() as connection:
            return postgres_schema.describe(connection)

    def digest(self) -> str:
        """See `Database.digest`."""
        with self._reading() as connection:
            return postgres_schema.digest_of(connection, self._limits.seconds)

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

    def reset(self) -> bool:
        """Undo all that the episode did; false where that can't be done, and the clone is to be dropped."""
        self._uses += 1
        if self.broken or self._committed or self._uses > _MOST_USES:
            return False
        try:
            connection = self._connected(replay=False)
            connection.rollback()
            # What no transaction undoes of a session.
            connection.execute("DEALLOCATE ALL; UNLISTEN *; CLOSE ALL")
            if self._sequences:
                self._put_back(connection, self._sequences)
                connection.execute("DISCARD SEQUENCES")
            grown = self._size_now() - self.size
            connection.commit()
        except (psycopg.Error, ValueError, EnvironmentFault):
            return False
        if grown > _MOST_GROWTH:
            return False
        self._kept, self._open = [], []
        self._has_sequences = bool(self._sequences)
        return True

    def dsn(self) -> str:
        """Where a test case finds it, with all that was handed in."""
        self._commit()
        self.disconnect()
        return self._server.agent_dsn(self.name)

    def _in_transaction(self, statements: Sequence[str], *, keep: bool, max_rows: int) -> Rows:
        connection = self._connected()
        connection.execute("SAVEPOINT script")
        # Also those that the episode itself made: a savepoint doesn't put them back either.
        sequences = connection.execute(_SEQUENCES).fetchall() if self._has_sequences and not keep else []
        with self._limited(connection):
            rows = self._each(connection, statements, max_rows)
            if keep:
                check_kept(rows, max_rows)
                self._limits.check_size(postgres_schema.rows_in(connection))
        if keep:
            connection.execute("RELEASE script")
            self._look_for_sequences()
        else:
            self._undo(connection)
            self._put_back(connection, sequences)
        return rows

    def _one_by_one(self, statements: Sequence[str], max_rows: int) -> Rows:
        connection = self._connected()
        self._committed = connection.autocommit = True
        try:
            with self._limited(connection):
                rows = self._each(connection, statements, max_rows)
                if connection.info.transaction_status is not psycopg.pq.TransactionStatus.IDLE:
                    connection.execute("COMMIT")
                check_kept(rows, max_rows)
                self._look_for_sequences()
                return rows
        except SqlFailure:
            self._rebuild()
            raise
        finally:
            if self._connection is connection and not connection.closed:
                connection.autocommit = False

    def _size_now(self) -> int:
        ((size,),) = self._connected(replay=False).execute(_SIZE).fetchall()
        return int(size)

    def _look_for_sequences(self) -> None:
        self._has_sequences = bool(self._connected().execute("SELECT 1 FROM pg_sequences LIMIT 1").fetchone())

    def _commit(self) -> None:
        """Make what was handed in visible to others, for good. A deferred constraint speaks only now."""
        try:
            self._connected().commit()
        except psycopg.Error as error:
            lost = self._connection is None or self._connection.closed
            self.disconnect()
            if lost or not self._open:
                raise EnvironmentFault(f"the database {self.name} can't be committed: {error}") from None
            # The transaction is gone: a new connection brings back all but the last script.
            self._kept.pop()
            self._open.pop()
            raise _failure(error) from None
        self._committed |= bool(self._open)
        self._open.clear()

    def _each(self, connection: psycopg.Connection, statements: Sequence[str], max_rows: int) -> Rows:
        for statement in statements[:-1]:
            with streamed(connection, statement) as rows:
                for _ in rows:
                    pass
        with streamed(connection, statements[-1]) as rows:
            try:
                found, cut = take_rows(lambda: next(rows, None), max_rows)
            except SqlFailure:
                # What libpq has read of it stays in its memory as long as the connection does.
                self._oversized = True
                raise
            named = [tuple(self._public if cell == self.name else cell for cell in row) for row in found]
            return Rows(rows.columns, named, cut)

    @contextmanager
    def _limited(self, connection: psycopg.Connection) -> Iterator[None]:
        """Turn whatever goes wrong into a failure, and leave the connection fit for use."""
        ended = threading.Event()

        def stop() -> None:
            self._server.terminate(connection.info.backend_pid)
            if not ended.wait(_GRACE_S):
                # It doesn't hear it: whoever waits for it needn't.
                _hang_up(connection)

        with deadline(self._limits.seconds + _GRACE_S, stop) as over:
            try:
                try:
                    yield
                finally:
                    ended.set()
            except SqlFailure:
                self._undo(connection)
                if self._oversized:
                    self._oversized = False
                    self.disconnect()
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
        """Go back to before the script, or the reading."""
        with suppress(psycopg.Error):
            if connection.autocommit:
                connection.rollback()
            else:
                connection.execute("ROLLBACK TO script; RELEASE script")

    def _connected(self, *, replay: bool = True) -> psycopg.Connection:
        """The connection; a new one, after the old one was ended, is brought to where that was."""
        if self._connection is None or self._connection.closed:
            try:
                # What was prepared would outlive a rollback that takes its tables away.
                connection = psycopg.connect(self._server.agent_dsn(self.name), prepare_threshold=None)
                postgres_values.register(connection)
                timeout, work_mem = int(self._limits.seconds * 1000), max(1, self._limits.memory_mb // 8)
                connection.execute(_SETTINGS.format(timeout=timeout, work_mem=work_mem).encode())
                connection.commit()
            except psycopg.Error as error:
                raise EnvironmentFault(f"the database {self.name} can't be reached: {error}") from None
            self._connection = connection
            self._server.limit(connection.info.backend_pid, self._limits.memory_mb + _ROOM_MB, _FILE_MB)
            if replay:
                self._replay(connection)
        return self._connection

    def _replay(self, connection: psycopg.Connection) -> None:
        try:
            for sql, max_rows in self._open:
                self._each(connection, postgres_guard.check(sql, repeatable=False).statements, max_rows)
        except psycopg.Error as error:
            raise EnvironmentFault(f"what was handed in can't be carried out again: {error}") from None

    @contextmanager
    def _reading(self) -> Iterator[psycopg.Connection]:
        connection = self._connected()
        connection.execute("SAVEPOINT script")
        try:
            yield connection
        except psycopg.Error as error:
            raise EnvironmentFault(f"the database can't be read: {error}") from None
        finally:
            self._undo(connection)

    def _put_back(self, connection: psycopg.Connection, before: Sequence[tuple[object, ...]]) -> None:
        now = connection.execute(_SEQUENCES).fetchall() if before else []
        for (schema, name, value, start), (*_, later, _) in zip(before, now, strict=True):
            if value != later:
                target = pgsql.Identifier(str(schema), str(name)).as_string(connection)
                connection.execute("SELECT setval(%s, %s, %s)", [target, value or start, value is not None])

    def _rebuild(self) -> None:
        """After a script that couldn't be undone: the clone as it was, on another database."""
        other = self._spare()
        for sql, max_rows in self._kept:
            other.run(sql, keep=True, max_rows=max_rows)
        self.name, other.name = other.name, self.name
        self._connection, other._connection = other._connection, self._connection
        self._open, other._open = other._open, self._open
        self._committed, other._committed = other._committed, self._committed
        other.broken = True
        other.close()


def _hang_up(connection: psycopg.Connection) -> None:
    """End the connection at this side, whatever is being waited for."""
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


def _failure(error: Exception) -> SqlFailure:
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return refused(f"{_text(error)}: it isn't available here")
    return SqlFailure(_text(error))


def _text(error: Exception) -> str:
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        hint = f" (hint: {error.diag.message_hint})" if error.diag.message_hint else ""
        return f"{error.diag.message_primary}{hint}"
    return str(error).strip()
