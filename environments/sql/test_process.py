"""The child that runs a pack's test cases: limits first, then the database, then the pack's code.

`python -m environments.sql.test_process` reads a pickled `Job` and writes `{"reason": ...}`, empty where every test
passed. A test sees the names of all of upstream's evaluators in one namespace (`test_names`).
"""

from __future__ import annotations

import ctypes
import json
import os
import pickle
import resource
import shutil
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

from environments.sql.test_cases import Copy, Job, statements
from environments.sql.test_names import Connection, names

_WRITES_MB = 256
_CLONE_NEWNET = 0x40000000
_WAL = b"\x02\x02"
_REFUSED = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "pty.spawn"}
    | {"os.kill", "os.killpg", "ctypes.dlopen", "sqlite3.load_extension"}
)
_SOCKETS = frozenset({"socket.connect", "socket.bind", "socket.getaddrinfo"})
_CHANGES = frozenset(
    {"os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.chmod", "os.chown", "os.link", "os.symlink"}
)


def main() -> None:
    """Run the job on standard input."""
    job: Job = pickle.load(sys.stdin.buffer)
    answer = os.fdopen(os.dup(1), "w")
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - open until the process ends
    os.dup2(sys.stdout.fileno(), 1)
    answer.write(json.dumps({"reason": _reason(job)}))
    answer.flush()
    os._exit(0)


def _reason(job: Job) -> str:
    try:
        connection, database = _open(job.copy)
        for script in job.copy.scripts:
            _run(connection, script, job.copy)
    except Exception as error:  # noqa: BLE001 - boundary of the process: drivers raise errors of their own
        return f"the database for the tests can't be made: {type(error).__name__}: {error}"
    predicted, reference = (list(statements(sql, job.copy.kind)) for sql in (job.case.predicted, job.case.reference))
    _limit(job)
    for number, code in enumerate(job.case.code, 1):
        space = names(job, connection, predicted, reference)
        try:
            # One namespace: a script's own imports and functions are seen from inside its test.
            exec(compile(code, f"test case {number}", "exec"), space)
            test = space.get("test_case")
            if not callable(test):
                return f"test case {number} defines no function test_case"
            test(list(predicted), list(reference), database, connection)
        except BaseException as error:  # noqa: BLE001 - boundary: anybody's code, also one that exits
            return f"test case {number}: {type(error).__name__}: {error}".removesuffix(": ")
    return ""


def _open(copy: Copy) -> tuple[Connection, str]:
    """A connection, and what upstream's scripts call the database's name: on SQLite its file."""
    if copy.kind == "postgres":
        import psycopg

        return psycopg.connect(copy.address), copy.name
    path = Path(f"{copy.name}.{copy.kind}").resolve()
    shutil.copyfile(copy.address, path)
    path.chmod(0o600)
    if copy.kind == "duckdb":
        import duckdb

        return duckdb.connect(str(path), config={"threads": 1}), copy.name
    with path.open("r+b") as file:
        # In an empty folder there is no write-ahead log to go with it.
        file.seek(18)
        if file.read(2) == _WAL:
            file.seek(18)
            file.write(b"\x01\x01")
    return sqlite3.connect(path), str(path)


def _run(connection: Connection, script: str, copy: Copy) -> None:
    parts: Sequence[str] = statements(script, copy.kind) if copy.kind != "postgres" else [script]
    for part in parts:
        connection.cursor().execute(part)
    connection.commit()


def _limit(job: Job) -> None:
    """Take from this process what a test has no use for."""
    local = job.copy.kind != "postgres"
    if os.geteuid() == 0 and local:
        ctypes.CDLL(None).unshare(_CLONE_NEWNET)
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    room = pages * resource.getpagesize() + job.memory_mb * 1024 * 1024
    for what, limit in (
        (resource.RLIMIT_AS, room if pages else resource.RLIM_INFINITY),
        (resource.RLIMIT_FSIZE, _WRITES_MB * 1024 * 1024),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))
    home = str(Path.cwd())

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        outside = event in _CHANGES or (event == "open" and _writes(arguments))
        if event in _REFUSED or (event in _SOCKETS and local) or (outside and not _inside(arguments[0], home)):
            raise PermissionError(f"a test case may not do this: {event}")

    sys.addaudithook(refuse)


def _writes(arguments: tuple[object, ...]) -> bool:
    mode, flags = arguments[1], arguments[2]
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def _inside(path: object, home: str) -> bool:
    if isinstance(path, int):
        return True
    return os.path.realpath(os.fsdecode(path)).startswith(home + os.sep) if isinstance(path, str | bytes) else False


if __name__ == "__main__":
    main()
