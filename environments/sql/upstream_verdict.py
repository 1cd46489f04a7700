"""Upstream BIRD-INTERACT's verdict on a submission: what it runs, in which order, on what, and what it then compares.

The prediction is run as it is, then cleaned, then the cleaned reference, all on one database whose changes stay: a
prediction that can't be run twice fails, and the reference sees what the prediction did. Its SQLite program takes one
statement an element and no RETURNING; its PostgreSQL program takes batches, and no element that is only a comment.
Here nothing of it stays. Source: upstream's evaluators, commit 451fe2c.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence

from environments.sql import upstream_rules
from environments.sql.engine import Rows, SqlFailure
from environments.sql.test_cases import Kind, statements

Run = Callable[[str, int], Rows]
"""Runs a script and undoes it; the number is how many rows are taken, the rest is cut off."""

_QUERY_ROWS = 10_000
"""Of what begins like a query, upstream reads no more rows, and says nothing of it."""
_OTHER_ROWS = 1_000_000
_CHANGES = re.compile(
    r"\b(?:insert|update|delete|merge|replace|create|alter|drop|truncate|into|call|do|comment|grant|refresh|nextval"
    r"|setval|lo_\w+)\b",
    re.IGNORECASE,
)
"""What could leave something behind; a word too many costs a second run and nothing else."""
_REST = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?(?:\*/|$))*", re.DOTALL)
_RETURNS = re.compile(r"\s*(?:insert|update|delete|replace)\b", re.IGNORECASE)


def verdict(
    run: Run, kind: Kind, prediction: Sequence[str], reference: Sequence[str], *, ordered: bool, ran: bool = False
) -> str:
    """Why upstream fails the prediction; empty where it passes.

    Args:
        run: on a database as the submission finds it.
        kind: of that database; DuckDB, which upstream doesn't know, counts as PostgreSQL.
        prediction: upstream's list, usually of one element.
        reference: likewise.
        ordered: whether lists are compared instead of sets.
        ran: whether the prediction was run before, as it is, and what it did is there to see.
    """
    if not prediction or not reference:
        return f"the {'reference' if prediction else 'prediction'} holds no SQL"
    cleaned = [upstream_rules.clean(one) for one in prediction]
    wanted = [upstream_rules.clean(one) for one in reference]
    for whose, elements in (
        ("prediction", prediction),
        ("cleaned prediction", cleaned),
        ("cleaned reference", wanted),
    ):
        if problem := _unfit(kind, elements):
            return f"the {whose} {problem}"
    before: list[str] = []
    found: list[Rows] = []
    for whose, elements in (
        ("prediction", prediction),
        ("cleaned prediction", cleaned),
        ("cleaned reference", wanted),
    ):
        if whose == "prediction" and ran:
            continue
        if found and not before and elements == prediction:
            found.append(found[-1])  # Nothing was cleaned and nothing changed: the same rows.
            continue
        try:
            rows = run(_script([*before, *elements]), _most(elements))
        except SqlFailure as failure:
            return f"the {whose} doesn't run: {failure}"
        if kind == "sqlite" and rows.columns and _RETURNS.match(elements[-1]):
            return f"the {whose} returns rows of a change, which upstream can't read on SQLite"
        found.append(rows)
        if any(_CHANGES.search(one) for one in elements):
            before += elements
    return upstream_rules.difference(found[-2].values, found[-1].values, ordered=ordered)


def _unfit(kind: Kind, elements: Sequence[str]) -> str:
    """Why upstream's program can't run a list; empty where it can."""
    for element in elements:
        if kind == "sqlite" and not _is_single(element):
            return "holds several statements in one text, which upstream doesn't run on SQLite"
        if kind != "sqlite" and element.strip() and not statements(_REST.sub("", element, count=1), kind):
            return "holds a text without a statement, which is an error"
    if kind == "sqlite" and not _REST.sub("", elements[-1], count=1):
        return "ends with a text without a statement, which returns nothing"
    return ""


def _is_single(sql: str) -> bool:
    """Whether nothing but blanks and comments stands behind the first statement."""
    for place in re.finditer(";", sql):
        if sqlite3.complete_statement(sql[: place.end()]):
            return _REST.fullmatch(sql, place.end()) is not None
    return True


def _most(elements: Sequence[str]) -> int:
    last = next((one for one in reversed(elements) if one.strip()), "")
    return _QUERY_ROWS if last.strip().lower().startswith(("select", "with")) else _OTHER_ROWS


def _script(elements: Sequence[str]) -> str:
    """One script; a comment at the end of an element must not swallow what follows."""
    return "\n;\n".join(one.strip().rstrip(";") for one in elements if one.strip())
