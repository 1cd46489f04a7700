"""Whether rankings agree: Kendall's tau-b, of many rankings at once."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from harness.analysis.trials import Floats


def mean_tau(scores: Floats) -> Floats:
    """Kendall's tau-b between the columns of `scores`, the mean over all pairs of columns.

    Args:
        scores: The last two axes are what is ranked and the rankings; what lies before them is kept.

    Returns:
        A value for each of what lies before; NaN where no pair of rankings has anything to compare.
    """
    first, second = np.triu_indices(scores.shape[-2], k=1)
    signs = np.sign(np.round(scores[..., first, :] - scores[..., second, :], 12))
    taus = []
    for one, other in combinations(range(scores.shape[-1]), 2):
        a, b = signs[..., one], signs[..., other]
        with np.errstate(invalid="ignore", divide="ignore"):
            taus.append((a * b).sum(axis=-1) / np.sqrt((a * a).sum(axis=-1) * (b * b).sum(axis=-1)))
    stacked = np.array(taus)
    known = ~np.isnan(stacked)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Floats = np.where(known, stacked, 0.0).sum(axis=0) / known.sum(axis=0)
    return mean


def ranks(scores: Floats) -> Floats:
    """Ranks along the first axis, 1 for the highest score; equal scores share the mean of their ranks."""
    better = (scores[None, ...] > scores[:, None, ...] + 1e-12).sum(axis=1)
    equal = (np.abs(scores[None, ...] - scores[:, None, ...]) <= 1e-12).sum(axis=1)
    found: Floats = better + (equal + 1) / 2
    return found
