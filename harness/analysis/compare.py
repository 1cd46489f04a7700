"""Two runs of the same tasks, paired by task: is one better, by how much, and would more trials tell.

A task's score in a run is its share of solved trials. The difference is the mean over common tasks of B minus A; its
interval is `intervals.paired_interval`. The p-value is that of the exact sign-flip test on the paired differences, for
single trials McNemar's exact test. Runs that aren't comparable (suite hash, simulator, judge, harness major) are
refused unless the caller says otherwise; then what differs is part of the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from pydantic import Field

from harness.analysis.compaction import head_of
from harness.analysis.comparable import differences
from harness.analysis.consistency import self_flips
from harness.analysis.estimate import SuiteDifference, estimate_difference
from harness.analysis.gate import Gate
from harness.analysis.intervals import paired_interval
from harness.analysis.outcomes import Outcomes, read_outcomes
from harness.analysis.power import chance_flips, detectable, tasks_needed, trials_needed
from harness.analysis.sign_flip import common_unit, sign_flip_p
from harness.analysis.trials import Bools, Floats, Ints
from harness.core.errors import InputError
from harness.core.parsing import Model
from harness.core.run import RunManifest, Schedule, ScheduleKind

_MOST_FLIPS = 1000


class ComparedRun(Model):
    """One of the two."""

    run: str
    agent: str
    model: str | None
    tasks: int
    """Planned."""
    pass_1: float
    """Share of solved trials, the mean over the common tasks."""
    self_flips: float | None
    """How often two trials of this run at one task disagree, the mean over tasks with two decided trials and more."""
    turns: float
    """Agent's acts, mean a finished episode of the common tasks."""
    tokens: float
    cost: float | None
    """US dollars, likewise; null where unknown."""


class Flip(Model):
    """A task that one run solves more often."""

    pack: str
    task: str
    a: str
    """Solved of decided trials, as "1/4"."""
    b: str
    a_open: str
    """The command that shows an episode of A to compare: one that was solved where B is worse, else one that wasn't."""
    b_open: str


class Part(Model):
    """All tasks, or those of a pack."""

    tasks: int
    difference: float
    """B minus A, -1 to 1."""
    interval: tuple[float, float]
    """95 %."""
    p_value: float
    """Two-sided; of the exact sign-flip test (McNemar's for single trials)."""
    better: int
    """Tasks that B solves more often."""
    worse: int
    reward_difference: float
    """Of mean rewards; the same where rewards are 0 and 1."""
    reward_interval: tuple[float, float]


class Flips(Model):
    """How often a trial of A and one of B at the same task disagree, the mean over tasks, beside what is no news."""

    positive: float
    """B solves it and A doesn't."""
    negative: float
    """A solves it and B doesn't."""
    floor: float | None
    """What either would be if B were A again: half of how often a run disagrees with itself. Null without tasks that
    have two decided trials in both runs."""
    better_by_chance: float
    """Tasks that B would solve more often if each task's trials were dealt to the two runs at random."""
    worse_by_chance: float


class Comparison(Model):
    """As `bench compare --json` prints it."""

    a: ComparedRun
    b: ComparedRun
    all: Part
    packs: dict[str, Part]
    disagreement: float
    """How often a trial of A and one of B at the same task disagree, the mean over tasks: positive and negative flips.
    Not more than `self_flips`: no more than either would disagree with itself."""
    suite: SuiteDifference | None = None
    """Over the whole suite, where a run drew its tasks by lot; the other numbers are of those drawn."""
    flips: Flips
    detectable: float
    """The smallest difference that a comparison of this size finds in 80 of 100 cases at the 5 % level."""
    tasks_needed: int | None
    """Tasks like these that it takes to find a difference as large as the one seen; null where there is none."""
    trials_needed: int | None
    """Trials a task, over these same tasks, that it takes; null where more trials alone can't do it."""
    better: tuple[Flip, ...]
    """Largest first, a thousand at most; `all` counts them all."""
    worse: tuple[Flip, ...]
    left_out: tuple[str, ...] = ()
    """PACK/TASK without a decided trial in one of them."""
    notes: tuple[str, ...] = Field(default=())
    """What the runs differ in beside the agent, or lack."""

    def loss(self, gate: Gate) -> float:
        """How much B loses, over the whole suite where that is estimated, as a number above 0."""
        found = self.suite or self.all
        return -{Gate.SEEN: found.difference, Gate.SURE: found.interval[1], Gate.POSSIBLE: found.interval[0]}[gate]


