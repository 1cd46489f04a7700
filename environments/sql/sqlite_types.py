"""The tables of an imported SQLite file with the types that an engine with types needs.

SQLite keeps what it was given whatever a column was declared as, so a column's type comes from what is in it first
and from its declaration second: upstream's `integer(53)` are floats, and whole numbers among them stay floats, where
SQLite divides them as integers.
"""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import InputError

_FLOAT = re.compile(r"(?:integer|int)\s*\(\s*(?:24|53)\s*\)|real|double|float", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?")
_BIG = 2**31
_HEADER = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    name: str
    kind: str
    """As PostgreSQL writes it: integer, bigint, double precision, boolean, date, timestamp, text, jsonb, bytea."""
    needed: bool
    key: int
    """Place in the primary key, from 1; 0: not in it."""


def check_file(path: Path) -> Path:
    """The same path, if there is an SQLite database in it that is whole and holds a table.

    Raises:
        InputError: there is none; a file that SQLite would take for a new, empty database is none either.
    """
    try:
        with path.open("rb") as file:
            head = file.read(len(_HEADER))
    except OSError as error:
        raise InputError(f"{path}: the database can't be read ({error.strerror})") from None
    if head != _HEADER:
        raise InputError(f"{path}: not an SQLite database")
    try:
        with closing(sqlite3.connect(f"file:{path.resolve()}?mode=ro&immutable=1", uri=True)) as source:
            (verdict,) = source.execute("PRAGMA quick_check(1)").fetchone()
            tables = tables_of(source) if verdict == "ok" else {}
    except sqlite3.Error as error:
        verdict, tables = str(error), {}
    if verdict != "ok":
        raise InputError(f"{path}: the SQLite database is damaged: {' '.join(verdict.split())}")
    if not tables:
        raise InputError(f"{path}: the SQLite database holds no table")
    return path


def tables_of(source: sqlite3.Connection) -> dict[str, list[Column]]:
    """The columns of each table, in the file's order."""
    found = source.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    )
    return {str(name): columns_of(source, str(name)) for (name,) in found.fetchall()}


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def columns_of(source: sqlite3.Connection, table: str) -> list[Column]:
    """The columns of one table."""
    found = source.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
    return [
        Column(str(name), _kind(source, table, str(name), str(declared)), bool(needed), int(key))
        for _, name, declared, needed, _, key in found
    ]


def _kind(source: sqlite3.Connection, table: str, column: str, declared: str) -> str:
    cell, where = quoted(column), f"FROM {quoted(table)}"
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
    except (ValueError, RecursionError):
        return False
    return True
