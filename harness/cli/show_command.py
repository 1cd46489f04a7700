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
    help="Scores by the values of a tag (persona for persona:Easy), by difficulty, or by tags: each one; repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON: one object; with --episodes, one a line.")
def command(run: Path, episode: str | None, episodes: bool, by: tuple[str, ...], as_json: bool) -> None:
    """Show what RUN scored: per pack the pass rate with its 95 % interval, pass^k where tasks have several trials,
    how episodes ended, what each kind of check found, turns, tokens, cost and time.

    EPISODE is a task's id, PACK/TASK, or either with #TRIAL; it shows that trajectory turn by turn.

    \b
    bench show RUN --by intent --by issues
    """
    from harness.analysis.compaction import head_of
    from harness.cli import tables

    if episode is not None and episodes:
        raise click.UsageError("give either EPISODE or --episodes, not both")
    if by and (episodes or episode is not None):
        raise click.UsageError("--by groups the scores of a run; leave out EPISODE and --episodes")
    head_of(run)
    if episode is not None:
        tables.show_trajectory(run, episode, as_json=as_json)
    elif episodes:
        tables.show_episodes(run, as_json=as_json)
    else:
        tables.show_summary(run, by=tuple(dict.fromkeys(by)), details=True, as_json=as_json)
