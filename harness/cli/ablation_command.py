"""`bench ablation`: runs in several modes side by side."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="ablation")
@click.argument("runs", nargs=-1, required=True, metavar="RUN RUN...", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object: runs, packs, all, notes.")
def command(runs: tuple[Path, ...], as_json: bool) -> None:
    """Compare runs of the same tasks in different modes, one run a mode, and print what the agent loses by having
    to talk to a user (communication loss: no-user minus default) and by having to find the way itself (planning
    loss: oracle-plan minus default).

    \b
    bench run --agent llm --model M --suite S --mode default --out a
    bench run --agent llm --model M --suite S --mode no-user --out b
    bench run --agent llm --model M --suite S --mode oracle-plan --out c
    bench ablation a b c

    Differences are paired by task, over the tasks that have a reward in every run.
    """
    from harness.analysis.ablation import compare_modes
    from harness.cli import tables

    found = compare_modes(runs)
    if as_json:
        click.echo(found.model_dump_json())
    else:
        tables.show_ablation(found)
