"""Score a run again from its records alone: `bench score`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from harness.engine.recorded import Rescored, rescore
from harness.engine.setting import Setting
from harness.runner.execute import open_templates
from harness.runner.journal import final_attempts, read_manifest
from harness.runner.plan import reopen


def rescore_run(root: Path) -> list[Rescored]:
    """Every trial's last record, played again on a fresh environment.

    Raises:
        InputError: it isn't a run, it is damaged, or a pack has changed since.
    """
    manifest = read_manifest(root)
    plan = reopen(root, manifest)
    with open_templates(plan) as templates:

        async def all_of_them() -> list[Rescored]:
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
                )
                rescored.append(await rescore(setting, record))
            return rescored

        return asyncio.run(all_of_them())
