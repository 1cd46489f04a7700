"""The SQLite file of a database's folder: the imported one, or one made from the DuckDB base.

From the base come tables (columns, defaults, keys, checks), their rows, views and indexes. SQLite has fewer
types: truth values become 0 and 1, DECIMAL becomes REAL, DATE and TIMESTAMP ISO text, everything else text.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb

from environments.sql.build import base_key, build_base, kept
from harness.core.errors import InputError
from harness.core.identity import digest

_VERSION = 1
"""To be raised when the same base gives another SQLite file."""
_WHOLE = frozenset({"BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"})
_OWN = "NOT internal AND database_name = current_database()"
_TABLES = f"SELECT schema_name, table_name FROM duckdb_tables() WHERE {_OWN} ORDER BY table_oid"
_COLUMNS = (
    "SELECT column_name, data_type, is_nullable, column_default FROM duckdb_columns() "
    f"WHERE {_OWN} AND schema_name = ? AND table_name = ? ORDER BY column_index"
)
_CONSTRAINTS = (
    "SELECT constraint_text FROM duckdb_constraints() WHERE database_name = current_database() "
    "AND schema_name = ? AND table_name = ? AND constraint_type <> 'NOT NULL' ORDER BY constraint_index"
)
_REST = (
    f"SELECT sql FROM duckdb_views() WHERE {_OWN} UNION ALL "
    "SELECT sql FROM duckdb_indexes() WHERE database_name = current_database()"
)


def sqlite_file(folder: Path) -> Path:
    """The folder's `<folder>.sqlite`, or else a file made from its portable form and kept in the cache.

    Raises:
        InputError: the folder holds neither form, or the database can't be built.
    """
    imported = folder / f"{folder.name}.sqlite"
    if imported.is_file():
        return imported
    if not (folder / "schema.sql").is_file():
        raise InputError(f"{folder}: there is neither {imported.name} nor schema.sql")
    key = digest([_VERSION, base_key(folder)])
    return kept(key, ".sqlite", lambda path: _build(folder, path))


def _build(folder: Path, path: Path) -> None:
    with (
        duckdb.connect(str(build_base(folder)), read_only=True) as base,
        closing(sqlite3.connect(path, isolation_level=None)) as target,
    ):
        try:
            target.execute("PRAGMA journal_mode = OFF")
            target.execute("BEGIN")
            for namespace, name in base.execute(_TABLES).fetchall():
                _copy(base, target, str(namespace), str(name))
            for (sql,) in base.execute(_REST).fetchall():
                target.execute(str(sql))
            target.execute("COMMIT")
        except (sqlite3.Error, OverflowError) as error:
            raise InputError(f"{folder}: the database can't be built for SQLite: {error}") from None


def _copy(base: duckdb.DuckDBPyConnection, target: sqlite3.Connection, namespace: str, name: str) -> None:
    columns = base.execute(_COLUMNS, [namespace, name]).fetchall()
    constraints = base.execute(_CONSTRAINTS, [namespace, name]).fetchall()
    parts = [_column(str(column), str(kind), bool(null), default) for column, kind, null, default in columns]
    parts += [str(text) for (text,) in constraints]
    target.execute(f"CREATE TABLE {_quoted(name)} (\n    " + ",\n    ".join(parts) + "\n)")
    wanted = ", ".join(_read(str(column), str(kind)) for column, kind, *_ in columns)
    rows = base.execute(f"SELECT {wanted} FROM {_quoted(namespace)}.{_quoted(name)} ORDER BY rowid")
    marks = ", ".join("?" * len(columns))
    target.executemany(f"INSERT INTO {_quoted(name)} VALUES ({marks})", _each(rows))


def _each(rows: duckdb.DuckDBPyConnection) -> Iterator[tuple[str | bytes | int | float | None, ...]]:
    return iter(rows.fetchone, None)


def _column(name: str, kind: str, null: bool, default: object) -> str:
    text = f"{_quoted(name)} {_affinity(kind)}"
    if not null:
        text += " NOT NULL"
    return text if default is None else f"{text} DEFAULT ({default})"


def _affinity(kind: str) -> str:
    if kind in _WHOLE:
        return "INTEGER"
    return "REAL" if kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL") else "TEXT"


def _read(name: str, kind: str) -> str:
    match _affinity(kind):
        case "INTEGER":
            return f"CAST({_quoted(name)} AS BIGINT)"
        case "REAL":
            return f"CAST({_quoted(name)} AS DOUBLE)"
        case _:
            return f"CAST({_quoted(name)} AS VARCHAR)"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
