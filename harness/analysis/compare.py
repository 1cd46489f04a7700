"""Two runs of the same tasks, paired by task: is one better, by how much, and would more trials tell.

A task's score in a run is its share of solved trials. The difference is the mean over common tasks of B minus A; its
interval is `intervals.paired_interval`. The p-value is that of the exact sign-flip test on the paired differences, for
single trials McNemar's exact test. Runs that aren't comparable (suite hash, simulator, judge, harness major) are
refused unless the caller says otherwise; then what differs is part of the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, lcm, sqrt
from pathlib import Path

from pydantic import Field

from harness.analysis.intervals import paired_interval
from harness.analysis.pass_k import TaskKey, is_success
from harness.core.errors import InputError
from harness.core.identity import canonical
from harness.core.parsing import Model
from harness.core.run import RunManifest, SeatIdentity
from harness.runner.journal import final_attempts, read_manifest

_DETECTED = 1.959963984540054 + 0.8416212335729143
"""Standard errors by which a difference must lie off 0 to be found in 80 of 100 comparisons at the 5 % level."""
_MOST_SUMS = 200_000
"""Width of the exact distribution beyond which the normal approximation stands in."""


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


class Flip(Model):
    """A task that one run solves more often."""

    pack: str
    task: str
    a: str
    """Solved of decided trials, as "1/4"."""
    b: str


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


class Comparison(Model):
    """As `bench compare --json` prints it."""

    a: ComparedRun
    b: ComparedRun
    all: Part
    packs: dict[str, Part]
    disagreement: float
    """How often a trial of A and one of B at the same task disagree, the mean over tasks. Not more than `self_flips`:
    no more than either would disagree with itself."""
    detectable: float
    """The smallest difference that a comparison of this size finds in 80 of 100 cases at the 5 % level."""
    tasks_needed: int | None
    """Tasks like these that it takes to find a difference as large as the one seen; null where there is none."""
    trials_needed: int | None
    """Trials a task, over these same tasks, that it takes; null where more trials alone can't do it."""
    better: tuple[Flip, ...]
    worse: tuple[Flip, ...]
    left_out: tuple[str, ...] = ()
    """PACK/TASK without a decided trial in one of them."""
    notes: tuple[str, ...] = Field(default=())
    """What the runs differ in beside the agent, or lack."""


_Outcomes = dict[TaskKey, list[bool]]


def compare(a: Path, b: Path, *, anyway: bool = False) -> Comparison:
    """Compare run `b` with run `a`.

    Args:
        a: The run to compare with, the baseline.
        b: The run that is judged.
        anyway: Compare runs that differ in what makes them comparable, and say so in `notes`.

    Raises:
        InputError: one is no run, they aren't comparable, or no task has a decided trial in both.
    """
    manifests = read_manifest(a), read_manifest(b)
    differing = list(_differences(*manifests))
    if differing and not anyway:
        raise InputError(
            f"{a} and {b} are not comparable: they differ in {'; '.join(differing)}",
            hint="play both on the same suite with the same simulator, or say --anyway",
        )
    found = _outcomes(a), _outcomes(b)
    planned = dict.fromkeys((trial.pack, trial.task) for one in manifests for trial in one.trials)
    common = [key for key in planned if all(key in outcomes for outcomes in found)]
    if not common:
        raise InputError(f"no task has a decided trial both in {a} and in {b}", hint="`bench show RUN` tells why")
    scores = [{key: Fraction(sum(one[key]), len(one[key])) for key in common} for one in found]
    differences = {key: scores[1][key] - scores[0][key] for key in common}
    tasks_needed, trials_needed = _needed(found, common, differences)
    flips = {sign: tuple(_flip(key, *found) for key in common if differences[key] * sign > 0) for sign in (1, -1)}
    return Comparison(
        a=_run(a, manifests[0], found[0], common, scores[0]),
        b=_run(b, manifests[1], found[1], common, scores[1]),
        all=_part(list(differences.values())),
        packs={
            pack: _part([differences[key] for key in common if key[0] == pack])
            for pack in dict.fromkeys(pack for pack, _ in common)
        },
        disagreement=_mean([_disagree(scores[0][key], scores[1][key]) for key in common]),
        detectable=min(1.0, _DETECTED * _standard_error(list(differences.values()))),
        tasks_needed=tasks_needed,
        trials_needed=trials_needed,
        better=flips[1],
        worse=flips[-1],
        left_out=tuple(f"{pack}/{task}" for pack, task in planned if (pack, task) not in differences),
        notes=(*(f"the runs differ in {one}" for one in differing), *_gaps(a, b, manifests)),
    )


def sign_flip_p(differences: Sequence[Fraction]) -> float:
    """Two-sided p-value of the hypothesis that each paired difference is as likely to have the other sign.

    Exact, by the distribution of all sums of ±d; the normal approximation beyond 200,000 possible sums. Of ±1 and 0 it
    is McNemar's exact test (the binomial one of the discordant pairs).
    """
    unit = lcm(*(one.denominator for one in differences)) if differences else 1
    steps = [abs(int(one * unit)) for one in differences if one]
    seen, width = abs(int(sum(differences) * unit)), sum(steps)
    if not steps:
        return 1.0
    if width > _MOST_SUMS or width * len(steps) > 50 * _MOST_SUMS:
        from statistics import NormalDist

        spread = sqrt(sum(one * one for one in steps))
        return min(1.0, 2 * NormalDist().cdf(-(seen - 0.5) / spread))
    # ways[s]: in how many ways the signs make the sum s - width; Python's integers keep it exact.
    ways = {0: 1}
    for step in steps:
        following: dict[int, int] = {}
        for total, count in ways.items():
            for sum_ in (total + step, total - step):
                following[sum_] = following.get(sum_, 0) + count
        ways = following
    return float(Fraction(sum(count for total, count in ways.items() if abs(total) >= seen), 2 ** len(steps)))


