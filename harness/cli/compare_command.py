"""`bench compare`: two runs, paired by task."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from harness.analysis.gate import Gate
from harness.cli.ranges import FiniteRange


@click.command(name="compare")
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option("--anyway", is_flag=True, help="Compare runs of other suites, simulators, judges or versions, too.")
@click.option(
    "--max-loss",
    type=FiniteRange(0, 1),
    help="Exit with 1 where B solves more than this share of tasks less than A (0.02: two in a hundred).",
)
@click.option(
    "--gate",
    type=click.Choice([gate.value for gate in Gate]),
    default=Gate.SEEN.value,
    show_default=True,
    help="What counts as a loss for --max-loss: the one seen, only a sure one (the whole interval lies beyond), or "
    "also a possible one (the interval reaches beyond).",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object: a, b, all, packs, flips, better, worse, …")
@click.pass_context
def command(
    ctx: click.Context, a: Path, b: Path, anyway: bool, max_loss: float | None, gate: str, as_json: bool
) -> None:
    """Compare run B with run A, the baseline, over the tasks that were decided in both.

    Prints the difference of pass^1 with its 95 % interval and exact p-value, which tasks flipped, how much of that an
    agent that varies does by itself, and what it would take to tell.

    \b
    bench compare runs/main runs/branch
    bench compare runs/main runs/branch --max-loss 0.02                  # in CI
    bench compare runs/main runs/branch --max-loss 0.05 --gate possible  # shows that no more is lost
    """
    from harness.analysis.compare import compare
    from harness.cli.compare_table import show_comparison
    from harness.cli.terminal import announce

    if max_loss is None and ctx.get_parameter_source("gate") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--gate says what counts as a loss: give --max-loss, too")
    announce([a, b])
    found = compare(a, b, anyway=anyway)
    if as_json:
        click.echo(found.model_dump_json())
    else:
        show_comparison(found)
    if max_loss is not None and (loss := found.loss(Gate(gate))) > max_loss:
        told = {Gate.SEEN: "loses", Gate.SURE: "surely loses", Gate.POSSIBLE: "may lose"}[Gate(gate)]
        click.echo(f"error: B {told} {loss:.3f}, more than {max_loss:g}", err=True)
        ctx.exit(1)
