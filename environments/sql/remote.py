"""SQL engines whose databases live in worker processes, a database a worker.

A worker can be killed where a statement can't be stopped: one that ignores its deadline or takes all the
memory costs its worker, and the database is built again from its template and the scripts that stayed.
Workers are reused over the episodes of a pack; one in whose database nothing stayed is handed to the next
episode of that database as it is, since a rolled-back transaction leaves nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from environments.sql import nursery
from environments.sql.engine import Database, Rows, SqlFailure, SqlLimits, out_of_memory, too_slow
from environments.sql.nursery import Died, Overdue, Worker
from environments.sql.test_cases import Copy
from environments.sql.wire import Answer, Digest, Kind, Open, Request, Run, Schema, Source
from harness.core.errors import EnvironmentFault, InputError

_GRACE_S = 1.0
"""What a worker gets beyond a deadline to stop by itself."""
_OPEN_S = 60.0
_READ_S = 30.0
"""What reading all tables may take, beside the views' share."""
_MAX_IDLE = 8


class RemoteEngine:
    """The databases of one pack, in workers that are started when they are needed."""

    def __init__(self, kind: Kind, files: Mapping[str, Path], limits: SqlLimits) -> None:
        self._kind: Kind = kind
        self._limits = limits
        self._sources = {name: _source(name, path) for name, path in files.items()}
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._lent: set[Worker] = set()
        self._closed = False

    @property
    def databases(self) -> Sequence[str]:
        """Names of the folders."""
        return tuple(self._sources)

    def open(self, name: str) -> Database:
        """A fresh database in a worker of its own."""
        return RemoteDatabase(self, name, self._limits.seconds)

    @contextmanager
    def copy(self, name: str, scripts: Sequence[str]) -> Iterator[Copy]:
        """See `Engine.copy`: the file, which the test's process copies."""
        yield Copy(self._kind, name, self._sources[name].path, tuple(scripts))

    def close(self) -> None:
        """End all workers, also those whose databases are still open."""
        with self._lock:
            self._closed = True
            workers = [*self._idle, *self._lent]
            self._idle.clear()
            self._lent.clear()
        for worker in workers:
            worker.kill()

    def lend(self, name: str) -> Worker:
        """A worker with a fresh copy of that database open.

        Raises:
            EnvironmentFault: there is none to be had.
        """
        source = self._sources[name]
        while (worker := self._idle_worker(source)) is not None:
            if worker.holds == source or self._opened(worker, source):
                return worker
        worker = nursery.spawn(self._kind, self._limits)
        with self._lock:
            self._lent.add(worker)
            closed = self._closed
        if closed:
            self.take_back(worker, healthy=False)
            raise EnvironmentFault("the pack's databases are closed")
        if not self._opened(worker, source):
            raise EnvironmentFault(f"the worker ended while it opened the database {name}")
        return worker

    def take_back(self, worker: Worker, *, healthy: bool) -> None:
        """Keep a worker for another episode, or end it."""
        with self._lock:
            self._lent.discard(worker)
            kept = healthy and not self._closed and len(self._idle) < _MAX_IDLE
            if kept:
                self._idle.append(worker)
        if not kept:
            worker.end()

    def _idle_worker(self, source: Source) -> Worker | None:
        """One that has the database open already, if there is one; else any."""
        with self._lock:
            if self._closed:
                raise EnvironmentFault("the pack's databases are closed")
            place = next((place for place, worker in enumerate(self._idle) if worker.holds == source), 0)
            if not self._idle:
                return None
            worker = self._idle.pop(place)
            self._lent.add(worker)
            return worker

    def _opened(self, worker: Worker, source: Source) -> bool:
        """Make a worker open a database; false if the worker is no more."""
        worker.holds = None
        try:
            reply = worker.ask(Open(source), _OPEN_S)
        except (Died, Overdue):
            self.take_back(worker, healthy=False)
            return False
        if not isinstance(reply, Answer):
            self.take_back(worker, healthy=False)
            raise EnvironmentFault(f"the database {source.name} can't be opened: {reply.message}")
        worker.holds = source
        return True


