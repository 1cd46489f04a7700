"""The terminal: a console, and how lines and tables of numbers are put on it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import click
from rich.cells import cell_len
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

_WIDTH_OFF_TERMINAL = 200
_NARROWEST_NAME = 16
_LONG = 1 << 27
"""Bytes of journal that take longer than people like to wait for in silence."""


class _Unread(Console):
    """Falls silent where nobody reads on: rich would end the process in the middle of a run."""

    def on_broken_pipe(self) -> None:
        """The reader (`head`, say) has enough: whoever writes there later, click and Python's last flush too, is
        silent as well, and the command ends with its own exit code."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


def console(*, stderr: bool = False) -> Console:
    """A console that keeps a fixed width and no colour where it isn't a terminal."""
    made = _Unread(stderr=stderr, highlight=False)
    return made if made.is_terminal else _Unread(stderr=stderr, highlight=False, width=_WIDTH_OFF_TERMINAL)


def announce(runs: Iterable[Path], query: str = "") -> None:
    """Tell whoever waits that a large run is compacted first, which takes a while, once.

    Args:
        query: What will be asked of them in SQL; empty: scores.
    """
    from harness.analysis.compaction import awaited
    from harness.analysis.database import tables_in

    for run in runs:
        size = awaited(run, tables_in(query) if query else ("attempts",))
        if size > _LONG:
            click.echo(f"{run}: making tables of {size / 1e9:.1f} GB of journal, once", err=True)


def say(out: Console, text: str, style: str = "") -> None:
    """A line of words, which a terminal may break and a file doesn't."""
    out.print(Text(text, style=style), soft_wrap=True)


def show(out: Console, table: Table) -> None:
    """A table; numbers that a narrow terminal has no room for are left out and named, never cut short."""
    gap = sum(table.padding[1::2])
    left_out: list[str] = []
    while sum(_narrowest(column) + gap for column in table.columns) - gap > out.width and len(table.columns) > 2:
        left_out.insert(0, str(table.columns.pop().header))
    out.print(table)
    if left_out:
        say(out, f"no room for: {', '.join(left_out)}")


def _narrowest(column: Column) -> int:
    """Names may be folded, numbers may not."""
    widest = max(cell_len(str(cell)) for cell in (column.header, *column.cells))
    return widest if column.no_wrap else min(widest, _NARROWEST_NAME)


def table_of(*columns: str, left: int = 1) -> Table:
    """A table whose first `left` columns hold names, and the others numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number < left else "right", no_wrap=number >= left, overflow="fold")
    return table
