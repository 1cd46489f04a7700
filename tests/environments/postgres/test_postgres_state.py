"""An episode's PostgreSQL database: what stays, what is undone, and clones that nobody else has."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from kennel_world import KENNEL, LIMITS

from environments.sql.build import build_base
from environments.sql.engine import Database, SqlFailure
from environments.sql.postgres_database import PostgresDatabase
from environments.sql.postgres_engine import PostgresEngine
from environments.sql.postgres_server import server
from harness.core.errors import InputError


def rows(database: Database, sql: str) -> list[tuple[object, ...]]:
    return database.run(sql, keep=False, max_rows=1000).values


def names(database: Database) -> set[object]:
    return {name for (name,) in rows(database, "SELECT name FROM dogs")}


def test_what_is_tried_is_undone_and_what_is_handed_in_stays(kennel: PostgresDatabase) -> None:
    before = kennel.digest()
    kennel.run("DELETE FROM dogs; CREATE TABLE x (a int)", keep=False, max_rows=10)
    assert kennel.digest() == before
    kennel.run("DELETE FROM dogs WHERE dog_id = 1", keep=True, max_rows=10)
    assert "Ada" not in names(kennel)
    assert kennel.digest() != before


def test_a_sequence_that_was_tried_goes_back(kennel: PostgresDatabase) -> None:
    kennel.run("CREATE TABLE walks (id SERIAL PRIMARY KEY, dog INT)", keep=True, max_rows=10)
    before = kennel.digest()
    kennel.run("INSERT INTO walks (dog) VALUES (1), (2)", keep=False, max_rows=10)
    assert kennel.digest() == before
    kennel.run("INSERT INTO walks (dog) VALUES (1)", keep=True, max_rows=10)
    assert rows(kennel, "SELECT id FROM walks") == [(1,)]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM dogs WHERE dog_id = 1; COMMIT; SELECT count(*) FROM dogs",
        "CREATE INDEX CONCURRENTLY by_name ON dogs (name)",
        "VACUUM dogs; DELETE FROM dogs WHERE dog_id = 1",
    ],
)
def test_what_no_transaction_undoes_is_tried_on_another_clone(sql: str, kennel: PostgresDatabase) -> None:
    before = kennel.digest()
    kennel.run(sql, keep=False, max_rows=10)
    assert kennel.digest() == before
    kennel.run(sql, keep=True, max_rows=10)
    assert kennel.digest() != before


def test_half_of_a_script_that_can_not_be_undone_leaves_nothing(kennel: PostgresDatabase) -> None:
    kennel.run("UPDATE dogs SET name = 'Zed' WHERE dog_id = 2", keep=True, max_rows=10)
    before = kennel.digest()
    with pytest.raises(SqlFailure):
        kennel.run("DELETE FROM dogs; COMMIT; SELECT * FROM nowhere", keep=True, max_rows=10)
    assert kennel.digest() == before
    assert "Zed" in names(kennel)


def test_a_clone_that_is_given_back_is_as_new_for_the_next_episode(kennels: PostgresEngine) -> None:
    first = kennels.open("kennel")
    assert isinstance(first, PostgresDatabase)
    fresh, name = first.digest(), first.name
    first.run("CREATE TABLE walks (id SERIAL PRIMARY KEY); DELETE FROM dogs", keep=True, max_rows=10)
    first.run("INSERT INTO walks DEFAULT VALUES", keep=True, max_rows=10)
    assert first.digest() != fresh
    assert first.reset()
    assert (first.digest(), first.name) == (fresh, name)
    with pytest.raises(SqlFailure, match="walks"):
        rows(first, "SELECT * FROM walks")
    first.close()


@pytest.mark.parametrize("sql", ["INSERT INTO dogs SELECT * FROM dogs WHERE false; COMMIT", "VACUUM dogs"])
def test_a_clone_in_which_something_was_committed_is_not_handed_on(sql: str, kennel: PostgresDatabase) -> None:
    kennel.run(sql, keep=True, max_rows=10)
    assert not kennel.reset()


def test_what_was_handed_in_outlives_a_connection_that_is_ended(kennel: PostgresDatabase) -> None:
    kennel.run("DELETE FROM dogs WHERE dog_id = 1", keep=True, max_rows=10)
    before = kennel.digest()
    with pytest.raises(SqlFailure):
        kennel.run(
            "SELECT count(*) FROM generate_series(1, 1000000000) a, generate_series(1, 1000) b", keep=True, max_rows=1
        )
    kennel.disconnect()
    assert kennel.digest() == before
    assert "Ada" not in names(kennel)


def test_a_deferred_constraint_speaks_when_the_script_is_handed_in_and_takes_only_that_one_back(
    kennel: PostgresDatabase,
) -> None:
    kennel.run("CREATE TABLE a (id INT PRIMARY KEY)", keep=True, max_rows=10)
    child = "CREATE TABLE b (a INT REFERENCES a DEFERRABLE INITIALLY DEFERRED); INSERT INTO b VALUES (7)"
    with pytest.raises(SqlFailure, match="foreign key"):
        kennel.run(child, keep=True, max_rows=10)
    assert rows(kennel, "SELECT * FROM a") == []
    kennel.run(f"INSERT INTO a VALUES (7); {child}", keep=True, max_rows=10)
    assert rows(kennel, "SELECT * FROM b") == [(7,)]
    with pytest.raises(SqlFailure, match="foreign key"):
        kennel.run("INSERT INTO b VALUES (8)", keep=True, max_rows=10)
    assert rows(kennel, "SELECT * FROM b") == [(7,)]


def test_a_value_added_to_an_enumeration_can_be_used_by_the_next_script(kennel: PostgresDatabase) -> None:
    kennel.run("CREATE TYPE mood AS ENUM ('calm'); CREATE TABLE moods (m mood)", keep=True, max_rows=10)
    kennel.run("ALTER TYPE mood ADD VALUE 'wild'", keep=True, max_rows=10)
    kennel.run("INSERT INTO moods VALUES ('wild')", keep=True, max_rows=10)
    assert rows(kennel, "SELECT m FROM moods") == [("wild",)]


def test_a_result_without_rows_has_its_columns_and_a_change_has_none(kennel: PostgresDatabase) -> None:
    for sql, columns in (
        ("SELECT name, born FROM dogs WHERE false", ("name", "born")),
        ("-- none\nWITH x AS (SELECT 1 AS a) SELECT a FROM x WHERE a > 1", ("a",)),
        ("UPDATE dogs SET name = 'x' WHERE false RETURNING dog_id", ("dog_id",)),
        ("UPDATE dogs SET name = 'x'", ()),
        ("SELECT 1 AS a INTO fresh", ()),
    ):
        for keep in (False, True):
            found = kennel.run(sql, keep=keep, max_rows=5)
            assert (found.columns, found.values) == (columns, []), sql
            kennel.run("DROP TABLE IF EXISTS fresh", keep=True, max_rows=1)


def test_what_python_has_no_date_for_is_text_and_so_is_a_row(kennel: PostgresDatabase) -> None:
    sql = "SELECT 'infinity'::date, '0044-03-15 BC'::timestamp, ROW(1, 'a'), '2024-05-01'::date"
    ((forever, ides, row, day),) = kennel.run(sql, keep=False, max_rows=1).values
    assert (forever, ides, row) == ("infinity", "0044-03-15 00:00:00 BC", "(1,a)")
    assert str(day) == "2024-05-01"


def test_the_clones_own_name_is_not_shown(kennel: PostgresDatabase) -> None:
    sql = "SELECT current_database(), table_catalog FROM information_schema.tables WHERE table_name = 'dogs'"
    assert kennel.run(sql, keep=False, max_rows=1).values == [("kennel", "kennel")]


def test_statements_of_a_session_do_not_reach_the_next_episode(kennels: PostgresEngine) -> None:
    database = kennels.open("kennel")
    database.run("DO $$ BEGIN EXECUTE 'PREPARE leak AS SELECT 42'; END $$", keep=True, max_rows=1)
    database.close()
    after = kennels.open("kennel")
    assert isinstance(after, PostgresDatabase)
    with pytest.raises(SqlFailure, match="does not exist"):
        after.run("DO $$ BEGIN EXECUTE 'EXECUTE leak'; END $$", keep=False, max_rows=1)
    after.close()


def test_a_body_in_standard_sql_is_one_statement(kennel: PostgresDatabase) -> None:
    sql = "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END"
    assert kennel.run(f"{sql}; SELECT f()", keep=False, max_rows=1).values == [(2,)]


def test_a_submission_of_too_many_rows_is_refused_and_undone(kennel: PostgresDatabase) -> None:
    with pytest.raises(SqlFailure, match="more than 3 rows"):
        kennel.run("SELECT * FROM dogs", keep=True, max_rows=3)
    with pytest.raises(SqlFailure, match="rows in the tables"):
        kennel.run("CREATE TABLE b AS SELECT * FROM generate_series(1, 200000)", keep=True, max_rows=3)
    assert rows(kennel, "SELECT to_regclass('b') IS NULL") == [(True,)]


def test_the_same_content_has_the_same_digest_and_any_change_another(kennels: PostgresEngine) -> None:
    found = {}
    for change in (
        "SELECT 1",
        "UPDATE dogs SET weight = 1 WHERE dog_id = 1",
        "CREATE VIEW v AS SELECT name FROM dogs",
        "CREATE INDEX i ON dogs (name)",
        "ALTER TABLE dogs ADD COLUMN tail BOOLEAN",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TYPE mood AS ENUM ('good', 'bad')",
    ):
        database = kennels.open("kennel")
        database.run(change, keep=True, max_rows=10)
        found[change] = database.digest()
        database.close()
    assert len(set(found.values())) == len(found)


def test_episodes_at_the_same_time_never_share_a_database(kennels: PostgresEngine) -> None:
    databases = [kennels.open("kennel") for _ in range(24)]
    problems: list[str] = []

    def play(number: int, database: Database) -> None:
        try:
            for _ in range(3):
                database.run(f"UPDATE dogs SET name = name || '{number}'", keep=True, max_rows=1)
            if not all(str(name).endswith(f"{number}" * 3) for name in names(database)):
                problems.append(f"{number}: {names(database)}")
        except SqlFailure as failure:
            problems.append(str(failure))

    threads = [threading.Thread(target=play, args=pair) for pair in enumerate(databases)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for database in databases:
        database.close()
    assert not problems


def test_interrupting_fails_the_statement_and_the_database_goes_on(kennel: PostgresDatabase) -> None:
    timer = threading.Timer(0.2, kennel.interrupt)
    timer.start()
    with pytest.raises(SqlFailure, match="interrupted"):
        kennel.run("SELECT pg_sleep(5)", keep=False, max_rows=1)
    assert "Ada" in names(kennel)


def test_a_server_that_can_not_be_reached_is_one_message_without_its_password() -> None:
    with pytest.raises(InputError, match="can't be reached") as caught:
        server("postgresql://me:sesame@127.0.0.1:1/nowhere")
    assert "sesame" not in caught.value.message
    assert "port=1" in caught.value.message
    with pytest.raises(InputError, match="not a PostgreSQL connection string"):
        server("host")


def test_a_server_named_by_its_dsn_is_used_as_it_is() -> None:
    address = server(None).conninfo
    engine = PostgresEngine({"kennel": KENNEL}, LIMITS, address)
    database = engine.open("kennel")
    assert "Ada" in names(database)
    database.close()
    engine.close()


def test_clones_of_a_harness_that_was_killed_are_dropped_by_the_next_one() -> None:
    script = f"""
