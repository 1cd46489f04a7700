"""The databases that submissions are judged on, each on each engine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from environments.sql.engine import Database, Engine, SqlLimits
from environments.sql.test_cases import Kind
from harness.parity.bird_submissions import Submission

_LIMITS = SqlLimits(seconds=60.0, memory_mb=1024, table_rows=10_000_000)


def folders_in(data: Path) -> dict[str, Path]:
    """The folder of each database under `data`, by its name; upstream's sets keep some in `databases/`."""
    homes = [home for home in (data / "databases", data) if home.is_dir()]
    return {folder.name: folder for home in homes for folder in sorted(home.iterdir()) if folder.is_dir()}


class Databases:
    """Each database on each engine, opened once when it is asked for."""

    def __init__(self, folders: dict[str, Path], scratch: Path) -> None:
        self._folders = folders
        self._scratch = scratch
        self._engines: dict[tuple[str, str, bool], Engine] = {}
        self._opened: dict[tuple[str, str, bool], Database] = {}

    def shared(self, submission: Submission, *, repeatable: bool) -> Database:
        """One in which nothing may stay."""
        key = (submission.kind, submission.database, repeatable)
        if key not in self._opened:
            self._opened[key] = self._engine(submission, repeatable).open(submission.database)
        return self._opened[key]

    def fresh(self, submission: Submission) -> Database:
        """One for the caller to change and to close."""
        return self._engine(submission, True).open(submission.database)

    def close(self) -> None:
        """Give all of it back."""
        for database in self._opened.values():
            database.close()
        for engine in self._engines.values():
            engine.close()

    def _engine(self, submission: Submission, repeatable: bool) -> Engine:
        key = (submission.kind, submission.database, repeatable)
        if key not in self._engines:
            folder = _folder(self._folders[submission.database], self._scratch)
            limits = replace(_LIMITS, repeatable=repeatable)
            self._engines[key] = _engine(submission.kind, submission.database, folder, limits)
        return self._engines[key]


@contextmanager
def databases_of(folders: dict[str, Path]) -> Iterator[Databases]:
    """The databases of these folders, closed at the end."""
    with tempfile.TemporaryDirectory(prefix="parley-parity-") as scratch:
        databases = Databases(folders, Path(scratch))
        try:
            yield databases
        finally:
            databases.close()


def _folder(folder: Path, scratch: Path) -> Path:
    """The folder, or one that calls upstream's template twin by the database's name."""
    twin = folder / f"{folder.name}_template.sqlite"
    if not twin.is_file():
        return folder
    home = scratch / folder.name
    if not home.exists():
        home.mkdir()
        (home / f"{folder.name}.sqlite").symlink_to(twin.resolve())
    return home


def _engine(kind: Kind, name: str, folder: Path, limits: SqlLimits) -> Engine:
    if kind == "sqlite":
        from environments.sql.sqlite_engine import SqliteEngine

        return SqliteEngine({name: folder}, limits)
    if kind == "duckdb":
        from environments.sql.duckdb_engine import DuckEngine

        return DuckEngine({name: folder}, limits)
    from environments.sql.postgres_engine import PostgresEngine

    return PostgresEngine({name: folder}, limits, None)
