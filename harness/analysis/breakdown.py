"""A run's scores by what its tasks are: by tag, by difficulty, and its calls by what the tools do.

A run directory says nothing about the content of tasks: tags and tools are in the packs, which are opened here
and must be as they were when the run started. A tag `intent:mms_issue` is the value `mms_issue` of `intent`; a tag
without a colon is there or isn't. A task with several values of a name counts in each of their groups.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from environments import load_template
from harness.analysis.compaction import head_of
from harness.analysis.database import question
from harness.analysis.summary import ActionAccuracy, Rate, Scores, score
from harness.analysis.trials import TaskKey, Trials, fetch_trials
from harness.core.errors import EnvironmentFault, InputError, unknown_name
from harness.core.message import Party
from harness.core.pack import Pack
from harness.core.run import RunManifest, ScheduleKind
from harness.core.task import Task
from harness.packs.find import MANIFEST, pack_folders
from harness.runner.journal import read_manifest
from harness.runner.plan import reopen

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

WITHOUT = "(none)"
"""The group of the tasks that have no such tag."""
TAGS = "tags"
"""Asks for a group for each tag, as it is written."""
DIFFICULTY = "difficulty"
PHASE = "phase"
"""Asks for a group for each phase, scored by what came of that phase alone."""
_LEVELS = ("easy", "medium", "hard")


def break_down(root: Path, names: Sequence[str]) -> dict[str, dict[str, Scores]]:
    """The scores of each group of tasks, by each of `names`.

    Args:
        root: A run directory.
        names: What comes before a tag's colon, a tag without a colon, `difficulty`, `phase`, or `tags`.

    Raises:
        InputError: it isn't a run, a pack of it is gone or has changed, or no task has such a tag.
    """
    schedule = head_of(root).schedule
    if schedule is not None and schedule.kind is ScheduleKind.HARD_FIRST:
        raise InputError(
            f"{root}: its tasks were picked because they fail, so that rates of groups of them mean nothing",
            hint="`bench run --schedule estimate` draws tasks by lot",
        )
    tasks = run_tasks(root)
    for name in names:
        _refuse_unknown(name, tasks)

    def read(connection: DuckDBPyConnection) -> dict[str, dict[str, Scores]]:
        trials = fetch_trials(connection)
        return {
            name: _phases(connection, tasks) if _is_phase(name, tasks) else _groups(name, tasks, trials)
            for name in names
        }

    return question([root], read, needed=("attempts",))


def run_tasks(root: Path) -> dict[TaskKey, Task]:
    """The tasks that a run planned, as they were when it started.

    Raises:
        InputError: it isn't a run, or a pack of it is gone or has changed.
    """
    manifest = read_manifest(root)
    packs = run_packs(root, manifest)
    keys = dict.fromkeys((trial.pack, trial.task) for trial in manifest.trials)
    return {(pack, task): packs[pack].tasks[task] for pack, task in keys if task in packs[pack].tasks}


def run_packs(root: Path, manifest: RunManifest) -> dict[str, Pack]:
    """The packs of a run, as they were when it started.

    Raises:
        InputError: one is gone or has changed.
    """
    folders = pack_folders()
    for pack in manifest.packs:
        if not (Path(pack.root) / MANIFEST).is_file() and pack.id not in folders:
            raise InputError(
                f"{root}: pack {pack.id!r}, which has the tasks' tags and tools, is gone: it was in {pack.root}",
                hint="put it back, or name the folder it is in now by PARLEY_TASKS",
            )
    return reopen(root, manifest).packs


def group_names(tasks: Iterable[Task]) -> frozenset[str]:
    """What these tasks can be grouped by."""
    names: set[str] = set()
    for task in tasks:
        names.update(tag.partition(":")[0] for tag in task.tags)
        names.update([TAGS] if task.tags else [], [DIFFICULTY] if task.difficulty else [])
        names.update([PHASE] if len(task.phases) > 1 else [])
    return frozenset(names)


def groups_of(name: str, task: Task) -> tuple[str, ...]:
    """The groups of a task by `name`; several where it has several such tags."""
    parts = [tag.partition(":") for tag in task.tags]
    found = [value or name for before, _, value in parts if before == name]
    if not found and name == TAGS:
        found = list(task.tags)
    if not found and name == DIFFICULTY and task.difficulty:
        found = [task.difficulty]
    return tuple(dict.fromkeys(found)) or (WITHOUT,)


def _refuse_unknown(name: str, tasks: Mapping[TaskKey, Task]) -> None:
    known = group_names(tasks.values())
    if name == PHASE:
        return
    if not known:
        raise InputError(f"no task of the run has tags to group by (asked for {name!r})")
    if name not in known:
        raise unknown_name("tag", name, known, listing=f"(`--by {TAGS}` has a group for each tag)")


def _groups(name: str, tasks: Mapping[TaskKey, Task], trials: Trials) -> dict[str, Scores]:
    members: dict[str, set[TaskKey]] = {}
    for key, task in tasks.items():
        for group in groups_of(name, task):
            members.setdefault(group, set()).add(key)
    return {group: score(trials.part(trials.chosen(members[group]))) for group in sorted(members, key=_order)}


def _is_phase(name: str, tasks: Mapping[TaskKey, Task]) -> bool:
    """A tag of that name goes before."""
    return name == PHASE and not any(tag.partition(":")[0] == PHASE for task in tasks.values() for tag in task.tags)


def _phases(connection: DuckDBPyConnection, tasks: Mapping[TaskKey, Task]) -> dict[str, Scores]:
    """By phase, counted from 1, over the tasks that have it. One that an episode didn't reach was not passed."""
    found = {}
    for phase in range(max((len(task.phases) for task in tasks.values()), default=0)):
        trials = fetch_trials(connection, phase=phase)
        there = trials.chosen(key for key, task in tasks.items() if len(task.phases) > phase)
        found[str(phase + 1)] = score(trials.part(there))
    return found


