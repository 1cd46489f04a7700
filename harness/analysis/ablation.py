"""Runs of the same tasks with more and with less help, side by side: what communication and planning cost.

An agent that needs no user (`no-user`) or is shown the reference's calls (`oracle-plan`) has one thing less to do.
What it gains by that is the loss of the other: communication loss = no-user − default, planning loss =
oracle-plan − default (Barres et al., "τ²-bench", arXiv:2506.07982). A task's score is its share of solved trials;
differences are paired by task, over the tasks that have a decided trial in every run given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from harness.analysis.intervals import paired_interval
from harness.analysis.trials import TaskKey
from harness.core.check import is_success
from harness.core.errors import InputError
from harness.core.identity import canonical
from harness.core.mode import Mode
from harness.core.parsing import Model
from harness.core.run import RunManifest, SeatIdentity
from harness.runner.journal import final_attempts, read_manifest

_LEAST_HELP_FIRST = (Mode.DEFAULT, Mode.ORACLE_PLAN, Mode.NO_USER, Mode.NO_USER_ORACLE_PLAN)
"""Whatever can be played in a mode can be played in those before it."""


class Loss(StrEnum):
    """What is lost without a help, named after what the agent then has to do itself."""

    COMMUNICATION = "communication"
    """no-user − default."""
    PLANNING = "planning"
    """oracle-plan − default."""
    COMMUNICATION_WITH_PLAN = "communication, with a plan"
    """no-user+oracle-plan − oracle-plan."""
    PLANNING_WITHOUT_USER = "planning, without a user"
    """no-user+oracle-plan − no-user."""
    BOTH = "communication and planning"
    """no-user+oracle-plan − default."""


_MODES = {
    Loss.COMMUNICATION: (Mode.NO_USER, Mode.DEFAULT),
    Loss.PLANNING: (Mode.ORACLE_PLAN, Mode.DEFAULT),
    Loss.COMMUNICATION_WITH_PLAN: (Mode.NO_USER_ORACLE_PLAN, Mode.ORACLE_PLAN),
    Loss.PLANNING_WITHOUT_USER: (Mode.NO_USER_ORACLE_PLAN, Mode.NO_USER),
    Loss.BOTH: (Mode.NO_USER_ORACLE_PLAN, Mode.DEFAULT),
}


class Difference(Model):
    """A paired difference of two runs, helped minus less helped."""

    value: float | None
    """Mean over tasks, -1 to 1; null without tasks."""
    interval: tuple[float, float]
    """95 %, see `harness.analysis.intervals.paired_interval`."""
    more: int
    """Tasks that are solved more often with the help."""
    less: int


class Part(Model):
    """One pack, or all."""

    tasks: int
    """Common: with a decided trial in every run."""
    left_out: tuple[str, ...]
    """PACK/TASK of the others: not playable in some mode, not played, or never decided."""
    pass_1: dict[Mode, float | None]
    """Share of solved trials, the mean over the common tasks."""
    losses: dict[Loss, Difference]
    """Those whose two runs were given."""


class AblatedRun(Model):
    """A run that is compared."""

    run: str
    agent: str
    model: str | None
    simulator: str
    tasks: int
    """Planned."""


class Ablation(Model):
    """As `bench ablation --json` prints it."""

    runs: dict[Mode, AblatedRun]
    packs: dict[str, Part]
    all: Part
    notes: tuple[str, ...]
    """What else the runs differ in, or lack."""


@dataclass(frozen=True, slots=True)
class _Run:
    root: Path
    manifest: RunManifest
    planned: dict[TaskKey, None]
    scores: dict[TaskKey, float]
    """Share of solved trials, where any was decided."""
    trials: dict[TaskKey, int]
    """How many those are."""
    missing: int
    """Trials that are planned and not finished."""

    @property
    def mode(self) -> Mode:
        return self.manifest.suite.mode


def compare_modes(roots: Sequence[Path]) -> Ablation:
    """Runs of the same tasks, each in another mode, side by side.

    Raises:
        InputError: one is no run, two have the same mode, no loss can be told from their modes, or they don't
            play the same tasks of the same packs.
    """
    runs = [_read(root) for root in roots]
    for run in runs:
        if run.mode not in _LEAST_HELP_FIRST:
            raise InputError(f"{run.root}: mode {run.mode.value!r} gives an agent no more or less help than another")
    runs.sort(key=lambda run: _LEAST_HELP_FIRST.index(run.mode))
    _refuse_modes(runs)
    _refuse_other_packs(runs)
    _refuse_other_tasks(runs)
    widest = runs[0].planned
    packs = {pack: [key for key in widest if key[0] == pack] for pack in dict.fromkeys(pack for pack, _ in widest)}
    whole = _part(runs, list(widest))
    if not whole.tasks:
        unfinished = next((run.root for run in runs if run.missing), None)
        hint = "`bench show RUN` tells why" if unfinished is None else f"go on with: bench run --resume {unfinished}"
        raise InputError("no task has a decided trial in every one of these runs", hint=hint)
    return Ablation(
        runs={
            run.mode: AblatedRun(
                run=str(run.root),
                agent=run.manifest.agent.name,
                model=run.manifest.agent.model,
                simulator=run.manifest.simulator.name,
                tasks=len(run.planned),
            )
            for run in runs
        },
        packs={pack: _part(runs, keys) for pack, keys in packs.items()},
        all=whole,
        notes=tuple(_notes(runs)),
    )


def _read(root: Path) -> _Run:
    manifest = read_manifest(root)
    final = final_attempts(root)
    outcomes: dict[TaskKey, list[bool]] = {}
    for (pack, task, _), attempt in final.items():
        reward = attempt.record.reward.value
        if reward is not None:
            outcomes.setdefault((pack, task), []).append(is_success(reward))
    return _Run(
        root,
        manifest,
        planned=dict.fromkeys((trial.pack, trial.task) for trial in manifest.trials),
        scores={key: sum(solved) / len(solved) for key, solved in outcomes.items()},
        trials={key: len(solved) for key, solved in outcomes.items()},
        missing=len(manifest.trials) - len(final),
    )


def _part(runs: Sequence[_Run], keys: Sequence[TaskKey]) -> Part:
    common = [key for key in keys if all(key in run.scores for run in runs)]
    known = set(common)
    scores = {run.mode: [run.scores[key] for key in common] for run in runs}
    steps = {run.mode: sum(1 / run.trials[key] for key in common) / max(1, len(common)) for run in runs}
    return Part(
        tasks=len(common),
        left_out=tuple(f"{pack}/{task}" for pack, task in keys if (pack, task) not in known),
        pass_1={mode: _mean(values) for mode, values in scores.items()},
        losses={
            loss: _difference(scores[helped], scores[less], (steps[helped] + steps[less]) / 2)
            for loss, (helped, less) in _MODES.items()
            if helped in scores and less in scores
        },
    )


def _difference(helped: Sequence[float], less: Sequence[float], step: float) -> Difference:
    differences = [one - other for one, other in zip(helped, less, strict=True)]
    return Difference(
        value=_mean(differences),
        interval=paired_interval(differences, step=step) if differences else (-1.0, 1.0),
        more=sum(one > 0 for one in differences),
        less=sum(one < 0 for one in differences),
    )


def _refuse_modes(runs: Sequence[_Run]) -> None:
    by_mode: dict[Mode, _Run] = {}
    for run in runs:
        if run.mode in by_mode:
            raise InputError(
                f"{by_mode[run.mode].root} and {run.root} were both played in mode {run.mode.value!r}",
                hint="an ablation compares one run of each mode; `bench run --mode` chooses it",
            )
        by_mode[run.mode] = run
    if not any(helped in by_mode and less in by_mode for helped, less in _MODES.values()):
        modes = " and ".join(repr(mode.value) for mode in by_mode)
        raise InputError(
            f"nothing can be told from {modes} alone", hint="give a run in mode 'default' beside one with more help"
        )


def _refuse_other_packs(runs: Sequence[_Run]) -> None:
    hashes: dict[str, tuple[str, _Run]] = {}
    options: dict[str, tuple[object, _Run]] = {}
    for run in runs:
        for pack in run.manifest.packs:
            known, other = hashes.setdefault(pack.id, (pack.hash, run))
            if known != pack.hash:
                raise InputError(
                    f"pack {pack.id!r} is not the same in {other.root} (hash {known[:19]}…) "
                    f"and {run.root} (hash {pack.hash[:19]}…)",
                    hint="play all modes with one version of the pack",
                )
        for selection in run.manifest.suite.select:
            wanted, other = options.setdefault(selection.pack, (selection.options, run))
            if wanted != selection.options:
                raise InputError(
                    f"pack {selection.pack!r} is played with options {wanted} in {other.root} "
                    f"and with {selection.options} in {run.root}",
                    hint="play all modes with the same options, such as --rules",
                )


def _refuse_other_tasks(runs: Sequence[_Run]) -> None:
    """More help may rule tasks out (no ticket, no reference); it never brings any in."""
    for number, run in enumerate(runs):
        for other in runs[:number]:
            foreign = [key for key in run.planned if key not in other.planned]
            if foreign:
                pack, task = foreign[0]
                whole = all(known != pack for known, _ in other.planned)
                what = f"pack {pack!r}" if whole else f"{len(foreign)} tasks (the first: {pack}/{task})"
                raise InputError(
                    f"{run.root} plays {what}, which {other.root} doesn't", hint="play the same suite in all modes"
                )


def _notes(runs: Sequence[_Run]) -> list[str]:
    notes = []
    with_user = [run for run in runs if not run.mode.solo]
    aspects: tuple[tuple[str, Sequence[_Run], dict[Mode, object]], ...] = (
        ("agent", runs, {run.mode: _seat(run.manifest.agent) for run in runs}),
        ("user", with_user, {run.mode: _seat(run.manifest.simulator) for run in runs}),
        ("judge", runs, {run.mode: _seat(run.manifest.judge) for run in runs}),
        ("seed", runs, {run.mode: run.manifest.seed for run in runs}),
        ("trials", runs, {run.mode: run.manifest.suite.trials for run in runs}),
        ("limits", runs, {run.mode: _limits(run.manifest) for run in runs}),
        ("policy", runs, {run.mode: _policies(run.manifest) for run in runs}),
        ("harness", runs, {run.mode: run.manifest.harness for run in runs}),
    )
    for name, among, values in aspects:
        if any(values[run.mode] != values[among[0].mode] for run in among):
            shown = ", ".join(f"{run.mode.value} {_shown(values[run.mode])}" for run in among)
            notes.append(f"the runs differ in {name}: {shown}")
    notes += [f"{run.root}: {run.missing} trials are missing" for run in runs if run.missing]
    return notes


def _seat(seat: SeatIdentity | None) -> tuple[str, ...]:
    """Who sits there; nobody is empty."""
    if seat is None:
        return ()
    options = (f"{name}={canonical(value)}" for name, value in sorted(seat.options.items()))
    return (seat.name, *([] if seat.model is None else [seat.model]), *options)


def _limits(manifest: RunManifest) -> dict[str, object]:
    """What the run and its suite set; what packs and tasks set is the same for all."""
    return manifest.limits.over(manifest.suite.limits).model_dump(exclude_none=True)


def _policies(manifest: RunManifest) -> tuple[str, ...]:
    return tuple(f"{one.policy} ({one.pack})" for one in manifest.suite.select if one.policy is not None)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        value = " ".join(value)
    return str(value) if value not in (None, "", {}) else "as usual"


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
