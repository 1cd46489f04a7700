"""From verdicts to a reward: the product over a phase's basis, the weighted sum over the phases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.checks.context import CheckContext
from harness.checks.verdicts import decide
from harness.core.check import CheckResult, PhaseReward, Reward, Verdict
from harness.core.task import Phase, Task
from harness.core.termination import Termination


async def judge_phase(context: CheckContext) -> PhaseReward:
    """Run every check of the phase, diagnostic ones too.

    A kind of the basis without a check of that kind counts as passed (τ²'s rule); a phase without any
    check is passed by ending in an ordinary way.
    """
    phase = context.task.phases[context.phase]
    try:
        checks = tuple([await decide(context, spec) for spec in phase.checks])
    finally:
        await context.close()
    return PhaseReward(
        phase=context.phase,
        checks=checks,
        basis=tuple(sorted(phase.basis)),
        value=_value(check for check in checks if check.kind in phase.basis),
    )


def combine(task: Task, phases: Mapping[int, PhaseReward], termination: Termination, *, graded: bool = False) -> Reward:
    """The episode's reward, from 0 to 1.

    Phases that were passed count by their weight; a phase that was never judged counts 0. An episode that
    the infrastructure ended has no reward.

    Args:
        graded: Whether a phase that took more than one try counts by its `retry_weight` (BIRD-INTERACT c).
    """
    judged = tuple(phases[number] for number in sorted(phases))
    if termination is Termination.INFRA_ERROR:
        return Reward(value=None, phases=judged, reason="an infrastructure failure ended the episode")
    reason = "" if termination.ordinary else f"ended by {termination}"
    undecided = [phase for phase in judged if phase.value is None]
    if undecided:
        reasons = dict.fromkeys(
            f"{check.kind}: {check.reason}"
            for phase in undecided
            for check in phase.checks
            if check.kind in phase.basis and check.verdict is Verdict.NOT_EVALUATED
        )
        return Reward(value=None, phases=judged, reason=f"not evaluated: {'; '.join(reasons)}")
    value = sum(_share(task.phases[phase.phase], phase, graded=graded) for phase in judged)
    return Reward(value=round(value, 9), phases=judged, reason=reason)


def _share(phase: Phase, judged: PhaseReward, *, graded: bool) -> float:
    later = phase.retry_weight if graded and judged.tries > 1 else None
    return (phase.weight if later is None else later) * (judged.value or 0.0)


def _value(results: Iterable[CheckResult]) -> float | None:
    verdicts = {result.verdict for result in results}
    if Verdict.FAILED in verdicts:
        return 0.0
    return None if Verdict.NOT_EVALUATED in verdicts else 1.0
