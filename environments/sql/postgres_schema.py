"""What a PostgreSQL database holds: as text for an agent, and as a hash for a check."""

from __future__ import annotations

from time import monotonic

import psycopg
from psycopg import sql as pgsql

from environments.sql.engine import UNREADABLE, SqlFailure, take_rows
from environments.sql.postgres_rows import streamed
from environments.sql.values import digest_rows, render, scalar
from harness.core.identity import digest

_OWN = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_t%'"
_RELATIONS = (
    "SELECT c.oid, n.nspname, c.relname, c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    f"WHERE c.relkind IN ('r', 'p', 'v', 'm') AND {_OWN} ORDER BY c.relkind IN ('v', 'm'), 2, 3"
)
_COLUMNS = (
    "SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid) "
    "FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
    "WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
)
_CONSTRAINTS = (
    "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s AND contype <> 'n' "
    "ORDER BY contype <> 'p', 1"
)
_OTHERS = (
    f"SELECT 'index', pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
    f"JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OWN} "
    f"UNION ALL SELECT 'function', pg_get_functiondef(p.oid) FROM pg_proc p "
    f"JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prokind IN ('f', 'p') AND {_OWN} "
    f"UNION ALL SELECT 'trigger', concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled) FROM pg_trigger t "
    f"WHERE NOT t.tgisinternal "
    # Rows that a policy hides look as if they were gone.
    f"UNION ALL SELECT 'policy', concat_ws(' ', p.schemaname, p.tablename, p.policyname, p.permissive, p.roles, p.cmd, "
    f"p.qual, p.with_check) FROM pg_policies p "
    f"UNION ALL SELECT 'secured', concat_ws(' ', n.nspname, c.relname, c.relrowsecurity, c.relforcerowsecurity) "
    f"FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE (c.relrowsecurity OR c.relforcerowsecurity) "
    f"AND {_OWN} "
    f"UNION ALL SELECT 'rule', r.definition FROM pg_rules r JOIN pg_namespace n ON n.nspname = r.schemaname "
    f"WHERE {_OWN} "
    f"UNION ALL SELECT 'domain', concat_ws(' ', n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod), "
    f"t.typnotnull, t.typdefault, (SELECT string_agg(pg_get_constraintdef(k.oid), ' ' ORDER BY k.conname) "
    f"FROM pg_constraint k WHERE k.contypid = t.oid)) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace "
    f"WHERE t.typtype = 'd' AND {_OWN} "
    f"UNION ALL SELECT 'sequence', s.schemaname || '.' || s.sequencename || '=' || coalesce(s.last_value::text, '') "
    f"FROM pg_sequences s "
    f"UNION ALL SELECT 'enum', n.nspname || '.' || t.typname || '.' || e.enumsortorder || '=' || e.enumlabel "
    f"FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace ORDER BY 1, 2"
)
_SAMPLE_ROWS = 3
_SAMPLE_CHARACTERS = 2_000
_VIEW_ROWS = 10_000
"""A view with more rows counts in a fingerprint as such, without its rows."""


def describe(connection: psycopg.Connection) -> str:
    """Every table and view: its definition and its first rows."""
    parts = []
    for oid, schema, name, kind in connection.execute(_RELATIONS).fetchall():
        shown = pgsql.Identifier(name) if schema == "public" else pgsql.Identifier(schema, name)
        label = shown.as_string(connection)
        if kind in ("v", "m"):
            ((text,),) = connection.execute("SELECT pg_get_viewdef(%s::oid, true)", [oid]).fetchall()
            definition = f"CREATE {'VIEW' if kind == 'v' else 'MATERIALIZED VIEW'} {label} AS\n{text}"
        else:
            lines = [_column(*column) for column in connection.execute(_COLUMNS, [oid]).fetchall()]
            lines += [text for (text,) in connection.execute(_CONSTRAINTS, [oid]).fetchall()]
            definition = f"CREATE TABLE {label} (\n    " + ",\n    ".join(lines) + "\n);"
        parts.append(f"{definition}\n{_sample(connection, schema, name)}")
    return "\n\n".join(parts)


