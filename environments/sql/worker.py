"""The far side of `nursery`: a process that forks workers, and what a worker does.

`python -m environments.sql.worker FD` is the nursery's process. It has imported what a worker needs and holds
no database and no thread, so that a worker is there after one fork. A worker has one database open and
answers one request at a time (`wire`). It can write no file and has memory for one episode.

Neither outlives the harness: the nursery ends when its socket closes or its parent changes, a worker when
the nursery does.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import resource
import select
import signal
import socket
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from environments.sql.duckdb_engine import DuckDatabase
from environments.sql.engine import Rows, SqlFailure, SqlLimits, out_of_memory
from environments.sql.sqlite_engine import SqliteDatabase
from environments.sql.watchdog import Watchdog
from environments.sql.wire import Answer, Digest, Failure, Kind, Open, Reply, Request, Run, Schema, Source, encode
from harness.core.errors import EnvironmentFault

_ROOM_MB = 256
"""Address space beside the engine's own memory: values on their way to the harness, threads' stacks."""
_LOOK_S = 1.0
"""How often the nursery looks whether its parent is still there."""
_PR_SET_PDEATHSIG = 1


class Worker:
    """Answers requests over one database."""

    def __init__(self, kind: Kind, limits: SqlLimits) -> None:
        self._kind = kind
        self._limits = limits
        self._watchdog = Watchdog(limits.seconds)
        self._open: DuckDatabase | SqliteDatabase | None = None
        self._limited = False

    def answer(self, request: Request) -> Reply:
        """Do what is asked; never raises."""
        try:
            return Answer(self._do(request))
        except SqlFailure as failure:
            return Failure(str(failure), failure.kind, failure.spent)
        except MemoryError:
            return _out_of_memory()
        except EnvironmentFault as fault:
            return Failure(str(fault), None)
        except Exception as error:  # noqa: BLE001 - boundary of the process: a defect of ours is told where it is seen
            return Failure(f"{type(error).__name__}: {error}", None, spent=True)

    def _do(self, request: Request) -> Rows | str:
        if isinstance(request, Open):
            self._reopen(request.source)
            return ""
        if self._open is None:
            raise EnvironmentFault("the worker has no database open")
        match request:
            case Run(sql, keep, max_rows):
                return self._open.run(sql, keep=keep, max_rows=max_rows)
            case Schema(views):
                return self._open.schema(views=views)
            case Digest(views):
                return self._open.digest(views=views)

    def _reopen(self, source: Source) -> None:
        try:
            found = Path(source.path).stat()
        except OSError as error:
            raise EnvironmentFault(f"{source.path}: can't be read any more ({error.strerror})") from None
        if (found.st_size, found.st_mtime_ns) != (source.size, source.modified_ns):
            raise EnvironmentFault(f"{source.path}: the file has changed since the pack was loaded")
        if isinstance(self._open, SqliteDatabase):
            self._open.reopen(Path(source.path))
            return
        if self._open is not None:
            self._open.close()
            self._open = None
        database = DuckDatabase if self._kind == "duckdb" else SqliteDatabase
        self._open = database(Path(source.path), self._limits, self._watchdog)
        if not self._limited:
            # Only now, on top of what the engine's libraries and an open database take.
            _limit_memory(self._limits.memory_mb + _ROOM_MB)
            self._limited = True


def serve(connection: Connection, kind: Kind, limits: SqlLimits, parent: int) -> None:
    """Be a worker until the harness closes the connection."""
    _die_with(parent)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    worker = Worker(kind, limits)
    while True:
        try:
            request = pickle.loads(connection.recv_bytes())
        except (EOFError, OSError):
            return
        connection.send_bytes(_encoded(worker.answer(request)))


def tend(control: socket.socket) -> None:
    """Be the nursery: fork a worker for each message with a socket, kill the ones that are named."""
    parent = os.getppid()
    own = os.getpid()
    workers: set[int] = set()
    while os.getppid() == parent:
        ready, _, _ = select.select([control], [], [], _LOOK_S)
        workers -= _reaped()
        if not ready:
            continue
        data, descriptors, _, _ = socket.recv_fds(control, 4096, 1)
        if not data:
            break
        order: tuple[Kind, SqlLimits] | int = pickle.loads(data)
        if isinstance(order, int):
            if order in workers:
                os.kill(order, signal.SIGKILL)
            control.sendall(b"0")
            continue
        pid = os.fork()
        if pid == 0:
            control.close()
            serve(Connection(descriptors[0]), *order, own)
            os._exit(0)
        os.close(descriptors[0])
        workers.add(pid)
        control.sendall(str(pid).encode())
    for pid in workers:
        os.kill(pid, signal.SIGKILL)


def _encoded(reply: Reply) -> bytes:
    try:
        return encode(reply)
    except MemoryError:
        return encode(_out_of_memory())


def _out_of_memory() -> Failure:
    failure = out_of_memory()
    return Failure(str(failure), failure.kind, spent=True)


def _reaped() -> set[int]:
    ended: set[int] = set()
    try:
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            ended.add(found[0])
    except ChildProcessError:
        pass
    return ended


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _limit_memory(more_mb: int) -> None:
    """Keep the process to the address space that it has and so many MiB more."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:  # No such file but on Linux; elsewhere the engines' own limits have to do.
        return
    limit = pages * resource.getpagesize() + more_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # A worker's last words (an allocator's, a runtime's) don't belong on the screen.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    with socket.socket(fileno=int(sys.argv[1])) as control:
        tend(control)


if __name__ == "__main__":
    _main()
