"""Which of a suite's tasks a run plays that hasn't the budget for all.

`estimate` draws tasks by lot within strata (pack and difficulty), each with a known probability, so that the whole
suite's score can be estimated without bias. The same seed and budget draw the same tasks, whoever plays, so that two
agents can be compared on them. `hard-first` takes what failed most in earlier runs, or is tagged as hard: it finds
failures and measures nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor
from pathlib import Path

from harness.core.errors import InputError
from harness.core.identity import role_random
from harness.core.run import PlannedTrial, Schedule, ScheduledTask, ScheduleKind
from harness.packs.suites import ResolvedSuite
from harness.runner.config import ScheduleChoice
from harness.runner.journal import read_manifest

TaskKey = tuple[str, str]
_LEVELS = {"easy": 0.3, "medium": 0.5, "hard": 0.7}
"""How likely a task is to fail, where only its difficulty is known."""
_PRIOR = 2.0
"""Trials that a group's rate of failures counts for beside a task's own."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """A group of tasks that is drawn from on its own."""

    name: str
    tasks: tuple[TaskKey, ...]
    drawn: int
    """How many of them are played."""


def draw_schedule(
    choice: ScheduleChoice, resolved: ResolvedSuite, seed: int
) -> tuple[Schedule, tuple[PlannedTrial, ...]]:
    """The schedule of a run of `resolved`, and its trials.

    Raises:
        InputError: the budget is too small, or nothing tells which tasks are hard.
    """
    tasks = choice.budget // resolved.suite.trials
    if choice.kind is ScheduleKind.HARD_FIRST:
        chosen = hardest(resolved, choice.earlier, seed)[: max(1, tasks)]
        earlier = tuple(read_manifest(root).id for root in choice.earlier)
        listed = tuple(ScheduledTask(pack=pack, task=task) for pack, task in resolved.tasks)
    else:
        if choice.earlier:
            raise InputError("an estimate is drawn by lot, whatever failed before", hint="leave out --earlier")
        if tasks < 2:
            raise InputError(
                f"a budget of {choice.budget} episodes plays fewer than two tasks, {resolved.suite.trials} trials each",
                hint=f"give --budget {2 * resolved.suite.trials} at least, or fewer --trials",
            )
        groups = {key: _groups(resolved, key) for key in resolved.tasks}
        strata = allot(groups, tasks)
        chosen, earlier = draw(strata, seed), ()
        places = {key: stratum for stratum in strata for key in stratum.tasks}
        listed = tuple(
            ScheduledTask(
                pack=pack,
                task=task,
                stratum=places[pack, task].name,
                chance=places[pack, task].drawn / len(places[pack, task].tasks),
            )
            for pack, task in resolved.tasks
        )
        # In the suite's order: by lot is who plays, not when.
        known = set(chosen)
        chosen = [key for key in resolved.tasks if key in known]
    trials = tuple(
        PlannedTrial(pack=pack, task=task, trial=trial)
        for trial in range(resolved.suite.trials)
        for pack, task in chosen
    )[: choice.budget]
    return Schedule(kind=choice.kind, budget=choice.budget, tasks=listed, earlier=earlier), trials


def allot(groups: Mapping[TaskKey, tuple[str, ...]], tasks: int) -> tuple[Stratum, ...]:
    """Strata, and how many tasks each gives: in proportion, but two at least, or all of fewer.

    Args:
        groups: By task the names of the group it could be in, from fine to coarse. Where two of each are more than
            there may be, coarser groups are taken, and in the end one of all.
        tasks: To be drawn; all, if there are no more.
    """
    depth = len(next(iter(groups.values())))
    for level in range(depth + 1):
        members: dict[str, list[TaskKey]] = {}
        for key, names in groups.items():
            members.setdefault(names[level] if level < depth else "all", []).append(key)
        sizes = {name: len(found) for name, found in members.items()}
        if level == depth or sum(min(2, size) for size in sizes.values()) <= tasks:
            drawn = _in_proportion(sizes, min(tasks, len(groups)))
            return tuple(Stratum(name, tuple(found), drawn[name]) for name, found in members.items())
    raise AssertionError


def draw(strata: Sequence[Stratum], seed: int) -> list[TaskKey]:
    """Tasks by lot: within a stratum each set of its size is as likely as any other."""
    random = role_random(seed, "schedule")
    return [key for stratum in strata for key in random.sample(stratum.tasks, stratum.drawn)]


def hardest(resolved: ResolvedSuite, earlier: Sequence[Path], seed: int) -> list[TaskKey]:
    """All tasks, those first that will most likely fail; equals in an order that the seed shuffles.

    A task's own rate of failures in the earlier runs counts, and beside it that of its pack and difficulty, which is
    all that is known of a task that was never played.

    Raises:
        InputError: there are neither earlier runs nor difficulties, or an earlier run played none of these tasks.
    """
    difficulty = {key: resolved.packs[key[0]].tasks[key[1]].difficulty for key in resolved.tasks}
    if not earlier and not any(level in _LEVELS for level in difficulty.values()):
        raise InputError(
            f"nothing tells which tasks of {resolved.suite.id!r} are hard: none is tagged easy, medium or hard",
            hint="name runs that played them: --earlier RUN",
        )
    played = _failures(resolved.tasks, earlier)
    pooled: dict[str, list[float]] = {}
    for key, (failed, decided) in played.items():
        group = pooled.setdefault(_groups(resolved, key)[0], [0.0, 0.0])
        group[0], group[1] = group[0] + failed, group[1] + decided

    def risk(key: TaskKey) -> float:
        lost, tried = pooled.get(_groups(resolved, key)[0], (0.0, 0.0))
        usual = (lost + _PRIOR * _LEVELS.get(difficulty[key], 0.5)) / (tried + _PRIOR)
        failed, decided = played.get(key, (0, 0))
        return (failed + _PRIOR * usual) / (decided + _PRIOR)

    shuffled = list(resolved.tasks)
    role_random(seed, "schedule").shuffle(shuffled)
    return sorted(shuffled, key=risk, reverse=True)


def _failures(tasks: Sequence[TaskKey], earlier: Sequence[Path]) -> dict[TaskKey, tuple[int, int]]:
    """(failed, decided) of these tasks in the earlier runs together."""
    from harness.analysis.outcomes import read_outcomes

    wanted, found = set(tasks), dict[TaskKey, tuple[int, int]]()
    for root in earlier:
        outcomes = read_outcomes(root)
        if wanted.isdisjoint(outcomes.tasks):
            raise InputError(f"{root}: played none of these tasks", hint="name runs of the same packs")
        for key, decided, solved in zip(
            outcomes.tasks, outcomes.decided.tolist(), outcomes.solved.tolist(), strict=True
        ):
            if key in wanted:
                failed, before = found.get(key, (0, 0))
                found[key] = failed + decided - solved, before + decided
    return found


def _groups(resolved: ResolvedSuite, key: TaskKey) -> tuple[str, str]:
    """The task's strata: pack and difficulty, and the pack alone."""
    pack, task = key
    difficulty = resolved.packs[pack].tasks[task].difficulty
    return (f"{pack}/{difficulty}" if difficulty else pack), pack


def _in_proportion(sizes: Mapping[str, int], tasks: int) -> dict[str, int]:
    """Whole numbers that add up to `tasks`, near each group's share, at least two of it (or all), and never more than
    it has."""
    total = sum(sizes.values())
    least = {name: min(2, size) for name, size in sizes.items()}
    if sum(least.values()) > tasks:
        least = dict.fromkeys(sizes, 0)
    wanted = {name: tasks * size / total for name, size in sizes.items()}
    drawn = {name: min(size, max(least[name], floor(wanted[name]))) for name, size in sizes.items()}
    while (missing := tasks - sum(drawn.values())) != 0:
        step = 1 if missing > 0 else -1
        able = [name for name in sizes if (drawn[name] < sizes[name] if step > 0 else drawn[name] > least[name])]
        name = max(able, key=lambda one: (step * (wanted[one] - drawn[one]), one))
        drawn[name] += step
    return drawn
