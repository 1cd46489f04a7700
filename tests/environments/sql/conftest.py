"""Episodes over the small databases of `sql_worlds`, on each engine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sql_worlds import Opener, a_task, write_pack

from environments.sql.environment import SqlEnvironment
from environments.sql.template import SqlTemplate, load


@pytest.fixture(params=["duckdb", "sqlite"])
def template(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlTemplate]:
    """The kites' template, on each engine."""
    found = load(write_pack(tmp_path / "pack", request.param))
    yield found
    found.close()


@pytest.fixture
def world(template: SqlTemplate) -> Iterator[Opener]:
    """Opens episodes of a task with the given setup, and closes them."""
    opened: list[SqlEnvironment] = []

    def create(**setup: object) -> SqlEnvironment:
        opened.append(asyncio.run(template.create(a_task(**setup), 1)))
        return opened[-1]

    yield create
    for environment in opened:
        asyncio.run(environment.close())
