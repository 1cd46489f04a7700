"""How much of what varies between cells of agents, simulators and tasks is whose.

A random-effects analysis of variance of a fully crossed design with one score a cell (Cronbach's generalizability
theory; Brennan, "Generalizability Theory", 2001, chapter 3): components come from the expected mean squares, those
below 0 count as 0.
"""

from __future__ import annotations

import numpy as np

from harness.analysis.trials import Floats
from harness.core.parsing import Model


class Components(Model):
    """Variance components of scores by agent, simulator and task."""

    agent: float
    """Agents differ, whoever plays the user: what a leaderboard wants to measure."""
    simulator: float
    """Some users are harder for all agents."""
    task: float
    agent_simulator: float
    """Some users suit some agents: what turns rankings over."""
    agent_task: float
    simulator_task: float
    rest: float
    """All three together, and chance within a cell."""

    @property
    def total(self) -> float:
        """Of a single score."""
        return float(sum(self.model_dump().values()))

    def shares(self) -> dict[str, float]:
        """Each component's share of the total; empty where nothing varies."""
        return {name: value / self.total for name, value in self.model_dump().items()} if self.total else {}


def components(scores: Floats) -> Components:
    """The components of scores with the axes agent, simulator, task.

    Raises:
        ValueError: an axis has fewer than two entries.
    """
    if min(scores.shape) < 2:
        raise ValueError(f"two agents, simulators and tasks at least (got {scores.shape})")
    agents, simulators, tasks = scores.shape
    a, s, t, a_s, a_t, s_t, rest = mean_squares(scores)
    found = (
        (a - a_s - a_t + rest) / (simulators * tasks),
        (s - a_s - s_t + rest) / (agents * tasks),
        (t - a_t - s_t + rest) / (agents * simulators),
        (a_s - rest) / tasks,
        (a_t - rest) / simulators,
        (s_t - rest) / agents,
        rest,
    )
    return Components(**{name: max(0.0, value) for name, value in zip(Components.model_fields, found, strict=True)})


def mean_squares(scores: Floats) -> tuple[float, ...]:
    """Of agent, simulator, task, their three pairs, and the rest, in this order."""
    effects: dict[tuple[int, ...], Floats] = {}
    found = []
    for axes in ((), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)):
        others = tuple(axis for axis in range(3) if axis not in axes)
        mean = scores.mean(axis=others, keepdims=True)
        # What a cell's mean has beyond all effects of fewer axes.
        inner = [effect for known, effect in effects.items() if set(known) < set(axes)]
        effects[axes] = mean - sum(inner, np.zeros(()))
        if axes:
            freedom = float(np.prod([scores.shape[axis] - 1 for axis in axes]))
            copies = scores.size / float(np.prod([scores.shape[axis] for axis in axes]))
            found.append(copies * float((effects[axes] ** 2).sum()) / freedom)
    return tuple(found)
