"""Worker processes: what stalls or fills one costs its statement, never the episode or the machine."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from sql_worlds import a_task, fingerprint, run_sql, write_pack

from environments.sql.engine import SqlFailure, SqlLimits
from environments.sql.remote import RemoteDatabase
from environments.sql.sqlite_engine import SqliteEngine
from environments.sql.template import load
from harness.core.errors import InputError
from harness.core.message import ToolErrorKind

DOUBLED = "WITH RECURSIVE d(n, s) AS (SELECT 1, 'xxxxxxxxxx' UNION ALL SELECT n + 1, s || s FROM d WHERE n < 21) "
STALLS = {
    "duckdb: hundred times ten megabytes": (
        "duckdb",
        DOUBLED + "SELECT " + ", ".join(f"(SELECT max(s) FROM d) || '{n}'" for n in range(100)),
    ),
    "duckdb: nested list lambdas": (
        "duckdb",
        "SELECT list_transform(list_value(1, 2, 3), x -> list_transform(l, y -> l)) "
        "FROM (SELECT list(i) AS l FROM range(200000) t(i))",
    ),
    "sqlite: quadratic instr": (
        "sqlite",
        "WITH z(s) AS (SELECT replace(hex(zeroblob(120000)), '00', 'a')) "
        + "SELECT "
        + ", ".join(f"instr(s || s || '{n}', s || 'b')" for n in range(60))
        + " FROM z",
    ),
}


@pytest.mark.parametrize(("engine", "sql"), STALLS.values(), ids=STALLS)
def test_what_ignores_its_limits_costs_the_statement_and_leaves_the_world_as_it_was(
    engine: str, sql: str, tmp_path: Path, grown_mib: Callable[[], float]
) -> None:
    template = load(write_pack(tmp_path, engine, timeout_s=1.0, memory_mb=128))
    environment = asyncio.run(template.create(a_task(), 1))
    assert run_sql(environment, "UPDATE kites SET name = 'Roc' WHERE kite_id = 1", "submit_sql").error is None
    before = fingerprint(environment)
    started = time.monotonic()
    result = run_sql(environment, sql)
    assert time.monotonic() - started < 20
    assert result.error in (ToolErrorKind.FAILED, ToolErrorKind.TIMEOUT, None)
    assert "Roc" in run_sql(environment, "SELECT name FROM kites WHERE kite_id = 1").content
    assert fingerprint(environment) == before
    asyncio.run(environment.close())
    template.close()
    assert grown_mib() < 512


def test_a_worker_that_is_killed_is_replaced_with_the_scripts_that_were_kept(tmp_path: Path) -> None:
    write_pack(tmp_path, "sqlite")
    engine = SqliteEngine({"kites": tmp_path / "data" / "kites"}, SqlLimits(5.0, 64, 1000))
    database = engine.open("kites")
    database.run("INSERT INTO makers VALUES (3, 'Cleo')", keep=True, max_rows=10)
    content = database.digest()
    assert isinstance(database, RemoteDatabase)
    assert database._worker is not None
    os.kill(database._worker.pid, signal.SIGKILL)
    with suppress(SqlFailure):
        database.run("SELECT 1", keep=False, max_rows=1)
    assert database.digest() == content
    assert database.run("SELECT count(*) FROM makers", keep=False, max_rows=1).values == [(3,)]
    database.close()
    engine.close()


ENDLESS = "(WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r)"


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("INSERT OR ROLLBACK INTO makers VALUES (1, 'again')", ToolErrorKind.FAILED),
        (f"UPDATE makers SET name = {ENDLESS}", ToolErrorKind.TIMEOUT),
        ("CREATE TABLE big AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT 9000) "
         "SELECT n, hex(zeroblob(200000)) AS z FROM r", ToolErrorKind.FAILED),
        ("ROLLBACK", ToolErrorKind.REFUSED),
        ("COMMIT", ToolErrorKind.REFUSED),
        ("ROLLBACK TO script", ToolErrorKind.REFUSED),
    ],
    ids=["conflict", "interrupted", "full", "rollback", "commit", "savepoint"],
)  # fmt: skip
def test_what_ends_sqlites_transaction_takes_nothing_of_what_was_handed_in(
    sql: str, kind: ToolErrorKind, tmp_path: Path
) -> None:
    write_pack(tmp_path, "sqlite")
    engine = SqliteEngine({"kites": tmp_path / "data" / "kites"}, SqlLimits(1.0, 64, 1000))
    database = engine.open("kites")
    untouched = database.digest()
    database.run("INSERT INTO makers VALUES (3, 'Cleo')", keep=True, max_rows=10)
    content = database.digest()
    for keep in (False, True):
        with pytest.raises(SqlFailure) as caught:
            database.run(sql, keep=keep, max_rows=1)
        assert caught.value.kind is kind
        assert database.digest() == content
    database.close()
    fresh = engine.open("kites")
    assert fresh.digest() == untouched
    fresh.close()
    engine.close()


def test_the_next_episode_gets_a_clean_worker_as_it_is_and_a_changed_one_made_anew(tmp_path: Path) -> None:
    write_pack(tmp_path, "sqlite")
    engine = SqliteEngine({"kites": tmp_path / "data" / "kites"}, SqlLimits(5.0, 64, 1000))
    first = engine.open("kites")
    assert isinstance(first, RemoteDatabase)
    assert first._worker is not None
    worker, content = first._worker.pid, first.digest()
    first.run("DELETE FROM kites", keep=False, max_rows=1)
    first.close()
    second = engine.open("kites")
    assert isinstance(second, RemoteDatabase)
    assert second._worker is not None
    assert second._worker.pid == worker
    assert second.digest() == content
    second.run("DELETE FROM kites", keep=True, max_rows=1)
    assert second.digest() != content
    second.close()
    third = engine.open("kites")
    assert third.digest() == content
    third.close()
    engine.close()


def test_no_worker_outlives_a_harness_that_is_killed(tmp_path: Path) -> None:
    write_pack(tmp_path, "duckdb")
    script = f"""
