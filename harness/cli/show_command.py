"""`bench show`: a run's scores, its episodes, or one trajectory."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="show")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("episode", required=False)
@click.option("--episodes", is_flag=True, help="One line an episode.")
@click.option(
    "--by",
    multiple=True,
    metavar="TAG",
    help="Scores by the values of a tag (persona for persona:Easy), by difficulty, by phase, or by tags: each one; "
    "repeatable.",
)
@click.option("--curves", is_flag=True, help="Success against turns, tool calls, tokens and dollars.")
@click.option("--json", "as_json", is_flag=True, help="JSON: one object; with --episodes, one a line.")
def command(run: Path, episode: str | None, episodes: bool, by: tuple[str, ...], curves: bool, as_json: bool) -> None:
    """Show what RUN scored: per pack the pass rate with its 95 % interval, pass^k and pass@k where tasks have several
    trials and how far those agree, how episodes ended, what each kind of check found, and percentiles of turns, tokens,
    cost and time.

    EPISODE is a task's id, PACK/TASK, or either with #TRIAL; it shows that trajectory turn by turn.

    \b
    bench show RUN --by intent --by issues
    bench show RUN --by phase --curves
    """
    from harness.cli import tables

    if episode is not None and episodes:
        raise click.UsageError("give either EPISODE or --episodes, not both")
    if (by or curves) and (episodes or episode is not None):
        raise click.UsageError("--by and --curves are about a run's scores; leave out EPISODE and --episodes")
    if episode is not None:
        tables.show_trajectory(run, episode, as_json=as_json)
    elif episodes:
        tables.show_episodes(run, as_json=as_json)
    else:
        tables.show_summary(run, by=tuple(dict.fromkeys(by)), curved=curves, details=True, as_json=as_json)
