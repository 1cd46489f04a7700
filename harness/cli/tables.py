"""What the reading commands print: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.analysis.ablation import Ablation
from harness.analysis.breakdown import action_accuracy, break_down
from harness.analysis.summary import Scores, SeatUsage, Summary, summarize
from harness.analysis.trajectory import find_episode, narrate
from harness.cli import figures
from harness.cli.details import show_adjusted, show_consistency, show_curve, show_estimate, show_failures, show_spread
from harness.cli.terminal import announce, say, show, table_of
from harness.cli.terminal import console as console
from harness.core.mode import Mode
from harness.runner.journal import final_attempts, read_manifest

_K_WIDTH = 17
_BESIDE_KS = 24
"""Characters that a k takes in the table of pass^k, and those of its other columns."""
_MOST_ROWS = 100
_MOST_REASONS = 5


def show_summary(
    run: Path, *, by: Sequence[str] = (), curved: bool = False, details: bool = False, as_json: bool = False
) -> None:
    """The score table of a run.

    Args:
        run: Its directory.
        by: What to group its tasks by, a table each.
        curved: Whether to show success against what was spent, too.
        details: Whether to show what the checks found, and how measures are spread, too.
        as_json: Everything, as one object.
    """
    announce([run])
    summary = summarize(run, curved=curved)
    if by or details or as_json:
        summary = summary.model_copy(
            update={"breakdowns": break_down(run, by) if by else {}, "actions": action_accuracy(run)}
        )
    if as_json:
        click.echo(summary.model_dump_json())
        return
    out = console()
    model = f" ({summary.model})" if summary.model else ""
    mode = f", mode {summary.mode.value}" if summary.mode is not Mode.DEFAULT else ""
    say(out, f"{summary.agent}{model} on {summary.suite}, user {summary.simulator}, seed {summary.seed}{mode}")
    if summary.estimate is not None:
        show_estimate(out, summary.estimate)
    show(out, _scores_table(summary))
    show_failures(out, summary)
    say(out, "ended by: " + (figures.counts(summary.terminations) or "nothing has finished yet"))
    for seat, usage in summary.usage.items():
        if usage.calls:
            say(out, _seat_line(seat, usage))
    _show_traffic(out, summary)
    _show_pass_k(out, summary, details=details)
    if summary.adjusted is not None:
        show_adjusted(out, summary.adjusted)
    if details:
        show_consistency(out, summary)
        _show_checks(out, summary)
        show_spread(out, summary.spread)
    for curve in summary.curves.values():
        show_curve(out, curve)
    for name, groups in summary.breakdowns.items():
        _show_breakdown(out, name, groups, summary)
    for reason, count in summary.not_evaluated.items():
        say(out, f"not evaluated: {count} × {reason}")
    _note_gaps(out, summary)


def show_episodes(run: Path, *, as_json: bool) -> None:
    """A line an episode."""
    read_manifest(run)
    attempts = sorted(final_attempts(run).values(), key=lambda attempt: attempt.record.key)
    if as_json:
        for attempt in attempts:
            record = attempt.record
            row = {
                "pack": record.pack,
                "task": record.task,
                "trial": record.trial,
                "attempt": attempt.attempt,
                "seed": record.seed,
                "reward": record.reward.value,
                "reason": record.reward.reason,
                "termination": record.termination.value,
                "turns": record.turns,
                "tool_calls": record.tool_calls,
                "tokens": (record.usage.agent + record.usage.user).tokens,
                "wall_s": attempt.timings.wall_s,
                "trajectory": record.trajectory_hash(),
            }
            click.echo(json.dumps(row, ensure_ascii=False))
        return
    table = table_of("episode", "reward", "ended by", "turns", "calls", "tokens", "s")
    for attempt in attempts:
        record = attempt.record
        table.add_row(
            Text(f"{record.pack}/{record.task}#{record.trial}"),
            figures.number(record.reward.value, 2),
            record.termination.value,
            str(record.turns),
            str(record.tool_calls),
            str((record.usage.agent + record.usage.user).tokens),
            f"{attempt.timings.wall_s:.2f}",
        )
    show(console(), table)


def show_trajectory(run: Path, episode: str, *, as_json: bool) -> None:
    """One episode, turn by turn."""
    attempt = find_episode(run, episode)
    if as_json:
        click.echo(attempt.model_dump_json())
        return
    out = console()
    for line in narrate(attempt):
        say(out, line.text, style=line.style)


def show_ablation(found: Ablation) -> None:
    """Modes side by side, and what is lost without each help."""
    out = console()
    for mode, run in found.runs.items():
        model = f" ({run.model})" if run.model else ""
        say(out, f"{mode.value}: {run.agent}{model}, {run.tasks} tasks, {run.run}")
    parts = {**found.packs, **({"all": found.all} if len(found.packs) > 1 else {})}
    table = table_of("pass^1", "common tasks", *(mode.value for mode in found.runs))
    losses = table_of("loss", "pack", "difference", "95 % interval", "tasks better", "worse", left=2)
    for name, part in parts.items():
        planned = part.tasks + len(part.left_out)
        tasks = str(planned) if part.tasks == planned else f"{part.tasks}/{planned}"
        table.add_row(name, tasks, *(figures.percent(part.pass_1[mode]) for mode in found.runs))
    for loss in found.all.losses:
        for name, part in parts.items():
            lost = part.losses[loss]
            low, high = lost.interval
            shown = [figures.UNKNOWN] * 4
            if lost.value is not None:
                ends = f"{figures.points(low)} to {figures.points(high)}"
                shown = [f"{figures.points(lost.value)} points", ends, str(lost.more), str(lost.less)]
            losses.add_row(loss.value, name, *shown)
    show(out, table)
    show(out, losses)
    if found.all.left_out:
        say(out, f"not common to all runs, left out: {figures.some(found.all.left_out)}")
    for note in found.notes:
        say(out, note)


def show_rows(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Rows of a query; the first hundred, and how many there are."""
    out = console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(Text(column), overflow="fold")
    for row in rows[:_MOST_ROWS]:
        table.add_row(*(Text(figures.UNKNOWN if cell is None else str(cell)) for cell in row))
    out.print(table)
    if len(rows) > _MOST_ROWS:
        say(out, f"{_MOST_ROWS} of {len(rows)} rows; --json and --csv have all")