import time
from pathlib import Path
from environments.sql.duckdb_engine import DuckEngine
from environments.sql.engine import SqlLimits
engine = DuckEngine({{"kites": Path({str(tmp_path / "data" / "kites")!r})}}, SqlLimits(5.0, 64, 1000))
database = engine.open("kites")
print(database._worker.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as harness:
        assert harness.stdout is not None
        worker = int(harness.stdout.readline())
        assert Path(f"/proc/{worker}").exists()
        harness.kill()
    until = time.monotonic() + 10
    while _runs(worker) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _runs(worker)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_damaged_sqlite_file_is_one_error(tmp_path: Path) -> None:
    pack = write_pack(tmp_path, "sqlite")
    path = tmp_path / "data" / "kites" / "kites.sqlite"
    data = bytearray(path.read_bytes())
    data[4096:4600] = b"\x5a" * 504
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"kites\.sqlite"):
        load(pack)


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("schema.sql", "CREATE TABEL x (a INTEGER)", "schema.sql.*can't be built"),
        ("generate.sql", "INSERT INTO makers SELECT * FROM nowhere", "generate.sql.*nowhere"),
        ("generate.sql", "INSERT INTO makers SELECT i, random() FROM range(3) t(i)", "generate.sql.*random"),
        ("makers.csv", "maker_id,name\n7,Ann\nx,Bob\n", "makers.csv"),
        ("nothing.csv", "a\n1\n", "nothing.csv.*no table"),
    ],
)
def test_a_broken_part_of_a_portable_database_is_one_error(name: str, text: str, wanted: str, tmp_path: Path) -> None:
    pack = write_pack(tmp_path, "duckdb")
    (tmp_path / "data" / "kites" / name).write_text(text)
    with pytest.raises(InputError, match=wanted):
        load(pack)
