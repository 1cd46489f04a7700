"""What a run scored, as one frozen value: `bench show` prints it or dumps it. It needs the run directory alone.

Rates count decided trials. One without a reward (an infrastructure failure, a check of the basis that could not
be evaluated) is neither success nor failure; it is counted in `undecided`. A cost is unknown, not 0, as soon as
one call's price is.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.analysis.adjusted import Adjusted, TrialKey, adjust
from harness.analysis.blame import LEDGER, Cause
from harness.analysis.blame import blamed as blamed_on
from harness.analysis.compaction import head_of
from harness.analysis.consistency import Consistency, consistency
from harness.analysis.counted import read_run
from harness.analysis.curves import Curve, curves
from harness.analysis.database import question
from harness.analysis.estimate import SuiteEstimate, estimate_suite
from harness.analysis.intervals import bootstrap_interval, resampled, share_interval, wilson
from harness.analysis.outcomes import Outcomes, read_outcomes
from harness.analysis.pass_k import PassK, pass_k_of
from harness.analysis.spread import Spread, spreads
from harness.analysis.trials import SEATS, TERMINATIONS, VERDICTS, Floats, Trials
from harness.core.check import CheckKind
from harness.core.mode import Mode
from harness.core.parsing import Model
from harness.core.record import Attempt, Traffic
from harness.core.run import PlannedTrial, ScheduleKind
from harness.core.termination import Termination


class SeatUsage(Model):
    """Model calls of one seat."""

    calls: int
    tokens: int
    input_tokens: int
    output_tokens: int
    cost: float | None
    """US dollars; null where a price is unknown."""
    mean_cost: float | None
    """US dollars a finished episode (τ²: average agent cost); null where unknown or nothing has finished."""


class Rate(Model):
    """How many of what could be decided passed."""

    passed: int
    decided: int
    rate: float | None
    interval: tuple[float, float]
    """95 % Wilson interval."""

    @classmethod
    def of(cls, passed: int, decided: int) -> Rate:
        """The rate; none where nothing was decided."""
        rate = passed / decided if decided else None
        return cls(passed=passed, decided=decided, rate=rate, interval=wilson(passed, decided))


class CheckRates(Model):
    """The checks of one kind, over the episodes that were judged."""

    episodes: Rate
    """Episodes in which all checks of the kind passed (τ²'s component). One failure decides an episode."""
    checks: Rate
    """Single checks."""
    undecided: int
    """Episodes in which none failed but one could not be evaluated."""
    decisive: int
    """Episodes in whose reward basis the kind is; in the others it is diagnostic."""
    score: float | None = None
    """Mean of single checks' scores, where the kind has one (how many of the references are there, say)."""


class Scores(Model):
    """What a run, or a part of it, scored."""

    tasks: int
    """Planned."""
    episodes: int
    """Planned."""
    completed: int
    solved: int
    undecided: int
    """Finished without a reward: infrastructure failures and checks that could not be evaluated."""
    unjudged: int
    """Finished, but ended in a way that earns nothing before any check was run."""
    pass_rate: float | None
    """Solved trials over those with a reward."""
    interval: tuple[float, float]
    """95 % interval of the pass rate, tasks the sample (`harness.analysis.intervals.share_interval`)."""
    bootstrap: tuple[float, float] | None = None
    """The same by resampling tasks; null with fewer than two."""
    pass_k: PassK
    consistency: Consistency | None = None
    """Between trials of a task; null where none has two decided ones."""
    mean_reward: float | None
    reward_interval: tuple[float, float] = (0.0, 1.0)
    """95 %, tasks the sample."""
    reward_bootstrap: tuple[float, float] | None = None
    turns: float
    """Agent's acts, mean a finished episode."""
    tokens: int
    """Agent's and user's."""
    cost: float | None
    """Agent's and user's; `usage` has them apart."""
    wall_s: float
    """Seconds an episode, mean."""
    terminations: dict[str, int]
    usage: dict[str, SeatUsage]
    """By seat: agent, user, judge."""
    spread: dict[str, Spread] = Field(default_factory=dict)
    """Percentiles over finished episodes, by measure (`harness.analysis.spread.MEASURES`)."""
    checks: dict[CheckKind, CheckRates]
    """By kind, diagnostic ones too."""


class ActionAccuracy(Model):
    """Reference calls that were found in the trajectories (τ²: partial action reward)."""

    total: Rate
    read: Rate | None
    """Of tools that change nothing; null where the tools can't be asked, see `note`."""
    write: Rate | None
    tools: dict[str, Rate]
    note: str = ""
    """Why reads and writes can't be told apart."""


class Failure(Model):
    """A task that was not always solved."""

    pack: str
    task: str
    failed: int
    decided: int
    open: str
    """The command that shows the first failed episode."""


class Summary(Scores):
    """A run as `bench show --json` prints it."""

    run: str
    suite: str
    suite_hash: str
    mode: Mode
    agent: str
    model: str | None
    simulator: str
    seed: int
    packs: dict[str, Scores]
    not_evaluated: dict[str, int]
    """Checks without a verdict, diagnostic ones too: reason to count."""
    infrastructure: dict[str, int]
    """What ended episodes as `infra_error`: message to count."""
    agent_errors: dict[str, int] = Field(default_factory=dict)
    """The same for `agent_error`."""
    attempts: int
    """Started episodes, superseded ones too."""
    traffic: Traffic
    """What all attempts asked of models."""
    adjusted: Adjusted | None = None
    """For the trials that are the user's fault; null where none is."""
    curves: dict[str, Curve] = Field(default_factory=dict)
    """Success against turns, tool calls, tokens and dollars, where asked for."""
    schedule: ScheduleKind | None = None
    """How the tasks were chosen; null: the whole suite was played. Under `hard-first` all rates are null or empty."""
    estimate: SuiteEstimate | None = None
    """Of the whole suite, where tasks were drawn by lot and any is decided; the other numbers are of those drawn."""
    failures: tuple[Failure, ...] = ()
    """What a hard-first run found, in the order in which it looked."""
    actions: ActionAccuracy | None = None
    """Where tasks have action checks; `harness.analysis.breakdown` fills it in."""
    breakdowns: dict[str, dict[str, Scores]] = Field(default_factory=dict)
    """By what was asked for, then by group; `harness.analysis.breakdown` fills it in."""


def summarize(root: Path, *, curved: bool = False, blamed: Set[TrialKey] | None = None) -> Summary:
    """The summary of the run in `root`, finished or not.

    Args:
        curved: Whether to make the interaction curves, too.
        blamed: The trials that are the user's fault; `None`: those of the run's blame ledger, or of its rules.

    Raises:
        InputError: it isn't a run, or it is damaged.
    """
    trials, counted = question([root], read_run, needed=("attempts", "checks"))
    manifest = head_of(root)
    owners = np.array([pack for pack, _ in trials.tasks])
    parts = {str(pack): score(trials.part(owners == pack)) for pack in dict.fromkeys(owners.tolist())}
    # One pack is the whole.
    whole = next(iter(parts.values())) if len(parts) == 1 else score(trials)
    if blamed is None and (root / LEDGER).is_file():
        blamed = blamed_on(root, Cause.USER)
    adjusted = adjust(trials, blamed)
    summary = Summary(
        **{name: getattr(whole, name) for name in Scores.model_fields},
        run=str(root),
        suite=manifest.suite.id,
        suite_hash=manifest.suite_hash,
        mode=manifest.suite.mode,
        agent=manifest.agent.name,
        model=manifest.agent.model,
        simulator=manifest.simulator.name,
        seed=manifest.seed,
        packs=parts,
        **counted,
        adjusted=adjusted if adjusted.blamed else None,
        curves=curves(trials) if curved else {},
        schedule=manifest.schedule.kind if manifest.schedule else None,
    )
    match summary.schedule:
        case ScheduleKind.HARD_FIRST:
            return _without_rates(summary, read_outcomes(root))
        case ScheduleKind.ESTIMATE if manifest.schedule:
            return summary.model_copy(update={"estimate": estimate_suite(manifest.schedule, read_outcomes(root))})
    return summary


def _without_rates(summary: Summary, found: Outcomes) -> Summary:
    """What may be said of tasks that were picked because they would fail: which of them did."""
    nothing: dict[str, object] = {
        "pass_rate": None,
        "interval": (0.0, 1.0),
        "bootstrap": None,
        "consistency": None,
        "mean_reward": None,
        "reward_interval": (0.0, 1.0),
        "reward_bootstrap": None,
        "checks": {},
    }
    failed = np.flatnonzero(found.solved < found.decided).tolist()

    def blank(part: Scores) -> dict[str, object]:
        return {**nothing, "pass_k": part.pass_k.model_copy(update={"at": {}, "any": {}})}

    return summary.model_copy(
        update={
            **blank(summary),
            "adjusted": None,
            "curves": {},
            "packs": {pack: part.model_copy(update=blank(part)) for pack, part in summary.packs.items()},
            "failures": tuple(
                Failure(
                    pack=found.tasks[place][0],
                    task=found.tasks[place][1],
                    failed=int(found.decided[place] - found.solved[place]),
                    decided=int(found.decided[place]),
                    open=found.command(summary.run, place, int(found.first_failed[place])),
                )
                for place in failed
            ),
        }
    )


def score(trials: Trials) -> Scores:
    """What these trials scored."""
    decided, broken = trials.decided, trials.termination == TERMINATIONS.index(Termination.INFRA_ERROR)
    reward = np.where(decided, trials.reward, 0.0)
    finished, counts, solved = (trials.by_task(rows) for rows in (None, decided, trials.solved))
    rewards = np.round(trials.by_task(reward), 9)
    total, wins = int(counts.sum()), int(solved.sum())
    cluster = np.column_stack((solved, rewards, counts))[counts > 0]
    ends = np.bincount(trials.termination, minlength=len(TERMINATIONS))
    spread = _bootstrap(cluster[:, 0], cluster[:, 2])
    whole = bool(np.array_equal(cluster[:, 0], cluster[:, 1]))
    usage = {seat: _seat(trials, seat) for seat in SEATS}
    costs = [usage[seat].cost for seat in ("agent", "user")]
    return Scores(
        tasks=int((trials.planned > 0).sum()),
        episodes=int(trials.planned.sum()),
        completed=len(trials.task),
        solved=wins,
        undecided=len(trials.task) - total,
        unjudged=int((~trials.judged & ~broken).sum()),
        pass_rate=wins / total if total else None,
        interval=share_interval(cluster[:, 0], cluster[:, 2]),
        bootstrap=spread,
        pass_k=pass_k_of(trials.tasks, trials.planned, *(one.astype(np.int64) for one in (finished, counts, solved))),
        consistency=consistency(counts.astype(np.int64), solved.astype(np.int64)),
        mean_reward=float(reward.sum()) / total if total else None,
        reward_interval=share_interval(cluster[:, 1], cluster[:, 2]),
        # Where all rewards are 0 or 1 it is the pass rate again.
        reward_bootstrap=spread if whole else _bootstrap(cluster[:, 1], cluster[:, 2]),
        turns=_mean(trials.turns),
        tokens=sum(usage[seat].tokens for seat in ("agent", "user")),
        cost=None if None in costs else sum(cost for cost in costs if cost is not None),
        wall_s=round(_mean(trials.wall_s), 6),
        terminations={one.value: int(count) for one, count in sorted(zip(TERMINATIONS, ends, strict=True)) if count},
        usage=usage,
        spread=spreads(trials),
        checks={
            kind: _check_rates(table.sum(axis=0).tolist()) for kind, table in trials.verdicts.items() if table.any()
        },
    )


def sound(due: Sequence[PlannedTrial], attempts: Sequence[Attempt]) -> bool:
    """Whether every one of these trials ended, and none by an infrastructure failure."""
    ended = {attempt.record.key: attempt.record.termination for attempt in attempts}
    return all(
        ended.get((trial.pack, trial.task, trial.trial), Termination.INFRA_ERROR) is not Termination.INFRA_ERROR
        for trial in due
    )


def _bootstrap(totals: Floats, counts: Floats) -> tuple[float, float] | None:
    return bootstrap_interval(resampled(totals, counts), len(counts)) if len(counts) > 1 else None


def _seat(trials: Trials, seat: str) -> SeatUsage:
    sums = {name.removeprefix(f"{seat}_"): float(column.sum()) for name, column in trials.spent.items()}
    cost = None if sums["unpriced"] else sums["cost_usd"]
    return SeatUsage(
        calls=int(sums["calls"]),
        tokens=int(sums["input_tokens"] + sums["output_tokens"]),
        input_tokens=int(sums["input_tokens"]),
        output_tokens=int(sums["output_tokens"]),
        cost=cost,
        mean_cost=cost / len(trials.task) if len(trials.task) and cost is not None else None,
    )


def _check_rates(counts: Sequence[float]) -> CheckRates:
    found = {name: int(count) for name, count in zip(VERDICTS, counts, strict=True)}
    score = counts[VERDICTS.index("score")]
    return CheckRates(
        episodes=Rate.of(found["all_passed"], found["all_passed"] + found["any_failed"]),
        checks=Rate.of(found["passed"], found["passed"] + found["failed"]),
        undecided=found["left_open"],
        decisive=found["decisive"],
        score=score / found["scored"] if found["scored"] else None,
    )


def _mean(values: NDArray[np.generic]) -> float:
    return float(values.mean()) if len(values) else 0.0
