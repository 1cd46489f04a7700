"""The numbers of a submission, computed from its rows: no submission brings any of its own.

A trial whose verdict nobody could give (a statement without a judge, withheld ground truth) is neither success nor
failure. Costs are those of the tokens by the manifest's price list, whatever the rows say.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from harness.analysis.pass_k import PassK, TaskKey, pass_k
from harness.core.check import CheckKind, Verdict, is_success
from leaderboard.prices import list_cost
from leaderboard.reading import Opened
from leaderboard.submission import Manifest, Row


@dataclass(frozen=True, slots=True)
class PackMeasures:
    """The part of one pack."""

    tasks: int
    pass_k: PassK
    score: float | None


@dataclass(frozen=True, slots=True)
class Measures:
    """What a submission scored."""

    tasks: int
    trials: int
    """Of each task."""
    decided: int
    solved: int
    undecided: int
    pass_k: PassK
    score: float | None
    """Mean reward of decided trials."""
    cost: float | None
    """US dollars an episode, agent and user; `None`: a price is unknown."""
    tokens: float
    """An episode, agent and user."""
    turns: float
    """Of the agent, an episode."""
    latency: tuple[float, float]
    """Seconds an episode: median and 95th percentile."""
    retries: int
    """Attempts that were superseded."""
    terminations: dict[str, int]
    failures: dict[str, int]
    """What unsolved trials failed by: an end that earns nothing, or the kinds of check that failed."""
    packs: dict[str, PackMeasures]
    by_task: dict[TaskKey, float | None]
    """Mean reward of each task's decided trials."""


def measure(submission: Opened) -> Measures:
    """The numbers of a submission."""
    manifest, rows = submission.manifest, submission.counted()
    trials = manifest.suite.definition.trials
    packs: dict[str, list[Row]] = defaultdict(list)
    by_task: dict[TaskKey, list[float]] = {(pack, task): [] for pack, task in manifest.suite.tasks}
    for row in rows:
        packs[row.pack].append(row)
        if row.reward is not None and (row.pack, row.task) in by_task:
            by_task[row.pack, row.task].append(row.reward)
    rewards = [row.reward for row in rows if row.reward is not None]
    walls = sorted(row.wall_s for row in rows)
    return Measures(
        tasks=len(manifest.suite.tasks),
        trials=trials,
        decided=len(rewards),
        solved=sum(map(is_success, rewards)),
        undecided=len(rows) - len(rewards),
        pass_k=_pass_k(manifest.suite.tasks, trials, rows),
        score=_mean(rewards),
        cost=_mean([cost_of(manifest, row) for row in rows]),
        tokens=_mean([row.spent.tokens for row in rows]) or 0.0,
        turns=_mean([row.turns for row in rows]) or 0.0,
        latency=(_quantile(walls, 0.5), _quantile(walls, 0.95)),
        retries=len(submission.rows) - len(rows),
        terminations=dict(Counter(row.termination.value for row in rows).most_common()),
        failures=dict(Counter(cause for row in rows for cause in failed_by(row)).most_common()),
        packs={
            pack.id: PackMeasures(
                tasks=sum(owner == pack.id for owner, _ in manifest.suite.tasks),
                pass_k=_pass_k([key for key in manifest.suite.tasks if key[0] == pack.id], trials, packs[pack.id]),
                score=_mean([row.reward for row in packs[pack.id] if row.reward is not None]),
            )
            for pack in manifest.suite.packs
        },
        by_task={key: _mean(values) for key, values in by_task.items()},
    )


def cost_of(manifest: Manifest, row: Row) -> float | None:
    """US dollars that an episode's agent and user cost by the list; `None`: a price is unknown."""
    total = 0.0
    for seat, usage in (("agent", row.usage.agent), ("user", row.usage.user)):
        if manifest.model(seat) is None:
            # Somebody's own agent: all that is known is what it said.
            if usage.cost_usd is None:
                return None
            total += usage.cost_usd
            continue
        price = manifest.price(seat)
        if price is None:
            return None
        total += list_cost(price, usage)
    return total


def failed_by(row: Row) -> list[str]:
    """Why a trial earned less than everything, in words; empty where it didn't."""
    if row.reward is None or is_success(row.reward):
        return []
    kinds = {check.kind for check in row.checks if check.decisive and check.verdict is Verdict.FAILED}
    if kinds:
        return [f"{kind.value} check" for kind in CheckKind if kind in kinds]
    return [f"ended by {row.termination.value}" if not row.termination.ordinary else "a phase was never reached"]


def _pass_k(tasks: Sequence[TaskKey], trials: int, rows: Iterable[Row]) -> PassK:
    return pass_k(dict.fromkeys(tasks, trials), (((row.pack, row.task), row.reward) for row in rows))


def _mean(values: Sequence[float | None]) -> float | None:
    """The mean; `None` of none, and where a value is unknown."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank quantile."""
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else 0.0
