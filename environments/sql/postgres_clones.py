"""The clones of an engine's templates: made before they are asked for, lent to an episode, taken back.

An episode is one transaction, so a clone that comes back is rolled back and lent again; one in which something was
committed is dropped behind the episode's back. Clones that are clean when the engine closes stay on the server as
spares, and the next engine that needs that template takes them over, which is a matter of a name.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import queue
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from contextlib import suppress

import psycopg
from psycopg import sql as pgsql

from environments.sql.engine import SqlLimits
from environments.sql.postgres_database import PostgresDatabase
from environments.sql.postgres_server import AGENT, Server
from environments.sql.postgres_template import TEMPLATE, allow_clock
from harness.core.errors import EnvironmentFault

_SPARE = "parley_s"
_EPISODE = f"parley_e{hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]}_"
"""With the machine in it: whether a process is alive can be told of one's own alone."""
_LEAST, _MOST = 2, 64
"""Clones that wait for an episode, of each database."""
_MAKERS, _DROPPERS = 4, 2
"""Threads; clones that are made at once share what the server does once for all of them."""
_RECENTLY_S = 20.0
"""So long a dropped clone counts as one that will be needed again."""
_FULL_S = 30.0
"""How long an episode waits for a server that has no connection left."""
_HELD_BACK = 16
"""Connections of the server that clones leave to others."""
_MOST_SPARES = 16
_SPARE_BYTES = 512 * 1024 * 1024
_SPARE_GROWTH = 32 * 1024 * 1024
"""Spares that stay: of one template, of all on the server together, and beyond the template's size."""
_numbers = itertools.count()


