"""The same run with several patiences, planned at once: the data of BIRD-INTERACT's interaction scaling.

A sweep is a folder with a run directory for each patience, `patience-0`, `patience-3` and so on. All are made before
the first episode is played, so that `--resume` on the folder knows what is left. Each is a run like any other.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.errors import InputError
from harness.runner.config import RunConfig
from harness.runner.execute import open_templates
from harness.runner.journal import MANIFEST, create_run
from harness.runner.start import Ended, Given, prepare, resume_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

_PREFIX = "patience-"
_NO_BUDGET = "--budget in dollars is a run's, and several patiences make a run each"


def start_sweep(config: RunConfig, patience: Sequence[int], *, console: Console) -> Ended:
    """Play a new run for each patience; the folder is `config.out`.

    Raises:
        InputError: something that was given can't be used; nothing was written.
    """
    if config.budget_usd is not None:
        raise InputError(_NO_BUDGET, hint="leave it out, or play one patience a run")
    if config.graft is not None:
        raise InputError("--graft leaves no question to ask, so patience changes nothing", hint="leave one of them out")
    root = config.out or Path("runs") / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-scaling"
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise InputError(f"{root}: exists already and is not empty", hint="give another --out")
    plans = []
    for one in sorted(patience):
        options = {**config.changes.options, "patience": one}
        changed = replace(config, changes=replace(config.changes, options=options), out=root / f"{_PREFIX}{one}")
        plans.append(prepare(changed, console=console))
    with open_templates(plans[0]):
        # Patience aside all plans are the same, so what one's environments accept the others' do.
        pass
    for plan in plans:
        create_run(plan.root, plan.manifest)
    return resume_sweep(root, Given(storage=config.storage), concurrency=config.concurrency, console=console)


def resume_sweep(root: Path, given: Given, *, concurrency: int, console: Console) -> Ended:
    """Play what the runs of a sweep are missing.

    Raises:
        InputError: as `resume_run` does, for one of them.
    """
    if given.budget_usd is not None:
        raise InputError(_NO_BUDGET, hint="leave it out, or resume one of its runs")
    sound = True
    for run in sweep_runs(root):
        ended = resume_run(run, given, concurrency=concurrency, console=console)
        sound = sound and ended.sound
        if ended.stopped:
            return Ended(root, sound, stopped=True)
    return Ended(root, sound, stopped=False)


def sweep_runs(root: Path) -> list[Path]:
    """The runs of the sweep in `root`, least patience first; empty where it is none."""
    found = [path for path in root.glob(f"{_PREFIX}*") if (path / MANIFEST).is_file()]
    return sorted(found, key=lambda path: (len(path.name), path.name))
