"""A server in a container, and one on which the harness has few rights; only where a Docker engine and an image are."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import psycopg
import pytest
from kennel_world import KENNEL, LIMITS

from environments.sql import postgres_container
from environments.sql.engine import SqlFailure
from environments.sql.postgres_engine import PostgresEngine
from environments.sql.postgres_server import AGENT, server
from harness.core.errors import InputError
from harness.core.message import ToolErrorKind

docker = pytest.importorskip("docker")
IMAGE = os.environ.get("PARLEY_TEST_POSTGRES_IMAGE") or "postgres:16"
"""What tests/docker/postgres_image found or made."""


def client() -> object:
    """The engine, with the image on it."""
    try:
        found = docker.from_env()
        found.images.get(IMAGE)
    except docker.errors.DockerException as error:
        pytest.skip(f"no Docker engine with the image {IMAGE} ($PARLEY_TEST_POSTGRES_IMAGE): {error}")
    return found


def containers() -> set[str]:
    return {str(one.id) for one in client().containers.list(all=True, filters={"label": "parley"})}  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def address() -> str:
    client()
    return postgres_container.start(IMAGE)


def test_episodes_run_on_a_container_that_ends_with_the_harness() -> None:
    before = containers()
    script = f"""
from pathlib import Path
from environments.sql.engine import SqlLimits
from environments.sql.postgres_engine import PostgresEngine
engine = PostgresEngine({{"kennel": Path({str(KENNEL)!r})}}, SqlLimits(5.0, 128, 1000), "docker:{IMAGE}")
database = engine.open("kennel")
database.run("DELETE FROM dogs WHERE dog_id = 1", keep=True, max_rows=1)
print(database.run("SELECT count(*) FROM dogs", keep=False, max_rows=1).values)
database.close()
engine.close()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=200, check=False)
    assert done.stdout == "[(5,)]\n", done.stderr
    assert containers() <= before


def test_what_a_killed_harness_left_is_removed_by_the_next() -> None:
    before = containers()
    script = f"""
from environments.sql.postgres_container import start
print(start({IMAGE!r}), flush=True)
input()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as harness:
        assert harness.stdout is not None
        assert b"127.0.0.1" in harness.stdout.readline()
        (left,) = containers() - before
        harness.kill()
    time.sleep(0.2)
    postgres_container.start(IMAGE)
    assert left not in containers()


def test_a_role_without_many_rights_can_be_used_more_than_once(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute("CREATE ROLE plain LOGIN CREATEDB CREATEROLE PASSWORD 'secret'")
    plain = psycopg.conninfo.make_conninfo(address, user="plain", password="secret")
    for _ in range(2):
        server.cache_clear()
        engine = PostgresEngine({"kennel": KENNEL}, LIMITS, plain)
        database = engine.open("kennel")
        assert database.run("SELECT count(*) FROM dogs", keep=False, max_rows=1).values == [(6,)]
        for sql in (
            "SELECT pg_terminate_backend(1)",
            "SELECT set_config('statement_timeout', '0', false)",
            "SELECT * FROM pg_stat_activity",
            "DO $$ BEGIN EXECUTE 'SET ROLE plain'; END $$",
        ):
            with pytest.raises(SqlFailure) as caught:
                database.run(sql, keep=False, max_rows=1)
            assert caught.value.kind is ToolErrorKind.REFUSED
        database.close()
        engine.close()
    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute(f"ALTER ROLE {AGENT} CREATEDB")
    server.cache_clear()
    with pytest.raises(InputError, match="rights that agents must not have"):
        server(plain)
    server.cache_clear()


@pytest.mark.parametrize(
    ("dsn", "host", "wanted"),
    [
        ("docker:", None, "no image"),
        (f"docker:{IMAGE}", "unix:///nowhere/docker.sock", "no Docker engine answers"),
    ],
)
def test_what_is_missing_is_one_message(
    dsn: str, host: str | None, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if host is not None:
        monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(InputError, match=wanted):
        server(dsn)


def test_an_image_that_is_not_there_or_holds_no_server_is_one_message() -> None:
    client()
    with pytest.raises(InputError, match="nowhere/nothing"):
        server("docker:nowhere/nothing:1")
