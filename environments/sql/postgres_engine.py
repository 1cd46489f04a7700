"""PostgreSQL: a template database for each of a pack's databases, and a clone of it for each episode.

Clones are made before they are asked for, by a thread of the engine's own. An episode is one transaction, so a clone
that is given back is rolled back and handed to the next; one in which something was committed is dropped behind the
episode's back. Templates are named by what they hold and outlive a run, as far as the server does.
"""

from __future__ import annotations

import atexit
import itertools
import os
import queue
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from environments.sql import postgres_guard
from environments.sql.engine import Database, SqlLimits
from environments.sql.postgres_database import PostgresDatabase
from environments.sql.postgres_server import AGENT, Server, server
from environments.sql.postgres_template import allow_clock, build_template
from environments.sql.test_cases import Copy
from harness.core.errors import EnvironmentFault

_EPISODE = "parley_e"
_LEAST, _MOST = 2, 32
"""Clones that wait for an episode, of each database."""
_numbers = itertools.count()


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
        self._lock = threading.Condition()
        self._ready: dict[str, list[PostgresDatabase]] = {name: [] for name in folders}
        self._out: Counter[str] = Counter()
        self._most: Counter[str] = Counter()
        self._closed = False
        self._doomed: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        _drop_leftovers(self._server)
        atexit.register(self.close)

    @property
    def databases(self) -> Sequence[str]:
        """Names of the folders."""
        return tuple(self._templates)

    def open(self, name: str) -> Database:
        """See `Engine.open`; at once where a clone waits."""
        return self._open(name)

    @contextmanager
    def copy(self, name: str, scripts: Sequence[str]) -> Iterator[Copy]:
        """See `Engine.copy`: a clone of its own, dropped when the test is over."""
        database = self._open(name)
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
        """Drop the clones that wait."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            waiting = [database for ready in self._ready.values() for database in ready]
            self._ready = {name: [] for name in self._ready}
            self._lock.notify_all()
        atexit.unregister(self.close)
        for database in waiting:
            database.disconnect()
            self._doomed.put(database.name)
        self._doomed.put(None)
        if not self._threads:
            self._drop_doomed()
        for thread in self._threads:
            thread.join()

    def _open(self, name: str) -> PostgresDatabase:
        with self._lock:
            if self._closed:
                raise EnvironmentFault("the pack's databases are closed")
            self._start()
            self._out[name] += 1
            self._most[name] = max(self._most[name], self._out[name])
            found = self._ready[name].pop() if self._ready[name] else None
            self._lock.notify_all()
        return found or self._clone(name)

    def _clone(self, name: str) -> PostgresDatabase:
        clone = f"{_EPISODE}{os.getpid()}_{next(_numbers)}"
        how = " STRATEGY file_copy" if self._server.version >= 150000 else ""
        try:
            self._server.run(f"CREATE DATABASE {{}} TEMPLATE {{}} OWNER {{}}{how}", clone, self._templates[name], AGENT)
            if self._server.own is not None:
                self._server.run("REVOKE CONNECT ON DATABASE {} FROM PUBLIC", clone)
            if not self._limits.repeatable:
                with self._server.as_admin(clone) as connection:
                    allow_clock(connection)
        except psycopg.Error as error:
            raise EnvironmentFault(f"no copy of the database {name} can be made: {str(error).strip()}") from None
        return PostgresDatabase(
            self._server, clone, name, self._limits, lambda: self._open(name), lambda one: self._take_back(name, one)
        )

    def _take_back(self, name: str, database: PostgresDatabase) -> None:
        fresh = not self._closed and database.reset()
        with self._lock:
            self._out[name] -= 1
            if fresh and not self._closed and len(self._ready[name]) < _MOST:
                self._ready[name].append(database)
                return
        database.disconnect()
        if self._closed:
            self._drop(database.name)
        else:
            self._doomed.put(database.name)

    def _start(self) -> None:
        if not self._threads:
            self._threads = [
                threading.Thread(target=work, name=f"postgres-{work.__name__}", daemon=True)
                for work in (self._prepare, self._drop_doomed)
            ]
            for thread in self._threads:
                thread.start()

    def _prepare(self) -> None:
        """Keep as many clones ready as episodes were seen at once, within bounds."""
        while True:
            with self._lock:
                while not self._closed and (name := self._wanting()) is None:
                    self._lock.wait()
                if self._closed:
                    return
            try:
                database = self._clone(str(name))
            except EnvironmentFault:
                # Whoever needs one meets the same error, and can be told.
                with self._lock:
                    self._lock.wait(1.0)
                continue
            with self._lock:
                if not self._closed:
                    self._ready[str(name)].append(database)
                    continue
            database.disconnect()
            self._drop(database.name)

    def _wanting(self) -> str | None:
        used = (name for name in self._ready if self._most[name])
        return next((name for name in used if len(self._ready[name]) < self._target(name)), None)

    def _target(self, name: str) -> int:
        return min(_MOST, max(_LEAST, self._most[name] - self._out[name]))

    def _drop_doomed(self) -> None:
        while (name := self._doomed.get()) is not None:
            self._drop(name)

    def _drop(self, name: str) -> None:
        with suppress(psycopg.Error):
            self._server.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _drop_leftovers(server: Server) -> None:
    """Clones of processes that are no more."""
    for (name,) in server.run("SELECT datname FROM pg_database"):
        pid, _, _ = str(name).removeprefix(_EPISODE).partition("_")
        if str(name).startswith(_EPISODE) and pid.isdigit() and not _alive(int(pid)):
            with suppress(psycopg.Error):
                server.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", str(name))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
