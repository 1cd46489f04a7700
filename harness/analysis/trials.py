"""A run's trials as columns: what every number about a run is made of.

A row is a trial that was finished, by the attempt that counts. Numbers of a part of a run are those of its tasks, so
that a part is chosen by tasks. A million rows take some fifty megabytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.analysis.database import question
from harness.core.check import SOLVED_WITHIN, CheckKind
from harness.core.termination import Termination

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
TaskKey = tuple[str, str]
"""(pack, task)."""

TERMINATIONS = tuple(Termination)
SEATS = ("agent", "user", "judge")
SPENT = ("calls", "input_tokens", "output_tokens", "cost_usd", "unpriced")
"""What is summed up by seat and task; `unpriced` counts episodes whose cost is unknown."""
VERDICTS = ("passed", "failed", "undecided", "scored", "score", "all_passed", "any_failed", "left_open", "decisive")
"""What is counted by kind of check and task: single checks, those with a score and their scores' sum; then episodes,
and those in whose reward the kind is."""

_PLAYED = ", ".join(f"'{one.value}'" for one in TERMINATIONS)
_TRIALS = f"""
    SELECT place::INTEGER AS task, trial, coalesce({{reward}}, 'nan'::DOUBLE) AS reward,
        (list_position([{_PLAYED}], termination) - 1)::TINYINT AS termination, len(phases) > 0 AS judged,
        spoilt > 0 AND len(faults) = 0 AS spoilt, turns, tool_calls,
        agent_input_tokens + agent_output_tokens + user_input_tokens + user_output_tokens AS tokens,
        {", ".join(f"coalesce({seat}_cost_usd, 'nan'::DOUBLE) AS {seat}_cost" for seat in SEATS)}, wall_s, agent_s
    FROM trials WHERE place IS NOT NULL
"""
_PHASE_REWARD = f"""
    CASE WHEN termination = '{Termination.INFRA_ERROR}' THEN NULL
        WHEN len(list_filter(phases, lambda one: one.phase = {{phase}})) > 0
        THEN list_filter(phases, lambda one: one.phase = {{phase}})[1].value
        WHEN reward IS NULL THEN NULL ELSE 0 END
"""
_COUNTED = ("calls", "input_tokens", "output_tokens")
_SPENT = f"""
    SELECT place AS task, {", ".join(f"sum({seat}_{one}) AS {seat}_{one}" for seat in SEATS for one in _COUNTED)}
    FROM trials WHERE place IS NOT NULL GROUP BY place
"""
_VERDICTS = f"""
    SELECT task, one.kind AS kind, sum(one.passed) AS passed, sum(one.failed) AS failed,
        sum(one.undecided) AS undecided, sum(one.scored) AS scored, coalesce(sum(one.score), 0.0) AS score,
        count(*) FILTER (one.failed = 0 AND one.undecided = 0) AS all_passed,
        count(*) FILTER (one.failed > 0) AS any_failed,
        count(*) FILTER (one.failed = 0 AND one.undecided > 0) AS left_open, count(*) FILTER (one.decisive) AS decisive
    FROM (SELECT place AS task, unnest(verdicts) AS one FROM trials
        WHERE place IS NOT NULL AND termination != '{Termination.INFRA_ERROR}')
    GROUP BY ALL
"""


@dataclass(frozen=True, slots=True)
class Trials:
    """The columns of a run, or of some of its tasks."""

    tasks: tuple[TaskKey, ...]
    """All tasks of the run, in its order; a row names one by its place here."""
    planned: Ints
    """Trials by task; 0 where the task isn't in this part."""
    task: Ints
    trial: Ints
    reward: Floats
    """NaN where undecided."""
    termination: Ints
    """Place in `TERMINATIONS`."""
    judged: Bools
    """Whether any phase was judged."""
    spoilt: Bools
    """Whether the user fell out of its role, or ended too early, by the marks on what it said."""
    turns: Ints
    tool_calls: Ints
    tokens: Ints
    """Agent's and user's."""
    cost: Floats
    """Agent's and user's, US dollars; NaN where unknown."""
    wall_s: Floats
    agent_s: Floats
    spent: Mapping[str, Floats]
    """`<seat>_<what>` to sums by task, of `SEATS` and `SPENT`."""
    verdicts: Mapping[CheckKind, Floats]
    """By kind of check, a row a task and a column for each of `VERDICTS`."""

    @property
    def decided(self) -> Bools:
        """Which have a reward."""
        return ~np.isnan(self.reward)

    @property
    def solved(self) -> Bools:
        """Which have a reward of 1, within τ²'s tolerance of 1e-6."""
        with np.errstate(invalid="ignore"):
            solved: Bools = np.abs(self.reward - 1) <= SOLVED_WITHIN
        return solved

    def by_task(self, values: Floats | Bools | None = None) -> Floats:
        """Sums by task; without values the rows are counted."""
        return np.bincount(self.task, weights=values, minlength=len(self.tasks)).astype(float)

    def where(self, rows: Bools) -> Trials:
        """Some rows of the same tasks. Sums that were made by task, `spent` and `verdicts`, stay those of all rows."""
        columns = {name: getattr(self, name)[rows] for name in _ROWS}
        return replace(self, **columns)

    def chosen(self, keys: Iterable[TaskKey]) -> Bools:
        """Which of the tasks these are."""
        wanted = set(keys)
        return np.fromiter((key in wanted for key in self.tasks), dtype=bool, count=len(self.tasks))

    def part(self, chosen: Bools) -> Trials:
        """The rows of some of the tasks.

        Args:
            chosen: A value a task.
        """
        return replace(
            self.where(chosen[self.task]),
            planned=np.where(chosen, self.planned, 0),
            spent={name: np.where(chosen, sums, 0.0) for name, sums in self.spent.items()},
            verdicts={kind: np.where(chosen[:, None], counts, 0.0) for kind, counts in self.verdicts.items()},
        )