def compare(a: Path, b: Path, *, anyway: bool = False) -> Comparison:
    """Compare run `b` with run `a`.

    Args:
        a: The run to compare with, the baseline.
        b: The run that is judged.
        anyway: Compare runs that differ in what makes them comparable, and say so in `notes`.

    Raises:
        InputError: one is no run, they aren't comparable, or no task has a decided trial in both.
    """
    manifests = head_of(a), head_of(b)
    differing = [*differences(*manifests), *_selection(*manifests)]
    if differing and not anyway:
        raise InputError(
            f"{a} and {b} are not comparable: they differ in {'; '.join(differing)}",
            hint="play both on the same suite with the same simulator, or say --anyway",
        )
    whole = read_outcomes(a), read_outcomes(b)
    found, left_out = _paired(*whole)
    if not found[0].tasks:
        raise InputError(f"no task has a decided trial both in {a} and in {b}", hint="`bench show RUN` tells why")
    pairs, schedule = _Pairs(*found), _drawn(*manifests)
    counts = [(one.decided, one.solved) for one in found]
    return Comparison(
        a=_run(a, manifests[0], whole[0], found[0]),
        b=_run(b, manifests[1], whole[1], found[1]),
        all=pairs.part(),
        packs={pack: pairs.part(rows) for pack, rows in _by_pack(found[0]).items()},
        disagreement=float((pairs.a * (1 - pairs.b) + pairs.b * (1 - pairs.a)).mean()),
        suite=None if schedule is None else estimate_difference(schedule, *found),
        flips=_flips(pairs, *found),
        detectable=detectable(pairs.gained, pairs.step),
        tasks_needed=tasks_needed(pairs.gained, pairs.step),
        trials_needed=trials_needed(pairs.gained, pairs.step, *counts),
        better=_flipped(np.maximum(0, pairs.gained), (a, b), found, (False, True)),
        worse=_flipped(np.maximum(0, -pairs.gained), (a, b), found, (True, False)),
        left_out=left_out,
        notes=(*(f"the runs differ in {one}" for one in differing), *_gaps((a, b), whole)),
    )


class _Pairs:
    """Both runs' scores at the common tasks."""

    def __init__(self, a: Outcomes, b: Outcomes) -> None:
        self.a, self.b = a.solved / a.decided, b.solved / b.decided
        self.gained = self.b - self.a
        self._rewards = b.reward / b.decided - a.reward / a.decided
        self._steps = (1 / a.decided + 1 / b.decided) / 2
        self._unit = common_unit(a.decided, b.decided)
        self.step = float(self._steps.mean())

    def part(self, rows: Bools | slice = slice(None)) -> Part:
        """The result at these tasks."""
        gained, step = self.gained[rows], float(self._steps[rows].mean())
        return Part(
            tasks=len(gained),
            difference=float(gained.mean()),
            interval=paired_interval(gained, step=step),
            p_value=sign_flip_p(gained, self._unit),
            better=int((gained > 0).sum()),
            worse=int((gained < 0).sum()),
            reward_difference=float(self._rewards[rows].mean()),
            reward_interval=paired_interval(self._rewards[rows], step=step),
        )


def _paired(a: Outcomes, b: Outcomes) -> tuple[tuple[Outcomes, Outcomes], tuple[str, ...]]:
    """Both at the tasks that were decided in both, and the names of the others."""
    if a.tasks == b.tasks:
        there = (a.decided > 0) & (b.decided > 0)
        rows = beside = np.flatnonzero(there)
        left_out = [a.tasks[place] for place in np.flatnonzero(~there).tolist()]
    else:
        place = {task: number for number, task in enumerate(b.tasks) if b.decided[number]}
        rows = np.array([n for n, task in enumerate(a.tasks) if a.decided[n] and task in place], dtype=np.int64)
        beside = np.array([place[a.tasks[n]] for n in rows.tolist()], dtype=np.int64)
        common = {a.tasks[n] for n in rows.tolist()}
        left_out = [task for task in dict.fromkeys((*a.tasks, *b.tasks)) if task not in common]
    return (a.at(rows), b.at(beside)), tuple("/".join(task) for task in left_out)


