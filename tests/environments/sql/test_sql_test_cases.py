"""Python test cases of a pack: what they may use, what they may not do, and what a prediction's second run means."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sql_worlds import a_task, fingerprint, probe, run_sql, write_pack

from environments.sql import landlock
from environments.sql.environment import SqlEnvironment
from environments.sql.template import load

INSERT = "INSERT INTO makers VALUES (3, 'Cleo')"
ONE_MORE = """
import re

def test_case(pred_sqls, sol_sqls, db_name, conn):
    assert re.search("insert", pred_sqls[0], re.IGNORECASE)
    rows, error, timeout = execute_queries("SELECT count(*) FROM makers", db_name, conn)
    assert (error, timeout) == (False, False)
    assert rows[0][0] == 3, rows
    return True
"""
AGAIN = """
def test_case(pred_sqls, sol_sqls, db_name, conn):
    rows, error, timeout = execute_queries(pred_sqls, db_name, conn)
    assert not error, "the prediction can't be run twice"
"""


@pytest.fixture(params=["duckdb", "sqlite"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def world(engine: str, tmp_path: Path) -> Iterator[SqlEnvironment]:
    template = load(write_pack(tmp_path, engine, timeout_s=2.0))
    environment = asyncio.run(template.create(a_task(), 1))
    yield environment
    asyncio.run(environment.close())
    template.close()


def judge(world: SqlEnvironment, *code: str, reference: str = INSERT) -> str:
    return str(probe(world, "tests", code=list(code), reference=reference))


def test_a_test_sees_what_the_submission_left_and_changes_nothing_of_it(world: SqlEnvironment) -> None:
    run_sql(world, INSERT, "submit_sql")
    before = fingerprint(world)
    assert judge(world, ONE_MORE) == ""
    assert judge(world, "def test_case(p, s, d, c):\n    execute_queries('DELETE FROM kites', d, c)\n") == ""
    assert fingerprint(world) == before


def test_a_wrong_submission_fails_with_the_assertions_words(world: SqlEnvironment) -> None:
    run_sql(world, "INSERT INTO makers VALUES (3, 'Cleo'), (4, 'Dora')", "submit_sql")
    assert "test case 1: AssertionError: [(4,)]" in judge(world, ONE_MORE)


def test_nothing_handed_in_is_told(world: SqlEnvironment) -> None:
    assert judge(world, ONE_MORE) == "nothing was handed in"


def test_the_prediction_runs_once_unless_upstreams_rules_are_asked_for(engine: str, tmp_path: Path) -> None:
    found = {}
    for comparison in ("default", "compat"):
        template = load(write_pack(tmp_path / comparison, engine, comparison=comparison))
        environment = asyncio.run(template.create(a_task(), 1))
        run_sql(environment, INSERT, "submit_sql")
        found[comparison] = judge(environment, AGAIN)
        asyncio.run(environment.close())
        template.close()
    assert found["default"] == ""
    assert "can't be run twice" in found["compat"]


NAMES = """
import collections, csv, datetime, decimal, itertools, math, random, re, statistics, zoneinfo

def test_case(pred_sqls, sol_sqls, db_name, conn):
    import difflib, fractions, string, textwrap
    assert zoneinfo.ZoneInfo("UTC")
    open("mine.txt", "w").write("x")
    assert open("mine.txt").read() == "x"
    assert execute_queries("SELECT 1")[0] == [(1,)]
    assert execute_queries(["SELECT 1", "SELECT nix"], db_name, conn, return_error=True)[:3] == ([(1,)], True, False)
    assert ex_base([], sol_sqls, db_name, conn) == 0
    assert check_sql_function_usage([], []) == 0
    assert test_case_default(pred_sqls, sol_sqls, db_name, conn, {"order": True}) == 1
    assert preprocess_results([(1.23456,)], 3) == [(1.235,)]
    assert callable(perform_query_on_sqlite_databases)
    assert pred_query_result == [("Aino",), ("Bo",)], pred_query_result
    assert ex_base(pred_sqls, sol_sqls, db_name, conn, {"order": True}) == 1
    assert ex_base(pred_sqls, ["SELECT 1"], db_name, conn) == 0
    assert test_case_default(pred_sqls, sol_sqls, db_name, conn) == 1
    assert remove_distinct(["SELECT DISTINCT a"]) == ["SELECT a"]
    assert remove_comments("a -- b\\nc") == "a \\nc"
    assert remove_round(["ROUND(a, 2)"]) == ["a"]
    assert check_sql_function_usage(pred_sqls, ["select", "FROM"]) == 1
    assert check_sql_function_usage(pred_sqls, ["lateral"]) == 0
    assert preprocess_results([(date(2024, 5, 1), 0.126)]) == [("2024-05-01", 0.13)]
    rows, connection = perform_query_on_postgresql_databases("SELECT 1", db_name, conn)
    assert rows == [(1,)] and connection is conn
    assert json.loads("[1]") == [1]
    assert callable(performance_compare_by_qep) and callable(reset_and_restore_database)
