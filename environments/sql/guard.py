"""What an agent's SQL may hold on DuckDB: an allow-list over statements and a deny-list over functions.

The engine's own configuration (see `duckdb_engine`) already closes files, network, extensions and
settings. This is the second wall, and the only one before three things that configuration can't stop:
other databases in the process, what the clock or chance decides (a replay must give the same bytes),
and single function calls whose memory or time no limit of the engine reaches.

The words are found by DuckDB's own tokenizer, so a comment, a string or a quoted name can't hide one.
"""

from __future__ import annotations

import re
from functools import cache

import duckdb

from environments.sql.engine import SqlFailure, refused

_STATEMENTS = frozenset(
    {"SELECT", "EXPLAIN", "INSERT", "UPDATE", "DELETE", "MERGE_INTO", "CREATE", "ALTER", "DROP", "MULTI"}
)
_OBJECTS = frozenset({"table", "view", "index"})
_CREATES = _OBJECTS | {"recursive", "unique", "or", "replace"}
_TEMPORARY = frozenset({"temp", "temporary"})
_NAMES_FOLLOW = frozenset({"into", "table", "view", "exists"})
"""A name and a parenthesis behind one of these is no call: `INSERT INTO stats (a, b)`."""
_TABLE_FUNCTIONS = frozenset({"range", "generate_series", "repeat", "unnest", "json_each", "json_tree"})
_COUNTERS = frozenset({"range", "generate_series"})
_HOST = re.compile(r"(duckdb|pragma|pg)_\w+")
"""Catalog functions and views that tell about the process; refused wherever they stand."""
_HOST_SCHEMAS = frozenset({"system", "temp"})
"""Lead around the list of functions."""
_CLOCK = frozenset(
    {"current_date", "current_time", "current_timestamp", "current_localtime", "current_localtimestamp"}
    | {"localtime", "localtimestamp", "age", "ago", "reservoir_quantile"}
)
_CLOCK_WORDS = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"})
"""Need no parentheses."""
_UNBOUNDED = frozenset(
    {"bitstring", "printf", "format", "array_to_string", "list_resize", "array_resize"}
    | {"levenshtein", "editdist3", "damerau_levenshtein", "jaccard", "jaro_similarity", "jaro_winkler_similarity"}
)
"""One call can take gigabytes or hours: strings made of a count, and quadratic comparisons."""
_SESSION = frozenset({"sleep_ms", "current_setting", "getvariable", "write_log", "nextval", "currval", "setval"})
"""Refused even where nothing has to be repeatable."""
_INDIRECT = frozenset({"query", "query_table", "json_serialize_sql", "json_deserialize_sql", "json_serialize_plan"})
"""SQL in a string, which this guard would not read."""
_VOLATILE = (
    "stability IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY') AND "
    "array_to_string(parameter_types, ' ') NOT SIMILAR TO '.*(TIME ZONE|TIMESTAMPTZ|TIMETZ).*'"
)
"""What changes though no moment with a time zone goes in: of those it is only the zone that matters (since DuckDB
2.0.1 the engine says so, of `year` as of `+`), and the zone is fixed. What reads the clock is named above, too."""
_MAX_STATEMENTS = 50


def check(sql: str, *, repeatable: bool = True) -> list[duckdb.Statement]:
    """The statements of a script, if it parses and may be run.

    Args:
        sql: the script.
        repeatable: whether the clock, chance and temporary tables are refused.

    Raises:
        SqlFailure: it doesn't parse, holds no statement, or holds something that is refused.
    """
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise SqlFailure(str(error)) from None
    if not statements:
        raise SqlFailure("there is no SQL statement in it")
    if len(statements) > _MAX_STATEMENTS:
        raise refused(f"at most {_MAX_STATEMENTS} statements may be run at once, these are {len(statements)}")
    for statement in statements:
        _check_kind(_kind(statement), _words(statement.query), repeatable=repeatable)
    _check_calls(_words(sql), repeatable=repeatable)
    if repeatable and "reservoir_quantile" in sql.lower():
        # Aggregates can also be named in a string, for list_aggregate.
        raise refused("reservoir_quantile isn't available here: chance would make the result unrepeatable")
    return statements


