"""`bench score`: rewards recomputed from the records alone."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command(name="score")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--judge", help="Model for statements that nobody judged yet.  [default: they stay undecided]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: episodes, mean_reward, differences.")
@click.pass_context
def command(ctx: click.Context, run: Path, judge: str | None, as_json: bool) -> None:
    """Score RUN again from its records alone: every recorded call is executed on a fresh environment and
    every check is run.

    Exits with 1 where a reward, a tool result or a final state differs from what was recorded.
    """
    from harness.runner.rescore import rescore_run

    rescored = rescore_run(run, judge)
    rewards = [one.replayed.reward.value for one in rescored if one.replayed.reward.value is not None]
    mean = sum(rewards) / len(rewards) if rewards else None
    differing = [one for one in rescored if one.differences]
    if as_json:
        report = {
            "episodes": len(rescored),
            "mean_reward": mean,
            "differences": [
                {
                    "pack": one.recorded.pack,
                    "task": one.recorded.task,
                    "trial": one.recorded.trial,
                    "recorded": one.recorded.reward.value,
                    "recomputed": one.replayed.reward.value,
                    "what": list(one.differences),
                }
                for one in differing
            ],
        }
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        for one in differing:
            for difference in one.differences:
                click.echo(f"{one.recorded.pack}/{one.recorded.task}#{one.recorded.trial}: {difference}")
        shown = "none" if mean is None else f"{mean:.3f}"
        click.echo(f"{len(rescored)} episodes scored again, {len(differing)} differ; mean reward {shown}")
        if not rescored:
            click.echo("nothing of this run has finished", err=True)
    ctx.exit(1 if differing else 0)