_ROWS = (
    *("task", "trial", "reward", "termination", "judged", "spoilt"),
    *("turns", "tool_calls", "tokens", "cost", "wall_s", "agent_s"),
)


def read_trials(root: Path) -> Trials:
    """The trials of a run, finished or not.

    Raises:
        InputError: it isn't a run, or it is damaged.
    """
    return question([root], fetch_trials, needed=("attempts",))


def fetch_trials(connection: DuckDBPyConnection, *, phase: int | None = None) -> Trials:
    """The trials of the one run that the connection has views over.

    Args:
        phase: Take what came of this phase, from 0, for the reward: 0 where a decided episode didn't reach it.
    """
    reward = "reward" if phase is None else _PHASE_REWARD.format(phase=phase)
    found = connection.execute("SELECT pack, task, trials FROM planned ORDER BY position").fetchall()
    rows = connection.execute(_TRIALS.format(reward=reward)).fetchnumpy()
    columns: dict[str, Any] = {name: _plain(column) for name, column in rows.items()}
    # Rows come in any order, though compacted ones mostly in this, and sums of what isn't whole depend on it.
    keys = columns["task"].astype(np.int64) * (1 + columns["trial"].max(initial=0)) + columns["trial"]
    if bool((np.diff(keys) < 0).any()):
        order = np.argsort(keys)
        columns = {name: column[order] for name, column in columns.items()}
    costs = {seat: columns.pop(f"{seat}_cost") for seat in SEATS}
    columns["cost"] = costs["agent"] + costs["user"]
    return Trials(
        tasks=tuple((pack, task) for pack, task, _ in found),
        planned=np.array([trials for _, _, trials in found], dtype=np.int64),
        **columns,
        spent=_spent(connection, columns["task"], costs, len(found)),
        verdicts=_verdicts(connection, len(found)),
    )


def _spent(connection: DuckDBPyConnection, task: Ints, costs: Mapping[str, Floats], tasks: int) -> dict[str, Floats]:
    found = connection.execute(_SPENT).fetchnumpy()
    sums: dict[str, Floats] = {}
    for seat in SEATS:
        for name in (f"{seat}_{one}" for one in _COUNTED):
            sums[name] = np.zeros(tasks)
            sums[name][found["task"]] = _plain(found[name]).astype(float)
        unknown = np.isnan(costs[seat])
        sums[f"{seat}_cost_usd"] = np.bincount(
            task, weights=np.where(unknown, 0.0, costs[seat]), minlength=tasks
        ).astype(float)
        sums[f"{seat}_unpriced"] = np.bincount(task, weights=unknown, minlength=tasks).astype(float)
    return sums


def _verdicts(connection: DuckDBPyConnection, tasks: int) -> dict[CheckKind, Floats]:
    found = connection.execute(_VERDICTS).fetchnumpy()
    there = {kind: found["kind"] == kind.value for kind in CheckKind}
    counts = {kind: np.zeros((tasks, len(VERDICTS))) for kind in CheckKind if there[kind].any()}
    for column, name in enumerate(VERDICTS):
        values = _plain(found[name])
        for kind, table in counts.items():
            rows = there[kind]
            table[found["task"][rows], column] = values[rows]
    return counts


def _plain(column: object) -> NDArray[Any]:
    """A column without the mask that DuckDB lays over what may be NULL; what is NULL is 0 or NaN."""
    if isinstance(column, np.ma.MaskedArray):
        return np.asarray(np.ma.filled(column, np.nan if column.dtype.kind == "f" else 0))
    return np.asarray(column)
