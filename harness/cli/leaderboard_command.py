"""`bench leaderboard`: publish runs as a static site."""

from __future__ import annotations

from pathlib import Path

import click


@click.group(name="leaderboard")
def command() -> None:
    """Publish runs as a static site that needs no server."""


@command.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", "-o", required=True, type=click.Path(path_type=Path), help="Folder to write the site to.")
def build(runs: tuple[Path, ...], out: Path) -> None:
    """Build a site from RUNS: one page with a table a suite, results with their intervals.

    Runs are grouped by suite hash, since others don't compare.
    """
    from leaderboard.build import build_site

    page = build_site(runs, out)
    click.echo(f"{len(runs)} runs: {page}")