def check_repeatable(sql: str) -> None:
    """Raise `SqlFailure` if a pack's own script holds what could give other rows another time or elsewhere."""
    words = _words(sql)
    for word, after in zip(words, [*words[1:], ""], strict=False):
        if word in _CLOCK_WORDS or (after == "(" and word in _unrepeatable_functions()):
            raise refused(f"{word} isn't available here: {_reason(word)}")


def _kind(statement: duckdb.Statement) -> str:
    try:
        return statement.type.name
    except ValueError:  # The Python binding has no name for some kinds (UPDATE EXTENSIONS).
        return "such"


def _words(sql: str) -> list[str]:
    """The tokens of a script, lower-cased, names unquoted, comments and strings left out."""
    data = sql.encode()
    tokens = duckdb.tokenize(sql)
    ends = [start for start, _ in tokens[1:]] + [len(data)]
    words = []
    for (start, kind), end in zip(tokens, ends, strict=True):
        if kind in (duckdb.token_type.comment, duckdb.token_type.string_const):
            continue
        text = data[start:end].decode(errors="replace").strip().lower()
        words.append(text[1:].split('"')[0] if text.startswith('"') else text)
    return words


def _check_kind(kind: str, words: list[str], *, repeatable: bool) -> None:
    if kind not in _STATEMENTS:
        raise refused(
            f"{kind} statements aren't allowed here; allowed are queries, changes of rows, and CREATE, "
            "ALTER or DROP of tables, views and indexes"
        )
    if kind == "EXPLAIN" and words[1:2] in (["("], ["analyze"], ["analyse"]):
        raise refused("EXPLAIN ANALYZE isn't allowed here; plain EXPLAIN is")
    creates = _CREATES if repeatable else _CREATES | _TEMPORARY
    if kind == "CREATE" and not creates.issuperset(_head(words)):
        raise refused("only tables, views and indexes may be created here, and none of them temporary")
    if kind == "DROP" and words[1:2] and words[1] not in _OBJECTS:
        raise refused("only tables, views and indexes may be dropped here")


def _check_calls(words: list[str], *, repeatable: bool) -> None:
    refused_calls = _refused_functions() if repeatable else _refused_always()
    for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False):
        called = after == "(" and before not in _NAMES_FOLLOW
        if (repeatable and word in _CLOCK_WORDS) or (called and word in refused_calls):
            raise refused(f"{word} isn't available here: {_reason(word)}")
        if called and word in _COUNTERS and before not in ("from", "join", "lateral"):
            raise refused(f"{word} may only stand behind FROM or JOIN here, not as a list")
        if _HOST.fullmatch(word) or (word in _HOST_SCHEMAS and after == "."):
            raise refused(f"{word} isn't available here; get_schema shows the tables, information_schema too")
        if repeatable and (word == "tablesample" or (word == "sample" and before == "using")):
            raise refused("a random sample isn't available here: chance would make the result unrepeatable")


def _head(words: list[str]) -> list[str]:
    """The words of CREATE that tell what is created: behind it, up to the kind of object."""
    end = next((place for place, word in enumerate(words) if word in _OBJECTS), len(words))
    return words[1 : end + 1]


def _reason(name: str) -> str:
    if name in _UNBOUNDED:
        return "one call of it could use up the memory or the time"
    if name in _INDIRECT:
        return "SQL in a string isn't allowed"
    return "it depends on the clock, on chance, or on the machine"


@cache
def _refused_functions() -> frozenset[str]:
    """Names that no script of an agent may call, from the engine's own list of functions and the lists above."""
    return _refused_always() | _functions(_VOLATILE) | _CLOCK


@cache
def _refused_always() -> frozenset[str]:
    readers = _functions("function_type = 'table'") - _TABLE_FUNCTIONS
    return readers | _UNBOUNDED | _INDIRECT | _SESSION


@cache
def _unrepeatable_functions() -> frozenset[str]:
    """Names that no pack's own script may call; `hash` differs between versions of the engine."""
    return _functions(_VOLATILE) | _CLOCK | {"hash"}


def _functions(condition: str) -> frozenset[str]:
    with duckdb.connect(":memory:") as connection:
        found = connection.execute(f"SELECT DISTINCT function_name FROM duckdb_functions() WHERE {condition}")
        return frozenset(str(name).lower() for (name,) in found.fetchall())
