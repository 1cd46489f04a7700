"""`bench view`: a run as pages to look at."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="view")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Folder to write to.  [default: RUN/site]")
@click.option("--no-open", is_flag=True, help="Write the pages, and start no browser.")
def command(run: Path, out: Path | None, no_open: bool) -> None:
    """Make the leaderboard's pages of one finished RUN, with every trajectory, and open them in a browser.

    Nothing is published: what packs keep back from a submission is shown here, where the packs are.
    """
    from leaderboard.viewing import view_run

    index = view_run(run, out or run / "site")
    click.echo(str(index))
    if not no_open:
        click.launch(index.resolve().as_uri())
