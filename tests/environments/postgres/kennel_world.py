"""The kennel's database, which the tests of PostgreSQL use, and its limits."""

from __future__ import annotations

from pathlib import Path

from environments.sql.engine import SqlLimits

KENNEL = Path(__file__).parents[2] / "parity" / "bird_data" / "kennel"
LIMITS = SqlLimits(seconds=1.0, memory_mb=128, table_rows=100_000)
