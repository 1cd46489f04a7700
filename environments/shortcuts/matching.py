"""Regular expressions in linear time.

A shortcut's pattern comes from a model, and Python's `re` can take exponential time over one. RE2 can't;
it comes with DuckDB, which the SQL environment needs anyway, and is loaded when a pattern is first used.
It knows no look-around and no back-references: a pattern with them is refused, never run.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from environments.shortcuts.values import Match

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LONGEST_PATTERN = 1_000
_MOST_GROUPS = 30
_EXTRACT = "SELECT regexp_extract_all(?, ?, ?, ?)"


class BadPattern(Exception):
    """The pattern isn't one that RE2 understands."""


def find_all(pattern: str, text: str, *, ignore_case: bool) -> list[Match]:
    """Every match of `pattern` in `text`, with its groups.

    Raises:
        BadPattern: it can't be used.
    """
    whole = _strings(_query(_EXTRACT, text, pattern, 0, _options(ignore_case)))
    groups: list[list[str]] = []
    # RE2 refuses a group that the pattern hasn't got; an escaped or literal bracket costs one query in vain.
    for number in range(1, min(pattern.count("("), _MOST_GROUPS) + 1 if whole else 1):
        try:
            groups.append(_strings(_query(_EXTRACT, text, pattern, number, _options(ignore_case))))
        except BadPattern:
            break
    return [Match(match, tuple(group[place] for group in groups)) for place, match in enumerate(whole)]


def replace_all(pattern: str, new: str, text: str, *, ignore_case: bool) -> str:
    """`text` with every match of `pattern` replaced; `$1` in `new` is the first group.

    Raises:
        BadPattern: it can't be used.
    """
    escaped = re.sub(r"\$(\d)", r"\\\1", new.replace("\\", "\\\\"))
    options = _options(ignore_case) + "g"
    return str(_query("SELECT regexp_replace(?, ?, ?, ?)", text, pattern, escaped, options))


def _options(ignore_case: bool) -> str:
    return "i" if ignore_case else "c"


def _strings(found: object) -> list[str]:
    return [str(match) for match in found] if isinstance(found, list) else []


def _query(sql: str, text: str, pattern: str, *rest: str | int) -> object:
    import duckdb

    if len(pattern) > _LONGEST_PATTERN:
        raise BadPattern(f"it is longer than {_LONGEST_PATTERN} characters")
    try:
        row = _connection().execute(sql, [text, pattern, *rest]).fetchone()
    except duckdb.Error as error:
        raise BadPattern(str(error).splitlines()[0]) from None
    return row[0] if row else None


_LOCAL = threading.local()


def _connection() -> DuckDBPyConnection:
    """One a thread: opening one takes fifty times as long as a match."""
    import duckdb

    found: DuckDBPyConnection | None = getattr(_LOCAL, "connection", None)
    if found is None:
        found = duckdb.connect(
            ":memory:", config={"threads": 1, "memory_limit": "256MB", "enable_external_access": False}
        )
        _LOCAL.connection = found
    return found
