"""Score a run again from its records alone: `bench score`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from harness.checks.judge import Judge, ModelJudge, recorded_judge
from harness.engine.recorded import Rescored, dialogue, rescore
from harness.engine.setting import Setting
from harness.models.book import read_models
from harness.models.open import check_model, open_models
from harness.runner.execute import open_templates
from harness.runner.journal import final_attempts, read_manifest
from harness.runner.plan import reopen


def rescore_run(root: Path, judge: str | None = None) -> list[Rescored]:
    """Every trial's last record, played again on a fresh environment.

    Args:
        judge: Model for statements on which the record holds no judgement; `None`: they stay undecided.

    Raises:
        InputError: it isn't a run, it is damaged, a pack has changed since, or the judge can't be used.
    """
    if judge is not None:
        check_model(judge, read_models())
    manifest = read_manifest(root)
    plan = reopen(root, manifest)
    with open_templates(plan) as templates:

        async def all_of_them() -> list[Rescored]:
            async with open_models([] if judge is None else [judge], read_models()) as pool:
                return await play_again(None if judge is None else ModelJudge(pool.client(judge)))

        async def play_again(asked: Judge | None) -> list[Rescored]:
            rescored = []
            for attempt in final_attempts(root).values():
                record = attempt.record
                setting = Setting.of(
                    plan.packs[record.pack],
                    record.task,
                    templates[record.pack],
                    trial=record.trial,
                    run_seed=manifest.seed,
                    limits=record.limits,
                    agent=record.agent,
                    simulator=record.simulator,
                    mode=record.mode,
                    judge=recorded_judge(record, asked),
                    graft=dialogue(record) if manifest.graft is not None else None,
                )
                rescored.append(await rescore(setting, record))
            return rescored

        return asyncio.run(all_of_them())
