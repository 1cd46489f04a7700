"""Where packs and suites lie.

Looked through in this order, first hit wins: the folders in `PARLEY_TASKS` (separated like `PATH`),
`./packs` (where `bench pack import` and `bench pack new` write), then the packs that ship with Parley.
"""

from __future__ import annotations

import os
from pathlib import Path

from harness.core.errors import InputError, unknown_name

MANIFEST = "pack.toml"


def builtin_tasks() -> Path:
    """The folder of the packs and suites that ship with Parley."""
    installed = Path(__file__).parent / "builtin"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "tasks"


def search_path() -> list[Path]:
    """The folders that hold packs, in the order in which they are looked through."""
    given = [Path(part) for part in os.environ.get("PARLEY_TASKS", "").split(os.pathsep) if part]
    return [*given, Path("packs"), builtin_tasks()]


def pack_folders() -> dict[str, Path]:
    """Every pack that can be named, by its folder's name."""
    return {path.parent.name: path.parent for path in _found(f"*/{MANIFEST}")}


def suite_files() -> dict[str, Path]:
    """Every suite that can be named, by its file's name."""
    return {path.stem: path for path in _found("suites/*.toml")}


def find_pack(name: str) -> Path:
    """The folder of a pack, given by its id or as a path.

    Raises:
        InputError: there is none; names the nearest.
    """
    path = Path(name)
    if (path / MANIFEST).is_file():
        return path
    folders = pack_folders()
    if name in folders:
        return folders[name]
    if os.sep in name or path.is_dir():
        raise InputError(f"{name}: no pack lies there (no {MANIFEST})", hint="`bench pack new DIR` writes a first one")
    raise unknown_name("pack", name, folders, listing="(`bench list packs` shows all)")


def _found(pattern: str) -> list[Path]:
    """All matches, those of the folder that wins last."""
    return [path for root in reversed(search_path()) for path in sorted(root.glob(pattern))]
