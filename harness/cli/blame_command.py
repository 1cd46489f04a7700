"""`bench blame`: whose doing failures were."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import click


@click.command(name="blame")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--judge", help="Model that is asked about failures which the rules leave with the agent.")
@click.option("--json", "as_json", is_flag=True, help="JSON: one failure a line.")
def command(run: Path, judge: str | None, as_json: bool) -> None:
    """Tell for every trial of RUN that failed, or has no reward, whose doing it was: agent, user, judge, environment,
    task or infrastructure; and the events that show it.

    Rules come first. With --judge a model looks at what they leave with the agent; its verdicts stay in the run's
    directory and are used by whatever asks for blame later.
    """
    from harness.analysis.blame import Cause, blame
    from harness.runner.journal import read_manifest
    from harness.runner.judge_blame import judge_blame

    read_manifest(run)
    if judge is not None:
        count = judge_blame(run, judge)
        click.echo(f"{judge} judged {count} failures", err=True)
    found = blame(run)
    if as_json:
        for one in found:
            click.echo(json.dumps(one.model_dump(mode="json", exclude={"trajectory"}), ensure_ascii=False))
        return
    for one in found:
        turns = f" (events {', '.join(map(str, one.turns))})" if one.turns else ""
        by = "" if one.by == "rules" else f" [{one.by}]"
        click.echo(f"{one.cause:14} {one.pack}/{one.task}#{one.trial}: {one.why}{turns}{by}")
    counts = Counter(one.cause for one in found)
    click.echo(", ".join(f"{cause} {counts[cause]}" for cause in Cause if counts[cause]) or "nothing failed")
