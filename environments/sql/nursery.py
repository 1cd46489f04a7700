"""Worker processes, started by one process that is kept for it.

The harness has threads, and forking it would not be safe; starting a fresh interpreter for each worker would
take a quarter of a second. So the first worker starts the nursery (`worker`), a process without threads that
has imported everything, and each worker is a fork of that. It inherits no key: its environment is made here.
"""

from __future__ import annotations

import atexit
import os
import pickle
import socket
import subprocess
import sys
import threading
from multiprocessing.connection import Connection

from environments.sql.engine import SqlLimits
from environments.sql.wire import Kind, Reply, Request, Source, decode_reply, encode
from harness.core.errors import EnvironmentFault

_GRACE_S = 5.0


class Overdue(Exception):
    """A worker didn't answer in time and was killed."""


class Died(Exception):
    """A worker ended while it was asked."""


class Worker:
    """A handle of one worker process; used by one thread at a time, but for `kill`."""

    def __init__(self, pid: int, connection: Connection) -> None:
        self.pid = pid
        self._connection = connection
        self.holds: Source | None = None
        """The database that it has open, as long as nothing was changed in it."""

    def ask(self, request: Request, seconds: float) -> Reply:
        """Send a request and wait for the answer.

        Raises:
            Overdue: there was none within that time.
            Died: the process has ended, or answers nonsense.
        """
        try:
            self._connection.send_bytes(encode(request))
            if not self._connection.poll(seconds):
                self.kill()
                raise Overdue
            return decode_reply(self._connection.recv_bytes())
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            self.kill()
            raise Died(str(error)) from None

    def kill(self) -> None:
        """End the process; callable from another thread."""
        _nursery.kill(self.pid)

    def end(self) -> None:
        """End the process and give back the connection."""
        self.kill()
        self._connection.close()


class _Nursery:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def spawn(self, kind: Kind, limits: SqlLimits) -> Worker:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            pid = int(self._order(pickle.dumps((kind, limits)), theirs))
            return Worker(pid, Connection(ours.detach()))

    def kill(self, pid: int) -> None:
        try:
            self._order(pickle.dumps(pid), None)
        except EnvironmentFault:
            return  # Workers don't outlive the nursery.

    def close(self) -> None:
        with self._lock:
            self._forget()

    def disown(self) -> None:
        """In a fork of the harness: forget a nursery that is the parent's."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.returncode = 0

    def _order(self, data: bytes, descriptor: socket.socket | None) -> bytes:
        with self._lock:
            if self._process is not None and self._process.poll() is not None:
                self._forget()
            if descriptor is not None and self._control is None:
                self._start()
            if self._control is None:
                raise EnvironmentFault("the process that starts SQL workers has ended")
            try:
                socket.send_fds(self._control, [data], [] if descriptor is None else [descriptor.fileno()])
                answer = self._control.recv(64)
            except OSError as error:
                self._forget()
                raise EnvironmentFault(f"no SQL worker can be started: {error}") from None
            if not answer:
                self._forget()
                raise EnvironmentFault("no SQL worker can be started: their process has ended")
            return answer

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        environment = {
            "PYTHONPATH": os.pathsep.join(path or os.curdir for path in sys.path),
            "PYTHONUTF8": "1",
            "TZ": "UTC",
            # An arena of its own for each thread is address space that a limit would count.
            "MALLOC_ARENA_MAX": "1",
        }
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "environments.sql.worker", str(theirs.fileno())],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self._control = ours

    def _forget(self) -> None:
        control, self._control = self._control, None
        process, self._process = self._process, None
        if control is not None:
            control.close()
        if process is not None:
            try:
                # Its socket is closed: it ends its workers and then itself.
                process.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


_nursery = _Nursery()


def spawn(kind: Kind, limits: SqlLimits) -> Worker:
    """A fresh worker for databases of that engine.

    Raises:
        EnvironmentFault: no process can be started.
    """
    return _nursery.spawn(kind, limits)


def _after_fork() -> None:
    global _nursery
    _nursery.disown()
    _nursery = _Nursery()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(lambda: _nursery.close())
