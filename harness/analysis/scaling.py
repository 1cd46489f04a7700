"""Interaction scaling: the same agent on the same tasks with more and more patience of the user, in one table.

BIRD-INTERACT asks whether an agent that may ask more also solves more (its "interaction-time scaling"). Phase 1 and 2
are the shares of all decided episodes whose first, and second, request was answered rightly; the reward is their
weighted sum. Intervals are 95 % over tasks (Wilson), of which trials are no further samples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor
from pathlib import Path

from harness.analysis.breakdown import run_packs
from harness.analysis.intervals import wilson
from harness.core.errors import InputError
from harness.core.event import MessageEvent
from harness.core.interaction import patience_of
from harness.core.message import Party
from harness.core.mode import Mode
from harness.core.parsing import Model
from harness.core.record import Record
from harness.core.run import RunManifest
from harness.runner.journal import final_attempts, read_manifest
from harness.runner.sweep import sweep_runs


class Mean(Model):
    """The mean over tasks of a number from 0 to 1."""

    value: float | None
    """`None`: nothing was decided."""
    interval: tuple[float, float]


class ScalingPoint(Model):
    """One run of the curve."""

    patience: int
    run: str
    tasks: int
    """With a decided trial."""
    episodes: int
    """Planned."""
    undecided: int
    """Not played, ended by the infrastructure, or with checks that could not be evaluated."""
    phase_1: Mean
    phase_2: Mean
    """Of all tasks, those without a follow-up too."""
    reward: Mean
    questions: float
    """To the user, mean a finished episode."""
    turns: float
    """Acts of the agent, mean a finished episode."""


class Scaling(Model):
    """As `bench scaling --json` prints it."""

    agent: str
    model: str | None
    simulator: str
    suite: str
    mode: Mode
    points: tuple[ScalingPoint, ...]
    """Least patience first."""


def scale(roots: Sequence[Path]) -> Scaling:
    """The curve of these runs, or of the sweeps in these folders.

    Raises:
        InputError: one is no run, two have the same patience, or they differ in more than their patience.
    """
    runs = [run for root in roots for run in sweep_runs(root) or [root]]
    manifests = {run: read_manifest(run) for run in runs}
    first = manifests[runs[0]]
    by_patience: dict[int, Path] = {}
    for run, manifest in manifests.items():
        _refuse_other(runs[0], first, run, manifest)
        patience = _patience(run, manifest)
        if patience in by_patience:
            raise InputError(f"{by_patience[patience]} and {run} were both played with patience {patience}")
        by_patience[patience] = run
    return Scaling(
        agent=first.agent.name,
        model=first.agent.model,
        simulator=first.simulator.name,
        suite=first.suite.id,
        mode=first.suite.mode,
        points=tuple(_point(patience, by_patience[patience], manifests) for patience in sorted(by_patience)),
    )


def _point(patience: int, run: Path, manifests: dict[Path, RunManifest]) -> ScalingPoint:
    records = [attempt.record for attempt in final_attempts(run).values()]
    decided = [record for record in records if record.reward.value is not None]
    planned = manifests[run].trials
    return ScalingPoint(
        patience=patience,
        run=str(run),
        tasks=len({record.key[:2] for record in decided}),
        episodes=len(planned),
        undecided=len(planned) - len(decided),
        phase_1=_mean(decided, lambda record: _passed(record, 0)),
        phase_2=_mean(decided, lambda record: _passed(record, 1)),
        reward=_mean(decided, lambda record: record.reward.value or 0.0),
        questions=_average([_questions(record) for record in records]),
        turns=_average([record.turns for record in records]),
    )


def _mean(records: Sequence[Record], value: Callable[[Record], float]) -> Mean:
    """The mean over tasks of the mean over their trials.

    A value between 0 and 1 varies no more than one that is 0 or 1, so Wilson's interval is wide enough.
    """
    tasks: dict[tuple[str, str], list[float]] = {}
    for record in records:
        tasks.setdefault((record.pack, record.task), []).append(value(record))
    if not tasks:
        return Mean(value=None, interval=(0.0, 1.0))
    total = sum(_average(values) for values in tasks.values())
    # Sums of tenths only come near to whole numbers.
    low, high = floor(round(total, 9)), ceil(round(total, 9))
    return Mean(value=total / len(tasks), interval=(wilson(low, len(tasks))[0], wilson(high, len(tasks))[1]))


def _passed(record: Record, phase: int) -> float:
    return float(any(one.phase == phase and one.value == 1.0 for one in record.reward.phases))


def _questions(record: Record) -> int:
    """What the agent said to the user, be it given or its own."""
    return sum(
        isinstance(event, MessageEvent) and event.party is Party.AGENT and event.to is Party.USER
        for event in record.events
    )


def _patience(run: Path, manifest: RunManifest) -> int:
    given = {one.options.get("patience") for one in manifest.suite.select}
    if None in given or len(given) > 1:
        given = {patience_of(pack) for pack in run_packs(run, manifest).values()}
    if len(given) != 1:
        raise InputError(f"{run}: its packs were played with different patience", hint="play them with one --patience")
    value = given.pop()
    return value if isinstance(value, int) else 0


def _refuse_other(first: Path, reference: RunManifest, run: Path, manifest: RunManifest) -> None:
    if not manifest.suite.mode.interact:
        raise InputError(
            f"{run}: was played in mode {manifest.suite.mode.value!r}, where patience means nothing",
            hint=f"play with --mode {Mode.C_INTERACT.value} or --mode {Mode.A_INTERACT.value}",
        )
    for what, one, other in (
        ("agent", reference.agent, manifest.agent),
        ("user", reference.simulator, manifest.simulator),
        ("mode", reference.suite.mode, manifest.suite.mode),
        ("seed", reference.seed, manifest.seed),
        ("packs", _packs(reference), _packs(manifest)),
        ("options", _options(reference), _options(manifest)),
        ("trials", set(reference.trials), set(manifest.trials)),
    ):
        if one != other:
            raise InputError(
                f"{first} and {run} differ in more than their patience: in {what}",
                hint="`bench run --patience 0,3,5,7` plays runs that compare",
            )


def _packs(manifest: RunManifest) -> dict[str, str]:
    return {pack.id: pack.hash for pack in manifest.packs}


def _options(manifest: RunManifest) -> list[dict[str, object]]:
    return [{key: value for key, value in one.options.items() if key != "patience"} for one in manifest.suite.select]


def _average(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
