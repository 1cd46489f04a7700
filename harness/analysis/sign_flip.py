"""The exact sign-flip test of paired differences; McNemar's where each is a single trial's.

The hypothesis is that each pair's difference is as likely to have the other sign. The p-value is the share of all 2^n
ways to choose the signs that make a sum at least as far from 0 as the one seen.
"""

from __future__ import annotations

from math import gcd, lcm, sqrt
from statistics import NormalDist

import numpy as np

from harness.analysis.trials import Floats, Ints

_LARGEST_UNIT = 1 << 20
_MOST_WRITTEN_OUT = 18
"""Pairs whose sums are written out, whatever they are."""
_MOST_BITS = 1 << 27
"""Of the number that holds the distribution of all sums; beyond, the normal approximation stands in."""
_MOST_WORK = 1 << 30
"""Bytes that adding it up moves."""


def sign_flip_p(differences: Floats, unit: int | None = None) -> float:
    """The two-sided p-value of the mean of paired differences.

    Args:
        differences: One a pair.
        unit: All differences are whole numbers of 1/unit; `None`: nothing of the kind is known.
    """
    found = differences[np.abs(differences) > 1e-12]
    if not len(found):
        return 1.0
    if unit is not None:
        steps = np.abs(np.rint(found * unit)).astype(np.int64)
        seen = abs(int(np.rint(found * unit).sum()))
        common = gcd(*steps.tolist())
        steps, seen = steps // common, seen // common
        if bool(np.all(steps == 1)):
            return _binomial(len(steps), seen)
        bits = (int(steps.sum()) + 1) * (len(steps) + 1)
        if bits <= _MOST_BITS and bits // 8 * len(steps) <= _MOST_WORK:
            return _exact(steps.tolist(), seen)
    if len(found) <= _MOST_WRITTEN_OUT:
        return _written_out(found)
    spread = sqrt(float((found * found).sum()))
    return min(1.0, 2 * NormalDist().cdf(-abs(float(found.sum())) / spread))


def common_unit(*counts: Ints) -> int | None:
    """The number of which shares out of such counts are whole parts; `None` where it is too large."""
    unit = lcm(*(int(count) for count in np.unique(np.concatenate(counts)) if count > 0))
    return unit if unit <= _LARGEST_UNIT else None


def _binomial(pairs: int, seen: int) -> float:
    """McNemar's exact test: of `pairs` that differ, the smaller side has (pairs - seen) / 2."""
    fewer = np.arange((pairs - seen) // 2)
    ways = np.concatenate(([0.0], np.cumsum(np.log((pairs - fewer) / (fewer + 1)))))
    return min(1.0, 2 * float(np.exp(ways - pairs * np.log(2)).sum()))


def _exact(steps: list[int], seen: int) -> float:
    """The distribution of all sums as one large number: the digit at s counts the subsets that add up to s, and
    choosing a step or not is the number, or the number moved up by the step."""
    digit = len(steps) // 8 + 1
    ways, total = 1, sum(steps)
    for step in steps:
        ways += ways << 8 * digit * step
    # A subset's sum s makes the signed sum 2s - total: it is as far off as the one seen up to s = (total - seen) / 2.
    tail = (total - seen) // 2 + 1
    data = (ways & ((1 << 8 * digit * tail) - 1)).to_bytes(digit * tail, "little")
    count = sum(int.from_bytes(data[place : place + digit], "little") for place in range(0, len(data), digit))
    return 1.0 if seen == 0 else min(1.0, 2 * count / (1 << len(steps)))


def _written_out(differences: Floats) -> float:
    sums = np.zeros(1)
    for one in differences:
        sums = np.concatenate((sums + one, sums - one))
    return float((np.abs(sums) >= abs(float(differences.sum())) - 1e-9).mean())
