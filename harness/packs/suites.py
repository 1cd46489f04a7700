"""From the word after `--suite` to the packs and tasks that it stands for.

The word is the name of a suite, the path of a suite file, a pack (id or folder) or `pack:split`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import InputError, unknown_name
from harness.core.identity import digest
from harness.core.pack import Pack
from harness.core.parsing import parse, read_toml
from harness.core.run import PlannedTrial
from harness.core.suite import Selection, Suite
from harness.packs.find import MANIFEST, find_pack, pack_folders, suite_files
from harness.packs.load import load_pack, task_ids


@dataclass(frozen=True, slots=True)
class ResolvedSuite:
    """A suite with its packs loaded and its tasks listed."""

    suite: Suite
    packs: dict[str, Pack]
    tasks: tuple[tuple[str, str], ...]
    """(pack id, task id), in the suite's order."""
    hash: str
    """Equal hashes: the same tasks, data, limits and trial counts."""

    def trials(self) -> tuple[PlannedTrial, ...]:
        """Every trial to run: all tasks' first trials, then their second ones."""
        return tuple(
            PlannedTrial(pack=pack, task=task, trial=trial)
            for trial in range(self.suite.trials)
            for pack, task in self.tasks
        )


def resolve_suite(name: str, *, trials: int | None = None, only: tuple[str, ...] = ()) -> ResolvedSuite:
    """The suite that `name` stands for, cut down to the tasks named in `only`.

    Raises:
        InputError: the suite, a pack, a split or a task of it is unknown or invalid.
    """
    suite, folders = _suite(name)
    if trials is not None:
        suite = suite.model_copy(update={"trials": trials})
    packs: dict[str, Pack] = {}
    tasks: dict[tuple[str, str], None] = {}
    for selection in suite.select:
        pack = packs.get(selection.pack) or load_pack(folders.get(selection.pack) or find_pack(selection.pack))
        packs[selection.pack] = pack
        for task in _selected(pack, selection):
            tasks[pack.id, task] = None
    chosen = _only(tuple(tasks), only)
    packs = {pack_id: pack for pack_id, pack in packs.items() if any(pack_id == owner for owner, _ in chosen)}
    return ResolvedSuite(suite, packs, chosen, suite_hash(suite, packs, chosen))


def suite_hash(suite: Suite, packs: Mapping[str, Pack], tasks: tuple[tuple[str, str], ...]) -> str:
    """The content hash of a suite over these packs and tasks; a title doesn't count."""
    identity = {
        "suite": suite.model_dump(mode="json", exclude={"title"}),
        "packs": {pack_id: pack.hash for pack_id, pack in packs.items()},
        "tasks": tasks,
    }
    return digest(identity)


def _suite(name: str) -> tuple[Suite, dict[str, Path]]:
    """The suite, and the folders of packs that were named by path."""
    files = suite_files()
    path = Path(name)
    if name.endswith(".toml") or name in files:
        path = files.get(name, path)
        return parse(Suite, read_toml(path), where=str(path)), {}
    base, _, split = name.partition(":")
    folders = pack_folders()
    if base in folders or (Path(base) / MANIFEST).is_file():
        root = find_pack(base)
        selection = Selection(pack=root.resolve().name, split=split or None)
        return Suite(id=name if base in folders else root.resolve().name, select=(selection,)), {selection.pack: root}
    raise unknown_name("suite", name, {*files, *folders}, listing="(`bench list` shows suites and packs)")


def _selected(pack: Pack, selection: Selection) -> tuple[str, ...]:
    if selection.tasks is None:
        return task_ids(pack, selection.split)
    for task in selection.tasks:
        if task not in pack.tasks:
            raise unknown_name(f"task of pack {pack.id!r}", task, pack.tasks)
    return selection.tasks


def _only(tasks: tuple[tuple[str, str], ...], only: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    if not only:
        return tasks
    names = {task for _, task in tasks} | {f"{pack}/{task}" for pack, task in tasks}
    for name in only:
        if name not in names:
            raise unknown_name("task", name, names)
    chosen = tuple((pack, task) for pack, task in tasks if task in only or f"{pack}/{task}" in only)
    if not chosen:
        raise InputError("the suite selects no task")
    return chosen
