"""`bench static`: ShortcutsBench's four metrics of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from environments.shortcuts.published.metrics import Levelled

_TITLES = {
    "selection": "API selection",
    "primitives": "primitive parameters",
    "outputs": "previous outputs",
    "inputs": "need for input",
}


@click.command(name="static")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--log", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write upstream's log, too."
)
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object: episodes, broken, cut_off, compat, full, upstream."
)
def command(run: Path, log: Path | None, as_json: bool) -> None:
    """Score RUN, which played a static pack, by ShortcutsBench's four metrics, by level and overall.

    `compat` is what upstream's own scorers would say: steps lost to a full context don't count, and parameters only
    where the right API was chosen. `full` has the same denominators for every model, and counts all references.

    \b
    bench static runs/static --json
    """
    from rich.table import Table
    from rich.text import Text

    from harness.analysis.static_scores import static_scores, write_log
    from harness.cli import tables

    found = static_scores(run)
    if log is not None:
        write_log(found, log)
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("metric", "rules", "level 1", "level 2", "level 3", "level 4", "overall (95 %)", "right of all"):
        table.add_column(column, justify="left" if column in ("metric", "rules") else "right", no_wrap=True)
    compat, full = found.compat(), found.in_full()
    for name, title in _TITLES.items():
        table.add_row(title, "compat", *_cells(compat[name]))
        table.add_row("", "full", *_cells(full[name]))
    out = tables.console()
    out.print(table)
    for count, what in ((found.broken, "broken by the infrastructure, not counted"), (found.cut_off, "cut off early")):
        if count:
            out.print(Text(f"{count} of {found.episodes} episodes {what}"), soft_wrap=True)


def _cells(found: Levelled) -> list[str]:
    from harness.analysis.intervals import wilson
    from harness.cli import figures

    overall = found.overall
    low, high = wilson(overall.correct, overall.total)
    shown = figures.percent(overall.share)
    return [
        *(figures.percent(level.share) for level in found.by_level),
        shown if overall.share is None else f"{shown} ({low * 100:.0f}–{high * 100:.0f})",
        f"{overall.correct} of {overall.total}",
    ]
