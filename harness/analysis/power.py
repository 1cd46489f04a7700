"""What a comparison of two runs can find, and what it would take to find what it saw.

A difference counts as found where its two-sided test is below 5 %; sizes are those found in 80 of 100 comparisons, by
the normal approximation. More tasks shrink all of the variance, more trials only the part that lies within tasks.
"""

from __future__ import annotations

from math import ceil, sqrt

import numpy as np

from harness.analysis.consistency import self_flips
from harness.analysis.intervals import Z95
from harness.analysis.trials import Floats, Ints

DETECTED = Z95 + 0.8416212335729143
"""Standard errors by which a difference must lie off 0 to be found in 80 of 100 comparisons at the 5 % level."""


def detectable(differences: Floats, step: float = 1.0) -> float:
    """The smallest difference that a comparison of these tasks finds; arguments as in `intervals.paired_interval`."""
    return min(1.0, DETECTED * sqrt(_variance(differences, step) / (len(differences) + 2)))


def tasks_needed(differences: Floats, step: float = 1.0) -> int | None:
    """Tasks like these that it takes to find the difference seen; `None` where there is none."""
    seen = abs(float(differences.mean()))
    return ceil(_variance(differences, step) * (DETECTED / seen) ** 2) if seen > 1e-12 else None


def trials_needed(differences: Floats, step: float, a: tuple[Ints, Ints], b: tuple[Ints, Ints]) -> int | None:
    """Trials of each of these tasks in both runs that it takes; `None` where there is no difference, where more trials
    alone can't do it, or where no task has two decided trials in both runs, so that nothing tells how outcomes vary
    within one.

    Args:
        a: (decided, solved) by task.
        b: The same of the other run.
    """
    seen = abs(float(differences.mean()))
    repeated = (a[0] > 1) & (b[0] > 1)
    if seen <= 1e-12 or not repeated.any():
        return None
    # The variance of a single trial within its task, of both runs together, and what the present trials leave of it.
    flips = [self_flips(decided[repeated], solved[repeated]) / 2 for decided, solved in (a, b)]
    single = float((flips[0] + flips[1]).mean())
    left = float((flips[0] / a[0][repeated] + flips[1] / b[0][repeated]).mean())
    between = max(0.0, _variance(differences, step) - left)
    allowed = (seen / DETECTED) ** 2 * (len(differences) + 2)
    return ceil(single / (allowed - between)) if allowed > between and single > 0 else None


def _variance(differences: Floats, step: float) -> float:
    """Of a task's difference, smoothed as `intervals.paired_interval` does, so that equal ones don't promise
    certainty."""
    pairs = len(differences) + 2
    centre = float(differences.sum()) / pairs
    return (float((differences * differences).sum()) + step) / pairs - centre**2


def chance_flips(a: tuple[Ints, Ints], b: tuple[Ints, Ints]) -> tuple[float, float]:
    """(better, worse): tasks that B would solve more often, and less often, if a task's trials were dealt to the two
    runs at random. Arguments as in `trials_needed`; every task has decided trials in both."""
    groups, sizes = np.unique(np.column_stack((a[0], b[0], a[1] + b[1])), axis=0, return_counts=True)
    better = worse = 0.0
    for (n, m, solved), size in zip(groups.tolist(), sizes.tolist(), strict=True):
        shares = _dealt(n, m, solved)
        better += size * sum(chance for of_a, of_b, chance in shares if of_b * n > of_a * m)
        worse += size * sum(chance for of_a, of_b, chance in shares if of_b * n < of_a * m)
    return better, worse


def _dealt(n: int, m: int, solved: int) -> list[tuple[int, int, float]]:
    """(solved of the n, solved of the m, chance) where the solved trials are dealt at random: hypergeometric."""
    from math import comb

    whole = comb(n + m, n)
    fewest, most = max(0, solved - m), min(n, solved)
    return [(k, solved - k, comb(solved, k) * comb(n + m - solved, n - k) / whole) for k in range(fewest, most + 1)]
