"""The child that runs a pack's test cases: the database first, then limits, then the pack's code.

`python -m environments.sql.test_process` reads a pickled `Job` and writes `{"reason": ...}`, empty where every test
passed. A test sees the names of all of upstream's evaluators in one namespace (`test_names`). What it may reach is
Python and its libraries, to read, its own folder, and the server where the database is on one: by Landlock, and by a
hook of the interpreter's, which is all there is where the kernel has no Landlock.
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
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from environments.sql import landlock
from environments.sql.test_cases import BEGUN, Copy, Job, statements
from environments.sql.test_names import Connection, names

_WRITES_MB = 256
_CLONE_NEWNET = 0x40000000
_WAL = b"\x02\x02"
_REFUSED = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "pty.spawn"}
    | {"os.kill", "os.killpg", "ctypes.dlopen", "sqlite3.load_extension"}
)
_SOCKETS = frozenset({"socket.connect", "socket.bind", "socket.getaddrinfo"})
_READS = frozenset({"open", "os.listdir", "os.scandir", "sqlite3.connect"})
_CHANGES = frozenset(
    {"os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.chmod", "os.chown", "os.link", "os.symlink"}
)


def main() -> None:
    """Run the job on standard input."""
    job: Job = pickle.load(sys.stdin.buffer)
    answer = os.fdopen(os.dup(1), "wb", buffering=0)
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - open until the process ends
    os.dup2(sys.stdout.fileno(), 1)
    answer.write(json.dumps({"reason": _reason(job, lambda: answer.write(BEGUN))}).encode())
    os._exit(0)


def _reason(job: Job, begun: Callable[[], object]) -> str:
    try:
        connection, database = _open(job.copy)
        for script in job.copy.scripts:
            _run(connection, script, job.copy)
    except Exception as error:  # noqa: BLE001 - boundary of the process: drivers raise errors of their own
        begun()
        return f"the database for the tests can't be made: {type(error).__name__}: {error}"
    predicted, reference = (list(statements(sql, job.copy.kind)) for sql in (job.case.predicted, job.case.reference))
    _limit(job, connection)
    begun()
    for number, code in enumerate(job.case.code, 1):
        space = names(job, connection, predicted, reference)
        try:
            # One namespace: a script's own imports and functions are seen from inside its test.
            exec(compile(code, f"test case {number}", "exec"), space)
            test = space.get("test_case")
            if not callable(test):
                return f"test case {number} defines no function test_case"
            # As upstream: what was handed in is one text, the reference a list.
            test([job.case.predicted], list(reference), database, connection)
        except BaseException as error:  # noqa: BLE001 - boundary: anybody's code, also one that exits
            return f"test case {number}: {type(error).__name__}: {error}".removesuffix(": ")
    return ""


def _open(copy: Copy) -> tuple[Connection, str]:
    """A connection, and what upstream's scripts call the database's name: on SQLite its file."""
    if copy.kind == "postgres":
        from environments.sql.test_psycopg import connect

        return connect(copy.address), copy.name
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


def _limit(job: Job, connection: Connection) -> None:
    """Take from this process what a test has no use for."""
    local = job.copy.kind != "postgres"
    if job.copy.kind == "duckdb":
        for setting in ("enable_external_access = false", "lock_configuration = true"):
            connection.cursor().execute(f"SET {setting}")
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
    libraries = [path.resolve() for path in _libraries()]
    landlock.restrict(libraries, [Path.cwd(), Path(os.devnull)], network=not local)
    home = [str(Path.cwd())]
    known = [*home, os.devnull, *map(str, libraries)]

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        changes = event in _CHANGES or (event == "open" and _writes(arguments))
        outside = (changes and not _inside(arguments[0], home)) or (
            event in _READS and not _inside(arguments[0], known)
        )
        if event in _REFUSED or (event in _SOCKETS and local) or outside:
            raise PermissionError(f"a test case may not do this: {event}")

    sys.addaudithook(refuse)


def _libraries() -> Iterator[Path]:
    """What Python and its packages consist of; of our own project the two packages that run here."""
    yield from map(Path, (sys.prefix, sys.base_prefix, "/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime"))
    for entry in filter(None, sys.path):
        home = Path(entry)
        ours = [home / name for name in ("environments", "harness") if (home / name / "__init__.py").is_file()]
        yield from ours or [home]


def _writes(arguments: tuple[object, ...]) -> bool:
    mode, flags = arguments[1], arguments[2]
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def _inside(path: object, homes: Sequence[str]) -> bool:
    if isinstance(path, int):
        return True
    if not isinstance(path, str | bytes | os.PathLike):
        return False
    real = os.path.realpath(os.fsdecode(path))
    return any(real == home or real.startswith(home + os.sep) for home in homes)


if __name__ == "__main__":
    main()
