"""A fresh database for each step: our ways against upstream BIRD-INTERACT's, in the same run.

    python benchmarks/sql.py [--data DIR] [--rounds N]

Upstream's: on SQLite the file is deleted and copied, opened, set to WAL without synchronous writes (mini-interact); on
PostgreSQL three client processes end the sessions, drop the database and create it from its template (legacy), and a
connection is made. Upstream has no DuckDB: there its way on SQLite is taken, a file that is deleted and copied. Both
sides take turns, ten rounds each, and end a reset with one query (on DuckDB, which reads a file when it is opened,
neither does); what was changed before lies outside the time. So does the statement that is explored: its reset is the
commands by which `run` undoes it. The whole action, with that statement and all that is looked at before and after, is
told beside upstream's reset and the same statement. Prints the median and the least of each side in milliseconds, and
the ratio of the medians beside its target, where there is one; --data is a folder of mini-interact's databases.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import duckdb
from sql_postgres import postgres_ways

from environments.sql.build import build_base
from environments.sql.duckdb_engine import DuckDatabase, DuckEngine
from environments.sql.engine import Database, SqlLimits
from environments.sql.sqlite_engine import SqliteDatabase, SqliteEngine
from environments.sql.watchdog import Watchdog

LIMITS = SqlLimits(seconds=30.0, memory_mb=256, table_rows=1_000_000)
DATABASES = (("credit", "core_record"), ("households", "households"), ("vaccine", ""))
BLOCK = 10
missed: list[str] = []


@dataclass(frozen=True)
class Used:
    """A database, and a table and column of it to work with."""

    path: Path
    table: str
    column: str

    @property
    def count(self) -> str:
        """The query that ends a reset."""
        return f'SELECT count(*) FROM "{self.table}"'

    def change(self, row: str) -> str:
        """The statement that is explored."""
        return f'UPDATE "{self.table}" SET "{self.column}" = "{self.column}" WHERE {row}'


def timed(work: Callable[[], object]) -> float:
    """Seconds of one round."""
    started = perf_counter()
    work()
    return perf_counter() - started


def race(
    what: str,
    theirs: Callable[[], object],
    ours: Callable[[], object],
    target: float | None,
    rounds: int,
    before: Callable[[], object] = lambda: None,
) -> None:
    """Both sides in turns, and a line with both times and the ratio; what is done `before` ours isn't timed."""
    upstream: list[float] = []
    found: list[float] = []
    for _ in range(max(1, rounds // BLOCK)):
        upstream += [timed(theirs) for _ in range(BLOCK)]
        for _ in range(BLOCK):
            before()
            found.append(timed(ours))
    compare(what, upstream, found, target)


def compare(what: str, theirs: list[float], ours: list[float], target: float | None) -> None:
    """A line with both times, the ratio and its target."""
    ratio = median(theirs) / median(ours)
    verdict = ""
    if target is not None:
        verdict = f"  (target {target:g}x, {'met' if ratio >= target else 'MISSED'})"
        missed.extend([what] if ratio < target else [])
    print(f"{what:<53} theirs {_shown(theirs)}  ours {_shown(ours)}  {ratio:7.1f}x{verdict}")


def _shown(times: list[float]) -> str:
    return f"{median(times) * 1e3:8.3f} (least {min(times) * 1e3:8.3f}) ms"


def sqlite_ways(used: Used, rounds: int) -> None:
    """Upstream's copy of the file against the image and the rollback: in one process, then as an episode has it."""
    name = used.path.stem
    with tempfile.TemporaryDirectory() as scratch:
        live = Path(scratch) / "live.sqlite"

        change = used.change("rowid = 1")

        def theirs(sql: str = used.count) -> None:
            for old in Path(scratch).glob("live*"):
                old.unlink()
            shutil.copyfile(used.path, live)
            connection = sqlite3.connect(live)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(sql).fetchone()
            connection.close()

        opened = SqliteDatabase(used.path, LIMITS, Watchdog(LIMITS.seconds))
        connection = opened._connection

        def fresh() -> None:
            opened.reopen(used.path)
            connection.execute(used.count).fetchone()

        def explored() -> None:
            connection.execute("SAVEPOINT script")
            connection.execute(change)

        def undone() -> None:
            connection.execute("ROLLBACK TO script")
            connection.execute("RELEASE script")
            connection.execute(used.count).fetchone()

        kept = lambda: opened.run(change, keep=True, max_rows=1)  # noqa: E731
        race(f"SQLite, {name}: full reset after a change", theirs, fresh, 15, rounds, kept)
        race(f"SQLite, {name}: undoing an exploration", theirs, undone, 50, rounds, explored)
        whole = f"SQLite, {name}: exploring, all of it"
        race(whole, lambda: theirs(change), lambda: opened.run(change, keep=False, max_rows=1), None, rounds)
        opened.close()
        engine = SqliteEngine({name: used.path.parent}, LIMITS)
        through_worker("SQLite", engine, name, used, theirs, rounds)
        engine.close()


def duckdb_ways(used: Used, rounds: int) -> None:
    """A copied file against the rollback; what an episode's own instance takes is told."""
    name = used.path.stem
    base = build_base(used.path.parent)
    with tempfile.TemporaryDirectory() as scratch:
        live = Path(scratch) / "live.duckdb"

        change = used.change("rowid = 0")

        def theirs(sql: str = "") -> None:
            for old in Path(scratch).glob("live*"):
                old.unlink()
            shutil.copyfile(base, live)
            with duckdb.connect(str(live)) as connection:
                if sql:
                    connection.execute(sql)

        opened = DuckDatabase(base, LIMITS, Watchdog(LIMITS.seconds))
        connection = opened._connection

        def explored() -> None:
            connection.execute("BEGIN")
            connection.execute(change)

        def undone() -> None:
            connection.execute("ROLLBACK")

        race(f"DuckDB, {name}: undoing an exploration", theirs, undone, 50, rounds, explored)
        whole = f"DuckDB, {name}: exploring, all of it"
        race(whole, lambda: theirs(change), lambda: opened.run(change, keep=False, max_rows=1), None, rounds)
        opened.close()
        engine = DuckEngine({name: used.path.parent}, LIMITS)
        database = engine.open(name)
        actions(f"DuckDB, {name}", database, used)
        database.close()
        engine.close()


def through_worker(
    what: str, engine: SqliteEngine, name: str, used: Used, theirs: Callable[[], None], rounds: int
) -> None:
    """The same with a worker process in between, which upstream hasn't: as an episode gets its database."""
    times: list[tuple[float, float]] = []
    database = engine.open(name)
    for _ in range(rounds):
        upstream = timed(theirs)
        database.run(used.change("rowid = 1"), keep=True, max_rows=1)
        started = perf_counter()
        database.close()
        database = engine.open(name)
        database.run(used.count, keep=False, max_rows=1)
        times.append((upstream, perf_counter() - started))
    compare(f"{what}, {name}: full reset of an episode", [one for one, _ in times], [other for _, other in times], None)
    actions(f"{what}, {name}", database, used)
    database.close()


def actions(what: str, database: Database, used: Used) -> None:
    """Explorations a second, one episode after another."""
    until, count = perf_counter() + 1.0, 0
    while perf_counter() < until:
        database.run(used.count, keep=False, max_rows=1)
        count += 1
    print(f"{what + ': explorations a second':<52} {count}")


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data" / "mini_interact")
    parser.add_argument("--rounds", type=int, default=60)
    chosen = parser.parse_args()
    for name, table in DATABASES:
        path = chosen.data / name / f"{name}.sqlite"
        with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as connection:
            names = [found for (found,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            wanted = next((found for found in names if found.lower() == table), names[0])
            column = connection.execute("SELECT name FROM pragma_table_info(?) WHERE pk = 0", [wanted]).fetchone()[0]
        used = Used(path, wanted, column)
        sqlite_ways(used, chosen.rounds)
        duckdb_ways(used, max(10, chosen.rounds // 4))
        for what, theirs, ours, target in postgres_ways(path, wanted.lower(), column.lower(), chosen.rounds):
            compare(what, theirs, ours, target)
    print(f"missed: {', '.join(missed) or 'none'}")


if __name__ == "__main__":
    main()