def _order(group: str) -> tuple[bool, float, int, str]:
    """Numbers by size, then levels from easy to hard, then other words, then what has no such tag."""
    number = float(group) if group.isdecimal() else float("inf")
    level = _LEVELS.index(group) if group in _LEVELS else len(_LEVELS)
    return group == WITHOUT, number, level, group


def action_accuracy(root: Path) -> ActionAccuracy | None:
    """How many reference calls were found, by tool, and by whether the tool writes; `None` without action checks.

    Whether a tool writes is asked of the packs' environments; where one can't be opened, `note` says why.

    Raises:
        InputError: it isn't a run, or it is damaged.
    """
    counts = question([root], _action_counts, needed=("attempts", "checks"))
    if not counts:
        return None
    try:
        writes, note = asyncio.run(tool_writes(root, set(counts))), ""
    except (InputError, EnvironmentFault) as error:
        writes, note = {}, str(error)
    by_tool: dict[str, Counter[bool]] = {}
    kinds: dict[bool | None, Counter[bool]] = {True: Counter(), False: Counter(), None: Counter()}
    for (pack, tool), found in counts.items():
        by_tool.setdefault(tool, Counter()).update(found)
        kinds[writes.get((pack, tool))].update(found)
    if kinds[None] and not note:
        note = "some tools are no longer among the environment's"
    return ActionAccuracy(
        total=_rate(sum(by_tool.values(), Counter())),
        read=None if note else _rate(kinds[False]),
        write=None if note else _rate(kinds[True]),
        tools={tool: _rate(by_tool[tool]) for tool in sorted(by_tool)},
        note=note,
    )


def _action_counts(connection: DuckDBPyConnection) -> dict[tuple[str, str], Counter[bool]]:
    """By pack and tool, how many action checks passed and failed."""
    counts: dict[tuple[str, str], Counter[bool]] = {}
    if not connection.execute("SELECT 1 FROM checks WHERE kind = 'action' LIMIT 1").fetchone():
        return counts
    found = connection.execute("""
        SELECT pack, label, verdict = 'passed' AS passed, count(*)
        FROM checks SEMI JOIN (FROM trials WHERE termination != 'infra_error') AS judged
            USING (run, pack, task, trial, attempt)
        WHERE kind = 'action' GROUP BY ALL ORDER BY ALL
    """).fetchall()
    for pack, label, passed, number in found:
        counts.setdefault((pack, label), Counter())[passed] += number
    return counts


async def tool_writes(root: Path, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], bool]:
    """Whether a tool writes, by pack and tool. A user's tools depend on the task, so tasks are asked until all
    tools that were checked are known."""
    manifest = read_manifest(root)
    packs = run_packs(root, manifest)
    known: dict[tuple[str, str], bool] = {}
    for pack in packs.values():
        template = load_template(pack)
        try:
            for task in dict.fromkeys(trial.task for trial in manifest.trials if trial.pack == pack.id):
                if all(key in known for key in wanted if key[0] == pack.id):
                    break
                world = await template.create(pack.tasks[task], 0)
                for spec in (*world.tools(Party.AGENT), *world.tools(Party.USER)):
                    known[pack.id, spec.name] = known.get((pack.id, spec.name), False) or spec.writes
                await world.close()
        finally:
            template.close()
    return known


def _rate(found: Counter[bool]) -> Rate:
    return Rate.of(found[True], found.total())