from pathlib import Path
from environments.sql.engine import SqlLimits
from environments.sql.postgres_engine import PostgresEngine
database = PostgresEngine({{"kennel": Path({str(KENNEL)!r})}}, SqlLimits(1.0, 128, 1000), None).open("kennel")
print(database.name, flush=True)
input()
"""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as harness:
        assert harness.stdout is not None
        left = harness.stdout.readline().strip()
        assert left.startswith("parley_e")
        harness.kill()
    time.sleep(0.2)
    PostgresEngine({"kennel": KENNEL}, LIMITS, None).close()
    assert (left,) not in server(None).run("SELECT datname FROM pg_database")


def test_clean_clones_stay_for_the_next_engine_and_no_others(tmp_path: Path) -> None:
    folder = tmp_path / "spares"
    folder.mkdir()
    (folder / "schema.sql").write_text(f"CREATE TABLE t (a INTEGER); INSERT INTO t VALUES ({os.getpid()});")
    first = PostgresEngine({"spares": folder}, LIMITS, None)
    template = first._templates["spares"]

    def spares() -> set[str]:
        """Of this template: others use the server too."""
        found = server(None).run("SELECT datname FROM pg_database")
        return {str(name) for (name,) in found if str(name).startswith(template.replace("parley_t_", "parley_s"))}

    clean, committed = first.open("spares"), first.open("spares")
    assert isinstance(committed, PostgresDatabase)
    clean.run("DELETE FROM t", keep=True, max_rows=1)
    committed.run("DELETE FROM t; COMMIT", keep=True, max_rows=1)
    clean.close()
    committed.close()
    first.close()
    left = spares()
    assert left
    assert not any(name.endswith("_".join(committed.name.split("_")[-2:])) for name in left)
    second = PostgresEngine({"spares": folder}, LIMITS, None)
    databases = [second.open("spares") for _ in left]
    assert not left & spares()
    for database in databases:
        assert database.run("SELECT a FROM t", keep=False, max_rows=2).values == [(os.getpid(),)]
        database.close()
    second.close()
    upstreams = PostgresEngine({"spares": folder}, replace(LIMITS, repeatable=False), None)
    tells_time = upstreams.open("spares")
    # A spare of those who mustn't look at the clock serves those who may, as upstream's rules have it.
    assert len(tells_time.run("SELECT now()", keep=False, max_rows=1).values) == 1
    tells_time.close()
    upstreams.close()
    for name in (*spares(), template):
        server(None).run("DROP DATABASE {}", name)


REAL = ("credit", "cross_db", "gaming", "households", "insider", "mental", "vaccine")


def test_every_real_sqlite_database_arrives_with_all_its_rows_and_values(shared_data: Path) -> None:
    root = shared_data / "mini_interact"
    engine = PostgresEngine({name: root / name for name in REAL}, LIMITS, None)
    for name in REAL:
        database = engine.open(name)
        with closing(sqlite3.connect(f"file:{root / name / name}.sqlite?mode=ro&immutable=1", uri=True)) as source:
            source.text_factory = lambda data: data.decode(errors="replace")
            for (table,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                wanted = source.execute(f'SELECT * FROM "{table}" ORDER BY rowid').fetchall()
                found = database.run(f'SELECT * FROM "{table.lower()}"', keep=False, max_rows=100_000).values
                assert len(found) == len(wanted) > 0
                assert sorted(map(_plain, found)) == sorted(map(_plain, wanted)), f"{name}.{table}"
        database.close()
    engine.close()


def _plain(row: tuple[object, ...]) -> list[str]:
    """What both engines mean by a row: numbers as floats, documents and moments as text without their layout."""
    shown = []
    for value in row:
        if isinstance(value, bool | int | float):
            shown.append(repr(float(value)))
        else:
            shown.append("".join(letter for letter in str(value) if letter.isalnum()))
    return shown


@pytest.mark.parametrize("content", [b"SQLite format 3\x00" + b"x" * 5000, b"", b"x"])
def test_a_damaged_sqlite_file_is_one_message(content: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "broken.sqlite").write_bytes(content)
    with pytest.raises(InputError, match=r"broken\.sqlite"):
        build_base(folder)
    with pytest.raises(InputError, match=r"broken\.sqlite"):
        PostgresEngine({"broken": folder}, LIMITS, None)
    left = server(None).run("SELECT datname FROM pg_database WHERE datname LIKE '%_new'")
    assert left == []


def test_a_test_case_gets_a_clone_and_psycopg_and_leaves_nothing(kennels: PostgresEngine) -> None:
    from environments.sql.test_cases import TestCase, run_test_case

    code = """
