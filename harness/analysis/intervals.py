"""95 % intervals: of a share, of a mean over tasks, and of a paired difference.

Tasks are the sample, not trials: several trials of a task depend on each other, and more of them say no more about
other tasks. A single trial a task gives the textbook's intervals to the letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

Z95 = 1.959963984540054
DRAWS = 2000
"""Of a bootstrap."""
_MOST_RESAMPLED = 2_000
"""Different tasks beyond which the bootstrap's limit stands in for it."""
_CHUNK = 1 << 22
_FEW = (float("inf"), 12.706204736432095, 4.302652729911275)


def wilson(successes: float, trials: float) -> tuple[float, float]:
    """The 95 % Wilson score interval of a proportion; (0, 1) where nothing was tried.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    It keeps its coverage near 0 and 1 and for small n, where the textbook interval collapses.
    """
    if trials == 0:
        return 0.0, 1.0
    share, z2 = successes / trials, Z95**2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z95 / (1 + z2 / trials) * sqrt(max(0.0, share * (1 - share)) / trials + z2 / (4 * trials**2))
    # At the ends the formula gives 0 and 1 exactly, rounding doesn't.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    return low, 1.0 if successes == trials else min(1.0, centre + half)


def t95(freedom: int) -> float:
    """The 97.5 % point of Student's t; infinite without a degree of freedom.

    Cornish and Fisher's expansion (Abramowitz and Stegun 26.7.5) from three degrees on, exact below; right to 0.2 %.
    """
    if freedom < 3:
        return _FEW[max(0, freedom)]
    z = Z95
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum((term / float(freedom) ** power for power, term in enumerate(terms, 1)), 0.0)


def share_interval(
    totals: ArrayLike, counts: ArrayLike, weights: ArrayLike | None = None, *, trials: float | None = None
) -> tuple[float, float]:
    """The interval of Σ totals / Σ counts over clusters (tasks), each total between 0 and its count.

    Wilson's interval for as many independent trials as are worth these clustered ones: n = p(1 − p) / v, v the variance
    of the ratio between clusters with Student's t in the place of the normal (Korn and Graubard, "Confidence intervals
    for proportions with small expected number of positive counts", 1998). With one trial of 0 or 1 a cluster it is
    Wilson's own.

    Args:
        weights: How many clusters each row stands for; one, if left out.
        trials: How many independent trials all of them are worth at most; Σ counts, if left out.
    """
    total, count, weight = _columns(totals, counts, weights)
    clusters, tried = float(weight.sum()), float((weight * count).sum())
    if not tried:
        return 0.0, 1.0
    share = min(1.0, max(0.0, float((weight * total).sum()) / tried))
    if bool(np.all(count == 1)) and bool(np.all((total == 0) | (total == 1))):
        return wilson(float((weight * total).sum()), clusters)
    if share in (0.0, 1.0):
        return wilson(share * clusters, clusters)
    variance = float((weight * (total - share * count) ** 2).sum()) / tried**2
    if clusters < 2:
        return wilson(share, 1)
    variance *= clusters / (clusters - 1)
    return effective(share, variance, round(clusters) - 1, most=tried if trials is None else trials)


def effective(share: float, variance: float, freedom: int, *, most: float) -> tuple[float, float]:
    """Wilson's interval of a share that was estimated with this variance.

    Args:
        variance: Of the estimate; 0: nothing tells it.
        freedom: Degrees of freedom that the variance was estimated with.
        most: Independent trials that the estimate is worth at most, and what it is worth where nothing tells.
    """
    if variance <= 0 or share in (0.0, 1.0):
        worth = most
    elif freedom < 1:
        worth = min(most, 1.0)
    else:
        worth = min(most, share * (1 - share) / variance * (Z95 / t95(freedom)) ** 2)
    return wilson(share * worth, worth)


def resampled(
    totals: ArrayLike, counts: ArrayLike, weights: ArrayLike | None = None, *, seed: int = 0, draws: int = DRAWS
) -> NDArray[np.float64]:
    """Σ totals / Σ counts of `draws` samples of as many clusters, drawn with replacement; arguments as in
    `share_interval`.

    Equal clusters are drawn together, by their number, which is what makes many of them cheap.
    """
    total, count, weight = _columns(totals, counts, weights)
    pairs, place = np.unique(np.column_stack((total, count)), axis=0, return_inverse=True)
    size = np.bincount(place.ravel(), weights=weight)
    clusters = round(float(size.sum()))
    random = np.random.default_rng(seed)
    if len(pairs) > _MOST_RESAMPLED:
        share = float((size * pairs[:, 0]).sum() / (size * pairs[:, 1]).sum())
        spread = sqrt(float((size * (pairs[:, 0] - share * pairs[:, 1]) ** 2).sum())) / float(
            (size * pairs[:, 1]).sum()
        )
        return random.normal(share, spread, draws)
    found = np.empty(draws)
    step = max(1, _CHUNK // max(1, len(pairs)))
    for start in range(0, draws, step):
        drawn = random.multinomial(clusters, size / size.sum(), size=min(step, draws - start))
        sums = drawn @ pairs
        with np.errstate(invalid="ignore", divide="ignore"):
            found[start : start + len(sums)] = sums[:, 0] / sums[:, 1]
    return found


def bootstrap_interval(values: NDArray[np.float64], clusters: int) -> tuple[float, float] | None:
    """The percentile interval of resampled values, widened as few clusters ask for.

    Source: T. Hesterberg, "What teachers should know about the bootstrap", 2015 (expanded percentile interval):
    resampling n clusters varies as if there were n − 1 more precisely known ones. `None` with fewer than two clusters.
    """
    known = values[~np.isnan(values)]
    if clusters < 2 or not len(known):
        return None
    tail = NormalDist().cdf(-sqrt(clusters / (clusters - 1)) * t95(clusters - 1))
    low, high = np.quantile(known, (tail, 1 - tail))
    return float(low), float(high)


def paired_interval(differences: Sequence[float] | NDArray[np.float64], *, step: float = 1.0) -> tuple[float, float]:
    """The 95 % interval of the mean of paired differences, each from -1 to 1.

    Source: Agresti and Min, "Simple improved confidence intervals for comparing matched proportions", 2005: one pair
    without a difference and half a pair of each of the extremes are added, here with Student's t. Unlike the textbook's
    interval it does not shrink to a point where all pairs agree. Shares of several trials vary less than single ones,
    so what is added is as much smaller.

    Args:
        step: The variance of a pair's difference beside that of single trials: the mean of 1/n of both sides.
    """
    found = np.asarray(differences, dtype=float)
    if len(found) < 2:
        return -1.0, 1.0
    pairs = len(found) + 2
    centre = float(found.sum()) / pairs
    variance = (float((found * found).sum()) + step) / pairs - centre**2
    half = t95(len(found) - 1) * sqrt(variance / pairs)
    return max(-1.0, centre - half), min(1.0, centre + half)


def _columns(totals: ArrayLike, counts: ArrayLike, weights: ArrayLike | None) -> tuple[NDArray[np.float64], ...]:
    """Of the clusters that count."""
    total, count = np.asarray(totals, dtype=float), np.asarray(counts, dtype=float)
    weight = np.ones(len(total)) if weights is None else np.asarray(weights, dtype=float)
    there = count * weight > 0
    return total[there], count[there], weight[there]
