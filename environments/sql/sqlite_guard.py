"""What an agent's SQL may do on SQLite: an allow-list that SQLite's authorizer asks for every action.

The authorizer sees what a statement means, whatever it is written like. It is not asked about a column's
default, and can't know a date function's arguments; `sqlite_engine` sees to the latter.
"""

from __future__ import annotations

import re
import sqlite3

from environments.sql.engine import SqlFailure, out_of_memory, refused

NO_CLOCK = "the clock isn't available here: give dates and times as literals"
_ALLOWED = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE, sqlite3.SQLITE_FUNCTION}
    | {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}
    | {sqlite3.SQLITE_CREATE_TABLE, sqlite3.SQLITE_CREATE_VIEW, sqlite3.SQLITE_CREATE_INDEX}
    | {sqlite3.SQLITE_DROP_TABLE, sqlite3.SQLITE_DROP_VIEW, sqlite3.SQLITE_DROP_INDEX}
    | {sqlite3.SQLITE_ALTER_TABLE, sqlite3.SQLITE_REINDEX}
)
_HOST = frozenset(
    {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "sqlite_log"}
    | {"sqlite_source_id", "sqlite_compileoption_get", "sqlite_compileoption_used"}
)
_UNREPEATABLE = frozenset(
    {"random", "randomblob", "current_date", "current_time", "current_timestamp", "sqlite_version"}
    | {"changes", "total_changes", "last_insert_rowid"}
)
"""Depend on the clock, on chance, on the machine, or on what ran before."""
_TELLING = frozenset(
    {"table_info", "table_xinfo", "table_list", "foreign_key_list", "index_list", "index_info", "index_xinfo"}
)
"""PRAGMAs that only tell how the tables are built."""
_CLOCK_DEFAULT = re.compile(r"(?is)\b(create|alter)\b.*\bcurrent_(date|time|timestamp)\b")
"""A column's default is no call that the authorizer is asked about."""
_TEMPORARY = frozenset(
    {sqlite3.SQLITE_CREATE_TEMP_TABLE, sqlite3.SQLITE_CREATE_TEMP_VIEW, sqlite3.SQLITE_CREATE_TEMP_INDEX}
    | {sqlite3.SQLITE_DROP_TEMP_TABLE, sqlite3.SQLITE_DROP_TEMP_VIEW, sqlite3.SQLITE_DROP_TEMP_INDEX}
)
_INTERNALS = frozenset({"sqlite_stmt", "dbstat", "sqlite_dbpage", "bytecode", "tables_used"})
"""Tables that tell about the process."""
_NOTHING = re.compile(r"(?:\s|;|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.S)
_MAX_STATEMENTS = 50


def split(sql: str, *, repeatable: bool = True) -> list[str]:
    """The statements of a script, those that are only comments left out."""
    if repeatable and _CLOCK_DEFAULT.search(sql):
        raise refused(NO_CLOCK)
    statements = []
    start = 0
    for end in [place.end() for place in re.finditer(";", sql)] + [len(sql)]:
        part = sql[start:end]
        if end < len(sql) and not sqlite3.complete_statement(part):
            continue
        if not _NOTHING.fullmatch(part):
            statements.append(part)
        start = end
    if not statements:
        raise SqlFailure("there is no SQL statement in it")
    if len(statements) > _MAX_STATEMENTS:
        raise refused(f"at most {_MAX_STATEMENTS} statements may be run at once, these are {len(statements)}")
    return statements


class Gate:
    """SQLite's authorizer for one script: asked once for every thing that a statement would do."""

    def __init__(self, *, repeatable: bool) -> None:
        self._allowed = _ALLOWED if repeatable else _ALLOWED | _TEMPORARY
        self._refused = _HOST | _UNREPEATABLE if repeatable else _HOST
        self._failure: SqlFailure | None = None

    def decide(self, action: int, first: str | None, second: str | None, *_: str | None) -> int:
        if action == sqlite3.SQLITE_PRAGMA and (first or "").lower() in _TELLING:
            return sqlite3.SQLITE_OK
        if action not in self._allowed:
            self._failure = refused(
                "this kind of statement isn't allowed here; allowed are queries, changes of rows, and CREATE, "
                "ALTER or DROP of tables, views and indexes"
            )
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in self._refused:
            self._failure = refused(
                f"{second} isn't available here: it depends on the clock, on chance, or on the machine"
            )
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_READ and (first or "").lower() in _INTERNALS:
            self._failure = refused(f"{first} isn't available here; get_schema shows the tables")
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    def explain(self, error: Exception) -> SqlFailure:
        """What the agent is told of an error that ended its script."""
        if isinstance(error, SqlFailure):
            return error
        if isinstance(error, MemoryError):
            return out_of_memory()
        return self._failure or SqlFailure(str(error))
