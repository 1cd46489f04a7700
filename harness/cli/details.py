"""What `bench show` tells beside the scores: how far trials agree, how measures are spread, what the user is to blame
for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rich.console import Console

from harness.analysis.adjusted import Adjusted, Share
from harness.analysis.consistency import Consistency
from harness.analysis.curves import Curve
from harness.analysis.estimate import SuiteEstimate
from harness.analysis.spread import Spread
from harness.analysis.summary import Summary
from harness.cli import figures
from harness.cli.terminal import say, show, table_of
from harness.core.run import ScheduleKind

_MEASURES: dict[str, tuple[str, Callable[[float], str]]] = {
    "turns": ("turns", lambda value: f"{value:.1f}"),
    "tool_calls": ("tool calls", lambda value: f"{value:.1f}"),
    "tokens": ("tokens", lambda value: f"{value:,.0f}"),
    "cost": ("$", lambda value: f"{value:.4f}"),
    "wall_s": ("s/episode", lambda value: f"{value:.2f}"),
    "agent_s_per_turn": ("agent's s/turn", lambda value: f"{value:.3f}"),
}
_MOST_POINTS = 8
_MOST_FAILURES = 20


def show_consistency(out: Console, summary: Summary) -> None:
    """By pack, how far trials of a task agree."""
    parts: dict[str, Consistency | None] = {name: part.consistency for name, part in summary.packs.items()}
    if len(parts) > 1:
        parts["all"] = summary.consistency
    if not any(parts.values()):
        return
    table = table_of("same again?", "tasks", "always", "sometimes", "never", "trials agree (95 %)", "ICC")
    for name, part in parts.items():
        if part is not None:
            low, high = part.interval
            agree = f"{part.agreement:.1%} ({low * 100:.0f}–{high * 100:.0f})"
            counts = (str(one) for one in (part.tasks, part.always, part.sometimes, part.never))
            table.add_row(name, *counts, agree, figures.number(part.icc, 2))
    show(out, table)


def show_spread(out: Console, spread: Mapping[str, Spread]) -> None:
    """Percentiles, a measure a line; those that are 0 throughout say nothing."""
    table = table_of("an episode's", "mean", "p50", "p90", "p95", "p99", "most")
    for name, found in spread.items():
        title, shown = _MEASURES[name]
        if found.max:
            numbers = (found.mean, found.p50, found.p90, found.p95, found.p99, found.max)
            table.add_row(title, *(shown(number) for number in numbers))
    if table.row_count:
        show(out, table)


def show_adjusted(out: Console, found: Adjusted) -> None:
    """The pass rate with and without what the simulated user is to blame for."""
    say(
        out,
        f"the simulated user is to blame for {found.blamed} trials: pass rate {_share(found.without)} without them; "
        f"between {figures.percent(found.lowest.value)} and {figures.percent(found.highest.value)} whatever they had "
        f"come to (95 %: {figures.interval(found.lowest.value, found.interval)})",
    )


def show_estimate(out: Console, found: SuiteEstimate) -> None:
    """What tasks drawn by lot tell of the whole suite."""
    table = table_of("whole suite, estimated", "drawn", "pass^1", "95 % interval", "reward")
    if len(found.packs) > 1:
        for name, part in found.packs.items():
            drawn = f"{part.drawn} of {part.tasks}"
            table.add_row(name, drawn, figures.percent(part.value), figures.interval(part.value, part.interval), "")
    whole = found.pass_1
    ends = figures.interval(whole.value, whole.interval)
    reward = figures.number(found.reward.value, 3)
    table.add_row("all", f"{whole.drawn} of {whole.tasks}", figures.percent(whole.value), ends, reward)
    show(out, table)
    if found.undecided:
        say(out, f"{found.undecided} tasks drawn have no reward yet; those of their group that have one stand for them")
    say(out, "what follows is about the tasks drawn")


def show_failures(out: Console, summary: Summary) -> None:
    """What a hard-first run found, and why it has no score."""
    if summary.schedule is not ScheduleKind.HARD_FIRST:
        return
    say(out, "no score: these tasks were picked because they fail; `bench run --schedule estimate` measures")
    say(out, f"{len(summary.failures)} of {summary.tasks} tasks played were not always solved")
    for failure in summary.failures[:_MOST_FAILURES]:
        name = f"{failure.pack}/{failure.task}"
        say(out, f"  {name}  failed {failure.failed} of {failure.decided}   {failure.open}")
    if len(summary.failures) > _MOST_FAILURES:
        say(out, f"  and {len(summary.failures) - _MOST_FAILURES} more (--json has all)")


def show_curve(out: Console, curve: Curve) -> None:
    """Success within so much of one measure."""
    title, shown = _MEASURES[curve.measure]
    table = table_of(f"{title} up to", "solved", "95 % interval")
    step = -(-len(curve.points) // _MOST_POINTS)
    for point in [*curve.points[:-1][::step], curve.points[-1]]:
        table.add_row(
            shown(point.budget), figures.percent(point.solved), figures.interval(point.solved, point.interval)
        )
    show(out, table)
    if curve.reached:
        reached = ", ".join(f"{share} within {shown(value)}" for share, value in curve.reached.items())
        say(out, f"of all that was solved: {reached}")
    if curve.unknown:
        say(out, f"{curve.unknown} trials are left out: their {title} is unknown")


def _share(found: Share) -> str:
    if found.value is None:
        return figures.UNKNOWN
    return f"{found.value:.1%} ({found.interval[0] * 100:.0f}–{found.interval[1] * 100:.0f})"
