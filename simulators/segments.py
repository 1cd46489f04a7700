"""A reference SQL cut into its clauses, so that a question can be located in it (BIRD-INTERACT's simulator).

As upstream: the text is cut at each clause's first word, whatever the nesting; what stands before the first cut is
dropped, and LEFT of LEFT JOIN stays with the clause before it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Segment:
    """One clause."""

    clause: str
    """SELECT, FROM, WHERE, HAVING, GROUP BY, ORDER BY, LIMIT, OFFSET, JOIN or STATEMENT."""
    text: str


def segments(sql: str) -> list[Segment]:
    """The clauses of a script, in its order; a script without any is one STATEMENT, a broken one is cut at `;`."""
    from sqlglot import Dialect, TokenType
    from sqlglot.errors import TokenError

    cuts = {
        TokenType.SELECT: "SELECT",
        TokenType.FROM: "FROM",
        TokenType.WHERE: "WHERE",
        TokenType.HAVING: "HAVING",
        TokenType.GROUP_BY: "GROUP BY",
        TokenType.ORDER_BY: "ORDER BY",
        TokenType.LIMIT: "LIMIT",
        TokenType.OFFSET: "OFFSET",
        TokenType.JOIN: "JOIN",
        TokenType.STRAIGHT_JOIN: "STRAIGHT JOIN",
    }
    try:
        tokens = Dialect.get_or_raise("postgres").tokenize(sql)
    except TokenError:
        return [Segment("STATEMENT", part.strip()) for part in sql.split(";") if part.strip()]
    found = [(token.start, cuts[token.token_type]) for token in tokens if token.token_type in cuts]
    if not found:
        return [Segment("STATEMENT", sql.strip())] if sql.strip() else []
    ends = [start for start, _ in found[1:]] + [len(sql)]
    return [Segment(clause, sql[start:end].strip()) for (start, clause), end in zip(found, ends, strict=True)]
