"""`bench audit`: how far the simulated user can be trusted."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.group(name="audit")
def command() -> None:
    """Measure the simulated user."""


@command.command()
@click.option("--suite", "suites", multiple=True, required=True, help="Suite or pack whose tasks are asked about.")
@click.option("--user-model", metavar="MODEL", help="The model that chooses and answers.  [default: by words]")
@click.option(
    "--questions",
    type=click.Path(path_type=Path),
    help="JSON Lines: task, kind (AMB, LOC, UNA), style, question, about.  [default: made from the tasks]",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object: confusion, right, leaks, wrong.")
def simulator(suites: tuple[str, ...], user_model: str | None, questions: Path | None, as_json: bool) -> None:
    """Ask the function-driven user questions of known kinds and print what it took them for.

    AMB: about a labelled point, which it should settle. LOC: about a clause that isn't labelled. UNA: what a user
    can't know (SQL, tables, columns, how to solve it), which it should refuse.

    \b
    bench audit simulator --suite sql-shop --suite sql-clinic
    """
    from harness.runner.audit import audit_simulator

    report = audit_simulator(suites, user_model, questions)
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False))
        return
    click.echo(f"{len(report.audited)} questions about {report.tasks} tasks, user {report.user}")
    click.echo(f"{'kind':<6}{'labeled':>10}{'unlabeled':>11}{'refused':>9}{'right':>8}   95 % interval")
    for kind, row in report.confusion.items():
        rate = report.rates[kind]
        low, high = rate.interval
        share = "–" if rate.rate is None else f"{rate.rate:.1%}"
        counts = f"{row['labeled']:>10}{row['unlabeled']:>11}{row['unanswerable']:>9}"
        click.echo(f"{kind:<6}{counts}{share:>8}   {low:.1%} – {high:.1%}")
    click.echo("by how it is put, right:")
    for name, rate in report.phrasings.items():
        low, high = rate.interval
        click.echo(f"  {name:<26}{rate.rate or 0.0:>8.1%}   {low:.1%} – {high:.1%}   of {rate.decided}")
    leaks = [one for one in report.audited if one.marks]
    click.echo(f"replies that leak: {len(leaks)}")
    for one in leaks[:10]:
        click.echo(f"  {one.question.task}: {one.question.question!r}: {'; '.join(one.marks)}")
