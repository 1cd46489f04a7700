"""A run that another harness made, as one of ours: every conversation played again and scored.

The parties repeat what they said; world, results and reward are made anew. So the run that is written holds
by `bench score`, and what differs from the file (a reward, a tool's result) is reported, not copied.
"""

from __future__ import annotations

import asyncio
import platform
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import harness
from harness.core.errors import InputError
from harness.core.event import ToolEvent
from harness.core.limits import Limits
from harness.core.message import Party
from harness.core.pack import Pack
from harness.core.parsing import JsonObject
from harness.core.protocols import Template
from harness.core.record import Attempt, Record, Timings
from harness.core.run import PackIdentity, PlannedTrial, RunManifest, SeatIdentity
from harness.core.suite import Selection, Suite
from harness.engine.episode import play
from harness.engine.recorded import RecordEnds, Repeats
from harness.engine.setting import Setting
from harness.packs.import_tau2 import GREETING, Draft, draft_pack, write_draft
from harness.packs.load import load_pack, open_pack
from harness.packs.suites import suite_hash
from harness.packs.tau2_layout import LAYOUTS, domain_folder
from harness.packs.tau2_results import Results, Seat, Simulation, first_greeting, read_results, spoken
from harness.runner.journal import create_run, open_journal

_SETTINGS = ("temperature", "seed", "top_p", "max_tokens", "reasoning_effort")
"""Arguments of a model that are kept; others might hold a key."""
_UNLIMITED = Limits(max_turns=10**6, max_steps=10**6, max_errors=10**6, timeout_s=1e6)
"""The other harness's limits have done their work; ours must not end an episode once more."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One episode, theirs and ours."""

    task: str
    trial: int
    theirs: float | None
    ours: float | None
    differences: tuple[str, ...]
    """A line each: a reward, or a tool result that our world does not return."""


@dataclass(frozen=True, slots=True)
class ImportedRun:
    """A run that was imported."""

    root: Path
    episodes: tuple[Replayed, ...]
    notes: tuple[str, ...]


def import_tau2_run(path: Path, data: Path, out: Path | None) -> ImportedRun:
    """Write the run directory `out` from a τ² results file.

    Args:
        path: The results file, or a folder in upstream's `dir` layout.
        data: A checkout of tau2-bench or a data folder: results hold no databases.
        out: Must not exist; `None`: `runs/<name of the file>`.

    Raises:
        InputError: something can't be used; nothing was written.
    """
    results = read_results(path)
    domain = results.info.environment_info.domain_name.removesuffix("-workflow")
    if domain not in LAYOUTS:
        raise InputError(f"{path}: domain {domain!r} can't be imported", hint=f"supported: {', '.join(LAYOUTS)}")
    root = out or Path("runs") / f"tau2-{path.resolve().stem}"
    if root.exists():
        raise InputError(f"{root}: exists already", hint="give another --out")
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root.parent, prefix=".importing-") as temporary:
        home = Path(temporary) / "run"
        home.mkdir()
        draft = _pack_draft(results, path, domain_folder(data, domain), domain, home)
        written = write_draft(draft)
        pack = load_pack(written.root)
        template = open_pack(pack)
        try:
            episodes, attempts = asyncio.run(_play_all(results, pack, template))
        finally:
            template.close()
        manifest = _manifest(results, pack, root, attempts)
        shelf = Path(temporary) / "journal"
        create_run(shelf, manifest)
        asyncio.run(_journal(shelf, attempts))
        for part in shelf.iterdir():
            part.rename(home / part.name)
        home.rename(root)
    return ImportedRun(root, tuple(episodes), written.notes)


def _pack_draft(results: Results, path: Path, folder: Path, domain: str, home: Path) -> Draft:
    used = {simulation.task_id for simulation in results.simulations}
    tasks = [task for task in results.tasks.values() if task.id in used]
    greeting = first_greeting(results.simulations) or GREETING
    out = home / "packs" / f"tau2-{domain}"
    return draft_pack(folder, domain, out, tasks, path, results.info.environment_info.policy, greeting)


async def _play_all(results: Results, pack: Pack, template: Template) -> tuple[list[Replayed], list[Attempt]]:
    episodes: list[Replayed] = []
    attempts: list[Attempt] = []
    met: Counter[tuple[str, int]] = Counter()
    count: Counter[str] = Counter()
    for simulation in results.simulations:
        trial = simulation.trial if simulation.trial is not None else count[simulation.task_id]
        count[simulation.task_id] += 1
        record, differences = await _play(simulation, results, pack, template, trial)
        attempts.append(
            Attempt(attempt=met[simulation.task_id, trial], timings=_timings(simulation), record=record),
        )
        met[simulation.task_id, trial] += 1
        theirs = simulation.reward_info.reward if simulation.reward_info else None
        episodes.append(Replayed(simulation.task_id, trial, theirs, record.reward.value, tuple(differences)))
    return episodes, attempts


