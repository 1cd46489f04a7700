"""Where a run fails: groups of tasks that it solves less often than the others, found on one half and confirmed on the
other.

Groups are conditions on what tasks are (`harness.analysis.features`), and pairs of them where a pair is clearly worse
than either. Whoever looks at hundreds of groups finds some that are bad by chance; so half of the tasks only proposes,
and the other half decides, by a permutation test, with the false discovery rate of what is reported held below a bound
(Benjamini and Hochberg). What is told of a group, too, is what the second half says: numbers of the first are flattered
by having been chosen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from harness.analysis.breakdown import run_tasks, tool_writes
from harness.analysis.compaction import head_of
from harness.analysis.features import conditions
from harness.analysis.intervals import share_interval, t95
from harness.analysis.multiple import adjusted_p, enough, permutation_p, welch_z
from harness.analysis.outcomes import read_outcomes
from harness.analysis.trials import Bools, Floats, TaskKey
from harness.core.errors import EnvironmentFault, InputError
from harness.core.identity import role_random
from harness.core.parsing import Model
from harness.core.run import ScheduleKind
from harness.core.task import Task

LEAST_TASKS = 40
"""Decided, below which nothing can be found and confirmed."""
_LEAST_IN_HALF = 5
"""Tasks that a group, and the rest, must have in each half."""
_PROPOSED = 20
"""Groups that the first half proposes at most."""
_NOTABLE = 1.2815515655446004
"""Standard errors from which on the first half proposes a group: its one-sided 10 % level."""
_WORSE_BY = 0.1
"""How much lower than both of its conditions a pair must be."""


class Slice(Model):
    """A group of tasks that the run solves less often."""

    where: str
    """The conditions, joined by " and "."""
    tasks: int
    """Of the whole run, both halves."""
    solved: float
    """pass^1 of the group, in the confirming half."""
    interval: tuple[float, float]
    """95 %."""
    others: float
    """pass^1 of all other tasks there."""
    gap: float
    """solved − others, below 0."""
    gap_interval: tuple[float, float]
    """95 % (Welch)."""
    gap_found: float
    """The gap in the half that proposed it, flattered by the choice."""
    p_value: float
    """One-sided, of the permutation test in the confirming half."""
    q_value: float
    """The false discovery rate at which it is still reported."""
    worst: tuple[str, ...]
    """PACK/TASK of its least solved tasks, both halves."""


class Slices(Model):
    """As `bench slices --json` prints it."""

    run: str
    tasks: int
    """Decided."""
    pass_1: float | None
    """Of all of them."""
    rate: float
    """The bound on the false discovery rate."""
    tried: int
    """Conditions and pairs that were looked at."""
    proposed: int
    """By the first half."""
    confirmed: tuple[Slice, ...]
    """With q ≤ rate, largest gap first."""
    others: tuple[Slice, ...]
    """Proposed and not confirmed."""
    notes: tuple[str, ...]
    """Why nothing could be looked for, or what wasn't."""


def find_slices(root: Path, *, rate: float = 0.1, seed: int = 0) -> Slices:
    """Where the run fails.

    Args:
        rate: How large a share of what is reported may be there by chance.
        seed: Which tasks make the first half.

    Raises:
        InputError: it isn't a run, a pack of it is gone or has changed, or its tasks were picked because they fail.
    """
    schedule = head_of(root).schedule
    if schedule is not None and schedule.kind is ScheduleKind.HARD_FIRST:
        raise InputError(
            f"{root}: its tasks were picked because they fail, so that groups of them can't be told apart by failures",
            hint="look for slices in a run of the whole suite, or of --schedule estimate",
        )
    tasks = run_tasks(root)
    outcomes = read_outcomes(root)
    decided = {
        key: solved / count
        for key, count, solved in zip(outcomes.tasks, outcomes.decided.tolist(), outcomes.solved.tolist(), strict=True)
        if count and key in tasks
    }
    notes: list[str] = []
    if len(decided) >= LEAST_TASKS and len(set(decided.values())) > 1:
        writing, note = _writing(root, {key: tasks[key] for key in decided})
        notes += [note] if note else []
        return search(str(root), decided, conditions({key: tasks[key] for key in decided}, writing), rate, seed, notes)
    if len(decided) < LEAST_TASKS:
        notes.append(
            f"{len(decided)} decided tasks are too few: half must find and half confirm, which takes {LEAST_TASKS}"
        )
    else:
        notes.append(f"all {len(decided)} tasks were solved equally often, so that no group is worse")
    mean = float(np.mean(list(decided.values()))) if decided else None
    return Slices(
        run=str(root),
        tasks=len(decided),
        pass_1=mean,
        rate=rate,
        tried=0,
        proposed=0,
        confirmed=(),
        others=(),
        notes=tuple(notes),
    )