def _selection(a: RunManifest, b: RunManifest) -> Iterator[str]:
    """What keeps runs that didn't play their whole suite from being compared, a clause each."""
    hard = [one.id for one in (a, b) if one.schedule and one.schedule.kind is ScheduleKind.HARD_FIRST]
    if hard:
        yield f"tasks picked because they fail ({' and '.join(hard)}), on which any other run looks better"
    elif a.schedule and b.schedule and not _same_lot(a, b):
        yield "the tasks drawn (give both the same --seed, --budget and --trials)"


def _same_lot(a: RunManifest, b: RunManifest) -> bool:
    return a.schedule == b.schedule and a.seed == b.seed


def _drawn(a: RunManifest, b: RunManifest) -> Schedule | None:
    """The schedule by whose lot the common tasks are there; `None`: there is no lot, or more than one."""
    lots = [one.schedule for one in (a, b) if one.schedule is not None]
    if any(lot.kind is not ScheduleKind.ESTIMATE for lot in lots) or (len(lots) == 2 and not _same_lot(a, b)):
        return None
    return lots[0] if lots and a.suite_hash == b.suite_hash else None


def _by_pack(found: Outcomes) -> dict[str, Bools]:
    packs = np.array([pack for pack, _ in found.tasks])
    return {str(pack): packs == pack for pack in dict.fromkeys(packs.tolist())}


def _run(root: Path, manifest: RunManifest, whole: Outcomes, common: Outcomes) -> ComparedRun:
    repeated = common.decided > 1
    own = self_flips(common.decided[repeated], common.solved[repeated])
    episodes = int(common.finished.sum())
    cost = float(common.cost.sum())
    return ComparedRun(
        run=str(root),
        agent=manifest.agent.name,
        model=manifest.agent.model,
        tasks=len(whole.tasks),
        pass_1=float((common.solved / common.decided).mean()),
        self_flips=float(own.mean()) if len(own) else None,
        turns=float(common.turns.sum()) / episodes,
        tokens=float(common.tokens.sum()) / episodes,
        cost=None if np.isnan(cost) else cost / episodes,
    )


def _flips(pairs: _Pairs, a: Outcomes, b: Outcomes) -> Flips:
    repeated = (a.decided > 1) & (b.decided > 1)
    own: list[Floats] = [self_flips(one.decided[repeated], one.solved[repeated]) for one in (a, b)]
    by_chance = chance_flips((a.decided, a.solved), (b.decided, b.solved))
    return Flips(
        positive=float((pairs.b * (1 - pairs.a)).mean()),
        negative=float((pairs.a * (1 - pairs.b)).mean()),
        floor=float((own[0] + own[1]).mean()) / 4 if repeated.any() else None,
        better_by_chance=by_chance[0],
        worse_by_chance=by_chance[1],
    )


def _flipped(
    sizes: Floats, roots: tuple[Path, Path], found: tuple[Outcomes, Outcomes], solved: tuple[bool, bool]
) -> tuple[Flip, ...]:
    """The tasks that flipped, by how much, with an episode of each run to look at: one that was solved or one that
    wasn't."""
    places: Ints = np.argsort(-sizes, kind="stable")[: min(_MOST_FLIPS, int((sizes > 0).sum()))]
    counts = [list(zip(one.solved.tolist(), one.decided.tolist(), strict=True)) for one in found]
    trials = [
        (one.first_solved if wanted else one.first_failed).tolist() for one, wanted in zip(found, solved, strict=True)
    ]
    flips = []
    for place in places.tolist():
        pack, task = found[0].tasks[place]
        a, b = (f"{one[place][0]}/{one[place][1]}" for one in counts)
        a_open, b_open = (
            one.command(str(root), place, of_run[place]) for one, root, of_run in zip(found, roots, trials, strict=True)
        )
        flips.append(Flip(pack=pack, task=task, a=a, b=b, a_open=a_open, b_open=b_open))
    return tuple(flips)


def _gaps(roots: Sequence[Path], whole: Sequence[Outcomes]) -> list[str]:
    missing = [(root, int((one.planned - one.finished).sum())) for root, one in zip(roots, whole, strict=True)]
    return [f"{root}: {count} trials are missing" for root, count in missing if count]