def _outcomes(root: Path) -> _Outcomes:
    found: _Outcomes = {}
    for (pack, task, _), attempt in final_attempts(root).items():
        reward = attempt.record.reward.value
        if reward is not None:
            found.setdefault((pack, task), []).append(is_success(reward))
    return found


def _run(
    root: Path, manifest: RunManifest, outcomes: _Outcomes, common: Sequence[TaskKey], scores: dict[TaskKey, Fraction]
) -> ComparedRun:
    repeated = [outcomes[key] for key in common if len(outcomes[key]) > 1]
    return ComparedRun(
        run=str(root),
        agent=manifest.agent.name,
        model=manifest.agent.model,
        tasks=len({(trial.pack, trial.task) for trial in manifest.trials}),
        pass_1=_mean(list(scores.values())),
        self_flips=_mean([_self_flip(solved) for solved in repeated]) if repeated else None,
    )


def _disagree(a: Fraction, b: Fraction) -> Fraction:
    """How often a trial of one and a trial of the other disagree."""
    return a * (1 - b) + b * (1 - a)


def _self_flip(solved: Sequence[bool]) -> Fraction:
    """The share of pairs of trials that disagree: 2c(n − c) / n(n − 1)."""
    n, c = len(solved), sum(solved)
    return Fraction(2 * c * (n - c), n * (n - 1))


def _part(differences: Sequence[Fraction]) -> Part:
    return Part(
        tasks=len(differences),
        difference=_mean(differences),
        interval=paired_interval([float(one) for one in differences]),
        p_value=sign_flip_p(differences),
        better=sum(one > 0 for one in differences),
        worse=sum(one < 0 for one in differences),
    )


def _standard_error(differences: Sequence[Fraction]) -> float:
    """Of the mean, smoothed as the interval is (Agresti and Min)."""
    return sqrt(_variance(differences) / (len(differences) + 2))


def _variance(differences: Sequence[Fraction]) -> float:
    pairs = len(differences) + 2
    centre = sum(differences, Fraction()) / pairs
    return float((sum((one * one for one in differences), Fraction(1))) / pairs - centre**2)


def _needed(
    found: tuple[_Outcomes, _Outcomes], common: Sequence[TaskKey], differences: dict[TaskKey, Fraction]
) -> tuple[int | None, int | None]:
    """(tasks, trials a task) at which the difference seen would be found in 80 of 100 comparisons.

    More trials shrink only the part of the variance that lies within tasks, estimated from tasks with two decided
    trials and more in both runs; without such tasks nothing can be said about trials.
    """
    seen = abs(_mean(list(differences.values())))
    if not seen:
        return None, None
    wanted = seen / _DETECTED
    variance = _variance(list(differences.values()))
    tasks = ceil(variance / wanted**2)
    repeated = [key for key in common if all(len(outcomes[key]) > 1 for outcomes in found)]
    if not repeated:
        return tasks, None
    # A single trial's variance within a task, and what the present numbers of trials leave of it.
    single = _mean([_self_flip(outcomes[key]) / 2 for key in repeated for outcomes in found]) * 2
    left = _mean([sum((_self_flip(one[key]) / 2 / len(one[key]) for one in found), Fraction()) for key in repeated])
    between, allowed = max(0.0, variance - left), wanted**2 * (len(common) + 2)
    return tasks, ceil(single / (allowed - between)) if allowed > between and single else None


def _flip(key: TaskKey, a: _Outcomes, b: _Outcomes) -> Flip:
    shown = (f"{sum(one[key])}/{len(one[key])}" for one in (a, b))
    return Flip(pack=key[0], task=key[1], a=next(shown), b=next(shown))


def _differences(a: RunManifest, b: RunManifest) -> list[str]:
    aspects = (
        ("suite", a.suite_hash[:19], b.suite_hash[:19]),
        ("simulator", _seat(a.simulator), _seat(b.simulator)),
        ("judge", _seat(a.judge), _seat(b.judge)),
        ("harness", _major(a.harness), _major(b.harness)),
    )
    return [f"{name} ({one or 'none'} and {other or 'none'})" for name, one, other in aspects if one != other]


def _gaps(a: Path, b: Path, manifests: tuple[RunManifest, RunManifest]) -> list[str]:
    missing = ((root, len(one.trials) - len(final_attempts(root))) for root, one in zip((a, b), manifests, strict=True))
    return [f"{root}: {count} trials are missing" for root, count in missing if count]


def _seat(seat: SeatIdentity | None) -> str:
    if seat is None:
        return ""
    options = (f"{name}={canonical(value)}" for name, value in sorted(seat.options.items()))
    return " ".join((seat.name, *([] if seat.model is None else [seat.model]), *options))


def _major(version: str) -> str:
    """What must agree of a version: before 1.0 a minor release may change anything."""
    parts = version.split(".")
    return ".".join(parts[:2]) if parts[0] == "0" else parts[0]


def _mean(values: Sequence[Fraction]) -> float:
    return float(sum(values, Fraction()) / len(values))
