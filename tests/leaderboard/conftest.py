"""A real run with failures and a retry, and the submission of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playing import play

from leaderboard.replaying import Worlds

SUITE = """
id = "board"
version = "1"
title = "A few tasks of each family"
trials = 2
[[select]]
pack = "sql-shop"
tasks = ["best-customers", "low-stock", "autumn-view"]
options = { engine = "sqlite" }
[[select]]
pack = "telecom-desk"
split = "lite"
[[select]]
pack = "shortcuts-daily"
split = "lite"
"""


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the finished run `moody`, one episode of which was started twice, and `oracle`, another of its
    suite."""
    folder = tmp_path_factory.mktemp("board")
    (folder / "board.toml").write_text(SUITE)
    first = play(folder, "run", "--agent", "moody:Agent", "--suite", "board.toml", "--out", "moody")
    assert first.returncode == 1, first.stderr
    again = play(folder, "run", "--resume", "moody")
    assert again.returncode == 0, again.stderr
    other = play(folder, "run", "--agent", "oracle", "--suite", "board.toml", "--seed", "3", "--out", "oracle")
    assert other.returncode == 0, other.stderr
    return folder


@pytest.fixture(scope="session")
def honest(run_folder: Path) -> Path:
    """The submission of the moody run; not to be changed."""
    done = play(run_folder, "leaderboard", "pack", "moody", "--out", "submission")
    assert done.returncode == 0, done.stderr
    return run_folder / "submission"


@pytest.fixture(scope="session")
def worlds() -> Iterator[Worlds]:
    """Where records are played again; opened once."""
    with Worlds() as opened:
        yield opened


@pytest.fixture
def submission(honest: Path, tmp_path: Path) -> Path:
    """A copy of the submission, to do with as one likes."""
    return shutil.copytree(honest, tmp_path / "submission")
