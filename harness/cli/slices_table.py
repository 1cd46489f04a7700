"""The table of `bench slices`."""

from __future__ import annotations

import shlex

from rich.text import Text

from harness.analysis.slices import Slice, Slices
from harness.cli import figures
from harness.cli.terminal import console, say, show, table_of

_MOST_OTHERS = 5


def show_slices(found: Slices) -> None:
    """What was confirmed, then what was only proposed, and what may be said of either."""
    out = console()
    say(out, f"{found.tasks} tasks, pass^1 {figures.percent(found.pass_1)}; {found.tried} groups looked at")
    if found.confirmed:
        table = table_of("fails where", "tasks", "pass^1 (95 %)", "others", "gap (95 %)", "q")
        for one in found.confirmed:
            table.add_row(Text(one.where), *_cells(one))
        show(out, table)
        for one in found.confirmed:
            say(out, f"{one.where}: bench show {shlex.quote(found.run)} {shlex.quote(one.worst[0])}")
        say(
            out, f"of such groups {found.rate:.0%} are there by chance, at most; numbers are of the half that confirmed"
        )
    elif found.tried:
        say(out, f"no group is confirmed at a false discovery rate of {found.rate:.0%}")
    if found.others:
        say(out, "proposed by one half, not confirmed by the other:")
        for one in found.others[:_MOST_OTHERS]:
            beside = f"{figures.percent(one.solved)} beside {figures.percent(one.others)}"
            say(out, f"  {one.where}  {beside}, q {one.q_value:.2f}")
    for note in found.notes:
        say(out, note)


def _cells(one: Slice) -> list[str]:
    low, high = one.interval
    ends = f"{figures.points(one.gap_interval[0])} to {figures.points(one.gap_interval[1])}"
    return [
        str(one.tasks),
        f"{one.solved:.1%} ({low * 100:.0f}–{high * 100:.0f})",
        figures.percent(one.others),
        f"{figures.points(one.gap)} ({ends})",
        figures.p_value(one.q_value),
    ]
