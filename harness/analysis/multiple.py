"""Many tests at once: which findings hold when their number is taken into account."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.analysis.trials import Bools, Floats

_MOST_TASKS = 20_000
"""Beyond, a permutation's sum is normal for all that it matters."""
_CHUNK = 1 << 22


def adjusted_p(p_values: Floats) -> Floats:
    """Benjamini and Hochberg's q-values (1995): to call all findings with q ≤ x true is wrong in a share x of them at
    most, on average."""
    count = len(p_values)
    order = np.argsort(p_values)
    stepped = p_values[order] * count / np.arange(1, count + 1)
    found = np.empty(count)
    found[order] = np.minimum(1.0, np.minimum.accumulate(stepped[::-1])[::-1])
    return found


def permutation_p(scores: Floats, groups: NDArray[np.bool_], *, draws: int = 9999, seed: int = 0) -> Floats:
    """One-sided p-values that a group's mean is lower than the rest's: how often it is as low when scores are dealt at
    random.

    Args:
        scores: One a task.
        groups: A row a task, a column a group.
    """
    sizes = groups.sum(axis=0)
    seen = scores @ groups
    tasks = len(scores)
    if tasks > _MOST_TASKS:
        return _normal_p(scores, sizes, seen)
    random = np.random.default_rng(seed)
    lower = np.zeros(len(sizes))
    step = max(1, _CHUNK // tasks)
    members = groups.astype(float)
    for start in range(0, draws, step):
        dealt = random.permuted(np.tile(scores, (min(step, draws - start), 1)), axis=1)
        lower += (dealt @ members <= seen + 1e-9).sum(axis=0)
    found: Floats = (1 + lower) / (draws + 1)
    return found


def _normal_p(scores: Floats, sizes: NDArray[np.int64], seen: Floats) -> Floats:
    from statistics import NormalDist

    tasks = len(scores)
    spread = np.sqrt(sizes * (tasks - sizes) / (tasks - 1) * scores.var())
    with np.errstate(invalid="ignore", divide="ignore"):
        off = np.where(spread > 0, (seen - sizes * scores.mean()) / spread, 0.0)
    return np.array([NormalDist().cdf(float(one)) for one in off])


def welch_z(scores: Floats, groups: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """(gap, gap in standard errors) between the mean of each group and of the rest; below 0 where the group is
    lower."""
    inside, tasks = groups.sum(axis=0), len(scores)
    outside = tasks - inside
    with np.errstate(invalid="ignore", divide="ignore"):
        means = scores @ groups / inside, scores @ ~groups / outside
        squares = (scores**2 @ groups / inside, scores**2 @ ~groups / outside)
        spread = [np.maximum(0.0, square - mean**2) for square, mean in zip(squares, means, strict=True)]
        error = np.sqrt(spread[0] / inside + spread[1] / outside)
        gap = means[0] - means[1]
        return gap, np.where(error > 0, gap / error, np.sign(gap) * np.inf)


def enough(groups: Bools, least: int) -> Bools:
    """Which groups have so many tasks inside, and outside."""
    inside = groups.sum(axis=0)
    found: Bools = (inside >= least) & (len(groups) - inside >= least)
    return found
