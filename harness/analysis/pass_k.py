"""pass^k, how likely an agent is to solve a task in each of k trials, and pass@k, in at least one; the means over
tasks.

Of a task with n trials, c of them solved, pass^k is C(c, k) / C(n, k) (Yao et al., "τ-bench", arXiv:2406.12045) and
pass@k is 1 − C(n − c, k) / C(n, k) (Chen et al., "Evaluating large language models trained on code", arXiv:2107.03374);
both are unbiased. n counts the trials that were decided: one that the infrastructure ended, or whose checks could not
be evaluated, is neither success nor failure. A task without any decided trial can't be estimated and is named in
`dropped`; upstream τ² loses it in silence. One with fewer than k is no part of the mean for that k, and each mean says
how many tasks it has; upstream stops at the `fewest` decided trials of any task.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import comb, exp, lgamma

import numpy as np
from pydantic import Field

from harness.analysis.intervals import share_interval
from harness.analysis.trials import Floats, Ints
from harness.analysis.trials import TaskKey as TaskKey
from harness.core.check import is_success
from harness.core.parsing import Model

_ALL_KS = 32
"""Up to so many trials each k is told; beyond, the powers of two and the last."""


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


def pass_at_k(trials: int, successes: int, k: int) -> Fraction:
    """The chance that of k trials drawn without replacement from these at least one is a success, exactly.

    Raises:
        ValueError: as `pass_hat_k` does.
    """
    return 1 - pass_hat_k(trials, trials - successes, k)


class Estimate(Model):
    """A proportion and how well it is known."""

    value: float
    interval: tuple[float, float]
    """95 %; tasks are the sample, not trials, which depend on each other within a task."""
    tasks: int
    """Those with at least k decided trials; the others say nothing about this k."""


class PassK(Model):
    """pass^k and pass@k of a run or a part of it."""

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
    """pass^k by k, from 1 to the decided trials of the task with the most."""
    any: dict[int, Estimate] = Field(default_factory=dict)
    """pass@k, likewise."""


def pass_k(planned: Mapping[TaskKey, int], rewards: Iterable[tuple[TaskKey, float | None]]) -> PassK:
    """pass^k and pass@k of these trials.

    Args:
        planned: Trials of each task that should count; a task of it that has none is reported.
        rewards: Of each finished trial; `None`: undecided.
    """
    tasks = dict.fromkeys(planned, 0)
    finished, decided, solved = Counter[TaskKey](), Counter[TaskKey](), Counter[TaskKey]()
    for key, reward in rewards:
        tasks.setdefault(key, 0)
        finished[key] += 1
        decided[key] += reward is not None
        solved[key] += reward is not None and is_success(reward)
    columns = ([counts.get(key, 0) for key in tasks] for counts in (planned, finished, decided, solved))
    return pass_k_of(list(tasks), *(np.array(column, dtype=np.int64) for column in columns))


def pass_k_of(tasks: Sequence[TaskKey], planned: Ints, finished: Ints, decided: Ints, solved: Ints) -> PassK:
    """The same of trials that were counted by task.

    Args:
        tasks: Who they are.
        planned: Trials of each that should count; a task with some that has no decided one is reported.
        finished: Trials that have ended.
        decided: Those with a reward.
        solved: Those of the decided that succeeded.
    """
    there = decided > 0
    trials = int(planned.max(initial=0))
    # Tasks with the same counts are the same to all that follows.
    pairs, weights = np.unique(np.column_stack((decided[there], solved[there])), axis=0, return_counts=True)
    n, c = pairs[:, 0], pairs[:, 1]
    lost = np.flatnonzero((planned > 0) & ~there)
    return PassK(
        tasks=int(there.sum()),
        dropped=tuple("/".join(tasks[place]) for place in lost.tolist()),
        trials=trials,
        fewest=int(n.min()) if len(n) else 0,
        short=int(((decided < trials) & there).sum()),
        undecided=int((finished - decided).sum()),
        at={k: _estimate(shares, n // k, weights) for k, shares in _curve(n, c)},
        any={k: _estimate(1 - shares, n // k, weights) for k, shares in _curve(n, n - c)},
    )


def _curve(n: Ints, c: Ints) -> Iterator[tuple[int, Floats]]:
    """For each k that is told, C(c, k) / C(n, k) of every pair; of those with n < k it means nothing."""
    highest = int(n.max(initial=0))
    ks = [k for k in range(1, min(highest, _ALL_KS) + 1) if highest <= _ALL_KS or k.bit_count() == 1]
    shares, reached = np.ones(len(n)), 0
    for k in ks:
        for place in range(reached, k):
            # C(c, k) / C(n, k) is the product of (c - i) / (n - i) over i < k.
            shares = shares * np.maximum(0, c - place) / np.maximum(1, n - place)
        reached = k
        yield k, shares
    large = [1 << power for power in range(_ALL_KS.bit_length(), highest.bit_length()) if 1 << power < highest]
    for k in [*large, highest] if highest > _ALL_KS else []:
        yield k, np.array([_ratio(*pair, k) for pair in zip(n.tolist(), c.tolist(), strict=True)])


def _ratio(n: int, c: int, k: int) -> float:
    return exp(lgamma(c + 1) - lgamma(c - k + 1) - lgamma(n + 1) + lgamma(n - k + 1)) if k <= c <= n else 0.0


def _estimate(values: Floats, sets: Ints, weights: Ints) -> Estimate:
    """The mean over the tasks that have k trials: those with a set of k. A task is worth at most as many independent
    tries as it has sets of k trials that share none."""
    there = sets > 0
    value, weight = values[there], weights[there]
    tasks, most = int(weight.sum()), float((weight * sets[there]).sum())
    return Estimate(
        value=float((value * weight).sum() / tasks),
        interval=share_interval(value, np.ones(len(value)), weight, trials=most),
        tasks=tasks,
    )
