"""pass^k: how likely an agent is to solve a task in each of k trials, the mean over tasks.

Per task C(c, k) / C(n, k), the unbiased estimate from n trials of which c succeeded (Yao et al., "τ-bench",
arXiv:2406.12045). n counts the trials that were decided: one that the infrastructure ended, or whose checks could
not be evaluated, is neither success nor failure. A task without any decided trial can't be estimated and is
named in `dropped`; upstream τ² loses it in silence. One with fewer than k is no part of the mean for that k, and each
mean says how many tasks it has; upstream stops at the `fewest` decided trials of any task.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import ceil, comb, floor

from pydantic import Field

from harness.analysis.intervals import wilson
from harness.core.parsing import Model

_TOLERANCE = 1e-6

TaskKey = tuple[str, str]
"""(pack, task)."""


def is_success(reward: float) -> bool:
    """Whether a reward is 1, within τ²'s tolerance of 1e-6."""
    return 1 - _TOLERANCE <= reward <= 1 + _TOLERANCE


def pass_hat_k(trials: int, successes: int, k: int) -> Fraction:
    """The chance that k trials drawn without replacement from these are all successes, exactly.

    Raises:
        ValueError: k is not in 1..trials, or successes not in 0..trials.
    """
    if not 1 <= k <= trials:
        raise ValueError(f"k must lie in 1..{trials} (got {k})")
    if not 0 <= successes <= trials:
        raise ValueError(f"successes must lie in 0..{trials} (got {successes})")
    return Fraction(comb(successes, k), comb(trials, k))


class Estimate(Model):
    """A proportion and how well it is known."""

    value: float
    interval: tuple[float, float]
    """95 %; tasks are the sample, not trials, which depend on each other within a task."""
    tasks: int
    """Those with at least k decided trials; the others say nothing about this k."""


class PassK(Model):
    """pass^k of a run or a part of it."""

    tasks: int
    """Counted: those with a decided trial."""
    dropped: tuple[str, ...] = ()
    """PACK/TASK of those without one, not played yet or never decided."""
    trials: int
    """Planned, of the task with the most."""
    fewest: int
    """Decided trials of the counted task with the fewest: the highest k for which all count; or 0."""
    short: int
    """Counted tasks with fewer decided trials than `trials`."""
    undecided: int
    """Finished trials that have no reward and are left out."""
    at: dict[int, Estimate] = Field(default_factory=dict)
    """By k, from 1 to the decided trials of the task with the most."""


def pass_k(planned: Mapping[TaskKey, int], rewards: Iterable[tuple[TaskKey, float | None]]) -> PassK:
    """pass^k of these trials.

    Args:
        planned: Trials of each task that should count; a task of it that has none is reported.
        rewards: Of each finished trial; `None`: undecided.
    """
    decided: dict[TaskKey, list[bool]] = {}
    undecided = 0
    for key, reward in rewards:
        if reward is None:
            undecided += 1
        else:
            decided.setdefault(key, []).append(is_success(reward))
    counts = [(len(one), sum(one)) for one in decided.values()]
    trials = max(planned.values(), default=0)
    return PassK(
        tasks=len(decided),
        dropped=tuple(f"{pack}/{task}" for pack, task in planned if (pack, task) not in decided),
        trials=trials,
        fewest=min((n for n, _ in counts), default=0),
        short=sum(n < trials for n, _ in counts),
        undecided=undecided,
        at={
            k: _estimate([pass_hat_k(n, c, k) for n, c in counts if n >= k])
            for k in range(1, max((n for n, _ in counts), default=0) + 1)
        },
    )


def _estimate(values: Sequence[Fraction]) -> Estimate:
    """The mean over tasks.

    A value between 0 and 1 varies no more than one that is 0 or 1, so that Wilson's interval over tasks is wide
    enough; its ends are rounded outwards to whole tasks.
    """
    total, tasks = sum(values, Fraction()), len(values)
    low, high = wilson(floor(total), tasks)[0], wilson(ceil(total), tasks)[1]
    return Estimate(value=float(total / tasks), interval=(low, high), tasks=tasks)
