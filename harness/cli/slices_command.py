"""`bench slices`: where a run fails."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.ranges import FiniteRange


@click.command(name="slices")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--fdr",
    type=FiniteRange(0, 1, min_open=True),
    default=0.1,
    show_default=True,
    help="How large a share of what is reported may be there by chance.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Which half of the tasks looks, and which confirms."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object: confirmed, others, tried, notes, …")
def command(run: Path, fdr: float, seed: int, as_json: bool) -> None:
    """Tell where RUN fails: groups of tasks, by tags, difficulty and other features, that it solves less often than the
    rest. One half of the tasks finds them, the other confirms them, and only what it confirms is reported as found.

    \b
    bench slices RUN
    bench slices RUN --fdr 0.05 --json
    """
    from harness.analysis.slices import find_slices
    from harness.cli.slices_table import show_slices
    from harness.cli.terminal import announce

    announce([run])
    found = find_slices(run, rate=fdr, seed=seed)
    if as_json:
        click.echo(found.model_dump_json())
    else:
        show_slices(found)
