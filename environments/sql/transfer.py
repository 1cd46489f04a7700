"""An SQLite database into PostgreSQL: tables, keys, indexes and rows.

SQLite keeps what it was given whatever a column was declared as, so a column's type comes from what is in it first
and from its declaration second: upstream's `integer(53)` are floats, and whole numbers among them stay floats here,
where SQLite divides them as integers. Names become lower-case, as upstream's PostgreSQL sets have them.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql as pgsql

from harness.core.errors import InputError

_FLOAT = re.compile(r"(?:integer|int)\s*\(\s*(?:24|53)\s*\)|real|double|float", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?")
_BIG = 2**31


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    kind: str
    needed: bool
    key: int
    """Place in the primary key, from 1; 0: not in it."""


def load_sqlite(path: Path, connection: psycopg.Connection) -> None:
    """Load the SQLite file at `path` into the empty database behind `connection`.

    Raises:
        InputError: the file can't be read, or PostgreSQL doesn't take what is in it.
    """
    try:
        with closing(sqlite3.connect(f"file:{path.resolve()}?mode=ro&immutable=1", uri=True)) as source:
            source.text_factory = lambda data: data.decode(errors="replace").replace("\x00", "")
            tables = [name for (name,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            tables = [name for name in tables if not name.startswith("sqlite_")]
            columns = {table: _columns(source, table) for table in tables}
            for table in tables:
                _create(connection, table, columns[table])
                _copy(source, connection, table, columns[table])
            for table in tables:
                _link(source, connection, table, columns)
    except sqlite3.Error as error:
        raise InputError(f"{path}: the SQLite database can't be read: {error}") from None
    except psycopg.Error as error:
        raise InputError(f"{path}: PostgreSQL doesn't take it: {str(error).strip()}") from None


def _columns(source: sqlite3.Connection, table: str) -> list[_Column]:
    found = source.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
    return [
        _Column(str(name), _kind(source, table, str(name), str(declared)), bool(needed), int(key))
        for _, name, declared, needed, _, key in found
    ]


def _kind(source: sqlite3.Connection, table: str, column: str, declared: str) -> str:
    cell, where = _quoted(column), f"FROM {_quoted(table)}"
    kinds = {kind for (kind,) in source.execute(f"SELECT DISTINCT typeof({cell}) {where}")} - {"null"}
    if not kinds:
        return _declared(declared)
    if kinds == {"blob"}:
        return "bytea"
    if kinds == {"integer"} and not _FLOAT.match(declared):
        if declared.lower().startswith("bool"):
            return "boolean"
        low, high = source.execute(f"SELECT min({cell}), max({cell}) {where}").fetchone()
        return "integer" if low >= -_BIG and high < _BIG else "bigint"
    if kinds <= {"integer", "real"}:
        return "double precision"
    values = [value for (value,) in source.execute(f"SELECT DISTINCT {cell} {where} WHERE {cell} IS NOT NULL")]
    if not all(isinstance(value, str) for value in values):
        return "text"
    lowered = declared.lower()
    if "json" in lowered and all(_is_json(value) for value in values):
        return "jsonb"
    if "date" in lowered or "time" in lowered:
        if all(_DATE.fullmatch(value) for value in values):
            return "date"
        if all(_MOMENT.fullmatch(value) or _DATE.fullmatch(value) for value in values):
            return "timestamp"
    return "text"


def _declared(declared: str) -> str:
    """The type of a column without a value."""
    if _FLOAT.match(declared):
        return "double precision"
    return "bigint" if "int" in declared.lower() else "text"


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def _create(connection: psycopg.Connection, table: str, columns: Sequence[_Column]) -> None:
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


def _copy(source: sqlite3.Connection, connection: psycopg.Connection, table: str, columns: Sequence[_Column]) -> None:
    wanted = ", ".join(_quoted(column.name) for column in columns)
    rows = source.execute(f"SELECT {wanted} FROM {_quoted(table)} ORDER BY rowid")
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
    source: sqlite3.Connection, connection: psycopg.Connection, table: str, columns: dict[str, list[_Column]]
) -> None:
    """Foreign keys that hold, and indexes over plain columns."""
    keys: dict[int, tuple[str, list[str], list[str]]] = {}
    for number, _, target, mine, theirs, *_ in source.execute(f"PRAGMA foreign_key_list({_quoted(table)})"):
        _, own, other = keys.setdefault(number, (target, [], []))
        own.append(mine)
        other += [theirs] if theirs else [column.name for column in columns.get(target, ()) if column.key]
    for target, own, other in keys.values():
        command = pgsql.SQL("ALTER TABLE {} ADD FOREIGN KEY ({}) REFERENCES {} ({})")
        with _attempt(connection):
            connection.execute(command.format(_name(table), _list(own), _name(target), _list(other)))
    for _, name, unique, origin, *_ in source.execute(f"PRAGMA index_list({_quoted(table)})").fetchall():
        parts = [column for _, _, column in source.execute(f"PRAGMA index_info({_quoted(name)})")]
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


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