class RemoteDatabase:
    """One episode's database, wherever its worker is at the time."""

    def __init__(self, engine: RemoteEngine, name: str, seconds: float) -> None:
        self._engine = engine
        self._name = name
        self._seconds = seconds
        self._kept: list[Run] = []
        self._lock = threading.Lock()
        self._busy = False
        self._stopped = False
        self._worker: Worker | None = engine.lend(name)

    def run(self, sql: str, *, keep: bool, max_rows: int) -> Rows:
        """See `Database.run`."""
        request = Run(sql, keep, max_rows)
        found = self._ask(request, self._seconds)
        if not isinstance(found, Rows):
            raise EnvironmentFault("the worker answered a script with something else than rows")
        if keep:
            self._kept.append(request)
        return found

    def schema(self) -> str:
        """See `Database.schema`."""
        return self._read(Schema(views=True), Schema(views=False))

    def digest(self) -> str:
        """See `Database.digest`."""
        return self._read(Digest(views=True), Digest(views=False))

    def interrupt(self) -> None:
        """See `Database.interrupt`; the worker is ended, for not every statement can be stopped."""
        with self._lock:
            if self._busy and self._worker is not None:
                self._stopped = True
                self._worker.kill()

    def close(self) -> None:
        """Give back the worker."""
        worker, self._worker = self._worker, None
        if worker is not None:
            self._engine.take_back(worker, healthy=True)

    def _read(self, whole: Request, without_views: Request) -> str:
        """Read everything, or, where an agent's view takes all the time or memory, all but the views."""
        try:
            try:
                found = self._ask(whole, self._seconds + _READ_S)
            except SqlFailure:
                if self._stopped:
                    raise
                found = self._ask(without_views, self._seconds + _READ_S)
        except SqlFailure as failure:
            raise EnvironmentFault(f"the database can't be read: {failure}") from None
        return str(found)

    def _ask(self, request: Request, seconds: float) -> Rows | str:
        self._stopped = False
        for _ in range(2):
            worker = self._ready()
            try:
                return self._ask_worker(worker, request, seconds)
            except Overdue:
                self._drop(worker)
                raise too_slow(self._seconds) from None
            except Died:
                self._drop(worker)
                if self._stopped:
                    raise SqlFailure("the statement was interrupted") from None
                # Somebody else may have ended it: a statement that ends two is to blame.
        raise out_of_memory()

    def _ask_worker(self, worker: Worker, request: Request, seconds: float) -> Rows | str:
        if isinstance(request, Run) and request.keep:
            worker.holds = None
        with self._lock:
            self._busy = True
        try:
            reply = worker.ask(request, seconds + _GRACE_S)
        finally:
            with self._lock:
                self._busy = False
        if isinstance(reply, Answer):
            return reply.value
        if reply.spent:
            self._drop(worker)
        if reply.kind is None:
            raise EnvironmentFault(reply.message)
        raise SqlFailure(reply.message, reply.kind, spent=reply.spent)

    def _ready(self) -> Worker:
        """The worker; a new one, with the scripts that stayed run again, where the last one is gone."""
        if self._worker is None:
            self._worker = worker = self._engine.lend(self._name)
            for script in self._kept:
                try:
                    self._ask_worker(worker, script, self._seconds)
                except (Died, Overdue, SqlFailure, EnvironmentFault) as error:
                    self._drop(worker)
                    raise EnvironmentFault(f"the database's state can't be built again: {error}") from None
        return self._worker

    def _drop(self, worker: Worker) -> None:
        self._worker = None
        self._engine.take_back(worker, healthy=False)


def _source(name: str, path: Path) -> Source:
    try:
        found = path.stat()
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror})") from None
    return Source(name, str(path.resolve()), found.st_size, found.st_mtime_ns)
