"""`bench import-run`: another harness's results as a run of ours."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.group(name="import-run")
def command() -> None:
    """Turn another harness's results into a run, every episode played again and scored."""


@command.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    help="Checkout or data folder of tau2-bench: results hold no databases.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Run directory; must be new.  [default: runs/tau2-NAME]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: run, episodes, differences.")
@click.pass_context
def tau2(ctx: click.Context, results: Path, data: Path, out: Path | None, as_json: bool) -> None:
    """Import RESULTS, a results file of τ²-bench (or the folder of its `dir` layout), and score it again.

    Exits with 1 where a reward or a tool's result differs from what the file says.
    """
    from harness.runner.import_run import import_tau2_run

    done = import_tau2_run(results, data, out)
    differing = [episode for episode in done.episodes if episode.differences]
    if as_json:
        report = {
            "run": str(done.root),
            "episodes": len(done.episodes),
            "rewards_equal": sum(episode.ours == episode.theirs for episode in done.episodes),
            "differences": [
                {
                    "task": episode.task,
                    "trial": episode.trial,
                    "theirs": episode.theirs,
                    "ours": episode.ours,
                    "what": list(episode.differences),
                }
                for episode in differing
            ],
            "notes": list(done.notes),
        }
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        for episode in differing:
            for difference in episode.differences:
                click.echo(f"{episode.task}#{episode.trial}: {difference}")
        equal = sum(episode.ours == episode.theirs for episode in done.episodes)
        click.echo(f"{len(done.episodes)} episodes, {equal} rewards equal, {len(differing)} episodes differ")
        click.echo(f"run: {done.root}")
    ctx.exit(1 if differing else 0)
