"""The PostgreSQL server that episodes run on: an embedded one (`postgres_embedded`), or one that is named by its DSN.

Nothing on the embedded one is worth keeping, so it doesn't wait for the disk. A server named by a DSN is used as it is;
a container is one, too.

What agents write runs as the role `parley_agent`, which owns the episodes' databases and may do nothing else.
"""

from __future__ import annotations

import atexit
import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache

import psycopg
from psycopg import sql as pgsql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from environments.sql import postgres_container
from environments.sql.postgres_embedded import Embedded, start
from harness.core.errors import InputError

AGENT = "parley_agent"
_LOCK = 7_203_114
"""Key of the advisory lock under which roles and templates are made."""
_TEMP_FILES = "256MB"
_RIGHTS = "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = %s"


class Server:
    """A running server, seen by its superuser (or a role that may create databases and roles)."""

    def __init__(self, conninfo: str, own: Embedded | None) -> None:
        # A server that keeps bytes as they are (SQL_ASCII) would give names as bytes, too.
        self.conninfo = make_conninfo(conninfo, client_encoding="utf8")
        self.own = own
        self._password = ""
        self._lock = threading.Lock()
        self._admin: psycopg.Connection | None = None
        with self.exclusive() as admin:
            # The same for all who use the server as we do, however they write its address; nobody else can reckon it.
            self._password = hashlib.sha256(f"parley {admin.info.password or conninfo}".encode()).hexdigest()
            self._prepare(admin)
            ((connections,),) = admin.execute("SHOW max_connections").fetchall()
        self.version = admin.info.server_version
        self.connections = int(connections)
        """As many as the server has, ours among them."""
        atexit.register(self.close)

    def run(self, command: str, *names: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """Run a command on the maintenance connection; each `{}` stands for one of the names, each `%s` for a value."""
        with self._lock:
            admin = self._connected()
            cursor = admin.execute(pgsql.SQL(command).format(*map(pgsql.Identifier, names)), values or None)
            return cursor.fetchall() if cursor.description else []

    def connect(self) -> psycopg.Connection:
        """A connection like the maintenance connection, for what takes long."""
        return psycopg.connect(self.conninfo, autocommit=True)

    def close(self) -> None:
        """Close the maintenance connection."""
        with self._lock:
            if self._admin is not None:
                self._admin.close()

    def terminate(self, pid: int) -> None:
        """End a backend, whatever it does."""
        with self._lock:
            self._connected().execute("SELECT pg_terminate_backend(%s)", [pid])

    def limit(self, pid: int, more_mb: int, file_mb: int) -> None:
        """Keep a backend to so many MiB more than it has, and its files to so many, where the server is ours."""
        if self.own is not None:
            self.own.guardian.limit(pid, more_mb, file_mb)

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
        return psycopg.connect(make_conninfo(self.conninfo, dbname=database), autocommit=True)

    def agent_dsn(self, database: str) -> str:
        """Where the agent's role reaches a database."""
        return make_conninfo(self.conninfo, dbname=database, user=AGENT, password=self._password)

    def _connected(self) -> psycopg.Connection:
        if self._admin is None or self._admin.closed:
            self._admin = psycopg.connect(self.conninfo, autocommit=True)
        return self._admin

    def _prepare(self, admin: psycopg.Connection) -> None:
        """Make the agents' role, and close to it what isn't its own."""
        found = admin.execute(_RIGHTS, [AGENT]).fetchone()
        # INHERIT: it is a member of nothing but, before PostgreSQL 16, of the owners of its own databases.
        login = f"LOGIN INHERIT PASSWORD '{self._password}'"
        if found is None:
            rights = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
            admin.execute(f"CREATE ROLE {AGENT} {rights} {login}")
        elif any(found):
            raise InputError(f"the server's role {AGENT} has rights that agents must not have", hint="drop the role")
        else:
            admin.execute(f"ALTER ROLE {AGENT} {login}")
        if found is None:
            # Whoever isn't a superuser has to be a member to give it databases.
            admin.execute(f"GRANT {AGENT} TO CURRENT_USER")
        with suppress(psycopg.errors.InsufficientPrivilege):  # A superuser's to set.
            admin.execute(f"ALTER ROLE {AGENT} SET temp_file_limit = '{_TEMP_FILES}'")
        if self.own is not None:
            for database in ("postgres", "template1"):
                admin.execute(f"REVOKE CONNECT ON DATABASE {database} FROM PUBLIC")


@cache
def server(dsn: str | None) -> Server:
    """The server for a DSN, one a process; without a DSN the embedded one.

    Raises:
        InputError: it can't be reached, or may not be used as it has to be; the message holds no password.
    """
    if dsn is None:
        started = start()
        return Server(started.conninfo, started)
    if dsn.startswith(postgres_container.PREFIX):
        return Server(postgres_container.start(dsn.removeprefix(postgres_container.PREFIX)), None)
    try:
        told = {name: str(value) for name, value in conninfo_to_dict(dsn).items() if name != "password"}
    except psycopg.ProgrammingError as error:
        raise InputError(f"option 'dsn': not a PostgreSQL connection string: {error}") from None
    shown = " ".join(f"{name}={value}" for name, value in told.items())
    try:
        return Server(make_conninfo(dsn, connect_timeout=10), None)
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
