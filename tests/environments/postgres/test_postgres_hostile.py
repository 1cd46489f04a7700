"""Hostile SQL on PostgreSQL: refused, failed or stopped, and the world goes on as if nothing had been."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from environments.sql.engine import SqlFailure
from environments.sql.postgres_database import PostgresDatabase
from environments.sql.postgres_engine import PostgresEngine
from harness.core.message import ToolErrorKind

R, F, T = ToolErrorKind.REFUSED, ToolErrorKind.FAILED, ToolErrorKind.TIMEOUT
ANY = None
ENDLESS = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) "

HOSTILE = {
    # Files and programs.
    "COPY dogs TO '/tmp/parley-pg'": R,
    "COPY dogs FROM '/etc/passwd'": R,
    "COPY dogs TO PROGRAM 'touch /tmp/parley-pg'": R,
    "COPY (SELECT 1) TO STDOUT": R,
    "SELECT pg_read_file('/etc/passwd')": R,
    "SELECT pg_read_binary_file('/etc/passwd')": R,
    "SELECT pg_ls_dir('/')": R,
    "SELECT * FROM pg_ls_waldir()": R,
    "SELECT * FROM pg_ls_tmpdir()": R,
    "SELECT pg_stat_file('/etc/passwd')": R,
    "SELECT lo_import('/etc/passwd')": R,
    "SELECT lo_export(1, '/tmp/parley-pg')": R,
    "SELECT lo_from_bytea(0, 'x')": R,
    "SELECT pg_current_logfile()": R,
    "CREATE TABLESPACE t LOCATION '/tmp'": R,
    "LOAD '/tmp/x.so'": R,
    "DO $$ BEGIN COPY dogs TO PROGRAM 'id'; END $$": R,
    "CREATE FUNCTION f() RETURNS int LANGUAGE c AS '/lib/x86_64-linux-gnu/libc.so.6', 'system'": R,
    "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT pg_read_file('/etc/passwd') $$; SELECT f()": R,
    "DO LANGUAGE plpython3u $$ import os $$": F,
    # Extensions, other servers and databases, roles.
    "CREATE EXTENSION dblink": R,
    "CREATE EXTENSION IF NOT EXISTS postgres_fdw": R,
    "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw": R,
    "CREATE FOREIGN TABLE x (a int) SERVER s": R,
    "SELECT * FROM dblink('dbname=postgres', 'SELECT 1') AS t(a int)": F,
    "CREATE DATABASE mine": R,
    "DROP DATABASE postgres": R,
    "ALTER DATABASE postgres SET work_mem = '1GB'": R,
    "CREATE ROLE boss SUPERUSER": R,
    "CREATE USER boss": R,
    "ALTER ROLE parley_agent SUPERUSER": R,
    "ALTER USER parley_agent CREATEDB": R,
    "DROP ROLE postgres": R,
    "GRANT postgres TO parley_agent": R,
    "GRANT pg_read_server_files TO parley_agent": R,
    "SET ROLE postgres": R,
    "SET SESSION AUTHORIZATION postgres": R,
    "RESET ROLE": R,
    "RESET SESSION AUTHORIZATION": R,
    "REASSIGN OWNED BY parley_agent TO postgres": R,
    "SELECT rolpassword FROM pg_authid": R,
    "SELECT passwd FROM pg_shadow": R,
    "ALTER SYSTEM SET fsync = on": R,
    "SELECT pg_reload_conf()": R,
    "SELECT pg_rotate_logfile()": R,
    "CREATE PUBLICATION p FOR ALL TABLES": R,
    "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p": R,
    "CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION f()": R,
    "CREATE LANGUAGE plperlu": R,
    "SECURITY LABEL ON TABLE dogs IS 'x'": R,
    # Settings and sessions.
    "SET statement_timeout = 0": R,
    "SET work_mem = '10GB'": R,
    "SET LOCAL temp_file_limit = -1": R,
    "SELECT set_config('statement_timeout', '0', false)": R,
    "DO $$ BEGIN EXECUTE 'SET temp_file_limit = -1'; END $$": R,
    "SHOW data_directory": R,
    "SELECT * FROM pg_settings": R,
    "SELECT * FROM pg_stat_activity": R,
    "SELECT pg_terminate_backend(pid) FROM pg_stat_get_activity(NULL)": R,
    "SELECT pg_cancel_backend(1)": R,
    "LISTEN channel": R,
    "NOTIFY channel": R,
    "SELECT pg_notify('a', 'b')": R,
    "SELECT pg_advisory_lock(1)": R,
    "LOCK TABLE dogs": R,
    "PREPARE p AS DELETE FROM dogs": R,
    "DISCARD ALL": R,
    "CHECKPOINT": R,
    "DECLARE c CURSOR FOR SELECT 1": R,
    "CREATE TEMP TABLE t (a int)": R,
    # Clock and chance.
    "SELECT now()": R,
    "SELECT CURRENT_DATE": R,
    "SELECT CURRENT_TIMESTAMP(0)": R,
    "SELECT LOCALTIMESTAMP": R,
    "SELECT clock_timestamp()": R,
    "SELECT timeofday()": R,
    "SELECT random()": R,
    "SELECT gen_random_uuid()": R,
    "SELECT * FROM dogs TABLESAMPLE BERNOULLI (50)": R,
    "DO $$ BEGIN EXECUTE 'SELECT ran' || 'dom()'; END $$": R,
    "CREATE VIEW v AS SELECT now() AS t": R,
    "SELECT 'now'::timestamp": R,
    "SELECT date ' Today '": R,
    "SELECT CAST('tomorrow 10:00' AS timestamp)": R,
    "SELECT * FROM dogs WHERE born < 'yesterday'": R,
    "SELECT age(timestamp '2020-01-01')": R,
    "EXPLAIN SELECT now()": R,
    "EXPLAIN ANALYZE SELECT 1": R,
    "EXPLAIN (COSTS, ANALYSE) SELECT 1": R,
    "CALL f(now())": R,
    "DO $$ BEGIN PERFORM now(); END $$": R,
    'SELECT U&"\\006eow"()': R,
    # Who else is there, and what the server does.
    "SELECT datname FROM pg_database": R,
    "SELECT * FROM pg_locks": R,
    "SELECT * FROM pg_stat_user_tables": R,
    "SELECT pg_backend_pid()": R,
    "SELECT txid_current()": R,
    "SELECT pg_postmaster_start_time()": R,
    "SELECT pg_current_wal_lsn()": R,
    "SELECT pg_relation_filepath('dogs')": R,
    "SELECT pg_try_advisory_lock(1)": R,
    "DO $$ BEGIN EXECUTE 'SET ROLE postgres'; END $$": R,
    "DO $$ BEGIN EXECUTE $x$COPY dogs TO '/tmp/parley-pg'$x$; END $$": R,
    "REVOKE ALL ON dogs FROM parley_agent; SELECT * FROM dogs": R,
    "SELECT xmlparse(document '<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><x>&a;</x>')": ANY,
    # Time and memory.
    "SELECT pg_sleep(60)": T,
    "DO $$ BEGIN LOOP END LOOP; END $$": T,
    "DO $$ BEGIN EXECUTE 'SET statement_timeout = 0'; LOOP END LOOP; END $$": T,
    ENDLESS + "SELECT max(n) FROM r": ANY,
    ENDLESS + "SELECT count(*) FROM r a, r b": ANY,
    "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b": ANY,
    "SELECT length(repeat('x', 1000000000) || repeat('y', 1000000000))": ANY,
    "SELECT string_agg(repeat('x', 1000000), '') FROM generate_series(1, 5000)": ANY,
    "SELECT array_agg(a || b) FROM generate_series(1, 10000) a, generate_series(1, 10000) b": ANY,
    "SELECT repeat('a', 30) ~ '(a*)*(a*)*(a*)*(a*)*b'": ANY,
    "SELECT regexp_replace(repeat('a', 100000), '(a+)+b', 'x')": ANY,
    "SELECT format('%1000000000s', 'x')": ANY,
    "SELECT lpad('x', 1000000000)": ANY,
    "SELECT factorial(100000)": ANY,
    "SELECT 10::numeric ^ 130000": ANY,
    "SELECT * FROM generate_series(1, 1000000000)": ANY,
    "SELECT a.* FROM dogs a ORDER BY (SELECT count(*) FROM generate_series(1, 100000000))": ANY,
    "CREATE TABLE big AS SELECT n, repeat('x', 1000) FROM generate_series(1, 10000000) n": ANY,
    # More than the client should ever hold.
    "/* first */ SELECT * FROM generate_series(1, 100000000) a": ANY,
    "SELECT repeat('x', 10000000) FROM generate_series(1, 1000); SELECT 1": ANY,
    "COMMIT; SELECT repeat('x', 10000000) FROM generate_series(1, 1000)": ANY,
    "SELECT repeat('x', 400000000)": ANY,
    "SELECT array_fill(0, ARRAY[100000000])": ANY,
    "SELECT decode(repeat('ff', 100000000), 'hex')": ANY,
    "DO $$ BEGIN RAISE NOTICE '%', repeat('x', 100000000); END $$": ANY,
    "DO $$ BEGIN FOR i IN 1..10000000 LOOP RAISE NOTICE 'x'; END LOOP; END $$": ANY,
    "DO $$ BEGIN EXECUTE $x$SET work_mem = '10GB'$x$; "
    "PERFORM count(*) FROM (SELECT DISTINCT a, b FROM generate_series(1, 30000) a, generate_series(1, 1000) b) x; "
    "END $$": ANY,
    "CREATE FUNCTION f(int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN f($1 + 1); END $$; SELECT f(1)": F,
    "\x00": R,
    "": F,
    "SELEC 1": F,
}


@pytest.mark.parametrize(("sql", "kind"), HOSTILE.items(), ids=[repr(sql)[:60] for sql in HOSTILE])
def test_hostile_sql_is_refused_or_bounded(
    sql: str, kind: ToolErrorKind | None, kennel: PostgresDatabase, grown_in_module_mib: Callable[[], float]
) -> None:
    started = time.monotonic()
    try:
        kennel.run(sql, keep=False, max_rows=10)
        found = None
    except SqlFailure as failure:
        found = failure.kind
    assert time.monotonic() - started < 15
    assert kind is ANY or found is kind
    assert kennel.run("SELECT count(*) FROM dogs", keep=False, max_rows=1).values == [(6,)]


def test_what_was_tried_left_nothing_and_the_harness_stayed_small(
    kennels: PostgresEngine, grown_in_module_mib: Callable[[], float]
) -> None:
    before = kennels.open("kennel")
    untouched = before.digest()
    before.close()
    fresh = kennels._clones._made("kennel")
    assert fresh.digest() == untouched
    fresh.broken = True
    fresh.close()
    assert grown_in_module_mib() < 512


def test_a_long_complaint_is_cut(kennel: PostgresDatabase) -> None:
    with pytest.raises(SqlFailure) as caught:
        kennel.run("DO $$ BEGIN RAISE EXCEPTION '%', repeat('x', 1000000); END $$", keep=False, max_rows=1)
    assert len(str(caught.value)) < 3_000


def test_a_backend_has_limits_on_memory_and_files(kennel: PostgresDatabase) -> None:
    connection = kennel._connection
    assert connection is not None
    told = Path(f"/proc/{connection.info.backend_pid}/limits").read_text().splitlines()
    soft = {line[:26].strip(): line[26:47].strip() for line in told}
    assert soft["Max address space"] != "unlimited"
    assert soft["Max file size"] != "unlimited"


LEFT = {
    "a view larger than memory": "CREATE VIEW v AS SELECT repeat('x', 5000000) FROM generate_series(1, 100000)",
    "a view that never ends": "CREATE VIEW v AS SELECT count(*) FROM generate_series(1, 1000000000) a",
    "a column that is reckoned when it is read": "CREATE TABLE g (a int, b text GENERATED ALWAYS AS "
    "(repeat('x', 50000000)) VIRTUAL); INSERT INTO g SELECT generate_series(1, 100)",
    "nothing": "DROP SCHEMA public CASCADE",
}


@pytest.mark.parametrize("sql", LEFT.values(), ids=LEFT)
def test_what_an_agent_leaves_can_always_be_read_in_bounds(
    sql: str, kennel: PostgresDatabase, grown_mib: Callable[[], float]
) -> None:
    before = kennel.digest()
    try:
        kennel.run(sql, keep=True, max_rows=1)
    except SqlFailure:
        assert kennel.digest() == before
    else:
        started = time.monotonic()
        assert kennel.digest() != before
        kennel.schema()
        assert time.monotonic() - started < 15
    assert grown_mib() < 512


def test_rows_that_a_policy_hides_are_not_gone(kennels: PostgresEngine) -> None:
    hiding = "ALTER TABLE dogs ENABLE ROW LEVEL SECURITY; ALTER TABLE dogs FORCE ROW LEVEL SECURITY; "
    hiding += "CREATE POLICY p ON dogs USING (dog_id <> 1)"
    found = []
    for sql in ("DELETE FROM dogs WHERE dog_id = 1", hiding):
        database = kennels.open("kennel")
        database.run(sql, keep=True, max_rows=1)
        assert database.run("SELECT count(*) FROM dogs", keep=False, max_rows=1).values == [(5,)]
        found.append(database.digest())
        database.close()
    assert found[0] != found[1]


def test_the_agents_role_owns_its_database_and_reaches_no_other(kennel: PostgresDatabase) -> None:
    import psycopg

    found = kennel.run(
        "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles "
        "WHERE rolname = current_user",
        keep=False,
        max_rows=5,
    )
    assert found.values == [(False,) * 5]
    for other in ("postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(kennel.dsn().replace(kennel.name, other))
