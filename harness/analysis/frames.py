"""Runs as pandas tables."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from harness.analysis.database import question
from harness.analysis.views import VIEWS
from harness.core.errors import unknown_name

if TYPE_CHECKING:
    import pandas as pd


def load(runs: str | Path | Iterable[str | Path], view: str = "attempts") -> pd.DataFrame:
    """A view over runs as a table: what `bench sql "FROM <view>"` answers.

    Args:
        runs: One run directory, or several; the column `run` tells their rows apart.
        view: `runs`, `planned`, `attempts` (superseded ones too), `trials` (the attempt that counts for each), `turns`,
            `tool_calls`, `checks`, `usage` or `records`; docs/metrics.md lists the columns. What is unknown, such as
            the reward of an undecided trial or the cost of an unpriced model, is missing (NaN), not 0.

    Raises:
        InputError: one is no run directory or is damaged, or there is no such view.
    """
    if view not in VIEWS:
        raise unknown_name("view", view, VIEWS)
    roots = [Path(runs)] if isinstance(runs, str | Path) else [Path(run) for run in runs]
    order = ", ".join(_ORDER.get(view, ("run", "pack", "task", "trial", "attempt")))
    return question(roots, lambda connection: connection.execute(f"FROM {view} ORDER BY {order}").df())


_ORDER = {
    "runs": ("run",),
    "planned": ("run", "position"),
    "trials": ("run", "pack", "task", "trial"),
    "turns": ("run", "pack", "task", "trial", "attempt", "number"),
    "tool_calls": ("run", "pack", "task", "trial", "attempt", "number"),
    "checks": ("run", "pack", "task", "trial", "attempt", "phase", "kind", "label"),
    "usage": ("run", "pack", "task", "trial", "attempt", "seat"),
}
