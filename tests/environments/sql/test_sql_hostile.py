"""Hostile SQL: each statement is refused or bounded, and the world goes on as if nothing had been."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sql_worlds import a_task, fingerprint, probe, run_sql, use, write_pack

from environments.sql.duckdb_engine import DuckEngine
from environments.sql.engine import SqlFailure, SqlLimits
from environments.sql.environment import SqlEnvironment
from environments.sql.sqlite_engine import SqliteEngine
from environments.sql.template import load
from harness.core.message import Party, ToolErrorKind

R, F, T = ToolErrorKind.REFUSED, ToolErrorKind.FAILED, ToolErrorKind.TIMEOUT
BOUNDED = None
ENDLESS = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) "

DUCKDB = {
    # Files.
    "SELECT * FROM read_csv('/etc/passwd')": R,
    "SELECT * FROM read_csv_auto('/etc/passwd')": R,
    "SELECT content FROM read_text('/etc/passwd')": R,
    "SELECT * FROM read_blob('/proc/self/environ')": R,
    "SELECT * FROM read_json('/etc/passwd')": R,
    "SELECT * FROM read_parquet('x.parquet')": R,
    "SELECT * FROM parquet_metadata('x.parquet')": R,
    "SELECT * FROM glob('/etc/*')": R,
    "SELECT * FROM sniff_csv('/etc/passwd')": R,
    "SELECT * FROM \"read_text\"('/etc/passwd')": R,
    "SELECT * FROM READ_TEXT /* here */ ('/etc/passwd')": R,
    "SELECT * FROM '/etc/passwd'": F,
    "SELECT * FROM 'secret.csv'": F,
    'FROM "/etc/passwd"': F,
    "SELECT * FROM 'https://example.org/x.csv'": F,
    "COPY kites TO '{out}'": R,
    "COPY (SELECT 1) TO '{out}'": R,
    "COPY kites FROM '/etc/passwd'": R,
    "EXPORT DATABASE '{out}'": R,
    "IMPORT DATABASE '{out}'": R,
    # Other databases, extensions, settings, secrets.
    "ATTACH '{out}' AS other": R,
    "ATTACH ':memory:' AS other": R,
    "DETACH memory": R,
    "USE memory.main": R,
    "INSTALL httpfs": R,
    "LOAD httpfs": R,
    "UPDATE EXTENSIONS": R,
    "PRAGMA database_list": R,
    "PRAGMA enable_profiling": R,
    "SET memory_limit = '100GB'": R,
    "SET GLOBAL enable_external_access = true": R,
    "RESET lock_configuration": R,
    "SELECT 1; SET threads = 64": R,
    "CREATE SECRET s (TYPE http)": R,
    "CREATE PERSISTENT SECRET s (TYPE http)": R,
    "SELECT * FROM duckdb_secrets()": R,
    "SELECT * FROM duckdb_settings()": R,
    "SELECT * FROM duckdb_databases": R,
    "SELECT * FROM pragma_database_size()": R,
    "SELECT current_setting('home_directory')": R,
    "SELECT getenv('HOME')": F,
    "SELECT getvariable('x')": R,
    "CALL pragma_version()": R,
    "CHECKPOINT": R,
    "VACUUM": R,
    "SELECT * FROM create_external_resource('x')": R,
    "CALL enable_logging()": R,
    # SQL in strings, prepared statements, transactions, things that outlive a rollback.
    "SELECT * FROM query('SELECT 1')": R,
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))": R,
    "PREPARE p AS DELETE FROM kites": R,
    "EXECUTE p": R,
    "BEGIN": R,
    "COMMIT; DELETE FROM kites": R,
    "ROLLBACK": R,
    "CREATE TEMP TABLE t (a INTEGER)": R,
    "CREATE TABLE temp.t (a INTEGER)": R,
    "CREATE SEQUENCE s": R,
    "CREATE MACRO m() AS 1": R,
    "CREATE SCHEMA s": R,
    "DROP SCHEMA main CASCADE": R,
    "EXPLAIN ANALYZE DELETE FROM kites": R,
    "EXPLAIN (ANALYZE) SELECT 1": R,
    # Clock and chance.
    "SELECT random()": R,
    "SELECT system.main.random()": R,
    "SELECT kites.random() FROM kites": R,
    "SELECT uuid()": R,
    "SELECT gen_random_uuid()": R,
    "SELECT now()": R,
    "SELECT current_date": R,
    "SELECT CURRENT_TIMESTAMP": R,
    "SELECT today()": R,
    "SELECT age(DATE '2020-01-01')": R,
    "SELECT nextval('s')": R,
    "SELECT * FROM kites USING SAMPLE 1": R,
    "SELECT * FROM kites TABLESAMPLE 50%": R,
    "CREATE VIEW v AS SELECT random() AS r": R,
    # Time and memory.
    "SELECT repeat('x', 10000000000)": F,
    "SELECT 'x'.repeat(1000000000)": F,
    "SELECT repeat(string_agg('a', ''), 1000000) FROM range(10000)": F,
    "SELECT lpad('x', 1000000000, 'y')": F,
    "SELECT rpad(name, kite_id * 500000000, 'y') FROM kites": F,
    "SELECT system.main.repeat('x', 3)": R,
    "SELECT count(*) FROM repeat('x', 1000000000000)": T,
    "SELECT format('{{:>1000000000}}', 'x')": R,
    "SELECT printf('%1000000000d', 1)": R,
    "SELECT bitstring('1', 2000000000)": R,
    "SELECT range(1000000000)": R,
    "SELECT unnest(generate_series(1, 1000000000))": R,
    "SELECT levenshtein(name, name) FROM kites": R,
    "SELECT * FROM ((SELECT * FROM pg_settings))": R,
    "SELECT * FROM kites LEFT JOIN (pg_settings JOIN kites ON true) ON true": R,
    "TABLE pg_settings": R,
    "SUMMARIZE pg_settings": R,
    "SELECT * FROM main.pg_settings": R,
    "SELECT list_aggregate(list(range), 'reservoir_quantile', 0.5) FROM range(9)": R,
    "SELECT len(list_resize([1], 1000000000))": R,
    "SELECT to_days(2147483647)": F,
    "SELECT to_years(170000000)": F,
    "SELECT sleep_ms(100000)": R,
    "SELECT pg_sleep(100)": R,
    "SELECT string_agg(range::VARCHAR, '') FROM range(1000000000)": F,
    "SELECT replace(string_agg('a', ''), 'a', 'bbbbbbbbbb') FROM range(10000000)": F,
    "SELECT regexp_replace(string_agg('a', ''), 'a', 'bbbbbbbbbb', 'g') FROM range(10000000)": F,
    "SELECT replace('aaaa', 'a', string_agg('b', '')) FROM range(100000)": F,
    "SELECT system.main.replace(name, 'a', 'b') FROM kites": R,
    "SELECT list(range) FROM range(1000000000)": F,
    "CREATE TABLE big AS SELECT * FROM range(10000000000)": F,
    "SELECT * FROM range(1000000000) ORDER BY range DESC": F,
    "SELECT count(*) FROM range(1000000000000)": T,
    "SELECT count(*) FROM range(1000000) a CROSS JOIN range(1000000) b WHERE a.range * b.range = -1": T,
    ENDLESS + "SELECT count(*) FROM r": T,
    # Made of what is allowed.
    "SELECT " + "+".join(["1"] * 9000): F,
    "SELECT * FROM kites a, kites b, kites c, kites d, kites e, kites f, kites g, kites h, kites i, kites j, kites k, "
    "kites l, kites m, kites n, kites o, kites p ORDER BY 1": F,
    "INSERT INTO makers " + ENDLESS + "SELECT n + 100, 'x' FROM r": T,
    "UPDATE kites SET name = name || name; " * 30: F,
    "SELECT array_agg(i) FROM generate_series(1, 100000000) t(i)": F,
    "SELECT histogram(i) FROM range(50000000) t(i)": F,
    "SELECT reverse(string_agg('a', '')) FROM range(100000000)": F,
    "SELECT split(string_agg('a,', ''), ',') FROM range(30000000)": F,
    "SELECT list_zip(list(i), list(i)) FROM range(30000000) t(i)": F,
    "SELECT json_group_array(i) FROM range(50000000) t(i)": F,
    "WITH RECURSIVE t(a) AS (SELECT 'x' UNION ALL SELECT a || a FROM t) SELECT length(a) FROM t": F,
    "WITH RECURSIVE t(a) AS (SELECT [1] UNION ALL SELECT list_concat(a, a) FROM t) SELECT len(a) FROM t": F,
    "SELECT list_transform(range(10), x -> getenv('HOME'))": R,
    "SELECT * FROM read_csv_auto(['/etc/passwd'])": R,
    "SELECT * FROM pg_catalog.pg_class": R,
    "SELECT pg_catalog.current_setting('x')": R,
    "SELECT * FROM test_all_types()": R,
    "SELECT * FROM query_table('kites')": R,
    "CREATE TYPE t AS ENUM ('a')": R,
    "PRAGMA show_tables": R,
    "SELECT * FROM range(1000000000000)": BOUNDED,
    ENDLESS + "SELECT n FROM r": BOUNDED,
}
SQLITE = {
    "ATTACH '{out}' AS other": R,
    "ATTACH ':memory:' AS other": R,
    "DETACH main": R,
    "VACUUM INTO '{out}'": F,
    "VACUUM": F,
    "PRAGMA journal_mode = WAL": R,
    "PRAGMA writable_schema = 1": R,
    "PRAGMA database_list": R,
    "SELECT * FROM pragma_database_list": R,
    "SELECT load_extension('x')": R,
    "SELECT LOAD_EXTENSION('x', 'y')": R,
    "SELECT readfile('/etc/passwd')": F,
    "SELECT writefile('{out}', 'x')": F,
    "SELECT * FROM fsdir('/etc')": F,
    "CREATE VIRTUAL TABLE v USING fts5(a)": R,
    "CREATE TEMP TABLE t (a INTEGER)": R,
    "CREATE TRIGGER t AFTER INSERT ON kites BEGIN DELETE FROM makers; END": R,
    "BEGIN": R,
    "COMMIT; DELETE FROM kites": R,
    "ROLLBACK": R,
    "SAVEPOINT s": R,
    "ANALYZE": R,
    "INSERT INTO sqlite_master VALUES ('table', 'x', 'x', 0, '')": F,
    "DROP TABLE sqlite_master": F,
    "INSERT OR ROLLBACK INTO makers VALUES (1, 'again')": F,
    "SELECT random()": R,
    "SELECT hex(randomblob(8))": R,
    "SELECT date('now')": R,
    "SELECT datetime(' NOW ', 'localtime')": R,
    'SELECT julianday("now")': R,
    "SELECT date()": R,
    "SELECT strftime('%s')": R,
    "SELECT CURRENT_TIMESTAMP": R,
    "SELECT current_date": R,
    "SELECT datetime('n' || 'ow')": R,
    "SELECT julianday(x) FROM (SELECT 'NO' || 'w' AS x)": R,
    "SELECT unixepoch(char(110, 111, 119))": R,
    "SELECT date(/**/)": R,
    "SELECT datetime('2024-01-01', 'local' || 'time')": R,
    "SELECT sqlite_version()": R,
    "SELECT * FROM sqlite_stmt": R,
    "CREATE TABLE t (id INTEGER, x DEFAULT CURRENT_TIMESTAMP)": R,
    "SELECT time('now', 'localtime')": R,
    "SELECT julianday(CURRENT_DATE)": R,
    "CREATE INDEX i ON kites (abs(random()))": R,
    "CREATE TABLE g (a, b AS (random()))": R,
    "SELECT * FROM pragma_function_list": R,
    "PRAGMA page_count": R,
    "PRAGMA hard_heap_limit = 0": R,
    "PRAGMA temp_store_directory = '/tmp'": R,
    "PRAGMA table_info = 1; PRAGMA writable_schema(1)": R,
    "CREATE VIRTUAL TABLE x USING dbstat": R,
    "SELECT * FROM dbstat": R,
    "ATTACH DATABASE 'file:/etc/passwd?mode=ro' AS p": R,
    "VACUUM main INTO '{out}'": F,
    "SELECT sqlite_compileoption_get(1)": R,
    "SELECT changes()": R,
    "SELECT last_insert_rowid()": R,
    "CREATE TEMP VIEW v AS SELECT 1": R,
    "UPDATE sqlite_master SET sql = 'x'": F,
    "SELECT printf('%.*c', 2000000000, 'x')": T,
    "SELECT instr(hex(zeroblob(240000)), hex(zeroblob(100000)) || '1') + instr(hex(zeroblob(240000)), "
    "hex(zeroblob(100000)) || '2') + instr(hex(zeroblob(240000)), hex(zeroblob(100000)) || '3')": T,
    "SELECT group_concat(n) FROM (" + ENDLESS + "SELECT n FROM r)": T,
    "WITH RECURSIVE t(x) AS (SELECT 'a' UNION ALL SELECT x || x FROM t) SELECT max(length(x)) FROM t": F,
    "SELECT json_group_array(x) FROM (" + ENDLESS + "SELECT hex(zeroblob(1000)) AS x FROM r)": F,
    "WITH RECURSIVE f(a, b) AS (SELECT 0, 1 UNION ALL SELECT b, a + b FROM f) SELECT sum(a) OVER (ORDER BY b) "
    "FROM f": T,
    "SELECT " + ", ".join(f"{i}" for i in range(2500)): F,
    ENDLESS + "SELECT n, hex(zeroblob(4500000)) FROM r": F,
    "SELECT zeroblob(2000000000)": F,
    "SELECT hex(zeroblob(9000000))": F,
    "SELECT group_concat(hex(zeroblob(4000000))) FROM kites": F,
    "SELECT replace(hex(zeroblob(4000000)), '0', '0123456789')": F,
    "SELECT 'a' LIKE printf('%.5000c', '%')": F,
    ENDLESS + "SELECT count(*) FROM r": T,
    ENDLESS + "SELECT max(a.n) FROM r a, r b": T,
    "CREATE TABLE big AS " + ENDLESS + "SELECT n, zeroblob(9000000) AS z FROM r": F,
    ENDLESS + "SELECT n FROM r": BOUNDED,
}
CASES = [("duckdb", sql, kind) for sql, kind in DUCKDB.items()]
CASES += [("sqlite", sql, kind) for sql, kind in SQLITE.items()]


@pytest.fixture(scope="module")
def worlds(
    tmp_path_factory: pytest.TempPathFactory, grown_in_module_mib: Callable[[], float]
) -> Iterator[dict[str, SqlEnvironment]]:
    """One episode an engine, which has to live through everything."""
    templates = {
        engine: load(write_pack(tmp_path_factory.mktemp(engine), engine, timeout_s=1.0, memory_mb=64))
        for engine in ("duckdb", "sqlite")
    }
    opened = {engine: asyncio.run(template.create(a_task(), 1)) for engine, template in templates.items()}
    yield opened
    for environment in opened.values():
        asyncio.run(environment.close())
    for template in templates.values():
        template.close()


@pytest.mark.parametrize(("engine", "sql", "kind"), CASES, ids=lambda value: str(value)[:60])
def test_hostile_sql_is_refused_or_bounded(
    engine: str, sql: str, kind: ToolErrorKind | None, worlds: dict[str, SqlEnvironment], tmp_path: Path
) -> None:
    environment = worlds[engine]
    out = tmp_path / "out"
    before = fingerprint(environment)
    result = run_sql(environment, sql.format(out=out))
    assert result.error is kind, result.content
    if kind is BOUNDED:
        assert "only the first" in result.content
    assert "root:" not in result.content
    assert not out.exists()
    assert fingerprint(environment) == before
    assert probe(environment, "query", sql="SELECT count(*) FROM kites") == [[3]]


@pytest.mark.parametrize(("engine", "sql"), [(engine, sql) for engine, sql, kind in CASES if kind is R])
def test_what_is_refused_is_refused_in_a_submission_too(
    engine: str, sql: str, worlds: dict[str, SqlEnvironment], tmp_path: Path
) -> None:
    environment = worlds[engine]
    before = fingerprint(environment)
    result = run_sql(environment, "DELETE FROM kites; " + sql.format(out=tmp_path / "out"), "submit_sql")
    assert result.submitted
    assert "failed" in result.content
    assert probe(environment, "submitted_rows") is None
    assert fingerprint(environment) == before


@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
def test_scripts_without_end_are_refused(engine: str, worlds: dict[str, SqlEnvironment]) -> None:
    environment = worlds[engine]
    assert run_sql(environment, "SELECT 1;" * 51).error is R
    assert run_sql(environment, "SELECT '" + "x" * 60_000 + "'").error is R
    assert run_sql(environment, "").error is F
    assert run_sql(environment, "-- nothing").error is F
    assert run_sql(environment, "SELECT 'unfinished").error is F


def test_words_that_are_only_names_are_not_refused(worlds: dict[str, SqlEnvironment]) -> None:
    for sql in (
        "SELECT 'current_date, random(), /etc/passwd, read_csv()' AS random",
        "CREATE TABLE stats (a INTEGER, b INTEGER); INSERT INTO stats (a, b) VALUES (1, 2); SELECT * FROM stats",
        "SELECT name AS system, span AS today FROM kites -- now() is the time",
        "SELECT i FROM range(3) AS t(i) JOIN generate_series(1, 3) AS s(j) ON i = j",
        "SELECT date_trunc('month', flown), strftime(flown, '%Y'), year(flown), flown - INTERVAL 1 DAY FROM kites",
        "SELECT dayname(flown), date_diff('day', flown, DATE '2024-06-01'), last_day(flown) FROM kites",
        "PIVOT kites ON maker_id USING count(*)",
        "EXPLAIN SELECT * FROM kites",
        "SELECT replace(name, 'w', 'v'), name.replace('w', 'v'), regexp_replace(name, '[a-z]', '.', 'g') FROM kites",
    ):
        assert run_sql(worlds["duckdb"], sql).error is None, sql
    for sql in (
        "SELECT date('2024-05-01', '+1 month'), 'nowhere' AS now",
        "SELECT upper('random()')",
        "PRAGMA table_info(kites)",
        "SELECT name FROM pragma_table_info('kites')",
        "PRAGMA foreign_key_list('kites')",
        "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'",
    ):
        assert run_sql(worlds["sqlite"], sql).error is None, sql


def test_texts_of_a_length_are_made_as_long_as_they_are_small(worlds: dict[str, SqlEnvironment]) -> None:
    wanted = "SELECT lpad('7', 2, '0'), rpad('a', 3, '.'), repeat('ab', 3), repeat('a', -1), lpad(NULL, 2, '0')"
    assert probe(worlds["duckdb"], "query", sql=wanted) == [["07", "a..", "ababab", "", None]]


LOOSE = {
    "duckdb": ("SELECT now() > DATE '2020-01-01'", "SELECT random() < 2", "CREATE TEMP TABLE t AS SELECT 1"),
    "sqlite": ("SELECT date('now') > '2020-01-01'", "SELECT random() IS NOT NULL", "CREATE TEMP TABLE t AS SELECT 1"),
}
SHUT = {
    "duckdb": ("SELECT * FROM read_text('/etc/passwd')", "SELECT sleep_ms(9)", "ATTACH 'x' AS y", "SET threads = 4"),
    "sqlite": ("ATTACH 'x' AS y", "PRAGMA journal_mode = WAL", "SELECT load_extension('x')", "SELECT * FROM dbstat"),
}


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_where_nothing_is_replayed_clock_and_chance_are_allowed_and_nothing_else(kind: str, tmp_path: Path) -> None:
    write_pack(tmp_path, kind)
    limits = SqlLimits(5.0, 64, 1000, repeatable=False)
    folders = {"kites": tmp_path / "data" / "kites"}
    engine = DuckEngine(folders, limits) if kind == "duckdb" else SqliteEngine(folders, limits)
    database = engine.open("kites")
    before = database.digest()
    for sql in LOOSE[kind]:
        database.run(sql, keep=False, max_rows=1)
    for sql in SHUT[kind]:
        with pytest.raises(SqlFailure) as caught:
            database.run(sql, keep=False, max_rows=1)
        assert caught.value.kind is R
    assert database.digest() == before
    database.close()
    engine.close()


def test_host_names_and_the_process_are_not_told(worlds: dict[str, SqlEnvironment]) -> None:
    shown = (
        use(worlds["duckdb"], "get_schema").content
        + run_sql(worlds["duckdb"], "SELECT * FROM information_schema.tables").content
    )
    assert "parley-sql" not in shown
    assert "/" not in shown


def test_the_whole_list_took_little_memory(grown_in_module_mib: Callable[[], float]) -> None:
    assert grown_in_module_mib() < 512


def test_dates_are_reckoned_as_sqlite_does_where_no_clock_is_asked(worlds: dict[str, SqlEnvironment]) -> None:
    wanted = "SELECT strftime('%Y-%m', flown), date(flown, '+1 month'), julianday('2024-01-02') - 1 FROM kites LIMIT 1"
    rows = asyncio.run(worlds["sqlite"].probe(Party.AGENT, "query", {"sql": wanted}))
    assert rows == [["2024-05", "2024-06-01", 2460310.5]]
