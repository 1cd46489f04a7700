"""What an agent's SQL may say on PostgreSQL, word by word.

Security doesn't rest on this: the agent's role can reach neither files nor programs nor other databases, and what it
runs is stopped and bounded from outside. The words are read so that a replay finds the same rows (no clock, no
chance), that settings stay as they are, and that a refusal says why.
"""

from __future__ import annotations

import re
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
    "pg_advisory_xact_lock_shared", "pg_try_advisory_lock", "pg_try_advisory_lock_shared", "pg_try_advisory_xact_lock",
    "pg_try_advisory_xact_lock_shared", "pg_postmaster_start_time", "pg_conf_load_time", "pg_backend_pid",
    "txid_current", "txid_current_if_assigned", "txid_current_snapshot", "pg_current_xact_id",
    "pg_current_xact_id_if_assigned", "pg_current_snapshot", "pg_current_wal_lsn", "pg_current_wal_insert_lsn",
    "pg_current_wal_flush_lsn", "pg_relation_filepath", "pg_relation_filenode",
)
# fmt: on
"""Functions that the agent's role may not call; those that don't exist on a server are passed over."""
REVOKED_FORMS = ("age(timestamp without time zone)", "age(timestamp with time zone)")
"""The same, where other forms of the name do no harm."""
REVOKED_VIEWS = ("pg_stat%", "pg_settings", "pg_file_settings", "pg_locks", "pg_database", "pg_shmem_allocations%")
"""Catalogue relations that tell of others or of what the server does, as patterns."""
CLOCK_CALLS = frozenset(
    {"now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday", "random", "random_normal"}
    | {"gen_random_uuid", "uuidv4", "uuidv7", "setseed"}
)
"""Only as calls: a column may be called so."""
_TELLING = re.compile("|".join(pattern.replace("%", r"\w*") for pattern in REVOKED_VIEWS))
_REVOKED_ALWAYS = frozenset(REVOKED) - CLOCK_CALLS
_CLOCK_WORDS = frozenset(
    {"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "tablesample"}
)
_CLOCK_TEXTS = re.compile(r"\s*(?:now|today|tomorrow|yesterday)\b[\s\d:.]*", re.IGNORECASE)
"""Texts that PostgreSQL takes for a moment by the clock wherever it wants one; what is put together at run time isn't
seen."""
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
_TEMPORARY = frozenset({"temp", "temporary"})
_MAX_STATEMENTS = 50


@dataclass(frozen=True, slots=True)
class Script:
    """A script that may be run."""

    statements: tuple[str, ...]
    undoable: bool
    """Whether a transaction around it can undo it."""


def check(sql: str, *, repeatable: bool = True) -> Script:
    """The statements of a script.

    Args:
        sql: the script.
        repeatable: whether the clock, chance and temporary tables are refused.

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
        _check_words(words, repeatable=repeatable)
        if repeatable:
            _check_texts(part)
        undoable &= _check_head(words, repeatable=repeatable)
    return Script(tuple(parts), undoable)


def _check_head(words: list[str], *, repeatable: bool) -> bool:
    """Whether the statement can be undone; raises where it is refused."""
    first, rest = words[0], words[1:6]
    if repeatable and first == "explain" and {"analyze", "analyse"} & set(_options(words)):
        raise refused("EXPLAIN ANALYZE isn't allowed here: it tells times; plain EXPLAIN is")
    if first in _REFUSED:
        raise refused(
            f"{first.upper()} isn't allowed here; allowed are queries, changes of rows, and CREATE, ALTER or DROP"
        )
    if first in ("create", "alter", "drop"):
        kind = next((word for word in rest if word not in ("or", "replace", "if", "not", "exists", "unlogged")), "")
        if kind in _OBJECTS and (repeatable or kind not in _TEMPORARY):
            raise refused(f"{first.upper()} {kind.upper()} isn't allowed here")
        # A value that is added to an enumeration can't be used before a commit.
        return "concurrently" not in rest and not (kind == "type" and "add" in words)
    return first not in _CONTROL and first not in _ALONE


def _check_words(words: list[str], *, repeatable: bool) -> None:
    for word, after in zip(words, [*words[1:], ""], strict=True):
        if repeatable and (word in _CLOCK_WORDS or (word in CLOCK_CALLS and after == "(")):
            raise refused(f"{word} isn't available here: it depends on the clock or on chance; write dates as literals")
        if (after == "(" and word in _REVOKED_ALWAYS) or _TELLING.fullmatch(word):
            # The role may not either, where the server lets us say so; what is made at run time isn't seen here.
            raise refused(f"{word} isn't available here: it reaches beyond the database")


def _check_texts(sql: str) -> None:
    for is_text, token in _tokens(sql):
        if is_text and _CLOCK_TEXTS.fullmatch(token):
            raise refused(f"the text '{token}' isn't available here: it may mean the clock; write dates as literals")


def _options(words: list[str]) -> list[str]:
    """The words between EXPLAIN and what is explained."""
    if words[1:2] == ["("]:
        return words[2 : words.index(")") if ")" in words else len(words)]
    return words[1:3]


def _words(sql: str) -> Iterator[str]:
    """The words of a statement in lower case, those in the body of a function or block too, no texts or comments."""
    return (token.lower() for is_text, token in _tokens(sql) if not is_text)


def _tokens(sql: str) -> Iterator[tuple[bool, str]]:
    """Whether it is a text, and what it says."""
    from sqlglot import Dialect, TokenType
    from sqlglot.errors import TokenError

    dialect = Dialect.get_or_raise("postgres")
    try:
        tokens = dialect.tokenize(sql)
    except TokenError:
        # PostgreSQL will say better what is wrong.
        yield from ((False, word) for word in sql.split())
        return
    for token, before in zip(tokens, [None, *tokens], strict=False):
        # What follows EXPLAIN, DO, CALL and the like comes as one text.
        unread = before is not None and before.token_type in dialect.tokenizer_class.COMMANDS
        if unread or token.token_type in (TokenType.HEREDOC_STRING, TokenType.RAW_STRING):
            yield from _tokens(token.text)
        elif token.text:
            yield token.token_type is TokenType.STRING, token.text