class Clones:
    """Used by many threads at once."""

    def __init__(self, server: Server, templates: Mapping[str, str], limits: SqlLimits) -> None:
        self._server = server
        self._templates = templates
        self._limits = limits
        self._lock = threading.Condition()
        self._ready: dict[str, list[PostgresDatabase]] = {name: [] for name in templates}
        self._spares = _tidy(server, templates)
        self._out: Counter[str] = Counter()
        self._most: Counter[str] = Counter()
        self._lost: dict[str, deque[float]] = {name: deque() for name in templates}
        self._being_made: Counter[str] = Counter()
        self._closed = False
        self._doomed: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._makers: list[threading.Thread] = []
        self._droppers: list[threading.Thread] = []

    def lend(self, name: str) -> PostgresDatabase:
        """A clone of that database's template; at once where one waits.

        Raises:
            EnvironmentFault: none can be made.
        """
        with self._lock:
            if self._closed:
                raise EnvironmentFault("the pack's databases are closed")
            self._start()
            self._out[name] += 1
            self._most[name] = max(self._most[name], self._out[name])
            found = self._ready[name].pop() if self._ready[name] else None
            self._lock.notify_all()
        if found is not None:
            return found
        try:
            return self._made(name)
        except EnvironmentFault:
            with self._lock:
                self._out[name] -= 1
            raise

    def close(self) -> None:
        """Leave or drop the clones that wait; those that are out are dropped when they come back."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            waiting = {name: ready for name, ready in self._ready.items() if ready}
            self._ready = {name: [] for name in self._ready}
            self._lock.notify_all()
        for name, ready in waiting.items():
            for database in ready:
                database.disconnect()
                if not self._left(name, database):
                    self._doomed.put(database.name)
        for thread in self._makers:
            thread.join()
        # Only now: what the makers had begun is doomed, too.
        for _ in range(_DROPPERS):
            self._doomed.put(None)
        if not self._droppers:
            self._drop_doomed()
        for thread in self._droppers:
            thread.join()

    def _made(self, name: str) -> PostgresDatabase:
        clone = f"{_EPISODE}{os.getpid()}_{next(_numbers)}"
        try:
            if not self._taken_over(name, clone):
                self._created(name, clone)
            if not self._limits.repeatable:
                # Also where a spare was made for those who mustn't look at the clock.
                with self._server.as_admin(clone) as connection:
                    allow_clock(connection)
            return self._connected(name, clone)
        except psycopg.Error as error:
            raise EnvironmentFault(f"no copy of the database {name} can be made: {str(error).strip()}") from None

    def _taken_over(self, name: str, clone: str) -> bool:
        while True:
            with self._lock:
                if not self._spares[name]:
                    return False
                spare = self._spares[name].pop()
            with suppress(psycopg.Error):  # Another harness was faster.
                self._server.run("ALTER DATABASE {} RENAME TO {}", spare, clone)
                return True

    def _created(self, name: str, clone: str) -> None:
        how = " STRATEGY file_copy" if self._server.version >= 150000 else ""
        command = pgsql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}" + how)
        with self._server.connect() as admin:
            admin.execute(command.format(*map(pgsql.Identifier, (clone, self._templates[name], AGENT))))
            if self._server.own is not None:
                admin.execute(pgsql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(pgsql.Identifier(clone)))

    def _connected(self, name: str, clone: str) -> PostgresDatabase:
        until = time.monotonic() + _FULL_S
        while True:
            try:
                return PostgresDatabase(
                    self._server,
                    clone,
                    name,
                    self._limits,
                    lambda: self.lend(name),
                    lambda database: self._take_back(name, database),
                )
            except EnvironmentFault as fault:
                if "too many" not in str(fault) or time.monotonic() > until:
                    self._doomed.put(clone)
                    raise
                self._give_way()
                time.sleep(0.1)

    def _give_way(self) -> None:
        """Let go of a clone that waits, for its connection."""
        with self._lock:
            name = max(self._ready, key=lambda one: len(self._ready[one]))
            database = self._ready[name].pop() if self._ready[name] else None
        if database is not None:
            database.disconnect()
            self._doomed.put(database.name)

    def _take_back(self, name: str, database: PostgresDatabase) -> None:
        fresh = not self._closed and database.reset()
        with self._lock:
            self._out[name] -= 1
            if fresh and not self._closed and len(self._ready[name]) < _MOST:
                self._ready[name].append(database)
                return
            self._lost[name].append(time.monotonic())
            self._lock.notify_all()
        database.disconnect()
        if self._closed:
            _drop(self._server, database.name)
        else:
            self._doomed.put(database.name)

    def _start(self) -> None:
        if not self._makers:
            self._makers = [threading.Thread(target=self._prepare, daemon=True) for _ in range(_MAKERS)]
            self._droppers = [threading.Thread(target=self._drop_doomed, daemon=True) for _ in range(_DROPPERS)]
            for thread in (*self._makers, *self._droppers):
                thread.start()

    def _prepare(self) -> None:
        while True:
            with self._lock:
                while not self._closed and (name := self._wanting()) is None:
                    self._lock.wait()
                if self._closed:
                    return
                self._being_made[str(name)] += 1
            database = None
            # Whoever needs one meets the same error, and can be told.
            with suppress(EnvironmentFault):
                database = self._made(str(name))
            with self._lock:
                self._being_made[str(name)] -= 1
                if database is not None and not self._closed:
                    self._ready[str(name)].append(database)
                    continue
                if not self._closed:
                    self._lock.wait(1.0)
            if database is not None:
                database.disconnect()
                self._doomed.put(database.name)

    def _wanting(self) -> str | None:
        room = self._server.connections - _HELD_BACK - self._out.total() - self._being_made.total()
        if sum(map(len, self._ready.values())) >= room:
            return None
        used = (name for name in self._ready if self._most[name])
        return next((name for name in used if self._coming(name) < self._target(name)), None)

    def _coming(self, name: str) -> int:
        return len(self._ready[name]) + self._being_made[name]

    def _target(self, name: str) -> int:
        """As many as were out at once and aren't now, or as were lost of late."""
        lost = self._lost[name]
        while lost and lost[0] < time.monotonic() - _RECENTLY_S:
            lost.popleft()
        return min(_MOST, max(_LEAST, self._most[name] - self._out[name], min(len(lost), self._most[name])))

    def _left(self, name: str, database: PostgresDatabase) -> bool:
        """Leave a clean clone as a spare for the next engine, the oldest of other templates giving way to it; false
        where there are enough."""
        template = self._templates[name]
        kind = _kind(template)
        pattern = _SPARE.replace("_", "\\_") + "%"
        query = (
            "SELECT datname, pg_database_size(oid) FROM pg_database WHERE datname LIKE %s OR datname = %s ORDER BY oid"
        )
        with suppress(psycopg.Error):
            sizes = {str(found): int(str(size)) for found, size in self._server.run(query, values=[pattern, template])}
            at_first = sizes.pop(template)
            others = [spare for spare in sizes if not spare.startswith(kind)]
            grown = database.size > at_first + _SPARE_GROWTH
            if not self._limits.repeatable or grown or len(sizes) - len(others) >= _MOST_SPARES:
                return False
            room = _SPARE_BYTES - database.size
            while sum(sizes.values()) > room and others:
                oldest = others.pop(0)
                _drop(self._server, oldest)
                del sizes[oldest]
            if sum(sizes.values()) <= room:
                spare = kind + database.name.removeprefix(_EPISODE)
                self._server.run("ALTER DATABASE {} RENAME TO {}", database.name, spare)
                return True
        return False

    def _drop_doomed(self) -> None:
        while (name := self._doomed.get()) is not None:
            _drop(self._server, name)


def _tidy(server: Server, templates: Mapping[str, str]) -> dict[str, list[str]]:
    """The spares of each template; clones of processes that are no more are dropped."""
    found = [str(name) for (name,) in server.run("SELECT datname FROM pg_database")]
    for clone in found:
        pid = clone.removeprefix(_EPISODE).partition("_")[0]
        if clone.startswith(_EPISODE) and pid.isdigit() and not _alive(int(pid)):
            _drop(server, clone)
    return {
        name: [clone for clone in found if clone.startswith(_kind(template))] for name, template in templates.items()
    }


def _kind(template: str) -> str:
    """How the names of a template's spares begin."""
    return f"{_SPARE}{template.removeprefix(TEMPLATE)}_"


def _drop(server: Server, name: str) -> None:
    with suppress(psycopg.Error), server.connect() as admin:
        admin.execute(pgsql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(pgsql.Identifier(name)))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
