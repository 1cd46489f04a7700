"""`bench leaderboard`: submissions and the static site of them."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.group(name="leaderboard")
def command() -> None:
    """Publish runs: make submissions, verify them, build a static site of them."""


@command.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--out", "-o", required=True, type=click.Path(path_type=Path), help="Folder to make; must be new.")
@click.option("--card", type=click.Path(path_type=Path), help="TOML file: who the agent is, and what you declare.")
@click.option("--sign", "key", type=click.Path(path_type=Path), help="Private SSH key to sign with.")
def pack(run: Path, out: Path, card: Path | None, key: Path | None) -> None:
    """Make a submission of RUN: a manifest, a row an attempt, and the trajectories that may be published.

    \b
    bench leaderboard pack runs/mine --card card.toml --out my-agent
    """
    from leaderboard.packing import pack_run, read_card

    manifest = pack_run(run, out, read_card(card), key=key)
    click.echo(f"{out}: submission {manifest.id}")
    click.echo(f"next: bench leaderboard verify {out}")


@command.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--no-replay", is_flag=True, help="Don't play the records again.")
@click.option("--signers", type=click.Path(path_type=Path), help="OpenSSH's list of allowed signers.")
@click.option("--json", "as_json", is_flag=True, help="JSON: one object a submission, one a line.")
@click.pass_context
def verify(ctx: click.Context, folders: tuple[Path, ...], no_replay: bool, signers: Path | None, as_json: bool) -> None:
    """Verify submissions, offline: FOLDERS are a submission each, or hold several.

    Hashes, the plan, seeds, rewards, tokens and costs are checked, then every recorded call is executed again on the
    packs that are here (PARLEY_TASKS names further folders of packs). Exits with 1 where something doesn't hold.
    """
    from leaderboard.findings import printable, shortened
    from leaderboard.reading import submissions_in
    from leaderboard.replaying import Worlds
    from leaderboard.verifying import verify as verify_one

    sound = True
    with Worlds() as worlds:
        for folder in submissions_in(folders):
            _, found = verify_one(folder, worlds=None if no_replay else worlds, allowed_signers=signers)
            sound = sound and not found.findings
            if as_json:
                click.echo(json.dumps({"folder": str(folder), **found.model_dump(mode="json")}, ensure_ascii=False))
                continue
            state = "does not hold" if found.findings else "holds"
            click.echo(
                f"{printable(str(folder))}: {state}; {', '.join(badge.value for badge in found.badges) or 'no badges'}"
            )
            for line in shortened(found.findings):
                click.echo(f"  {line}")
            for why in found.not_replayed if not no_replay else ():
                click.echo(f"  not played again: {printable(why)}")
    ctx.exit(0 if sound else 1)


@command.command()
@click.argument("submissions", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", "-o", required=True, type=click.Path(path_type=Path), help="Folder to write the site to.")
@click.option("--replay", is_flag=True, help="Play all records again first, for the badge that says so.")
@click.option("--signers", type=click.Path(path_type=Path), help="OpenSSH's list of allowed signers.")
@click.option("--title", default="Parley results", show_default=True, help="Of the site.")
@click.pass_context
def build(
    ctx: click.Context, submissions: tuple[Path, ...], out: Path, replay: bool, signers: Path | None, title: str
) -> None:
    """Build a static site from SUBMISSIONS, folders of a submission or of several.

    Submissions that don't hold are left out and named; then the exit code is 1.
    """
    from leaderboard.build import build_site
    from leaderboard.findings import printable, shortened

    built = build_site(
        submissions,
        out,
        replays=replay,
        allowed_signers=signers,
        title=title,
        progress=lambda line: click.echo(line, err=True),
    )
    for folder, found in built.refused:
        click.echo(f"left out: {printable(str(folder))}", err=True)
        for line in shortened(found.findings, shown=2):
            click.echo(f"  {line}", err=True)
    click.echo(f"{built.entries} submissions: {built.index}")
    ctx.exit(1 if built.refused else 0)


@command.command()
@click.argument("site", type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any that is free.")
def serve(site: Path, port: int) -> None:
    """Serve the built SITE to browsers on this machine, until Ctrl-C."""
    from leaderboard.serving import LOOPBACK, open_server

    with open_server(site, port) as server:
        click.echo(f"http://{LOOPBACK}:{server.server_address[1]}/")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("stopped")


@command.command()
@click.argument("folder", type=click.Path(path_type=Path))
def new(folder: Path) -> None:
    """Start a repository for a leaderboard in FOLDER: workflows for GitHub Pages and a Hugging Face Space, a place for
    submissions, and a page on how to submit."""
    from leaderboard.starting import start_board

    for path in start_board(folder):
        click.echo(str(path))


@command.command()
@click.argument("submission", type=click.Path(path_type=Path))
def export(submission: Path) -> None:
    """Print the results of SUBMISSION as a `model-index` block for a model's card on the Hugging Face hub."""
    from harness.core.errors import InputError
    from leaderboard.exporting import model_index
    from leaderboard.findings import shortened
    from leaderboard.reading import submissions_in
    from leaderboard.verifying import verify as verify_one

    (folder,) = submissions_in((submission,))[:1]
    opened, found = verify_one(folder)
    if opened is None or found.findings:
        raise InputError(
            f"{folder}: does not hold: {shortened(found.findings)[0]}", hint=f"bench leaderboard verify {folder}"
        )
    click.echo(model_index(opened), nl=False)