def _scores_table(summary: Summary) -> Table:
    columns = ("episodes", "pass rate", "95 % interval", "reward", "turns", "tokens", "agent $", "user $", "s/episode")
    table = table_of("pack", *columns)
    for name, part in summary.packs.items():
        table.add_row(Text(name), *_cells(part))
    if len(summary.packs) > 1:
        table.add_section()
        table.add_row("all", *_cells(summary), style="bold")
    return table


def _cells(part: Scores) -> list[str]:
    return [
        str(part.episodes) if part.completed == part.episodes else f"{part.completed}/{part.episodes}",
        figures.percent(part.pass_rate),
        figures.interval(part.pass_rate, part.interval),
        figures.number(part.mean_reward, 3),
        f"{part.turns:.1f}",
        f"{part.tokens:,}",
        figures.dollars(part.usage["agent"].cost),
        figures.dollars(part.usage["user"].cost),
        f"{part.wall_s:.2f}",
    ]


def _show_pass_k(out: Console, summary: Summary, *, details: bool) -> None:
    whole = summary.pass_k
    if whole.trials > 1 and whole.at:
        ks = _shown_ks(whole.at, most=(out.width - _BESIDE_KS) // _K_WIDTH)
        parts = {**summary.packs, **({"all": summary} if len(summary.packs) > 1 else {})}
        for title in ("pass^k (95 %)", *(["pass@k (95 %)"] if details else [])):
            table = table_of(title, "tasks", *(f"k={k}" for k in ks))
            for name, part in parts.items():
                found = part.pass_k
                tasks = str(part.tasks) if found.tasks == part.tasks else f"{found.tasks}/{part.tasks}"
                at = found.at if title.startswith("pass^k") else found.any
                table.add_row(Text(name), tasks, *(figures.estimate(at.get(k)) for k in ks))
            show(out, table)
        fewer = [f"{whole.at[k].tasks} for k={k}" for k in ks if whole.at[k].tasks < whole.tasks]
        if fewer:
            say(out, f"fewer tasks than {whole.tasks} have k rewards: {', '.join(fewer)}")
    if whole.dropped and summary.completed:
        say(out, f"{len(whole.dropped)} tasks have no reward and are in no rate: {figures.some(whole.dropped)}")


def _shown_ks(ks: Iterable[int], *, most: int) -> list[int]:
    """All, where they fit; else the powers of two, and the last."""
    known = sorted(ks)
    return [k for k in known if known[-1] <= most or k == known[-1] or k.bit_count() == 1]


def _show_checks(out: Console, summary: Summary) -> None:
    if summary.checks:
        scored = any(found.score is not None for found in summary.checks.values())
        columns = ("episodes", "all passed", "95 % interval", "single checks", "passed", "in the reward of")
        table = table_of("check", *columns, *(("mean score",) if scored else ()))
        for kind, found in summary.checks.items():
            table.add_row(
                kind.value,
                str(found.episodes.decided),
                figures.percent(found.episodes.rate),
                figures.interval(found.episodes.rate, found.episodes.interval),
                str(found.checks.decided),
                figures.percent(found.checks.rate),
                str(found.decisive),
                *((figures.number(found.score, 2),) if scored else ()),
            )
        show(out, table)
    if summary.unjudged:
        say(out, f"{summary.unjudged} episodes ended before any check was run, and earn nothing")
    actions = summary.actions
    if actions is not None:
        told = [
            f"{name} {figures.fraction(rate)}"
            for name, rate in (("read", actions.read), ("write", actions.write))
            if rate
        ]
        why = f" (reads and writes apart are unknown: {actions.note})" if actions.note else ""
        say(out, f"reference calls found: {figures.fraction(actions.total)}; {', '.join(told)}".rstrip("; ") + why)


def _show_breakdown(out: Console, name: str, groups: Mapping[str, Scores], summary: Summary) -> None:
    k = summary.pass_k.fewest
    last = [f"pass^{k}"] if k > 1 else []
    table = table_of(
        name, "tasks", "episodes", "pass rate", "95 % interval", *last, "reward", "turns", "agent $", "user $"
    )
    for group, part in groups.items():
        episodes, rate, interval, reward, turns, _, agent, user, _ = _cells(part)
        also = [figures.estimate(part.pass_k.at.get(k))] if last else []
        table.add_row(Text(group), str(part.tasks), episodes, rate, interval, *also, reward, turns, agent, user)
    show(out, table)
    if sum(group.tasks for group in groups.values()) > summary.tasks:
        say(out, f"a task may be in several groups of {name!r}")


def _seat_line(seat: str, usage: SeatUsage) -> str:
    cost = "cost unknown"
    if usage.cost is not None and usage.mean_cost is not None:
        cost = f"{figures.dollars(usage.cost)}, {figures.dollars(usage.mean_cost)} an episode"
    return f"{seat}: {usage.calls:,} model calls, {usage.tokens:,} tokens, {cost}"


def _show_traffic(out: Console, summary: Summary) -> None:
    """How much trouble there was with models, where there was any."""
    traffic = summary.traffic
    if traffic.faults:
        causes = figures.counts(traffic.faults)
        say(out, f"models: {traffic.requests:,} requests, {traffic.retries:,} of them repetitions ({causes})")
    if traffic.cached:
        say(out, f"models: {traffic.cached:,} answers from the cache, which cost nothing this time")
    for what, told in (("infrastructure", summary.infrastructure), ("agent's errors", summary.agent_errors)):
        for message, count in list(told.items())[:_MOST_REASONS]:
            say(out, f"{what}: {count} × {message}")
        if (more := len(told) - _MOST_REASONS) > 0:
            say(out, f"{what}: and {more} other messages")


def _note_gaps(out: Console, summary: Summary) -> None:
    if summary.undecided:
        say(out, f"{summary.undecided} episodes have no reward and count neither way")
    redo = summary.episodes - summary.completed + summary.terminations.get("infra_error", 0)
    if redo:
        say(out, f"{redo} episodes are missing: bench run --resume {summary.run}")
