"""One pack, three engines, three modes: the same verdicts on each."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import Any

import pytest


@pytest.mark.parametrize("engine", ["duckdb", "sqlite", "postgres"])
@pytest.mark.parametrize("mode", ["default", "c-interact", "a-interact"])
def test_the_shops_references_earn_everything_and_doing_nothing_earns_nothing(
    mode: str, engine: str, bench: Any
) -> None:
    if engine == "postgres" and find_spec("psycopg") is None:
        pytest.skip("the extra `postgres` is not installed")
    for agent, wanted in (("oracle", 1.0), ("noop", 0.0)):
        options = ("--suite", "sql-shop", "--mode", mode, "--engine", engine, "--user", "function_driven")
        assert bench("run", "--agent", agent, *options, "--out", agent, timeout=200).returncode == 0
        shown = json.loads(bench("show", agent, "--json").stdout)
        assert (shown["mean_reward"], shown["undecided"]) == (wanted, 0)
