"""What a run scored, as one frozen value: `bench show` prints it or dumps it. It needs the run directory alone.

Rates count decided trials. One without a reward (an infrastructure failure, a check of the basis that could not
be evaluated) is neither success nor failure; it is counted in `undecided`. A cost is unknown, not 0, as soon as
one call's price is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import Field

from harness.analysis.intervals import wilson
from harness.analysis.pass_k import PassK, is_success, pass_k
from harness.core.check import CheckKind, PhaseReward, Verdict
from harness.core.event import FaultEvent
from harness.core.message import Usage
from harness.core.mode import Mode
from harness.core.parsing import Model
from harness.core.record import Attempt, Record, Traffic
from harness.core.run import PlannedTrial, RunManifest
from harness.core.termination import Termination
from harness.runner.journal import final_attempts, read_attempts, read_manifest


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
    """95 % Wilson interval of the pass rate."""
    pass_k: PassK
    mean_reward: float | None
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
    attempts: int
    """Started episodes, superseded ones too."""
    traffic: Traffic
    """What all attempts asked of models."""
    actions: ActionAccuracy | None = None
    """Where tasks have action checks; `harness.analysis.breakdown` fills it in."""
    breakdowns: dict[str, dict[str, Scores]] = Field(default_factory=dict)
    """By what was asked for, then by group; `harness.analysis.breakdown` fills it in."""


def summarize(root: Path) -> Summary:
    """The summary of the run in `root`, finished or not.

    Raises:
        InputError: it isn't a run, or it is damaged.
    """
    manifest = read_manifest(root)
    attempts = list(final_attempts(root).values())
    packs: dict[str, tuple[list[PlannedTrial], list[Attempt]]] = {}
    for trial in manifest.trials:
        packs.setdefault(trial.pack, ([], []))[0].append(trial)
    for attempt in attempts:
        packs.setdefault(attempt.record.pack, ([], []))[1].append(attempt)
    return Summary(
        **_measures(manifest.trials, attempts),
        run=str(root),
        suite=manifest.suite.id,
        suite_hash=manifest.suite_hash,
        mode=manifest.suite.mode,
        agent=manifest.agent.name,
        model=manifest.agent.model,
        simulator=manifest.simulator.name,
        seed=manifest.seed,
        packs={pack: score(planned, played) for pack, (planned, played) in packs.items()},
        not_evaluated=_not_evaluated([attempt.record for attempt in attempts]),
        infrastructure=_infrastructure([attempt.record for attempt in attempts]),
        attempts=len(started := list(read_attempts(root))),
        traffic=sum((attempt.traffic for attempt in started), Traffic()),
    )


def score(planned: Sequence[PlannedTrial], attempts: Sequence[Attempt]) -> Scores:
    """What these attempts at these trials scored; an attempt counts for its trial, so give the last one only."""
    return Scores(**_measures(planned, attempts))


def sound(manifest: RunManifest, attempts: Sequence[Attempt]) -> bool:
    """Whether every planned trial ended, and none by an infrastructure failure."""
    ended = {attempt.record.key: attempt.record.termination for attempt in attempts}
    return all(
        ended.get((trial.pack, trial.task, trial.trial), Termination.INFRA_ERROR) is not Termination.INFRA_ERROR
        for trial in manifest.trials
    )


def judged_phases(record: Record) -> tuple[PhaseReward, ...]:
    """The phases whose checks say something about the agent: none where the infrastructure ended the episode."""
    return () if record.termination is Termination.INFRA_ERROR else record.reward.phases


def _measures(planned: Sequence[PlannedTrial], attempts: Sequence[Attempt]) -> dict[str, object]:
    records = [attempt.record for attempt in attempts]
    rewards = [record.reward.value for record in records if record.reward.value is not None]
    solved = sum(map(is_success, rewards))
    spent = sum((record.usage.agent + record.usage.user for record in records), Usage())
    tasks = Counter((trial.pack, trial.task) for trial in planned)
    broken = sum(record.termination is Termination.INFRA_ERROR for record in records)
    return {
        "tasks": len(tasks),
        "episodes": len(planned),
        "completed": len(records),
        "solved": solved,
        "undecided": len(records) - len(rewards),
        "unjudged": sum(not judged_phases(record) for record in records) - broken,
        "pass_rate": solved / len(rewards) if rewards else None,
        "interval": wilson(solved, len(rewards)),
        "pass_k": pass_k(tasks, (((record.pack, record.task), record.reward.value) for record in records)),
        "mean_reward": sum(rewards) / len(rewards) if rewards else None,
        "turns": _mean([record.turns for record in records]),
        "tokens": spent.tokens,
        "cost": spent.cost_usd,
        "wall_s": round(_mean([attempt.timings.wall_s for attempt in attempts]), 6),
        "terminations": dict(sorted(Counter(record.termination.value for record in records).items())),
        "usage": {seat: _seat([getattr(record.usage, seat) for record in records]) for seat in _SEATS},
        "checks": dict(_check_rates(records)),
    }


_SEATS = ("agent", "user", "judge")


def _seat(usages: Sequence[Usage]) -> SeatUsage:
    total = sum(usages, Usage())
    return SeatUsage(
        calls=total.calls,
        tokens=total.tokens,
        input_tokens=total.input_tokens,
        output_tokens=total.output_tokens,
        cost=total.cost_usd,
        mean_cost=total.cost_usd / len(usages) if usages and total.cost_usd is not None else None,
    )


def _check_rates(records: Sequence[Record]) -> Iterator[tuple[CheckKind, CheckRates]]:
    single: dict[CheckKind, Counter[Verdict]] = {}
    whole: dict[CheckKind, Counter[Verdict]] = {}
    decisive: Counter[CheckKind] = Counter()
    scored: dict[CheckKind, list[float]] = {}
    for record in records:
        phases = judged_phases(record)
        verdicts: dict[CheckKind, set[Verdict]] = {}
        for check in (check for phase in phases for check in phase.checks):
            single.setdefault(check.kind, Counter())[check.verdict] += 1
            verdicts.setdefault(check.kind, set()).add(check.verdict)
            scored.setdefault(check.kind, []).extend(() if check.score is None else (check.score,))
        for kind, found in verdicts.items():
            whole.setdefault(kind, Counter())[_together(found)] += 1
            decisive[kind] += any(kind in phase.basis for phase in phases)
    for kind in (kind for kind in CheckKind if kind in whole):
        yield (
            kind,
            CheckRates(
                episodes=_rate(whole[kind]),
                checks=_rate(single[kind]),
                undecided=whole[kind][Verdict.NOT_EVALUATED],
                decisive=decisive[kind],
                score=_mean(scored[kind]) if scored[kind] else None,
            ),
        )


def _together(verdicts: set[Verdict]) -> Verdict:
    """As in a reward: a failure decides, else what could not be evaluated leaves it open."""
    return next(one for one in (Verdict.FAILED, Verdict.NOT_EVALUATED, Verdict.PASSED) if one in verdicts)


def _rate(counts: Counter[Verdict]) -> Rate:
    return Rate.of(counts[Verdict.PASSED], counts[Verdict.PASSED] + counts[Verdict.FAILED])


def _not_evaluated(records: Sequence[Record]) -> dict[str, int]:
    return dict(
        Counter(
            f"{check.kind}: {check.reason}"
            for record in records
            for phase in record.reward.phases
            for check in phase.checks
            if check.verdict is Verdict.NOT_EVALUATED
        )
    )


def _infrastructure(records: Sequence[Record]) -> dict[str, int]:
    return dict(
        Counter(
            event.error
            for record in records
            if record.termination is Termination.INFRA_ERROR
            for event in record.events
            if isinstance(event, FaultEvent)
        ).most_common()
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
