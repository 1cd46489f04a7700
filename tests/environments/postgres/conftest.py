"""PostgreSQL for tests: the embedded server, and the kennel's database on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")

from environments.sql.engine import SqlLimits
from environments.sql.postgres_database import PostgresDatabase
from environments.sql.postgres_engine import PostgresEngine

KENNEL = Path(__file__).parents[2] / "parity" / "bird_data" / "kennel"
LIMITS = SqlLimits(seconds=1.0, memory_mb=128, table_rows=100_000)


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
