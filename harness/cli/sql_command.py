"""`bench sql`: a question to runs, in DuckDB's SQL."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from math import isfinite
from pathlib import Path

import click


@click.command(name="sql")
@click.argument("query")
@click.argument("runs", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="JSON, one object a line.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV with a header.")
def command(query: str, runs: tuple[Path, ...], as_json: bool, as_csv: bool) -> None:
    """Ask RUNS (all below ./runs, if none is given) a QUERY in DuckDB's SQL.

    The views are runs, planned, attempts, trials, turns, tool_calls, checks, usage and records; `DESCRIBE trials` shows
    columns. A run that is still going on can be asked, too.

    \b
    bench sql "SELECT task, avg(reward) FROM trials GROUP BY task ORDER BY 2" runs/mine
    bench sql "SELECT tool, count(*), count(error) FROM tool_calls GROUP BY tool" runs/a runs/b --csv
    """
    from harness.analysis.database import ask, runs_below
    from harness.cli.tables import show_rows
    from harness.cli.terminal import announce
    from harness.core.errors import InputError

    if as_json and as_csv:
        raise click.UsageError("give either --json or --csv, not both")
    chosen = list(runs) or runs_below(Path("runs"))
    if not chosen:
        raise InputError("there is no run below ./runs", hint="name the runs: bench sql QUERY RUN…")
    announce(chosen, query)
    columns, rows = ask(chosen, query)
    if as_json:
        if twice := [name for name, count in Counter(columns).items() if count > 1]:
            raise InputError(f"two columns are called {twice[0]!r}", hint="name them apart with AS")
        for row in rows:
            told = {name: _finite(value) for name, value in zip(columns, row, strict=True)}
            click.echo(json.dumps(told, ensure_ascii=False, default=str))
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    else:
        show_rows(columns, rows)


def _finite(value: object) -> object:
    """JSON knows no infinite numbers and no NaN."""
    return None if isinstance(value, float) and not isfinite(value) else value
