"""What a run will do: the manifest of a new run, or what is left of an old one."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import harness
from harness.core.errors import InputError
from harness.core.pack import Pack
from harness.core.record import Attempt
from harness.core.run import PackIdentity, PlannedTrial, RunManifest, SeatIdentity
from harness.core.termination import Termination
from harness.packs.find import MANIFEST as PACK_MANIFEST
from harness.packs.find import find_pack
from harness.packs.load import load_pack
from harness.packs.suites import ResolvedSuite, configured, suite_hash
from harness.runner.config import RunConfig
from harness.runner.graft import Dialogues, Graft, read_graft
from harness.runner.provenance import commit, dependencies
from harness.runner.schedule import draw_schedule


@dataclass(frozen=True, slots=True)
class Plan:
    """A run that can start: its directory, its manifest and its packs."""

    root: Path
    manifest: RunManifest
    packs: dict[str, Pack]
    dialogues: Dialogues = field(default_factory=dict)
    """Clarifications that are given to the agent; empty where it asks for itself."""


def new_plan(
    config: RunConfig,
    resolved: ResolvedSuite,
    agent: SeatIdentity,
    simulator: SeatIdentity,
    judge: SeatIdentity | None = None,
    graft: Graft | None = None,
) -> Plan:
    """The plan of a new run; nothing is written.

    Raises:
        InputError: the schedule that is asked for can't be made.
    """
    now = datetime.now(UTC)
    suite = resolved.suite
    name = f"{now:%Y%m%d-%H%M%S}-{_slug(config.agent)}-{_slug(suite.id)}"
    manifest = RunManifest(
        id=name,
        created_at=now.isoformat(timespec="seconds"),
        harness=harness.__version__,
        commit=commit(),
        dependencies=dependencies(),
        python=platform.python_version(),
        platform=sys.platform,
        suite=suite,
        suite_hash=resolved.hash,
        packs=tuple(
            PackIdentity(id=pack.id, version=pack.manifest.version, hash=pack.hash, root=str(pack.root.resolve()))
            for pack in resolved.packs.values()
        ),
        agent=agent,
        simulator=simulator,
        judge=judge,
        graft=graft.identity if graft is not None else None,
        seed=config.seed,
        limits=config.limits,
        models=config.book.only(tuple(seat.model for seat in (agent, simulator, judge) if seat and seat.model)),
        retries=config.book.retries,
        budget_usd=config.budget_usd,
        trials=resolved.trials(),
    )
    if config.schedule is not None:
        schedule, trials = draw_schedule(config.schedule, resolved, config.seed)
        manifest = manifest.model_copy(update={"schedule": schedule, "trials": trials})

    root = config.out or _free(Path("runs") / name)
    return Plan(root, manifest, resolved.packs, graft.dialogues if graft is not None else {})


def reopen(root: Path, manifest: RunManifest) -> Plan:
    """The plan of an old run, its packs loaded again and found unchanged.

    Raises:
        InputError: a pack is gone or has changed since the run started.
    """
    packs = {}
    for identity in manifest.packs:
        home = Path(identity.root)
        pack = load_pack(home if (home / PACK_MANIFEST).is_file() else find_pack(identity.id))
        if pack.hash != identity.hash:
            raise InputError(
                f"{root}: pack {identity.id!r} in {pack.root} has changed since the run started "
                f"(hash {pack.hash[:19]}…, the run's is {identity.hash[:19]}…)",
                hint="restore the pack, or start a new run",
            )
        packs[identity.id] = configured(pack, manifest.suite)
    planned = manifest.trials if manifest.schedule is None else manifest.schedule.tasks
    tasks = tuple(dict.fromkeys((one.pack, one.task) for one in planned))
    if suite_hash(manifest.suite, packs, tasks) != manifest.suite_hash:
        raise InputError(f"{root}: the suite hash in the manifest doesn't fit its content", hint="start a new run")
    return Plan(root, manifest, packs)


def with_dialogues(plan: Plan) -> Plan:
    """The plan with the dialogues that its run was started with: to play on, not to score.

    Raises:
        InputError: the run that they are from is gone or has changed.
    """
    graft = plan.manifest.graft
    if graft is None:
        return plan
    hashes = {pack.id: pack.hash for pack in plan.manifest.packs}
    found = read_graft(Path(graft.run), plan.manifest.suite.mode, hashes, plan.manifest.trials, hash_=graft.hash)
    return replace(plan, dialogues=found.dialogues)


def refuse_other_suite(root: Path, manifest: RunManifest, resolved: ResolvedSuite) -> None:
    """Raises `InputError` where a run directory belongs to another suite than the one asked for."""
    if resolved.hash != manifest.suite_hash:
        raise InputError(
            f"{root}: belongs to suite {manifest.suite.id!r} with hash {manifest.suite_hash[:19]}…, "
            f"not to {resolved.suite.id!r} with hash {resolved.hash[:19]}…",
            hint=f"`bench run --resume {root}` without --suite continues it as it is",
        )


def settled(attempts: Iterable[Attempt]) -> set[tuple[str, str, int]]:
    """The trials that needn't be played again: all that were, but for those that the infrastructure ended."""
    return {one.record.key for one in attempts if one.record.termination is not Termination.INFRA_ERROR}


def pending(plan: Plan, finished: set[tuple[str, str, int]]) -> list[PlannedTrial]:
    """The trials without a result that counts."""
    return [trial for trial in plan.manifest.trials if (trial.pack, trial.task, trial.trial) not in finished]


def _slug(name: str) -> str:
    kept = "".join(character if character.isalnum() else "-" for character in name)
    return "-".join(part for part in kept.split("-") if part)[:40] or "run"


def _free(path: Path) -> Path:
    """`path`, or the first of `path-2`, `path-3`, … that isn't taken."""
    number, candidate = 1, path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name}-{number}")
    return candidate
