"""95 % intervals: of a proportion, and of the difference of two over the same tasks."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

_Z95 = 1.959963984540054


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a proportion; (0, 1) where nothing was tried.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    It keeps its coverage near 0 and 1 and for small n, where the textbook interval collapses.
    """
    if trials == 0:
        return 0.0, 1.0
    share, z2 = successes / trials, _Z95**2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _Z95 / (1 + z2 / trials) * sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    # At the ends the formula gives 0 and 1 exactly, rounding doesn't.
    low = 0.0 if successes == 0 else centre - half
    return low, 1.0 if successes == trials else centre + half


def paired_interval(differences: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of the mean of paired differences, each from -1 to 1.

    Source: Agresti and Min, "Simple improved confidence intervals for comparing matched proportions", 2005: one
    pair without a difference and half a pair of each of the extremes are added, then the normal approximation.
    With single trials it is theirs to the letter; shares of several trials only vary less. Unlike the textbook
    interval it does not shrink to a point where all pairs agree.
    """
    pairs = len(differences) + 2
    centre = sum(differences) / pairs
    variance = (sum(one * one for one in differences) + 1) / pairs - centre**2
    half = _Z95 * sqrt(variance / pairs)
    return max(-1.0, centre - half), min(1.0, centre + half)
