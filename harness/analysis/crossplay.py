"""Agents × simulators: would the ranking be another with another user?

Each run is a cell: one agent, one simulator, the same tasks. A task's score in a cell is its share of solved trials,
over the tasks that were decided in all cells. Rank stability is Kendall's tau-b between the simulators' rankings of the
agents, with a bootstrap interval over tasks; variance shares tell how much of what varies is the agent's, the user's,
or of the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from harness.analysis.compaction import head_of
from harness.analysis.comparable import described, differences
from harness.analysis.intervals import DRAWS, bootstrap_interval, share_interval
from harness.analysis.outcomes import Outcomes, read_outcomes
from harness.analysis.ranks import mean_tau, ranks
from harness.analysis.trials import Floats, TaskKey
from harness.analysis.variance import components
from harness.core.errors import InputError
from harness.core.parsing import Model
from harness.core.run import RunManifest

_CHUNK = 200


class Cell(Model):
    """A run: one agent with one simulator."""

    run: str
    pass_1: float
    """Mean over the common tasks."""
    interval: tuple[float, float]
    rank: float
    """Among the agents with this simulator; equal ones share the mean."""


class Row(Model):
    """An agent with all simulators."""

    cells: dict[str, Cell]
    """By simulator."""
    pass_1: float
    """The mean of its cells."""
    best_rank: float
    worst_rank: float


class CrossPlay(Model):
    """As `bench crossplay --json` prints it."""

    tasks: int
    """Common: decided in every run."""
    left_out: tuple[str, ...]
    """PACK/TASK of the others."""
    agents: dict[str, Row]
    """Best mean first."""
    simulators: tuple[str, ...]
    tau: float | None
    """Kendall's tau-b between the simulators' rankings, the mean over their pairs: 1 the same, 0 unrelated, -1 turned
    over. Null where no two simulators tell any two agents apart."""
    tau_interval: tuple[float, float] | None
    """95 %, tasks resampled."""
    variance: dict[str, float]
    """Shares of the variance of a task's score in a cell: agent, simulator, task, agent_simulator, agent_task,
    simulator_task, rest. Empty with fewer than two common tasks, or where nothing varies."""
    dependability: float | None
    """How much of the variance of an agent's mean over these simulators and tasks is the agent's own, for other
    simulators and tasks of the kind (generalizability coefficient). Null where nothing varies."""
    notes: tuple[str, ...] = ()


def cross_play(roots: Sequence[Path], *, anyway: bool = False) -> CrossPlay:
    """The runs as a table of agents by simulators.

    Args:
        anyway: Take runs that differ in suite, judge or version, too, and say so in `notes`.

    Raises:
        InputError: one is no run, a cell is missing or there twice, or the runs don't compare.
    """
    manifests = {root: head_of(root) for root in dict.fromkeys(roots)}
    notes = _refuse_others(manifests, anyway)
    cells = _cells(manifests)
    agents = list(dict.fromkeys(agent for agent, _ in cells))
    simulators = list(dict.fromkeys(simulator for _, simulator in cells))
    _refuse_gaps(cells, agents, simulators)
    found = {key: read_outcomes(root) for key, root in cells.items()}
    common, left_out = _common(list(found.values()))
    if not common:
        raise InputError("no task has a decided trial in every one of these runs", hint="`bench show RUN` tells why")
    aligned = {key: one.at(_places(one, common)) for key, one in found.items()}
    scores = np.array([[_shares(aligned[agent, simulator]) for simulator in simulators] for agent in agents])
    means = scores.mean(axis=2)
    placed = ranks(means)
    order = np.argsort(-means.mean(axis=1), kind="stable").tolist()
    variance, dependability = _variance(scores)
    tau = float(mean_tau(means))
    return CrossPlay(
        tasks=len(common),
        left_out=left_out,
        agents={
            agents[place]: Row(
                cells={
                    simulator: Cell(
                        run=str(cells[agents[place], simulator]),
                        pass_1=float(means[place, number]),
                        interval=share_interval(
                            scores[place, number],
                            np.ones(len(common)),
                            trials=float(aligned[agents[place], simulator].decided.sum()),
                        ),
                        rank=float(placed[place, number]),
                    )
                    for number, simulator in enumerate(simulators)
                },
                pass_1=float(means[place].mean()),
                best_rank=float(placed[place].min()),
                worst_rank=float(placed[place].max()),
            )
            for place in order
        },
        simulators=tuple(simulators),
        tau=None if np.isnan(tau) else tau,
        tau_interval=bootstrap_interval(_resampled_tau(scores), len(common)),
        variance=variance,
        dependability=dependability,
        notes=notes,
    )


def _cells(manifests: dict[Path, RunManifest]) -> dict[tuple[str, str], Path]:
    cells: dict[tuple[str, str], Path] = {}
    for root, manifest in manifests.items():
        key = described(manifest.agent), described(manifest.simulator)
        if key in cells:
            raise InputError(
                f"{cells[key]} and {root} both have agent {key[0]!r} with simulator {key[1]!r}",
                hint="give one run of each agent with each simulator",
            )
        cells[key] = root
    return cells


def _refuse_gaps(cells: dict[tuple[str, str], Path], agents: Sequence[str], simulators: Sequence[str]) -> None:
    if len(agents) < 2 or len(simulators) < 2:
        raise InputError(
            f"cross-play takes two agents and two simulators at least (got {', '.join(agents)} with "
            f"{', '.join(simulators)})",
            hint="`bench run --user llm --user-model M` plays the suite with another user",
        )
    missing = [(agent, simulator) for agent in agents for simulator in simulators if (agent, simulator) not in cells]
    if missing:
        agent, simulator = missing[0]
        more = f" (and {len(missing) - 1} other pairs)" if len(missing) > 1 else ""
        raise InputError(
            f"there is no run of agent {agent!r} with simulator {simulator!r}{more}",
            hint="every agent must have played with every simulator",
        )


def _refuse_others(manifests: dict[Path, RunManifest], anyway: bool) -> tuple[str, ...]:
    (first, reference), *others = manifests.items()
    notes = []
    for root, manifest in others:
        same_user = manifest.model_copy(update={"simulator": reference.simulator})
        differing = differences(reference, same_user)
        if differing and not anyway:
            raise InputError(
                f"{first} and {root} are not comparable: they differ in {'; '.join(differing)}",
                hint="play all on the same suite, or say --anyway",
            )
        notes += [f"{first} and {root} differ in {one}" for one in differing]
    return tuple(notes)


def _common(found: Sequence[Outcomes]) -> tuple[list[TaskKey], tuple[str, ...]]:
    decided = [{task for task, count in zip(one.tasks, one.decided.tolist(), strict=True) if count} for one in found]
    everywhere = set.intersection(*decided)
    known = dict.fromkeys(task for one in found for task in one.tasks)
    left_out = tuple("/".join(task) for task in known if task not in everywhere)
    return [task for task in known if task in everywhere], left_out


def _places(found: Outcomes, tasks: Sequence[TaskKey]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    place = {task: number for number, task in enumerate(found.tasks)}
    return np.array([place[task] for task in tasks], dtype=np.int64)


def _shares(found: Outcomes) -> Floats:
    shares: Floats = found.solved / found.decided
    return shares


def _resampled_tau(scores: Floats) -> Floats:
    """Tau over tasks drawn with replacement."""
    tasks = scores.shape[2]
    random = np.random.default_rng(0)
    found = []
    for _ in range(0, DRAWS, _CHUNK):
        drawn = random.multinomial(tasks, np.full(tasks, 1 / tasks), size=_CHUNK)
        found.append(mean_tau(np.moveaxis(scores @ drawn.T / tasks, -1, 0)))
    return np.concatenate(found)


def _variance(scores: Floats) -> tuple[dict[str, float], float | None]:
    _, simulators, tasks = scores.shape
    if tasks < 2:
        return {}, None
    found = components(scores)
    error = found.agent_simulator / simulators + found.agent_task / tasks + found.rest / (simulators * tasks)
    whole = found.agent + error
    return found.shares(), found.agent / whole if whole else None
