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

from environments import load_template
from harness.analysis.summary import ActionAccuracy, Rate, Scores, judged_phases, score
from harness.core.check import CheckKind, Verdict
from harness.core.errors import EnvironmentFault, InputError, unknown_name
from harness.core.message import Party
from harness.core.pack import Pack
from harness.core.record import Attempt, Record
from harness.core.run import PlannedTrial, RunManifest
from harness.core.task import Task
from harness.packs.find import MANIFEST, pack_folders
from harness.runner.journal import final_attempts, read_manifest
from harness.runner.plan import reopen

WITHOUT = "(none)"
"""The group of the tasks that have no such tag."""
TAGS = "tags"
"""Asks for a group for each tag, as it is written."""
DIFFICULTY = "difficulty"
_LEVELS = ("easy", "medium", "hard")


def break_down(root: Path, names: Sequence[str]) -> dict[str, dict[str, Scores]]:
    """The scores of each group of tasks, by each of `names`.

    Args:
        root: A run directory.
        names: What comes before a tag's colon, a tag without a colon, `difficulty`, or `tags`.

    Raises:
        InputError: it isn't a run, a pack of it is gone or has changed, or no task has such a tag.
    """
    manifest = read_manifest(root)
    packs = run_packs(root, manifest)
    attempts = list(final_attempts(root).values())
    tasks = {
        (trial.pack, trial.task): packs[trial.pack].tasks[trial.task]
        for trial in manifest.trials
        if trial.task in packs[trial.pack].tasks
    }
    return {name: _groups(name, tasks, manifest.trials, attempts) for name in names}


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


def _groups(
    name: str,
    tasks: Mapping[tuple[str, str], Task],
    planned: Sequence[PlannedTrial],
    attempts: Sequence[Attempt],
) -> dict[str, Scores]:
    known = group_names(tasks.values())
    if not known:
        raise InputError(f"no task of the run has tags to group by (asked for {name!r})")
    if name not in known:
        raise unknown_name("tag", name, known, listing=f"(`--by {TAGS}` has a group for each tag)")
    members: dict[str, set[tuple[str, str]]] = {}
    for key, task in tasks.items():
        for group in groups_of(name, task):
            members.setdefault(group, set()).add(key)
    return {
        group: score(
            [trial for trial in planned if (trial.pack, trial.task) in members[group]],
            [one for one in attempts if (one.record.pack, one.record.task) in members[group]],
        )
        for group in sorted(members, key=_order)
    }


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
    manifest = read_manifest(root)
    records = [attempt.record for attempt in final_attempts(root).values()]
    counts = _action_counts(records)
    if not counts:
        return None
    try:
        writes, note = asyncio.run(_writing(run_packs(root, manifest), records)), ""
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


def _action_counts(records: Iterable[Record]) -> dict[tuple[str, str], Counter[bool]]:
    """By pack and tool, how many action checks passed and failed."""
    counts: dict[tuple[str, str], Counter[bool]] = {}
    for record in records:
        for check in (check for phase in judged_phases(record) for check in phase.checks):
            if check.kind is CheckKind.ACTION:
                counts.setdefault((record.pack, check.label), Counter())[check.verdict is Verdict.PASSED] += 1
    return counts


async def _writing(packs: Mapping[str, Pack], records: Sequence[Record]) -> dict[tuple[str, str], bool]:
    """Whether a tool writes, by pack and tool. A user's tools depend on the task, so tasks are asked until all
    tools that were checked are known."""
    wanted = set(_action_counts(records))
    known: dict[tuple[str, str], bool] = {}
    for pack in packs.values():
        template = load_template(pack)
        try:
            for task in dict.fromkeys(record.task for record in records if record.pack == pack.id):
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
