"""What the reading commands print: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.analysis.ablation import Ablation
from harness.analysis.breakdown import action_accuracy, break_down
from harness.analysis.pass_k import Estimate
from harness.analysis.summary import Rate, Scores, SeatUsage, Summary, summarize
from harness.analysis.trajectory import find_episode, narrate
from harness.core.mode import Mode
from harness.runner.journal import final_attempts

_WIDTH_OFF_TERMINAL = 120
_MOST_KS = 5
_MOST_NAMES = 5


class _Unread(Console):
    """Falls silent where nobody reads on: rich would end the process in the middle of a run."""

    def on_broken_pipe(self) -> None:
        """The reader (`head`, say) has enough."""
        self.quiet = True


def console(*, stderr: bool = False) -> Console:
    """A console that keeps a fixed width and no colour where it isn't a terminal."""
    made = _Unread(stderr=stderr, highlight=False)
    return made if made.is_terminal else _Unread(stderr=stderr, highlight=False, width=_WIDTH_OFF_TERMINAL)


def show_summary(run: Path, *, by: Sequence[str] = (), details: bool = False, as_json: bool = False) -> None:
    """The score table of a run.

    Args:
        run: Its directory.
        by: What to group its tasks by, a table each.
        details: Whether to show what the checks found, too.
        as_json: Everything, as one object.
    """
    summary = summarize(run)
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
    out.print(Text(f"{summary.agent}{model} on {summary.suite}, user {summary.simulator}, seed {summary.seed}{mode}"))
    out.print(_scores_table(summary))
    out.print(Text("ended by: " + (_counts(summary.terminations) or "nothing has finished yet")))
    for seat, usage in summary.usage.items():
        if usage.calls:
            out.print(Text(_seat_line(seat, usage)))
    _show_pass_k(out, summary)
    if details:
        _show_checks(out, summary)
    for name, groups in summary.breakdowns.items():
        _show_breakdown(out, name, groups, summary)
    for reason, count in summary.not_evaluated.items():
        out.print(Text(f"not evaluated: {count} × {reason}"))
    _note_gaps(out, summary)


def show_episodes(run: Path, *, as_json: bool) -> None:
    """A line an episode."""
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
    table = Table("episode", "reward", "ended by", "turns", "calls", "tokens", "s", box=None, pad_edge=False)
    for attempt in attempts:
        record = attempt.record
        table.add_row(
            Text(f"{record.pack}/{record.task}#{record.trial}"),
            _number(record.reward.value, 2),
            record.termination.value,
            str(record.turns),
            str(record.tool_calls),
            str((record.usage.agent + record.usage.user).tokens),
            f"{attempt.timings.wall_s:.2f}",
        )
    console().print(table)


def show_trajectory(run: Path, episode: str, *, as_json: bool) -> None:
    """One episode, turn by turn."""
    attempt = find_episode(run, episode)
    if as_json:
        click.echo(attempt.model_dump_json())
        return
    out = console()
    for line in narrate(attempt):
        out.print(Text(line.text, style=line.style), soft_wrap=True)


def show_ablation(found: Ablation) -> None:
    """Modes side by side, and what is lost without each help."""
    out = console()
    for mode, run in found.runs.items():
        model = f" ({run.model})" if run.model else ""
        out.print(Text(f"{mode.value}: {run.agent}{model}, {run.tasks} tasks, {run.run}"))
    parts = {**found.packs, **({"all": found.all} if len(found.packs) > 1 else {})}
    table = _table("pass^1", "common tasks", *(mode.value for mode in found.runs))
    losses = _table("loss", "pack", "difference", "95 % interval", "tasks better", "worse", left=2)
    for name, part in parts.items():
        planned = part.tasks + len(part.left_out)
        tasks = str(planned) if part.tasks == planned else f"{part.tasks}/{planned}"
        table.add_row(name, tasks, *(_percent(part.pass_1[mode]) for mode in found.runs))
    for loss in found.all.losses:
        for name, part in parts.items():
            lost = part.losses[loss]
            low, high = lost.interval
            shown = ["–"] * 4
            if lost.value is not None:
                ends = f"{_points(low)} – {_points(high)}"
                shown = [f"{_points(lost.value)} points", ends, str(lost.more), str(lost.less)]
            losses.add_row(loss.value, name, *shown)
    out.print(table)
    out.print(losses)
    if found.all.left_out:
        out.print(Text(f"not common to all runs, left out: {_some(found.all.left_out)}"))
    for note in found.notes:
        out.print(Text(note), soft_wrap=True)


def _scores_table(summary: Summary) -> Table:
    columns = ("episodes", "pass rate", "95 % interval", "reward", "turns", "tokens", "agent $", "user $", "s/episode")
    table = _table("pack", *columns)
    for name, part in summary.packs.items():
        table.add_row(Text(name), *_cells(part))
    if len(summary.packs) > 1:
        table.add_section()
        table.add_row("all", *_cells(summary), style="bold")
    return table


