"""The table of `bench scaling`, which a run with several patiences ends with too."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from harness.analysis.scaling import Mean, scale
from harness.analysis.scaling_plot import draw
from harness.cli import figures
from harness.cli.tables import console
from harness.core.errors import InputError


def show_scaling(runs: Sequence[Path], *, as_json: bool = False, plot: Path | None = None) -> None:
    """A line a run, least patience first.

    Args:
        runs: Run directories, or folders of several patiences.
        as_json: One JSON object instead.
        plot: SVG file to write, too.
    """
    found = scale(runs)
    if plot is not None:
        try:
            plot.write_text(draw(found), encoding="utf-8")
        except OSError as error:
            raise InputError(f"{plot}: can't be written ({error.strerror})", hint="give another --plot") from None
    if as_json:
        click.echo(found.model_dump_json())
        return
    model = f" ({found.model})" if found.model else ""
    out = console()
    title = f"{found.agent}{model} on {found.suite}, {found.mode.value}, user {found.simulator}"
    out.print(Text(title), soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="bold")
    columns = ("patience", "episodes", "phase 1 (95 %)", "phase 2 (95 %)", "reward (95 %)", "questions", "turns")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    for point in found.points:
        decided = point.episodes - point.undecided
        table.add_row(
            str(point.patience),
            str(point.episodes) if not point.undecided else f"{decided}/{point.episodes}",
            *(_mean(mean) for mean in (point.phase_1, point.phase_2, point.reward)),
            f"{point.questions:.1f}",
            f"{point.turns:.1f}",
        )
    out.print(table)
    undecided = sum(point.undecided for point in found.points)
    if undecided:
        out.print(Text(f"{undecided} episodes have no reward and count neither way"), soft_wrap=True)


def _mean(mean: Mean) -> str:
    low, high = mean.interval
    return figures.UNKNOWN if mean.value is None else f"{mean.value:.1%} ({low * 100:.0f}–{high * 100:.0f})"
