"""DuckDB and SQLite databases as the harness sees them: each is open in a worker process (`nursery`, `worker`).

What an agent writes can stall an engine or take its memory in ways that no setting of the engine bounds. A worker
can: one that doesn't answer in time, or dies, is replaced, the statement counts as failed, and the database is made
again from its file and the scripts whose effects had stayed.

Workers are kept from episode to episode. One in whose database nothing was changed is handed to the next episode of
that database as it is.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from environments.sql import nursery
from environments.sql.engine import Database, Rows, SqlFailure, SqlLimits, out_of_memory, too_slow
from environments.sql.nursery import Died, Overdue, Worker
from environments.sql.wire import Answer, Digest, Failure, Kind, Open, Request, Run, Schema, Source
from harness.core.errors import EnvironmentFault

_GRACE_S = 1.5
"""A worker stops a statement at its deadline; what goes on for so much longer can't be stopped."""
_OPEN_S = 60.0
_READ_S = 60.0
"""For reading every table; views have the deadline of a statement."""
_IDLE = 8
"""Workers that are kept for the next episode."""


class RemoteEngine:
    """The databases of a pack, and the workers that hold copies of them."""

    def __init__(self, kind: Kind, files: Mapping[str, Path], limits: SqlLimits) -> None:
        self.limits = limits
        self._kind = kind
        self._sources = {name: _source(name, path) for name, path in files.items()}
        self._lock = threading.Lock()
        self._idle: list[Worker] = []

    @property
    def databases(self) -> Sequence[str]:
        """Their names."""
        return tuple(self._sources)

    def open(self, name: str) -> Database:
        """See `Engine.open`."""
        return RemoteDatabase(self, self._sources[name])

    def close(self) -> None:
        """End the workers that wait for an episode."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()

    def take(self, source: Source) -> Worker:
        """A worker in which `source` is open as its file has it.

        Raises:
            EnvironmentFault: it can't be opened, or no process can be started.
        """
        with self._lock:
            fitting = next((one for one in self._idle if one.holds == source), None)
            worker = fitting or (self._idle[0] if self._idle else None)
            if worker is not None:
                self._idle.remove(worker)
        if worker is None:
            worker = nursery.spawn(self._kind, self.limits)
        if worker.holds != source:
            try:
                reply = worker.ask(Open(source), _OPEN_S)
            except (Overdue, Died) as error:
                worker.end()
                raise EnvironmentFault(
                    f"the database {source.name} can't be opened: its worker ended {error}"
                ) from None
            if isinstance(reply, Failure):
                worker.end()
                raise EnvironmentFault(reply.message)
            worker.holds = source
        return worker

    def give_back(self, worker: Worker) -> None:
        """A worker that nobody asks anything any more."""
        with self._lock:
            if len(self._idle) < _IDLE:
                self._idle.append(worker)
                return
        worker.end()


class RemoteDatabase:
    """One episode's database; fulfils `Database`."""

    def __init__(self, engine: RemoteEngine, source: Source) -> None:
        self._engine = engine
        self._source = source
        self._kept: list[tuple[str, int]] = []
        self._views = True
        self._worker: Worker | None = engine.take(source)
        self._interrupted = False

    def run(self, sql: str, *, keep: bool, max_rows: int) -> Rows:
        """See `Database.run`."""
        rows = self._ask(Run(sql, keep, max_rows), self._engine.limits.seconds + _GRACE_S)
        if not isinstance(rows, Rows):
            raise EnvironmentFault("the worker's answer to a script is no result")
        if keep:
            self._kept.append((sql, max_rows))
        return rows

    def schema(self) -> str:
        """See `Database.schema`; views are shown without rows once one of them was too much."""
        return self._read(Schema)

    def digest(self) -> str:
        """See `Database.digest`; views count by name once one of them was too much."""
        return self._read(Digest)

    def interrupt(self) -> None:
        """See `Database.interrupt`."""
        worker = self._worker
        if worker is not None:
            self._interrupted = True
            worker.kill()

    def close(self) -> None:
        """Give the worker back."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        if self._interrupted:
            worker.end()
        else:
            self._engine.give_back(worker)

    def _read(self, request: type[Schema] | type[Digest]) -> str:
        try:
            text = self._ask(request(self._views), self._engine.limits.seconds + _READ_S)
        except SqlFailure:
            if not self._views or self._interrupted:
                raise
            # What the tables hold is limited; it was a view.
            self._views = False
            text = self._ask(request(self._views), self._engine.limits.seconds + _READ_S)
        return str(text)

    def _ask(self, request: Request, seconds: float) -> Rows | str:
        worker = self._ready()
        if isinstance(request, Run) and request.keep:
            # Whatever comes of it, nobody else may find this database clean.
            worker.holds = None
        try:
            reply = worker.ask(request, seconds)
        except (Overdue, Died) as error:
            self._drop()
            if self._interrupted:
                self._interrupted = False
                raise SqlFailure("the statement was interrupted") from None
            raise (too_slow(self._engine.limits.seconds) if isinstance(error, Overdue) else out_of_memory()) from None
        if isinstance(reply, Answer):
            return reply.value
        if reply.spent or reply.kind is None:
            self._drop()
        if reply.kind is None:
            raise EnvironmentFault(reply.message)
        raise SqlFailure(reply.message, reply.kind)

    def _ready(self) -> Worker:
        """The worker, with the database as it was left: made again where the last worker was lost."""
        if self._worker is None:
            worker = self._worker = self._engine.take(self._source)
            for sql, max_rows in self._kept:
                worker.holds = None
                try:
                    reply = worker.ask(Run(sql, keep=True, max_rows=max_rows), self._engine.limits.seconds + _GRACE_S)
                except (Overdue, Died):
                    reply = Failure("its worker ended", None)
                if isinstance(reply, Failure):
                    self._drop()
                    raise EnvironmentFault(f"the database {self._source.name} can't be made again: {reply.message}")
        return self._worker

    def _drop(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()


def _source(name: str, path: Path) -> Source:
    found = path.stat()
    return Source(name, str(path.resolve()), found.st_size, found.st_mtime_ns)
