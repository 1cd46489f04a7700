"""The table of `bench compare`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from harness.analysis.compare import ComparedRun, Comparison, Flip
from harness.cli import figures
from harness.cli.tables import console

_MOST_FLIPS = 20


def show_comparison(found: Comparison) -> None:
    """Both runs, the differences by pack, and the tasks that flipped with the commands that show them."""
    out = console()
    for name, run in (("A", found.a), ("B", found.b)):
        out.print(Text(f"{name}: {_named(run)}, pass^1 {figures.percent(run.pass_1)}, {run.run}"), soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="bold")
    columns = ("B minus A", "tasks", "points", "95 % interval", "p", "better", "worse")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    parts = {**found.packs, **({"all": found.all} if len(found.packs) > 1 else {})}
    for name, part in parts.items():
        ends = f"{figures.points(part.interval[0])} to {figures.points(part.interval[1])}"
        counted = (str(part.better), str(part.worse))
        table.add_row(
            name, str(part.tasks), figures.points(part.difference), ends, figures.p_value(part.p_value), *counted
        )
    if found.suite is not None:
        low, high = (figures.points(end) for end in found.suite.interval)
        name, drawn = "whole suite, estimated", f"{found.suite.drawn} of {found.suite.tasks}"
        table.add_row(name, drawn, figures.points(found.suite.difference), f"{low} to {high}", "", "", "")
    out.print(table)
    for line in (*_noise(found), _power(found)):
        out.print(Text(line), soft_wrap=True)
    _flips("worse", found.worse)
    _flips("better", found.better)
    if found.left_out:
        out.print(Text(f"not decided in both, left out: {figures.some(found.left_out)}"), soft_wrap=True)
    for note in found.notes:
        out.print(Text(note), soft_wrap=True)


def _named(run: ComparedRun) -> str:
    return run.agent + (f" ({run.model})" if run.model else "")


def _noise(found: Comparison) -> Iterator[str]:
    """What flipped, beside what flips by itself."""
    own = [
        f"{name} with itself in {figures.percent(run.self_flips)}"
        for name, run in (("A", found.a), ("B", found.b))
        if run.self_flips is not None
    ]
    beside = f"; {' and '.join(own)}" if own else "; how much an agent varies by itself takes two trials a task"
    yield f"a trial of A and one of B disagree in {figures.percent(found.disagreement)} of cases{beside}"
    flips = found.flips
    floor = "" if flips.floor is None else f"; without any change it would be {figures.percent(flips.floor)} both ways"
    yield f"B loses {figures.percent(flips.negative)} and gains {figures.percent(flips.positive)} of such pairs{floor}"
    chance = f"{flips.worse_by_chance:.1f} and {flips.better_by_chance:.1f}"
    yield f"{found.all.worse} tasks are worse and {found.all.better} better; trials dealt at random make it {chance}"


def _power(found: Comparison) -> str:
    line = f"a comparison of this size finds differences from {found.detectable * 100:.1f} points on (power 80 %)"
    if found.tasks_needed is not None and found.tasks_needed > found.all.tasks:
        line += f"; for one as large as this it takes about {found.tasks_needed} tasks"
        if found.trials_needed is not None:
            line += f", or {found.trials_needed} trials of each of these"
    return line


def _flips(what: str, flips: Sequence[Flip]) -> None:
    if not flips:
        return
    out = console()
    out.print(Text(f"B is {what} at:"), soft_wrap=True)
    for flip in flips[:_MOST_FLIPS]:
        name = f"{flip.pack}/{flip.task}"
        out.print(Text(f"  {name}  {flip.a} -> {flip.b}   {flip.b_open}"), soft_wrap=True)
    if len(flips) > _MOST_FLIPS:
        out.print(Text(f"  and {len(flips) - _MOST_FLIPS} more (--json has all)"), soft_wrap=True)
