"""`bench crossplay`: agents by simulators."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="crossplay")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=click.Path(path_type=Path))
@click.option("--anyway", is_flag=True, help="Take runs of other suites, judges or versions, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: agents, simulators, tau, variance, …")
def command(runs: tuple[Path, ...], anyway: bool, as_json: bool) -> None:
    """Compare RUNs of several agents with several simulated users, one run of each pair, on the same tasks: a table of
    pass^1, how far the users' rankings agree (Kendall's tau), and whose the variance is.

    \b
    bench run --agent llm --model M1 --suite S --user scripted --out 1a
    bench run --agent llm --model M1 --suite S --user llm --user-model U --out 1b
    bench run --agent llm --model M2 --suite S --user scripted --out 2a
    bench run --agent llm --model M2 --suite S --user llm --user-model U --out 2b
    bench crossplay 1a 1b 2a 2b
    """
    from harness.analysis.crossplay import cross_play
    from harness.cli.crossplay_table import show_crossplay
    from harness.cli.terminal import announce

    announce(runs)
    found = cross_play(runs, anyway=anyway)
    if as_json:
        click.echo(found.model_dump_json())
    else:
        show_crossplay(found)
