"""A repository for a leaderboard, to begin with: `bench leaderboard new`."""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.core.errors import InputError
from leaderboard.rendering import HERE


def start_board(folder: Path) -> list[Path]:
    """Write workflows, a place for submissions, and a page on how to submit, to a new folder.

    Returns:
        The files, sorted.

    Raises:
        InputError: the folder holds something already, or can't be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: exists already and is not empty", hint="give a new folder")
    try:
        shutil.copytree(HERE / "starter", folder, dirs_exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: can't be written ({error.strerror})") from None
    return sorted(path for path in folder.rglob("*") if path.is_file())