def digest_of(connection: psycopg.Connection, seconds: float) -> str:
    """A hash of the content, see `Database.digest`; functions, triggers, policies, sequences and types count too.

    Args:
        connection: in a transaction.
        seconds: what all views together may take.
    """
    until = monotonic() + seconds
    content: list[object] = []
    for oid, schema, name, kind in connection.execute(_RELATIONS).fetchall():
        if kind in ("v", "m"):
            content.append(["view", schema, name, *_view(connection, schema, name, until)])
            continue
        columns = [list(column) for column in connection.execute(_COLUMNS, [oid]).fetchall()]
        constraints = [text for (text,) in connection.execute(_CONSTRAINTS, [oid]).fetchall()]
        content.append(["table", schema, name, columns, constraints, *_table(connection, schema, name)])
    content += [list(row) for row in connection.execute(_OTHERS).fetchall()]
    return digest(content)


def rows_in(connection: psycopg.Connection) -> int:
    """Rows of all tables together."""
    total = 0
    for _, schema, name, kind in connection.execute(_RELATIONS).fetchall():
        if kind in ("r", "p"):
            query = pgsql.SQL("SELECT count(*) FROM {}").format(pgsql.Identifier(schema, name))
            ((count,),) = connection.execute(query).fetchall()
            total += int(count)
    return total


def _column(name: str, kind: str, needed: bool, default: str | None) -> str:
    text = f'"{name}" {kind}' if not name.isidentifier() or name != name.lower() else f"{name} {kind}"
    return text + (" NOT NULL" if needed else "") + (f" DEFAULT {default}" if default is not None else "")


def _sample(connection: psycopg.Connection, schema: str, name: str) -> str:
    query = _select(connection, schema, name, _SAMPLE_ROWS)
    try:
        with connection.transaction(force_rollback=True), streamed(connection, query) as found:
            rows, _ = take_rows(lambda: next(found, None), _SAMPLE_ROWS)
            columns = found.columns
    except (psycopg.Error, SqlFailure) as error:
        # An agent's view may be broken, or too much for the limits.
        told = error.diag.message_primary if isinstance(error, psycopg.Error) else None
        return f"(can't be read: {told or error})"
    shown = [[scalar(value) for value in row] for row in rows]
    return render(columns, shown, cut=False, characters=_SAMPLE_CHARACTERS)


def _table(connection: psycopg.Connection, schema: str, name: str) -> tuple[object, ...]:
    try:
        query = _select(connection, schema, name)
        with connection.transaction(force_rollback=True), streamed(connection, query) as rows:
            return (digest_rows(rows),)
    except psycopg.Error:
        # A column that is reckoned when it is read may fail, or take too long.
        if connection.closed:
            raise
        return UNREADABLE


def _view(connection: psycopg.Connection, schema: str, name: str, until: float) -> tuple[object, ...]:
    left = max(1, int((until - monotonic()) * 1000))
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(f"SET LOCAL statement_timeout = {left}".encode())
            with streamed(connection, _select(connection, schema, name, _VIEW_ROWS + 1)) as found:
                rows, cut = take_rows(lambda: next(found, None), _VIEW_ROWS)
                return (list(found.columns), "large" if cut else digest_rows(rows))
    except psycopg.Error:
        if connection.closed:
            raise
        return UNREADABLE
    except SqlFailure:
        return ("large",)


def _select(connection: psycopg.Connection, schema: str, name: str, most: int | None = None) -> str:
    """All rows, or so many: the server is told, since calling off what was begun spoils the transaction."""
    query = pgsql.SQL("SELECT * FROM {}").format(pgsql.Identifier(schema, name)).as_string(connection)
    return query if most is None else f"{query} LIMIT {most}"
