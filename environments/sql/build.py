"""A database's folder in the portable form, built once and kept in the user's cache.

`schema.sql` (CREATE TABLE with INTEGER, BIGINT, TEXT, DATE, TIMESTAMP, DECIMAL, DOUBLE PRECISION, BOOLEAN),
then `<table>.csv` for each table that has one (header; an empty field is NULL), then `generate.sql` if there
is one: INSERT ... SELECT over range(), for rows that need not be written down. All of it is DuckDB's SQL, and
the base file that comes of it is what the other engines copy. Neither clock nor chance may decide a row.

A file's name is the hash of what it is built from, so that nothing in the cache is ever out of date, and
it is put there in one step, so that processes that build the same one at once don't disturb each other.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb

from environments.sql import guard
from environments.sql.build_imported import load_imported
from environments.sql.engine import SqlFailure
from environments.sql.sqlite_types import check_file
from harness.core.errors import InputError
from harness.core.identity import digest, digest_bytes

_VERSION = 1
"""To be raised when the same files give another database."""


def build_base(folder: Path) -> Path:
    """The DuckDB file of a database's folder, or of the SQLite file in it; read-only for whoever opens it.

    Raises:
        InputError: a file is missing or wrong, or the cache can't be written.
    """
    imported = folder / f"{folder.name}.sqlite"
    if imported.is_file():
        check_file(imported)
        key = digest([_VERSION, duckdb.__version__, digest_bytes(imported.read_bytes())])
        return kept(key, ".duckdb", lambda path: _import(imported, path))
    return kept(base_key(folder), ".duckdb", lambda path: _build(folder, path))


def base_key(folder: Path) -> str:
    """The hash of everything that `build_base` reads.

    Raises:
        InputError: there is no `schema.sql`, or a file can't be read.
    """
    files = [folder / "schema.sql", *sorted(folder.glob("*.csv"))]
    if (folder / "generate.sql").is_file():
        files.append(folder / "generate.sql")
    try:
        content = {path.name: digest_bytes(path.read_bytes()) for path in files}
    except OSError as error:
        raise InputError(f"{error.filename}: can't be read ({error.strerror})") from None
    return digest([_VERSION, duckdb.__version__, content])


def kept(key: str, suffix: str, make: Callable[[Path], None]) -> Path:
    """The file of that key in the cache, made by `make` if it isn't there yet.

    Raises:
        InputError: the cache can't be written; and whatever `make` raises.
    """
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "parley" / "sql"
    path = home / f"{key.removeprefix('sha256:')[:32]}{suffix}"
    if path.is_file():
        return path
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".build-", dir=home) as scratch:
            fresh = Path(scratch) / path.name
            make(fresh)
            fresh.chmod(0o444)
            fresh.replace(path)
    except OSError as error:
        hint = "set XDG_CACHE_HOME to a folder that can be written"
        raise InputError(f"{home}: the cache can't be written ({error.strerror})", hint=hint) from None
    return path


def text(path: Path) -> str:
    """A text file of the pack.

    Raises:
        InputError: it can't be read, or isn't UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: isn't UTF-8 text") from None


def _build(folder: Path, base: Path) -> None:
    with duckdb.connect(str(base), config={"threads": "1"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        _load(connection, folder / "schema.sql")
        # In the order of definition, so that a row's parent is there before it.
        tables = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY table_oid"
        ).fetchall()
        names = {str(name) for (name,) in tables}
        for path in sorted(folder.glob("*.csv")):
            if path.stem not in names:
                raise InputError(f"{path}: schema.sql has no table of this name (it has {', '.join(sorted(names))})")
        for (name,) in tables:
            path = folder / f"{name}.csv"
            if path.is_file():
                _copy(connection, str(name), path)
        if (folder / "generate.sql").is_file():
            _load(connection, folder / "generate.sql")


def _import(imported: Path, base: Path) -> None:
    with duckdb.connect(str(base), config={"threads": "1"}) as connection:
        load_imported(imported, connection)


def _load(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    script = text(path)
    try:
        guard.check_repeatable(script)
        connection.execute(script)
    except (duckdb.Error, SqlFailure) as error:
        raise InputError(f"{path}: the database can't be built: {error}") from None


def _copy(connection: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    name = table.replace('"', '""')
    try:
        connection.execute(f"COPY \"{name}\" FROM $path (FORMAT csv, HEADER, NULLSTR '')", {"path": str(path)})
    except duckdb.Error as error:
        raise InputError(f"{path}: the database can't be built: {error}") from None