def _cells(part: Scores) -> list[str]:
    low, high = part.interval
    return [
        str(part.episodes) if part.completed == part.episodes else f"{part.completed}/{part.episodes}",
        _percent(part.pass_rate),
        "–" if part.pass_rate is None else f"{low:.1%} – {high:.1%}",
        _number(part.mean_reward, 3),
        f"{part.turns:.1f}",
        f"{part.tokens:,}",
        _dollars(part.usage["agent"].cost),
        _dollars(part.usage["user"].cost),
        f"{part.wall_s:.2f}",
    ]


def _show_pass_k(out: Console, summary: Summary) -> None:
    whole = summary.pass_k
    if whole.trials > 1 and whole.fewest:
        ks = _shown_ks(max(part.pass_k.fewest for part in summary.packs.values()))
        table = _table("pass^k", "tasks", *(f"k={k}" for k in ks))
        parts = {**summary.packs, **({"all": summary} if len(summary.packs) > 1 else {})}
        for name, part in parts.items():
            found = part.pass_k
            tasks = str(part.tasks) if found.tasks == part.tasks else f"{found.tasks}/{part.tasks}"
            table.add_row(Text(name), tasks, *(_estimate(found.at.get(k)) for k in ks))
        out.print(table)
        if whole.short:
            out.print(Text(f"k ends at {whole.fewest}: {whole.short} tasks have fewer than {whole.trials} rewards"))
    if whole.dropped:
        out.print(Text(f"{len(whole.dropped)} tasks have no reward and are in no rate: {_some(whole.dropped)}"))


def _shown_ks(highest: int) -> list[int]:
    """All, where they fit; else the powers of two, and the last."""
    ks = range(1, highest + 1)
    return [k for k in ks if highest <= _MOST_KS or k == highest or k.bit_count() == 1]


def _show_checks(out: Console, summary: Summary) -> None:
    if summary.checks:
        table = _table(
            "check", "episodes", "all passed", "95 % interval", "single checks", "passed", "in the reward of"
        )
        for kind, found in summary.checks.items():
            low, high = found.episodes.interval
            table.add_row(
                kind.value,
                str(found.episodes.decided),
                _percent(found.episodes.rate),
                "–" if found.episodes.rate is None else f"{low:.1%} – {high:.1%}",
                str(found.checks.decided),
                _percent(found.checks.rate),
                str(found.decisive),
            )
        out.print(table)
    if summary.unjudged:
        out.print(Text(f"{summary.unjudged} episodes ended before any check was run, and earn nothing"))
    actions = summary.actions
    if actions is not None:
        told = [
            f"{name} {_fraction(rate)}" for name, rate in (("read", actions.read), ("write", actions.write)) if rate
        ]
        why = f" (reads and writes apart are unknown: {actions.note})" if actions.note else ""
        out.print(Text(f"reference calls found: {_fraction(actions.total)}; {', '.join(told)}".rstrip("; ") + why))


def _show_breakdown(out: Console, name: str, groups: Mapping[str, Scores], summary: Summary) -> None:
    k = summary.pass_k.fewest
    last = [f"pass^{k}"] if k > 1 else []
    table = _table(
        name, "tasks", "episodes", "pass rate", "95 % interval", *last, "reward", "turns", "agent $", "user $"
    )
    for group, part in groups.items():
        episodes, rate, interval, reward, turns, _, agent, user, _ = _cells(part)
        also = [_estimate(part.pass_k.at.get(k))] if last else []
        table.add_row(Text(group), str(part.tasks), episodes, rate, interval, *also, reward, turns, agent, user)
    out.print(table)
    if sum(group.tasks for group in groups.values()) > summary.tasks:
        out.print(Text(f"a task may be in several groups of {name!r}"))


def _seat_line(seat: str, usage: SeatUsage) -> str:
    cost = "cost unknown"
    if usage.cost is not None and usage.mean_cost is not None:
        cost = f"{_dollars(usage.cost)}, {_dollars(usage.mean_cost)} an episode"
    return f"{seat}: {usage.calls:,} model calls, {usage.tokens:,} tokens, {cost}"


def _note_gaps(out: Console, summary: Summary) -> None:
    if summary.undecided:
        out.print(Text(f"{summary.undecided} episodes have no reward and count neither way"))
    redo = summary.episodes - summary.completed + summary.terminations.get("infra_error", 0)
    if redo:
        out.print(Text(f"{redo} episodes are missing: bench run --resume {summary.run}"))


def _table(*columns: str, left: int = 1) -> Table:
    """A table whose first `left` columns hold names, and the others numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number < left else "right", no_wrap=number >= left)
    return table


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _points(value: float) -> str:
    return f"{value * 100:+.1f}"


def _dollars(value: float | None) -> str:
    return "unknown" if value is None else f"${value:.4f}"


def _fraction(rate: Rate) -> str:
    return f"{rate.passed} of {rate.decided}" + ("" if rate.rate is None else f" ({rate.rate:.1%})")


def _estimate(found: Estimate | None) -> str:
    if found is None:
        return "–"
    low, high = found.interval
    return f"{found.value:.1%} ({low * 100:.0f}–{high * 100:.0f})"
