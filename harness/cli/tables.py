"""What the reading commands print: tables for people, JSON for programs."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.analysis.summary import PackSummary, Summary, summarize
from harness.analysis.trajectory import find_episode, narrate
from harness.runner.journal import final_attempts

_WIDTH_OFF_TERMINAL = 120


def console(*, stderr: bool = False) -> Console:
    """A console that keeps a fixed width and no colour where it isn't a terminal."""
    made = Console(stderr=stderr, highlight=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=_WIDTH_OFF_TERMINAL)


def show_summary(run: Path, *, as_json: bool = False) -> None:
    """The score table of a run."""
    summary = summarize(run)
    if as_json:
        click.echo(summary.model_dump_json())
        return
    out = console()
    model = f" ({summary.model})" if summary.model else ""
    out.print(Text(f"{summary.agent}{model} on {summary.suite}, user {summary.simulator}, seed {summary.seed}"))
    table = Table("pack", box=None, pad_edge=False, header_style="bold")
    for column in ("episodes", "pass rate", "95 % interval", "reward", "turns", "tokens", "cost", "s/episode"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, pack in summary.packs.items():
        table.add_row(name, *_cells(pack))
    if len(summary.packs) > 1:
        table.add_section()
        table.add_row("all", *_cells(summary), style="bold")
    out.print(table)
    out.print(Text("ended by: " + (_counts(summary.terminations) or "nothing has finished yet")))
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


def _cells(pack: PackSummary) -> list[str]:
    low, high = pack.interval
    rate = "–" if pack.pass_rate is None else f"{pack.pass_rate:.1%}"
    return [
        str(pack.episodes) if pack.completed == pack.episodes else f"{pack.completed}/{pack.episodes}",
        rate,
        "–" if pack.pass_rate is None else f"{low:.1%} – {high:.1%}",
        _number(pack.mean_reward, 3),
        f"{pack.turns:.1f}",
        f"{pack.tokens:,}",
        "unknown" if pack.cost is None else f"${pack.cost:.4f}",
        f"{pack.wall_s:.2f}",
    ]


def _note_gaps(out: Console, summary: Summary) -> None:
    if summary.undecided:
        out.print(Text(f"{summary.undecided} episodes have no reward and count neither way"))
    redo = summary.episodes - summary.completed + summary.terminations.get("infra_error", 0)
    if redo:
        out.print(Text(f"{redo} episodes are missing: bench run --resume {summary.run}"))


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
