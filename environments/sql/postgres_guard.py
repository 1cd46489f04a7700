"""What an agent's SQL may say on PostgreSQL, word by word.

Security doesn't rest on this: the agent's role can reach neither files nor programs nor other databases, and what it
runs is stopped and bounded from outside. The words are read so that a replay finds the same rows (no clock, no
chance), that settings stay as they are, and that a refusal says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from environments.sql.engine import SqlFailure, refused
from environments.sql.test_cases import statements

# fmt: off
REVOKED = (
    "now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday", "random",
    "random_normal", "gen_random_uuid", "uuidv4", "uuidv7", "setseed", "pg_cancel_backend",
    "pg_terminate_backend", "pg_stat_get_activity", "pg_stat_get_backend_activity", "pg_read_file",
    "pg_read_binary_file", "pg_ls_dir", "pg_ls_waldir", "pg_ls_logdir", "pg_ls_tmpdir", "pg_stat_file",
    "lo_import", "lo_export", "lo_from_bytea", "lo_creat", "lo_create", "lo_put", "set_config", "pg_reload_conf",
    "pg_rotate_logfile", "pg_switch_wal", "pg_notify", "pg_advisory_lock", "pg_advisory_xact_lock",
    "pg_advisory_lock_shared", "pg_logical_emit_message", "pg_export_snapshot", "query_to_xml", "cursor_to_xml",
    "table_to_xml", "schema_to_xml", "database_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema",
)
# fmt: on
"""Functions that the agent's role may not call; those that don't exist on a server are passed over."""
_CLOCK = frozenset(
    {"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "tablesample"}
    | {"now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday", "random", "random_normal"}
    | {"gen_random_uuid", "uuidv4", "uuidv7", "setseed"}
)
_CALLED = _CLOCK - {"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "tablesample"}
"""Only as calls: a column may be called so."""
_CONTROL = frozenset({"begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release"})
_ALONE = frozenset({"vacuum", "reindex", "cluster"})
"""Statements that can't run in a transaction, or not always."""
_REFUSED = frozenset(
    {"set", "reset", "show", "discard", "copy", "load", "listen", "unlisten", "notify", "checkpoint", "lock", "prepare"}
    | {"execute", "deallocate", "security", "reassign", "import", "declare", "fetch", "move", "close"}
)
_OBJECTS = frozenset(
    {"database", "role", "user", "group", "extension", "server", "foreign", "system", "tablespace", "subscription"}
    | {"publication", "language", "event", "temp", "temporary", "access"}
)
"""After CREATE, ALTER and DROP."""
_MAX_STATEMENTS = 50


@dataclass(frozen=True, slots=True)
class Script:
    """A script that may be run."""

    statements: tuple[str, ...]
    undoable: bool
    """Whether a transaction around it can undo it."""


def check(sql: str) -> Script:
    """The statements of a script.

    Raises:
        SqlFailure: it holds no statement, or something that is refused.
    """
    if "\x00" in sql:
        raise refused("SQL can't hold a null character")
    parts = [part for part in statements(sql, "postgres") if any(True for _ in _words(part))]
    if not parts:
        raise SqlFailure("there is no SQL statement in it")
    if len(parts) > _MAX_STATEMENTS:
        raise refused(f"at most {_MAX_STATEMENTS} statements may be run at once, these are {len(parts)}")
    undoable = True
    for part in parts:
        words = list(_words(part))
        _check_words(words)
        undoable &= _check_head(words)
    return Script(tuple(parts), undoable)


def _check_head(words: list[str]) -> bool:
    """Whether the statement can be undone; raises where it is refused."""
    first, rest = words[0], words[1:6]
    if first in _REFUSED:
        raise refused(
            f"{first.upper()} isn't allowed here; allowed are queries, changes of rows, and CREATE, ALTER or DROP"
        )
    if first in ("create", "alter", "drop"):
        kind = next((word for word in rest if word not in ("or", "replace", "if", "not", "exists", "unlogged")), "")
        if kind in _OBJECTS:
            raise refused(f"{first.upper()} {kind.upper()} isn't allowed here")
        # A value that is added to an enumeration can't be used before a commit.
        return "concurrently" not in rest and not (kind == "type" and "add" in words)
    return first not in _CONTROL and first not in _ALONE


def _check_words(words: list[str]) -> None:
    for word, after in zip(words, [*words[1:], ""], strict=True):
        if word in _CLOCK and (word not in _CALLED or after == "("):
            raise refused(f"{word} isn't available here: it depends on the clock or on chance; write dates as literals")


def _words(sql: str) -> Iterator[str]:
    """The words of a statement in lower case, those in the body of a function or block too, no texts or comments."""
    from sqlglot import Dialect, TokenType
    from sqlglot.errors import TokenError

    try:
        tokens = Dialect.get_or_raise("postgres").tokenize(sql)
    except TokenError:
        # PostgreSQL will say better what is wrong.
        yield from sql.lower().split()
        return
    for token in tokens:
        if token.token_type in (TokenType.HEREDOC_STRING, TokenType.RAW_STRING):
            yield from _words(token.text)
        elif token.token_type is not TokenType.STRING and token.text:
            yield token.text.lower()
