"""What a run shows, as one frozen value: `bench show` prints it or dumps it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from harness.analysis.intervals import wilson
from harness.core.check import Verdict
from harness.core.message import Usage
from harness.core.parsing import Model
from harness.core.record import Attempt, Record
from harness.core.run import RunManifest
from harness.core.termination import Termination
from harness.runner.journal import final_attempts, read_attempts, read_manifest

SOLVED = 1.0 - 1e-6
"""A trial is a success from this reward on (τ²'s tolerance)."""


class SeatUsage(Model):
    """Model calls of one seat over a run."""

    calls: int
    tokens: int
    input_tokens: int
    output_tokens: int
    cost: float | None
    """US dollars; null where a price is unknown."""


class PackSummary(Model):
    """One pack's share of a run."""

    episodes: int
    """Planned."""
    completed: int
    solved: int
    undecided: int
    """Finished without a reward: infrastructure failures and checks that could not be evaluated."""
    pass_rate: float | None
    """Solved trials over those with a reward."""
    interval: tuple[float, float]
    """95 % Wilson interval of the pass rate."""
    mean_reward: float | None
    turns: float
    """Agent's acts, mean a finished episode."""
    tokens: int
    """Agent's and user's."""
    cost: float | None
    wall_s: float
    """Seconds an episode, mean."""


class Summary(PackSummary):
    """A run as `bench show --json` prints it."""

    run: str
    suite: str
    suite_hash: str
    agent: str
    model: str | None
    simulator: str
    seed: int
    terminations: dict[str, int]
    packs: dict[str, PackSummary]
    usage: dict[str, SeatUsage]
    not_evaluated: dict[str, int] = Field(default_factory=dict)
    """Checks without a verdict, diagnostic ones too: reason to count."""
    attempts: int
    """Started episodes, superseded ones too."""


def summarize(root: Path) -> Summary:
    """The summary of the run in `root`, finished or not.

    Raises:
        InputError: it isn't a run, or it is damaged.
    """
    manifest = read_manifest(root)
    attempts = list(final_attempts(root).values())
    records = [attempt.record for attempt in attempts]
    planned = Counter(trial.pack for trial in manifest.trials)
    return Summary(
        **_measures(attempts, len(manifest.trials)),
        run=str(root),
        suite=manifest.suite.id,
        suite_hash=manifest.suite_hash,
        agent=manifest.agent.name,
        model=manifest.agent.model,
        simulator=manifest.simulator.name,
        seed=manifest.seed,
        terminations=dict(sorted(Counter(record.termination.value for record in records).items())),
        packs={
            pack: PackSummary(**_measures([one for one in attempts if one.record.pack == pack], count))
            for pack, count in planned.items()
        },
        usage={seat: _seat([getattr(record.usage, seat) for record in records]) for seat in ("agent", "user", "judge")},
        not_evaluated=_not_evaluated(records),
        attempts=sum(1 for _ in read_attempts(root)),
    )


def sound(manifest: RunManifest, attempts: Sequence[Attempt]) -> bool:
    """Whether every planned trial ended, and none by an infrastructure failure."""
    ended = {attempt.record.key: attempt.record.termination for attempt in attempts}
    return all(
        ended.get((trial.pack, trial.task, trial.trial), Termination.INFRA_ERROR) is not Termination.INFRA_ERROR
        for trial in manifest.trials
    )


def _measures(attempts: Sequence[Attempt], planned: int) -> dict[str, object]:
    records = [attempt.record for attempt in attempts]
    rewards = [record.reward.value for record in records if record.reward.value is not None]
    solved = sum(reward >= SOLVED for reward in rewards)
    spent = sum((record.usage.agent + record.usage.user for record in records), Usage())
    return {
        "episodes": planned,
        "completed": len(records),
        "solved": solved,
        "undecided": len(records) - len(rewards),
        "pass_rate": solved / len(rewards) if rewards else None,
        "interval": wilson(solved, len(rewards)),
        "mean_reward": sum(rewards) / len(rewards) if rewards else None,
        "turns": _mean([record.turns for record in records]),
        "tokens": spent.tokens,
        "cost": spent.cost_usd,
        "wall_s": round(_mean([attempt.timings.wall_s for attempt in attempts]), 6),
    }


def _seat(usages: Sequence[Usage]) -> SeatUsage:
    total = sum(usages, Usage())
    return SeatUsage(
        calls=total.calls,
        tokens=total.tokens,
        input_tokens=total.input_tokens,
        output_tokens=total.output_tokens,
        cost=total.cost_usd,
    )


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


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
