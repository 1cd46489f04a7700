"""How turns, calls, tokens, dollars and seconds are spread over a run's episodes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.analysis.trials import Trials
from harness.core.parsing import Model


class Spread(Model):
    """Of one measure, over the finished episodes in which it is known."""

    episodes: int
    mean: float
    p50: float
    p90: float
    p95: float
    p99: float
    max: float


MEASURES = ("turns", "tool_calls", "tokens", "cost", "wall_s", "agent_s_per_turn")
"""Agent's acts; both parties' calls; the agent's and the user's tokens and US dollars together; seconds an episode;
seconds that the agent took for one of its acts."""


def spreads(trials: Trials) -> dict[str, Spread]:
    """By measure; those that no episode knows are left out."""
    found = {name: _spread(values) for name, values in measures(trials).items()}
    return {name: one for name, one in found.items() if one is not None}


def measures(trials: Trials) -> dict[str, NDArray[np.generic]]:
    """By measure, a value a row; NaN where unknown."""
    with np.errstate(divide="ignore", invalid="ignore"):
        latency = np.where(trials.turns > 0, trials.agent_s / trials.turns, np.nan)
    columns = (trials.turns, trials.tool_calls, trials.tokens, trials.cost, trials.wall_s, latency)
    return dict(zip(MEASURES, columns, strict=True))


def _spread(values: NDArray[np.generic]) -> Spread | None:
    numbers = values[~np.isnan(values)] if values.dtype.kind == "f" else values
    if not len(numbers):
        return None
    p50, p90, p95, p99, most = (float(one) for one in np.quantile(numbers, (0.5, 0.9, 0.95, 0.99, 1.0)))
    return Spread(episodes=len(numbers), mean=float(numbers.mean()), p50=p50, p90=p90, p95=p95, p99=p99, max=most)
