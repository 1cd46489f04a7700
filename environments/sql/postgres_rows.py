"""A statement's rows as they come: a result of millions, or of huge values, must not come here whole."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import cast

import psycopg
from psycopg.pq import ExecStatus


class Stream:
    """The rows of a statement that runs; its columns, once a row was asked for."""

    def __init__(self, connection: psycopg.Connection, statement: str) -> None:
        self._connection = connection
        self._statement = statement.encode()
        self._cursor = connection.cursor()
        self._returns = True
        rows = self._cursor.stream(self._statement)
        self._rows = cast("Generator[tuple[object, ...], None, None]", rows)

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        return self

    def __next__(self) -> tuple[object, ...]:
        try:
            return next(self._rows)
        except psycopg.ProgrammingError as error:
            # It has run, and returns nothing by nature: said by psycopg, not by the server, which would give a state.
            if error.sqlstate is not None:
                raise
            self._returns = False
            raise StopIteration from None

    @property
    def columns(self) -> tuple[str, ...]:
        """Their names; none where nothing is returned by nature."""
        if self._cursor.description is not None:
            return tuple(column.name for column in self._cursor.description)
        return self._described() if self._returns else ()

    def close(self) -> None:
        """Call off what hasn't come yet."""
        self._rows.close()

    def _described(self) -> tuple[str, ...]:
        """psycopg forgets which columns a result without rows had; the server tells without running it again."""
        self._connection.pgconn.prepare(b"", self._statement)
        told = self._connection.pgconn.describe_prepared(b"")
        if told.status != ExecStatus.COMMAND_OK:
            return ()
        return tuple((told.fname(place) or b"").decode(errors="replace") for place in range(told.nfields))


@contextmanager
def streamed(connection: psycopg.Connection, statement: str) -> Iterator[Stream]:
    """Run one statement; one row at a time is held here, since any may be as large as the server's limits allow.

    Args:
        connection: to run it on.
        statement: a single one.
    """
    rows = Stream(connection, statement)
    try:
        yield rows
    finally:
        rows.close()
