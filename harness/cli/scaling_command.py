"""`bench scaling`: what an agent gains by a more patient user."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="scaling")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object: agent, suite, mode, points.")
@click.option(
    "--plot", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.svg", help="Draw the curve, too."
)
def command(runs: tuple[Path, ...], as_json: bool, plot: Path | None) -> None:
    """Compare runs of the same tasks that differ in the user's patience: a line a run, with the share of tasks whose
    first and second request was answered rightly, and the reward (BIRD-INTERACT's interaction scaling).

    \b
    bench run --agent llm --model M --suite S --mode c-interact --patience 0,3,5,7 --out curve
    bench scaling curve --plot curve.svg

    RUN is a run, or a folder of several patiences as `bench run --patience 0,3,5,7` makes it.
    """
    from harness.cli.scaling_table import show_scaling

    show_scaling(runs, as_json=as_json, plot=plot)