"""


def test_the_names_of_all_of_upstreams_evaluators_are_there(world: SqlEnvironment) -> None:
    query = "SELECT name FROM makers ORDER BY name"
    run_sql(world, query, "submit_sql")
    assert judge(world, NAMES, reference=query) == ""


LOOKS_AT_TEXT = """
def test_case(pred_sqls, sol_sqls, db_name, conn):
    assert check_sql_function_usage(pred_sqls, ["insert"]) == 1
"""


@pytest.mark.parametrize("comparison", ["default", "compat"])
def test_a_submission_that_does_not_run_fails_whatever_the_test_looks_at(
    comparison: str, engine: str, tmp_path: Path
) -> None:
    template = load(write_pack(tmp_path, engine, comparison=comparison))
    environment = asyncio.run(template.create(a_task(), 1))
    run_sql(environment, "INSERT INTO nowhere VALUES (1)", "submit_sql")
    assert "doesn't run" in judge(environment, LOOKS_AT_TEXT)
    query = {"reference": "SELECT name FROM makers", "ordered": False}
    run_sql(environment, "SELECT ROUND(name, 2, 3, 4) FROM makers", "submit_sql")
    assert "doesn't run" in str(probe(environment, "upstream_difference", **query))
    run_sql(environment, "SELECT name FROM makers", "submit_sql")
    assert probe(environment, "upstream_difference", **query) == ""
    asyncio.run(environment.close())
    template.close()


def test_what_was_handed_in_is_one_text_and_the_reference_a_list(world: SqlEnvironment) -> None:
    code = """
def test_case(pred_sqls, sol_sqls, db_name, conn):
    assert pred_sqls == ["SELECT 1; SELECT 2 -- two"], pred_sqls
    assert sol_sqls == ["SELECT 3", "SELECT 4"], sol_sqls
    assert execute_queries(pred_sqls, db_name, conn)[0] == [(2,)]
"""
    run_sql(world, "SELECT 1; SELECT 2 -- two", "submit_sql")
    assert judge(world, code, reference="SELECT 3; SELECT 4;") == ""


HOSTILE = {
    "writes a file outside": "open('/tmp/parley-escaped', 'w')",
    "removes a file outside": "import os; os.remove('/tmp/parley-victim')",
    "starts a process": "import subprocess; subprocess.run(['touch', '/tmp/parley-escaped'])",
    "runs a shell": "import os; os.system('touch /tmp/parley-escaped')",
    "forks": "import os; os.fork()",
    "opens a connection": "import socket; socket.create_connection(('127.0.0.1', 80), 1)",
    "kills its parent": "import os, signal; os.kill(os.getppid(), signal.SIGTERM)",
    "reads a key": "import os; assert 'PARLEY_TEST_KEY' in os.environ",
    "reads a file": "open('/etc/passwd').read()",
    "reads a file by its number": "import os; os.read(os.open('/etc/passwd', os.O_RDONLY), 1)",
    "copies a file": "import shutil; shutil.copy('/etc/passwd', 'mine')",
    "lists a folder": "import os; os.listdir('/home')",
    "reads its parent's environment": "import os; open(f'/proc/{os.getppid()}/environ', 'rb').read()",
    "reads another database": "import sqlite3; sqlite3.connect('file:/etc/passwd?mode=ro', uri=True)",
    "attaches a file": "conn.execute(\"ATTACH '/etc/passwd' AS x\"); conn.execute('SELECT * FROM x.sqlite_master')",
    "reads by an engine": "import duckdb; duckdb.connect().execute(\"SELECT * FROM read_text('/etc/passwd')\")",
    "takes all memory": "x = [bytearray(10**9) for _ in range(100)]",
    "never ends": "while True: pass",
    "exits": "import sys; sys.exit(0)",
    "exits at once": "import os; os._exit(0)",
    "defines nothing": None,
    "no Python": "def (",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_code_fails_its_task_and_harms_nothing(body: str | None, tmp_path: Path) -> None:
    if body is not None and "duckdb.connect" in body and not landlock.version():
        pytest.skip("the kernel has no Landlock: what engines open by themselves isn't seen")
    victim = Path("/tmp/parley-victim")
    victim.write_text("mine")
    os.environ["PARLEY_TEST_KEY"] = "secret"
    template = load(write_pack(tmp_path, "sqlite", timeout_s=0.2, memory_mb=64))
    environment = asyncio.run(template.create(a_task(), 1))
    try:
        run_sql(environment, INSERT, "submit_sql")
        code = "x = 1" if body is None else f"def test_case(pred_sqls, sol_sqls, db_name, conn):\n    {body}\n"
        assert judge(environment, code) != ""
        assert not Path("/tmp/parley-escaped").exists()
        assert victim.read_text() == "mine"
    finally:
        asyncio.run(environment.close())
        template.close()
        victim.unlink()
        del os.environ["PARLEY_TEST_KEY"]
