"""An imported SQLite file as a DuckDB base: tables, primary keys and rows, with types from `sqlite_types`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import duckdb

from environments.sql.sqlite_types import Column, quoted, tables_of
from harness.core.errors import InputError

_NAMES = {"jsonb": "JSON", "bytea": "BLOB"}
"""Where DuckDB calls a type otherwise."""
_AT_ONCE = 50_000


def load_imported(path: Path, target: duckdb.DuckDBPyConnection) -> None:
    """Load the SQLite file at `path`, which is sound, into an empty database.

    Raises:
        InputError: the file can't be read, or DuckDB doesn't take what is in it.
    """
    try:
        with closing(sqlite3.connect(f"file:{path.resolve()}?mode=ro&immutable=1", uri=True)) as source:
            source.text_factory = lambda data: data.decode(errors="replace")
            for table, columns in tables_of(source).items():
                _create(target, table, columns)
                _copy(source, target, table, columns)
    except sqlite3.Error as error:
        raise InputError(f"{path}: the SQLite database can't be read: {error}") from None
    except duckdb.Error as error:
        raise InputError(f"{path}: DuckDB doesn't take it: {error}") from None


def _create(target: duckdb.DuckDBPyConnection, table: str, columns: Sequence[Column]) -> None:
    parts = [
        f"{quoted(one.name)} {_NAMES.get(one.kind, one.kind)}{' NOT NULL' if one.needed else ''}" for one in columns
    ]
    key = [quoted(one.name) for one in sorted(columns, key=lambda one: one.key) if one.key]
    if key:
        parts.append(f"PRIMARY KEY ({', '.join(key)})")
    target.execute(f"CREATE TABLE {quoted(table)} ({', '.join(parts)})")


def _copy(source: sqlite3.Connection, target: duckdb.DuckDBPyConnection, table: str, columns: Sequence[Column]) -> None:
    """Every value goes over as text, so that nothing depends on what a frame takes a column for."""
    from pandas import DataFrame, Series

    read = source.execute(f"SELECT {', '.join(_as_text(one) for one in columns)} FROM {quoted(table)}")
    wanted = ", ".join(_from_text(place, one) for place, one in enumerate(columns))
    while rows := read.fetchmany(_AT_ONCE):
        cells = {f"c{place}": Series(cell, dtype=object) for place, cell in enumerate(zip(*rows, strict=True))}
        target.register("rows_of_sqlite", DataFrame(cells))
        target.execute(f"INSERT INTO {quoted(table)} SELECT {wanted} FROM rows_of_sqlite")
        target.unregister("rows_of_sqlite")


def _as_text(column: Column) -> str:
    match column.kind:
        case "double precision":
            # Seventeen digits bring back the same float.
            return f"CASE WHEN {quoted(column.name)} IS NOT NULL THEN printf('%!.17g', {quoted(column.name)}) END"
        case "bytea":
            return f"CASE WHEN {quoted(column.name)} IS NOT NULL THEN hex({quoted(column.name)}) END"
        case _:
            return f"CAST({quoted(column.name)} AS TEXT)"


def _from_text(place: int, column: Column) -> str:
    if column.kind == "bytea":
        return f"unhex(c{place})"
    return f"CAST(c{place} AS {_NAMES.get(column.kind, column.kind)})"
