"""The table of `bench crossplay`."""

from __future__ import annotations

from harness.analysis.crossplay import Cell, CrossPlay, Row
from harness.cli import figures
from harness.cli.terminal import console, say, show, table_of


def show_crossplay(found: CrossPlay) -> None:
    """A line an agent, a column a simulator; then how stable the ranking is."""
    out = console()
    table = table_of("pass^1 (95 %)", *(f"with {simulator}" for simulator in found.simulators), "mean", "rank")
    for name, row in found.agents.items():
        cells = (_cell(row.cells[simulator]) for simulator in found.simulators)
        table.add_row(name, *cells, figures.percent(row.pass_1), _ranks(row))
    show(out, table)
    tau = figures.number(found.tau, 2)
    if found.tau_interval is not None and found.tau is not None:
        tau += f" (95 %: {found.tau_interval[0]:.2f} to {found.tau_interval[1]:.2f})"
    say(out, f"{found.tasks} common tasks; the users' rankings agree with Kendall's tau {tau}")
    if found.variance:
        shares = ", ".join(f"{name.replace('_', ' × ')} {share:.0%}" for name, share in found.variance.items())
        say(out, f"of the variance of a task's score in a cell: {shares}")
    if found.dependability is not None:
        say(out, f"of the variance of an agent's mean, {found.dependability:.0%} is the agent's own")
    if found.left_out:
        say(out, f"not decided in all runs, left out: {figures.some(found.left_out)}")
    for note in found.notes:
        say(out, note)


def _cell(cell: Cell) -> str:
    return f"{cell.pass_1:.1%} ({cell.interval[0] * 100:.0f}–{cell.interval[1] * 100:.0f})"


def _ranks(row: Row) -> str:
    best, worst = f"{row.best_rank:g}", f"{row.worst_rank:g}"
    return best if best == worst else f"{best}–{worst}"
