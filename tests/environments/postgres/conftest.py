"""PostgreSQL for tests: the embedded server, and the kennel's database on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")

from kennel_world import KENNEL, LIMITS

from environments.sql.postgres_database import PostgresDatabase
from environments.sql.postgres_engine import PostgresEngine


@pytest.fixture(scope="session")
def kennels() -> Iterator[PostgresEngine]:
    engine = PostgresEngine({"kennel": KENNEL}, LIMITS, None)
    yield engine
    engine.close()


@pytest.fixture
def kennel(kennels: PostgresEngine) -> Iterator[PostgresDatabase]:
    database = kennels.open("kennel")
    assert isinstance(database, PostgresDatabase)
    yield database
    database.close()
