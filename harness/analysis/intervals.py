"""Intervals for proportions."""

from __future__ import annotations

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
