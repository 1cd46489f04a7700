"""Whether an agent does the same again: how far the trials of one task agree."""

from __future__ import annotations

import numpy as np

from harness.analysis.intervals import share_interval
from harness.analysis.trials import Floats, Ints
from harness.core.parsing import Model


class Consistency(Model):
    """Agreement between trials of the same task, over the tasks with two decided trials and more."""

    tasks: int
    always: int
    """Tasks that were solved in each trial."""
    sometimes: int
    never: int
    agreement: float
    """How often two trials of a task have the same outcome, the mean over tasks; 1 − the rate of self-flips."""
    interval: tuple[float, float]
    """95 %, tasks are the sample."""
    icc: float | None
    """Intraclass correlation: the share of the variance of outcomes that lies between tasks (one-way analysis of
    variance). 1: a task is always or never solved; 0: outcomes are as if drawn anew. Null where all outcomes are
    equal."""


def consistency(decided: Ints, solved: Ints) -> Consistency | None:
    """How far trials agree; `None` where no task has two decided ones.

    Args:
        decided: Trials with a reward, by task.
        solved: Those that succeeded.
    """
    there = decided > 1
    if not there.any():
        return None
    n, c = decided[there], solved[there]
    agreement = 1 - self_flips(n, c)
    always, never = int((c == n).sum()), int((c == 0).sum())
    return Consistency(
        tasks=len(n),
        always=always,
        sometimes=len(n) - always - never,
        never=never,
        agreement=float(agreement.mean()),
        interval=share_interval(agreement, np.ones(len(n)), trials=float((n // 2).sum())),
        icc=_icc(n.astype(float), c.astype(float)),
    )


def self_flips(decided: Ints, solved: Ints) -> Floats:
    """By task, the share of pairs of trials that disagree: 2c(n − c) / n(n − 1). Every task has two trials and more."""
    flips: Floats = 2.0 * solved * (decided - solved) / (decided * (decided - 1.0))
    return flips


def _icc(n: Floats, c: Floats) -> float | None:
    """ICC(1) of 0/1 outcomes with unequal numbers of trials (Ridout, Demétrio and Firth, 1999: the ANOVA estimator)."""
    tasks, trials = len(n), float(n.sum())
    if tasks < 2:
        return None
    mean = float(c.sum()) / trials
    between = float((n * (c / n - mean) ** 2).sum()) / (tasks - 1)
    within = float((c * (n - c) / n).sum()) / (trials - tasks)
    size = (trials - float((n * n).sum()) / trials) / (tasks - 1)
    whole = between + (size - 1) * within
    return (between - within) / whole if whole > 0 else None