def search(
    run: str, decided: Mapping[TaskKey, float], known: Mapping[str, Bools], rate: float, seed: int, notes: list[str]
) -> Slices:
    """Where scores are low.

    Args:
        decided: A task's share of solved trials.
        known: By condition, which of these tasks meet it.
        notes: What else is to be said.
    """
    keys, scores = list(decided), np.array(list(decided.values()))
    first = _first_half(keys, seed)
    names, groups = _with_pairs(list(known), np.array(list(known.values())).T, scores, first)
    able = enough(groups[first], _LEAST_IN_HALF) & enough(groups[~first], _LEAST_IN_HALF)
    gap, off = welch_z(scores[first], groups[first])
    order = np.argsort(np.where(able, off, np.inf), kind="stable")[:_PROPOSED]
    chosen = np.array([place for place in order if able[place] and off[place] <= -_NOTABLE], dtype=np.int64)
    p_values = permutation_p(scores[~first], groups[~first][:, chosen]) if len(chosen) else np.empty(0)
    q_values = adjusted_p(p_values)
    found = [
        _slice(names[place], keys, scores, groups[:, place], first, float(gap[place]), float(p), float(q))
        for place, p, q in zip(chosen.tolist(), p_values, q_values, strict=True)
    ]
    found.sort(key=lambda one: (one.q_value > rate, one.gap))
    if not able.any():
        notes.append(f"no tag or feature parts the tasks into groups of {_LEAST_IN_HALF} in each half")
    return Slices(
        run=run,
        tasks=len(keys),
        pass_1=float(scores.mean()),
        rate=rate,
        tried=int(able.sum()),
        proposed=len(found),
        confirmed=tuple(one for one in found if one.q_value <= rate),
        others=tuple(one for one in found if one.q_value > rate),
        notes=tuple(notes),
    )


def _first_half(keys: list[TaskKey], seed: int) -> Bools:
    """Every other task of a shuffled list, pack by pack, so that both halves have the same packs."""
    shuffled = list(range(len(keys)))
    role_random(seed, "slices").shuffle(shuffled)
    shuffled.sort(key=lambda place: keys[place][0])
    first = np.zeros(len(keys), dtype=bool)
    first[shuffled[::2]] = True
    return first


def _with_pairs(names: list[str], groups: Bools, scores: Floats, first: Bools) -> tuple[list[str], Bools]:
    """The conditions, and those pairs of which the first half says that they are clearly worse than either alone."""
    able = np.flatnonzero(enough(groups[first], _LEAST_IN_HALF))
    means = {int(place): float(scores[first][groups[first][:, place]].mean()) for place in able}
    columns, found = list(names), [groups]
    for number, one in enumerate(able.tolist()):
        others = able[number + 1 :]
        both = groups[:, [one]] & groups[:, others]
        inside = both[first].sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = scores[first] @ both[first] / inside
        alone = np.minimum(means[one], np.array([means[int(other)] for other in others]))
        kept = (inside >= _LEAST_IN_HALF) & (mean <= alone - _WORSE_BY)
        columns += [f"{names[one]} and {names[other]}" for other in others[kept].tolist()]
        found.append(both[:, kept])
    return columns, np.concatenate(found, axis=1)


def _slice(
    name: str, keys: list[TaskKey], scores: Floats, members: Bools, first: Bools, found: float, p: float, q: float
) -> Slice:
    inside, outside = scores[members & ~first], scores[~members & ~first]
    gap = float(inside.mean() - outside.mean())
    order = sorted(np.flatnonzero(members).tolist(), key=lambda place: scores[place])
    return Slice(
        where=name,
        tasks=int(members.sum()),
        solved=float(inside.mean()),
        interval=share_interval(inside, np.ones(len(inside))),
        others=float(outside.mean()),
        gap=gap,
        gap_interval=_welch(inside, outside, gap),
        gap_found=found,
        p_value=p,
        q_value=q,
        worst=tuple("/".join(keys[place]) for place in order[:3]),
    )


def _welch(inside: Floats, outside: Floats, gap: float) -> tuple[float, float]:
    """The interval of a difference of means, with Welch and Satterthwaite's degrees of freedom."""
    parts = [float(one.var(ddof=1)) / len(one) for one in (inside, outside)]
    whole = sum(parts)
    if not whole:
        return gap, gap
    freedom = whole**2 / sum(part**2 / (len(one) - 1) for part, one in zip(parts, (inside, outside), strict=True))
    half = t95(max(1, int(freedom))) * whole**0.5
    return max(-1.0, gap - half), min(1.0, gap + half)


def _writing(root: Path, tasks: Mapping[TaskKey, Task]) -> tuple[dict[TaskKey, int] | None, str]:
    """By task, the calls of its reference that change the world; `None` and why, where the environments can't be
    asked."""
    wanted = {(pack, call.tool) for (pack, _), task in tasks.items() for call in task.reference_calls()}
    try:
        writes = asyncio.run(tool_writes(root, wanted))
    except (InputError, EnvironmentFault) as error:
        return None, f"which calls change something is unknown: {error}"
    return {
        key: sum(writes.get((key[0], call.tool), False) for call in task.reference_calls())
        for key, task in tasks.items()
    }, ""
