"""Interaction curves: what share of trials was solved within so many turns, tool calls, tokens or dollars, from one
run.

At a budget b the curve is the share of decided trials that were solved and took no more than b. It says what a limit at
b would have left of this run; an agent that knows of a limit may act otherwise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.analysis.intervals import share_interval
from harness.analysis.spread import measures
from harness.analysis.trials import Floats, Trials
from harness.core.parsing import Model

BUDGETS = ("turns", "tool_calls", "tokens", "cost")
"""What an episode may be limited by, of `harness.analysis.spread.MEASURES`."""
_MOST_POINTS = 20
_REACHED = (0.5, 0.9, 0.99)


class CurvePoint(Model):
    """One budget."""

    budget: float
    solved: float
    """Share of the decided trials."""
    interval: tuple[float, float]
    """95 %, tasks are the sample."""


class Curve(Model):
    """Success against one measure."""

    measure: str
    trials: int
    """Decided, of which the measure is known."""
    unknown: int
    """Decided, left out since it isn't, such as the cost of an unpriced model."""
    points: tuple[CurvePoint, ...]
    """At most 20, smallest budget first; the last is the whole run."""
    reached: dict[str, float]
    """The budget within which 50 %, 90 % and 99 % of all that was solved was solved."""


def curves(trials: Trials) -> dict[str, Curve]:
    """By measure; those that no decided trial knows are left out."""
    known = measures(trials)
    found = {name: _curve(name, trials, known[name]) for name in BUDGETS}
    return {name: curve for name, curve in found.items() if curve is not None}


def _curve(name: str, trials: Trials, values: NDArray[np.generic]) -> Curve | None:
    spent = values.astype(float)
    rows = trials.decided & ~np.isnan(spent)
    if not rows.any():
        return None
    solved = trials.solved & rows
    counts = trials.by_task(rows)
    taken = np.sort(spent[solved])
    budgets = _budgets(taken, float(spent[rows].max()))
    return Curve(
        measure=name,
        trials=int(rows.sum()),
        unknown=int((trials.decided & ~rows).sum()),
        points=tuple(_point(budget, trials, solved & (spent <= budget), counts) for budget in budgets),
        reached={
            f"{share:.0%}": float(taken[int(np.ceil(share * len(taken))) - 1]) for share in _REACHED if len(taken)
        },
    )


def _budgets(taken: Floats, most: float) -> list[float]:
    """Where the curve rises: each step of it, or as many as evenly spread steps of what was solved."""
    steps = np.unique(taken)
    if len(steps) >= _MOST_POINTS:
        shares = np.arange(1, _MOST_POINTS) / (_MOST_POINTS - 1)
        steps = np.unique(np.quantile(taken, shares, method="inverted_cdf"))
    return [*(float(step) for step in steps if step < most), most]


def _point(budget: float, trials: Trials, within: NDArray[np.bool_], counts: Floats) -> CurvePoint:
    totals = trials.by_task(within)
    return CurvePoint(budget=budget, solved=float(totals.sum() / counts.sum()), interval=share_interval(totals, counts))
