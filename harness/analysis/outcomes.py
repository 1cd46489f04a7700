"""What came of each task of a run: trials by task, counted where the rows are read."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.analysis.database import question
from harness.analysis.trials import Floats, Ints, TaskKey

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_COUNTS = ("planned", "finished", "decided", "solved", "first_solved", "first_failed", "turns", "tokens")
_SUMS = ("reward", "cost")
_OUTCOMES = """
    SELECT planned.pack, planned.task, planned.trials AS planned, coalesce(finished, 0) AS finished,
        coalesce(decided, 0) AS decided, coalesce(solved, 0) AS solved, coalesce(first_solved, -1) AS first_solved,
        coalesce(first_failed, -1) AS first_failed, coalesce(reward, 0.0) AS reward, coalesce(turns, 0) AS turns,
        coalesce(tokens, 0) AS tokens, coalesce(cost, 'nan'::DOUBLE) AS cost
    FROM planned LEFT JOIN (
        SELECT place, count(*) AS finished, count(reward) AS decided, count(*) FILTER (solved) AS solved,
            min(trial) FILTER (solved) AS first_solved, min(trial) FILTER (NOT solved) AS first_failed,
            sum(reward) AS reward, sum(turns) AS turns,
            sum(agent_input_tokens + agent_output_tokens + user_input_tokens + user_output_tokens) AS tokens,
            CASE WHEN count(agent_cost_usd + user_cost_usd) = count(*)
                THEN sum(agent_cost_usd + user_cost_usd) END AS cost
        FROM trials GROUP BY place
    ) ON place = position
    ORDER BY position
"""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """A run's tasks as columns."""

    tasks: tuple[TaskKey, ...]
    planned: Ints
    """Trials."""
    finished: Ints
    decided: Ints
    solved: Ints
    first_solved: Ints
    """The first trial that was solved; -1 where none was."""
    first_failed: Ints
    """The first that was decided and not solved; -1 where none was."""
    reward: Floats
    """Sum over the decided trials."""
    turns: Ints
    tokens: Ints
    cost: Floats
    """US dollars; NaN where the price of any of its calls is unknown."""

    def at(self, places: Ints) -> Outcomes:
        """These tasks, in this order."""
        if len(places) == len(self.tasks) and np.array_equal(places, np.arange(len(places))):
            return self
        columns: dict[str, Any] = {name: getattr(self, name)[places] for name in (*_COUNTS, *_SUMS)}
        return Outcomes(tuple(self.tasks[place] for place in places.tolist()), **columns)

    def command(self, run: str, place: int, trial: int) -> str:
        """What shows a trial of the task at `place` on the command line."""
        return f"bench show {shlex.quote(run)} {shlex.quote('/'.join(self.tasks[place]) + f'#{trial}')}"


def read_outcomes(root: Path) -> Outcomes:
    """What came of a run's tasks, finished or not.

    Raises:
        InputError: it isn't a run, or it is damaged.
    """

    def read(connection: DuckDBPyConnection) -> Outcomes:
        found = connection.execute(_OUTCOMES).fetchnumpy()
        columns: dict[str, Any] = {
            **{name: np.ma.filled(found[name], 0).astype(np.int64) for name in _COUNTS},
            # Sums that come in another order each time are the same to nine digits.
            **{name: np.round(np.ma.filled(found[name], np.nan).astype(float), 9) for name in _SUMS},
        }
        return Outcomes(tuple(zip(*(map(str, found[name]) for name in ("pack", "task")), strict=True)), **columns)

    return question([root], read, needed=("attempts",))
