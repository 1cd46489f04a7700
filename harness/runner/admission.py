"""Which trial is played next, and whether there is money for it.

A run without a budget plays what is left, in order. With one (`--budget 5usd`) a few trials are the pilot: what they
cost predicts the rest. From then on a trial is admitted only if what was spent, what the trials in flight will probably
cost, and this one fit; and a further round of all tasks only if the whole round fits, so that each task has as many
trials as any other. What isn't admitted waits for `--resume` with a larger budget.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev
from typing import Protocol

import anyio

from harness.core.identity import role_random
from harness.core.pack import Pack
from harness.core.run import PlannedTrial

_PILOT = 12
"""Trials that the prediction rests on; all, where there are fewer."""
_Z95 = 1.959963984540054
_CAUTION = 2.0
"""Standard deviations above the mean that a trial in flight is reckoned with."""
_ROUNDING = 1e-9
_FIRST = 1.5
"""What the second trial is reckoned to cost, of the first one's cost."""


class Admission(Protocol):
    """Hands out trials to workers."""

    async def next(self) -> PlannedTrial | None:
        """The next trial, once it is known whether it may be played; `None`: no further one may."""
        ...

    def finished(self, cost: float | None) -> None:
        """A trial came to its end, and cost so many US dollars; `None`: unknown."""
        ...


class Everything:
    """All trials, in order."""

    def __init__(self, trials: Iterable[PlannedTrial]) -> None:
        self._trials = iter(trials)

    async def next(self) -> PlannedTrial | None:
        """See `Admission`."""
        return next(self._trials, None)

    def finished(self, cost: float | None) -> None:
        """See `Admission`."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What trials will cost, in US dollars."""

    trials: int
    mean: float
    """Of all of them together."""
    low: float
    high: float
    """95 %."""

    def __str__(self) -> str:
        return f"${self.mean:.4g} (95 %: ${self.low:.4g} to ${self.high:.4g})"


def forecast(costs: Sequence[float], trials: int) -> Forecast:
    """What so many further trials will cost, by the costs of earlier ones.

    The interval is the prediction interval of a sum: the spread of the new trials, and that of the mean they are
    predicted by.
    """
    mean = fmean(costs) if costs else 0.0
    spread = stdev(costs) if len(costs) > 1 else mean
    half = _Z95 * spread * sqrt(trials + trials**2 / max(1, len(costs)))
    return Forecast(trials, mean * trials, max(0.0, mean * trials - half), mean * trials + half)


class Purse:
    """A budget in US dollars."""

    def __init__(
        self,
        budget: float,
        trials: Sequence[PlannedTrial],
        earlier: Sequence[float | None],
        report: Callable[[str], None],
    ) -> None:
        """A purse for `trials` in order, after what `earlier` attempts of the run have cost already."""
        self.budget = budget
        self._left = deque(trials)
        self._report = report
        self._costs: list[float] = []
        self._in_flight = 0
        self._started = len(earlier)
        self._pilot = min(_PILOT, len(earlier) + len(trials))
        self._round = 0
        self._changed = anyio.Event()
        self.spent = 0.0
        self.unpriced = False
        """Whether a trial's cost could not be known: then nothing more is admitted."""
        self.short = False
        """Whether trials are left that there is no money for."""
        for cost in earlier:
            self._paid(cost)

    async def next(self) -> PlannedTrial | None:
        """See `Admission`."""
        while self._left:
            if self._fits(self._left[0]):
                self._in_flight += 1
                self._started += 1
                return self._left.popleft()
            if self._in_flight == 0:
                self.short = True
                return None
            await self._changed.wait()
        return None

    def finished(self, cost: float | None) -> None:
        """See `Admission`."""
        self._in_flight -= 1
        self._paid(cost)
        if len(self._costs) == self._pilot and self._left:
            self._report(f"the {len(self._left)} trials that are left will cost about {self.rest()}")
        self._changed.set()
        self._changed = anyio.Event()

    def rest(self) -> Forecast:
        """What the trials that weren't admitted will cost."""
        return forecast(self._costs, len(self._left))

    def _paid(self, cost: float | None) -> None:
        if cost is None:
            self.unpriced = True
            return
        self.spent += cost
        self._costs.append(cost)

    def _fits(self, trial: PlannedTrial) -> bool:
        if self.unpriced or (not self._costs and self._in_flight):
            # The first trial is played alone: until it has ended nobody knows what one costs.
            return False
        if self._started >= self._pilot > len(self._costs):
            return False
        if trial.trial > self._round and not self._round_fits(trial.trial):
            return False
        return self._holds(self.spent + (self._in_flight + 1) * self._reckoned())

    def _round_fits(self, number: int) -> bool:
        """Whether a whole further round of tasks does; the one before it has been started in full."""
        size = sum(one.trial == number for one in self._left)
        fits = self._holds(self.spent + self._in_flight * self._reckoned() + forecast(self._costs, size).high)
        if fits:
            self._round = number
        return fits

    def _holds(self, sum_: float) -> bool:
        # Prices are fractions: what costs exactly the budget may come out a bit above it.
        return sum_ <= self.budget * (1 + _ROUNDING)

    def _reckoned(self) -> float:
        """What a trial in flight is taken to cost; cautious, so that the budget holds."""
        if not self._costs:
            return 0.0
        mean = fmean(self._costs)
        return mean * _FIRST if len(self._costs) == 1 else mean + _CAUTION * stdev(self._costs)


def balanced(trials: Sequence[PlannedTrial], packs: Mapping[str, Pack], seed: int) -> tuple[PlannedTrial, ...]:
    """The trials in an order of which every beginning holds packs and difficulties in about their proportions.

    Rounds stay one after another: all tasks' first trials, then their second ones.
    """
    random = role_random(seed, "balance")
    order: dict[tuple[str, str], float] = {}
    strata: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for pack, task in dict.fromkeys((trial.pack, trial.task) for trial in trials):
        strata.setdefault((pack, packs[pack].tasks[task].difficulty), []).append((pack, task))
    for members in strata.values():
        random.shuffle(members)
        order |= {key: (place + random.random()) / len(members) for place, key in enumerate(members)}
    return tuple(sorted(trials, key=lambda trial: (trial.trial, order[trial.pack, trial.task])))