def test_case(pred_sqls, sol_sqls, db_name, conn):
    rows, error, timeout = execute_queries("SELECT count(*) FROM dogs", db_name, conn)
    assert rows == [(5,)], rows
    assert performance_compare_by_qep("SELECT * FROM dogs a, dogs b", "SELECT 1", db_name, conn) == 1
    import psycopg2
    cursor = conn.cursor()
    cursor.execute("SELECT 1; SELECT 2")
    assert cursor.fetchall() == [(2,)]
    try:
        cursor.execute("SELECT nix")
    except psycopg2.errors.UndefinedColumn:
        conn.rollback()
    try:
        open("/etc/passwd")
    except PermissionError:
        return
    raise AssertionError("a file was read")
"""
    case = TestCase((code,), "DELETE FROM dogs WHERE dog_id = 1", "SELECT 1", (), again=False)
    with kennels.copy("kennel", ["DELETE FROM dogs WHERE dog_id = 1"]) as copy:
        with psycopg.connect(copy.address) as connection:
            assert connection.execute("SELECT count(*) FROM dogs").fetchone() == (5,)
        assert run_test_case(copy, case, seconds=5, memory_mb=512) == ""
        assert "AssertionError" in run_test_case(
            copy,
            TestCase((code.replace("(5,)", "(6,)"),), "SELECT 1", "SELECT 1", (), again=False),
            seconds=5,
            memory_mb=512,
        )
