"""An SQLite database into PostgreSQL: tables, keys, indexes and rows.

Types come from `sqlite_types`. Names become lower-case, as upstream's PostgreSQL sets have them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psycopg
from psycopg import sql as pgsql

from environments.sql.sqlite_types import Column, quoted, tables_of
from harness.core.errors import InputError


def load_sqlite(path: Path, connection: psycopg.Connection) -> None:
    """Load the SQLite file at `path`, which is sound, into the empty database behind `connection`.

    Raises:
        InputError: the file can't be read, or PostgreSQL doesn't take what is in it.
    """
    try:
        with closing(sqlite3.connect(f"file:{path.resolve()}?mode=ro&immutable=1", uri=True)) as source:
            source.text_factory = lambda data: data.decode(errors="replace").replace("\x00", "")
            columns = tables_of(source)
            for table in columns:
                _create(connection, table, columns[table])
                _copy(source, connection, table, columns[table])
            for table in columns:
                _link(source, connection, table, columns)
    except sqlite3.Error as error:
        raise InputError(f"{path}: the SQLite database can't be read: {error}") from None
    except psycopg.Error as error:
        raise InputError(f"{path}: PostgreSQL doesn't take it: {str(error).strip()}") from None


def _create(connection: psycopg.Connection, table: str, columns: Sequence[Column]) -> None:
    parts = [
        pgsql.SQL("{} {}{}").format(
            _name(column.name),
            pgsql.SQL(column.kind),
            pgsql.SQL(" NOT NULL" if column.needed else ""),
        )
        for column in columns
    ]
    key = [_name(column.name) for column in sorted(columns, key=lambda one: one.key) if column.key]
    if key:
        parts.append(pgsql.SQL("PRIMARY KEY ({})").format(pgsql.SQL(", ").join(key)))
    connection.execute(pgsql.SQL("CREATE TABLE {} ({})").format(_name(table), pgsql.SQL(", ").join(parts)))


def _copy(source: sqlite3.Connection, connection: psycopg.Connection, table: str, columns: Sequence[Column]) -> None:
    wanted = ", ".join(quoted(column.name) for column in columns)
    rows = source.execute(f"SELECT {wanted} FROM {quoted(table)}")
    names = pgsql.SQL(", ").join([_name(column.name) for column in columns])
    truths = {place for place, column in enumerate(columns) if column.kind == "boolean"}
    with connection.cursor() as cursor:
        into = pgsql.SQL("COPY {} ({}) FROM STDIN").format(_name(table), names)
        with cursor.copy(into) as copy:
            for row in rows:
                copy.write_row(
                    [bool(value) if place in truths and value is not None else value for place, value in enumerate(row)]
                )


def _link(
    source: sqlite3.Connection, connection: psycopg.Connection, table: str, columns: dict[str, list[Column]]
) -> None:
    """Foreign keys that hold, and indexes over plain columns."""
    keys: dict[int, tuple[str, list[str], list[str]]] = {}
    for number, _, target, mine, theirs, *_ in source.execute(f"PRAGMA foreign_key_list({quoted(table)})"):
        _, own, other = keys.setdefault(number, (target, [], []))
        own.append(mine)
        other += [theirs] if theirs else [column.name for column in columns.get(target, ()) if column.key]
    for target, own, other in keys.values():
        command = pgsql.SQL("ALTER TABLE {} ADD FOREIGN KEY ({}) REFERENCES {} ({})")
        with _attempt(connection):
            connection.execute(command.format(_name(table), _list(own), _name(target), _list(other)))
    for _, name, unique, origin, *_ in source.execute(f"PRAGMA index_list({quoted(table)})").fetchall():
        parts = [column for _, _, column in source.execute(f"PRAGMA index_info({quoted(name)})")]
        if origin == "c" and all(parts):
            command = pgsql.SQL("CREATE UNIQUE INDEX ON {} ({})" if unique else "CREATE INDEX ON {} ({})")
            with _attempt(connection):
                connection.execute(command.format(_name(table), _list(parts)))


class _attempt:  # noqa: N801 - reads as what it is: a scope
    """SQLite doesn't enforce its keys: one that doesn't hold is left out."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._scope = connection.transaction()

    def __enter__(self) -> None:
        self._scope.__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        self._scope.__exit__(kind, error, trace)  # type: ignore[arg-type]
        return isinstance(error, psycopg.Error)


def _name(name: str) -> pgsql.Identifier:
    return pgsql.Identifier(name.lower())


def _list(names: Sequence[str]) -> pgsql.Composed:
    return pgsql.SQL(", ").join([_name(name) for name in names])