async def _play(
    simulation: Simulation, results: Results, pack: Pack, template: Template, trial: int
) -> tuple[Record, list[str]]:
    info = results.info
    start = results.tasks[simulation.task_id].initial_state
    history = (start.message_history if start is not None else None) or ()
    said = spoken(simulation, given=len(history), greeted=not history and not info.mode.solo)
    setting = Setting.of(
        pack,
        simulation.task_id,
        template,
        trial=trial,
        run_seed=info.seed or 0,
        limits=_UNLIMITED,
        agent=_seat(info.agent_info).name,
        simulator=_seat(info.user_info).name,
        mode=info.mode,
    )
    parties = {
        party: Repeats(messages, RecordEnds(simulation.termination, f"upstream: {simulation.termination_reason}"))
        for party, messages in said.messages.items()
    }
    record = (await play(setting, parties[Party.AGENT], parties[Party.USER])).record
    before = sum(len(entry.message.tool_calls) for entry in setting.task.history)
    ours = [event.result for event in record.events if isinstance(event, ToolEvent)][before:]
    differences = [
        f"tool result {number}: theirs {content[:120]!r}, ours {result.content[:120]!r}"
        for number, ((content, _), result) in enumerate(zip(said.results, ours, strict=False))
        if content != result.content
    ]
    if len(said.results) != len(ours):
        differences.append(f"tool results: theirs {len(said.results)}, ours {len(ours)}")
    if record.termination is not simulation.termination:
        differences.append(f"termination: theirs {simulation.termination_reason}, ours {record.termination.value}")
    theirs = simulation.reward_info.reward if simulation.reward_info else None
    if theirs is not None and record.reward.value != theirs:
        shown = "undecided" if record.reward.value is None else f"{record.reward.value:g}"
        why = f" ({record.reward.reason})" if record.reward.reason else ""
        differences.append(f"reward: theirs {theirs:g}, ours {shown}{why}")
    return record, differences


def _manifest(results: Results, pack: Pack, root: Path, attempts: list[Attempt]) -> RunManifest:
    info = results.info
    trials = tuple(
        dict.fromkeys((attempt.record.pack, attempt.record.task, attempt.record.trial) for attempt in attempts)
    )
    tasks = tuple(dict.fromkeys((pack_id, task) for pack_id, task, _ in trials))
    suite = Suite(
        id=f"{pack.id}-imported",
        title=f"τ²-bench results of {info.agent_info.llm or info.agent_info.implementation}",
        trials=max(trial for _, _, trial in trials) + 1,
        mode=info.mode,
        select=(Selection(pack=pack.id, tasks=tuple(task for _, task in tasks)),),
    )
    return RunManifest(
        id=root.name,
        created_at=results.timestamp or datetime.now(UTC).isoformat(timespec="seconds"),
        harness=harness.__version__,
        python=platform.python_version(),
        platform=sys.platform,
        suite=suite,
        suite_hash=suite_hash(suite, {pack.id: pack}, tasks),
        packs=(
            PackIdentity(
                id=pack.id,
                version=pack.manifest.version,
                hash=pack.hash,
                root=str((root / "packs" / pack.id).resolve()),
            ),
        ),
        agent=_seat(info.agent_info, info.git_commit),
        simulator=_seat(info.user_info),
        seed=info.seed or 0,
        limits=_UNLIMITED,
        trials=tuple(PlannedTrial(pack=pack_id, task=task, trial=trial) for pack_id, task, trial in trials),
    )


def _seat(seat: Seat, commit: str = "") -> SeatIdentity:
    arguments = seat.llm_args or {}
    options: JsonObject = {name: arguments[name] for name in _SETTINGS if name in arguments}
    if commit:
        options["git_commit"] = commit
    return SeatIdentity(name=f"tau2:{seat.implementation}", model=seat.llm, options=options)


def _timings(simulation: Simulation) -> Timings:
    seconds = {
        role: sum(one.generation_time_seconds or 0.0 for one in simulation.messages or () if one.role == role)
        for role in ("assistant", "user")
    }
    return Timings(
        started_at=simulation.start_time,
        wall_s=simulation.duration,
        agent_s=seconds["assistant"],
        user_s=seconds["user"],
    )


async def _journal(root: Path, attempts: list[Attempt]) -> None:
    async with open_journal(root) as journal:
        for attempt in attempts:
            await journal.append(attempt)
