"""A whole suite's score, and the difference of two agents on it, from tasks that were drawn by lot.

The Horvitz-Thompson estimator: each task drawn stands for as many as it was one of, 1 / its chance. Within a stratum
all chances are the same, so that it is the strata's means, weighted by their sizes (Cochran, "Sampling Techniques",
1977, chapters 5 and 11). It is unbiased for the mean over all tasks of the suite of their chances to be solved. Its
variance has two parts: which tasks were drawn, which shrinks to nothing as all are, and chance within tasks, which
needs two trials of a task to be known; without any, the first part is not shrunk, which errs on the wide side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from harness.analysis.consistency import self_flips
from harness.analysis.intervals import effective, t95
from harness.analysis.outcomes import Outcomes
from harness.analysis.trials import Floats, Ints, TaskKey
from harness.core.parsing import Model
from harness.core.run import Schedule, ScheduledTask


class Share(Model):
    """An estimate of a mean over tasks."""

    value: float
    interval: tuple[float, float]
    """95 %."""
    tasks: int
    """That it is about."""
    drawn: int
    """That it is made from: with a decided trial."""


class Stratum(Model):
    """A group that was drawn from on its own."""

    tasks: int
    drawn: int
    decided: int
    """Of those drawn, with a decided trial."""
    pass_1: float | None


class SuiteEstimate(Model):
    """What a drawn part tells of the whole suite."""

    pass_1: Share
    reward: Share
    packs: dict[str, Share]
    """pass^1 by pack."""
    strata: dict[str, Stratum]
    undecided: int
    """Tasks drawn without a decided trial. Those that are decided stand for them, too."""


class SuiteDifference(Model):
    """How far two runs differ over the whole suite, estimated from the tasks drawn."""

    difference: float
    """B minus A."""
    interval: tuple[float, float]
    """95 %."""
    tasks: int
    drawn: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """Values of drawn tasks."""

    values: Floats
    noise: Floats
    """The variance that chance gives each value, estimated without bias; NaN where it can't be."""
    stratum: Ints
    sizes: Ints
    """Tasks by stratum, drawn or not."""

    def mean(self) -> tuple[float, float, int]:
        """(estimate, its variance, degrees of freedom) for the mean over all tasks of the strata that have a value."""
        counts = np.bincount(self.stratum, minlength=len(self.sizes)).astype(float)
        there = counts > 0
        weights = np.where(there, self.sizes, 0) / self.sizes[there].sum()
        means = np.bincount(self.stratum, weights=self.values, minlength=len(counts)) / np.maximum(1, counts)
        squares = np.bincount(self.stratum, weights=(self.values - means[self.stratum]) ** 2, minlength=len(counts))
        freedom = int((counts[there] - 1).sum())
        # A stratum with a single value borrows the spread of the others.
        pooled = squares.sum() / freedom if freedom else 0.0
        spread = np.where(counts > 1, squares / np.maximum(1, counts - 1), pooled)
        share = np.where(there, counts / np.maximum(1, self.sizes), 0.0)
        parts = ((1 - share) * spread + share * self._chance(spread)) / np.maximum(1, counts)
        return float((weights * means).sum()), float((weights**2 * parts).sum()), freedom

    def _chance(self, spread: Floats) -> Floats:
        """By stratum, the variance within tasks; where no task of any tells it, the whole spread."""
        known = ~np.isnan(self.noise)
        if not known.any():
            return spread
        counts = np.bincount(self.stratum[known], minlength=len(self.sizes))
        sums = np.bincount(self.stratum[known], weights=self.noise[known], minlength=len(self.sizes))
        return np.where(counts > 0, sums / np.maximum(1, counts), self.noise[known].mean())


