"""Hostile SQL on PostgreSQL: refused, failed or stopped, and the world goes on as if nothing had been."""

from __future__ import annotations

import resource
import time

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
    "\x00": R,
    "": F,
    "SELEC 1": F,
}


@pytest.mark.parametrize(("sql", "kind"), HOSTILE.items(), ids=[repr(sql)[:60] for sql in HOSTILE])
def test_hostile_sql_is_refused_or_bounded(sql: str, kind: ToolErrorKind | None, kennel: PostgresDatabase) -> None:
    started = time.monotonic()
    try:
        kennel.run(sql, keep=False, max_rows=10)
        found = None
    except SqlFailure as failure:
        found = failure.kind
    assert time.monotonic() - started < 15
    assert kind is ANY or found is kind
    assert kennel.run("SELECT count(*) FROM dogs", keep=False, max_rows=1).values == [(6,)]


def test_what_was_tried_left_nothing_and_the_harness_stayed_small(kennels: PostgresEngine) -> None:
    before = kennels.open("kennel")
    untouched = before.digest()
    before.close()
    fresh = kennels._clone("kennel")
    assert fresh.digest() == untouched
    fresh.broken = True
    fresh.close()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1_000_000


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
