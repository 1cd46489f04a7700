"""PostgreSQL: a template database for each of a pack's databases, a clone of it for each episode (`postgres_clones`).

Templates are named by what they hold and outlive a run, as far as the server does.
"""

from __future__ import annotations

import atexit
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from environments.sql import postgres_guard
from environments.sql.engine import Database, SqlLimits
from environments.sql.postgres_clones import Clones
from environments.sql.postgres_server import Server, server
from environments.sql.postgres_template import build_template
from environments.sql.test_cases import Copy


class PostgresEngine:
    """Fulfils `Engine`."""

    def __init__(self, folders: Mapping[str, Path], limits: SqlLimits, dsn: str | None) -> None:
        """Connect, and load what isn't there.

        Raises:
            InputError: the server can't be used, or a database can't be loaded.
        """
        self._server: Server = server(dsn)
        self._limits = limits
        self._templates = {name: build_template(self._server, folder) for name, folder in folders.items()}
        self._clones = Clones(self._server, self._templates, limits)
        atexit.register(self.close)

    @property
    def databases(self) -> Sequence[str]:
        """Names of the folders."""
        return tuple(self._templates)

    def open(self, name: str) -> Database:
        """See `Engine.open`; at once where a clone waits."""
        return self._clones.lend(name)

    @contextmanager
    def copy(self, name: str, scripts: Sequence[str]) -> Iterator[Copy]:
        """See `Engine.copy`: a clone of its own, dropped when the test is over."""
        database = self._clones.lend(name)
        database.broken = True
        try:
            for script in scripts:
                database.run(script, keep=True, max_rows=self._limits.table_rows)
            yield Copy("postgres", name, database.dsn())
        finally:
            database.close()

    def check(self, sql: str) -> None:
        """Read the words of a script; the server parses it when it is run."""
        postgres_guard.check(sql, repeatable=self._limits.repeatable)

    def close(self) -> None:
        """Give back the clones that wait."""
        atexit.unregister(self.close)
        self._clones.close()