def estimate_suite(schedule: Schedule, found: Outcomes) -> SuiteEstimate | None:
    """What a run with this schedule tells of its suite; `None` where nothing is decided."""
    frame = _Frame(schedule, found.tasks)
    decided = found.decided > 0
    if not decided.any():
        return None
    known = found.at(np.flatnonzero(decided))
    strata = frame.strata[decided]
    solved, reward = known.solved / known.decided, known.reward / known.decided
    noise = _noise(known)
    # Rewards between 0 and 1 vary no more than the same mean of 0s and 1s would.
    rewards = np.where(solved == reward, noise, np.nan)
    packs = np.array([pack for pack, _ in known.tasks])
    return SuiteEstimate(
        pass_1=_share(Drawn(solved, noise, strata, frame.sizes), known),
        reward=_share(Drawn(reward, rewards, strata, frame.sizes), known),
        packs={
            str(pack): _share(
                Drawn(solved[packs == pack], noise[packs == pack], strata[packs == pack], frame.sizes_in(str(pack))),
                known.at(np.flatnonzero(packs == pack)),
            )
            for pack in dict.fromkeys(packs.tolist())
        },
        strata={
            name: Stratum(
                tasks=int(frame.sizes[number]),
                drawn=int((frame.strata == number).sum()),
                decided=int((strata == number).sum()),
                pass_1=float(solved[strata == number].mean()) if (strata == number).any() else None,
            )
            for number, name in enumerate(frame.names)
        },
        undecided=int((~decided).sum()),
    )


def estimate_difference(schedule: Schedule, a: Outcomes, b: Outcomes) -> SuiteDifference:
    """How far B differs from A over the whole suite; both at the same tasks, which the schedule drew and both
    decided."""
    frame = _Frame(schedule, a.tasks)
    gained = b.solved / b.decided - a.solved / a.decided
    drawn = Drawn(gained, _noise(a) + _noise(b), frame.strata, frame.sizes)
    value, variance, freedom = drawn.mean()
    n, step = len(gained), float(((1 / a.decided + 1 / b.decided) / 2).mean())
    # Two more pairs, as `intervals.paired_interval` adds them.
    pairs = n + 2
    variance = variance * n * max(0, n - 1) / pairs**2 + (step + 2 * n * value**2 / pairs) / pairs**2
    half, centre = t95(freedom) * sqrt(variance), value * n / pairs
    return SuiteDifference(
        difference=value,
        interval=(max(-1.0, centre - half), min(1.0, centre + half)),
        tasks=int(frame.sizes.sum()),
        drawn=n,
    )


class _Frame:
    """The suite that a schedule drew from, and where some of its tasks are in it."""

    def __init__(self, schedule: Schedule, tasks: Sequence[TaskKey]) -> None:
        self.names = list(dict.fromkeys(one.stratum for one in schedule.tasks))
        number = {name: place for place, name in enumerate(self.names)}
        self._strata = {(one.pack, one.task): number[one.stratum] for one in schedule.tasks}
        self.sizes = self._count(schedule.tasks)
        self._tasks = schedule.tasks
        self.strata = np.array([self._strata[key] for key in tasks], dtype=np.int64)

    def sizes_in(self, pack: str) -> Ints:
        """Tasks of a pack by stratum."""
        return self._count([one for one in self._tasks if one.pack == pack])

    def _count(self, tasks: Sequence[ScheduledTask]) -> Ints:
        places = [self._strata[one.pack, one.task] for one in tasks]
        return np.bincount(np.array(places, dtype=np.int64), minlength=len(self.names))


def _noise(found: Outcomes) -> Floats:
    """By task, the variance of its share of solved trials: p(1 − p) / n, estimated without bias by c(n − c) / n²(n −
    1)."""
    repeated = found.decided > 1
    noise = np.full(len(found.tasks), np.nan)
    noise[repeated] = self_flips(found.decided[repeated], found.solved[repeated]) / 2 / found.decided[repeated]
    return noise


def _share(drawn: Drawn, found: Outcomes) -> Share:
    value, variance, freedom = drawn.mean()
    value = min(1.0, max(0.0, round(value, 12)))
    whole = int(drawn.sizes[np.unique(drawn.stratum)].sum())
    left = max(0.1, 1 - len(drawn.values) / whole)
    # Where all are solved, or none, each task is worth one trial and no more.
    worth = len(drawn.values) if value in (0.0, 1.0) else float(found.decided.sum())
    return Share(
        value=value,
        interval=effective(value, variance, freedom, most=worth / left),
        tasks=int(drawn.sizes.sum()),
        drawn=len(drawn.values),
    )
