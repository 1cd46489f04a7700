"""Regular expressions in linear time.

A shortcut's pattern comes from a model, and Python's `re` can take exponential time over one. RE2 can't;
it comes with DuckDB, which the SQL environment needs anyway, and is loaded when a pattern is first used.
It knows no look-around and no back-references: a pattern with them is refused, never run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LONGEST_PATTERN = 1_000


class BadPattern(Exception):
    """The pattern isn't one that RE2 understands."""


def find_all(pattern: str, text: str, *, ignore_case: bool) -> list[str]:
    """Every match of `pattern` in `text`.

    Raises:
        BadPattern: it can't be used.
    """
    found = _query("SELECT regexp_extract_all(?, ?, 0, ?)", text, pattern, _options(ignore_case))
    return [str(match) for match in found] if isinstance(found, list) else []


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


def _query(sql: str, text: str, pattern: str, *rest: str) -> object:
    import duckdb

    if len(pattern) > _LONGEST_PATTERN:
        raise BadPattern(f"it is longer than {_LONGEST_PATTERN} characters")
    with _connection() as connection:
        try:
            row = connection.execute(sql, [text, pattern, *rest]).fetchone()
        except duckdb.Error as error:
            raise BadPattern(str(error).splitlines()[0]) from None
    return row[0] if row else None


def _connection() -> DuckDBPyConnection:
    import duckdb

    return duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "256MB", "enable_external_access": False})
