"""From the word after `--suite` to the packs and tasks that it stands for.

The word is the name of a suite, the path of a suite file, a pack (id or folder) or `pack:split`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.core.errors import InputError, unknown_name
from harness.core.identity import digest
from harness.core.interaction import interaction_of
from harness.core.limits import Limits
from harness.core.mode import Mode
from harness.core.pack import SOLO, Pack
from harness.core.parsing import JsonObject, parse, read_toml
from harness.core.run import PlannedTrial
from harness.core.suite import Selection, Suite
from harness.packs.find import MANIFEST, find_pack, pack_folders, suite_files
from harness.packs.load import load_pack, task_ids
from harness.packs.statically import played_statically


@dataclass(frozen=True, slots=True)
class ResolvedSuite:
    """A suite with its packs loaded and its tasks listed."""

    suite: Suite
    packs: dict[str, Pack]
    tasks: tuple[tuple[str, str], ...]
    """(pack id, task id), in the suite's order."""
    left_out: tuple[tuple[str, str, str], ...]
    """(pack id, task id, why) of tasks that can't be played in the suite's mode."""
    hash: str
    """Equal hashes: the same tasks, data, limits and trial counts."""

    def trials(self) -> tuple[PlannedTrial, ...]:
        """Every trial to run: all tasks' first trials, then their second ones."""
        return tuple(
            PlannedTrial(pack=pack, task=task, trial=trial)
            for trial in range(self.suite.trials)
            for pack, task in self.tasks
        )


@dataclass(frozen=True, slots=True)
class Changes:
    """What a person changes of a suite on the command line; what is empty stays as the suite has it."""

    trials: int | None = None
    mode: Mode | None = None
    policy: str | None = None
    """Variant of the packs' policy."""
    options: JsonObject = field(default_factory=dict)
    """Laid over the packs' options."""
    only: tuple[str, ...] = ()
    """Only these of the tasks."""

    def made_in(self, suite: Suite) -> Suite:
        """The suite with these changes but `only`."""
        chosen: dict[str, object] = {}
        if self.trials is not None:
            chosen["trials"] = self.trials
        if self.mode is not None:
            chosen["mode"] = self.mode
        if self.policy is not None or self.options:
            chosen["select"] = tuple(self._selection(one) for one in suite.select)
        return suite.model_copy(update=chosen)

    def _selection(self, selection: Selection) -> Selection:
        options = {**selection.options, **self.options}
        return selection.model_copy(update={"policy": self.policy or selection.policy, "options": options})


def resolve_suite(name: str, changes: Changes = Changes()) -> ResolvedSuite:
    """The suite that `name` stands for, with a person's changes.

    Raises:
        InputError: the suite, a pack, a split, a task or a variant is unknown or invalid.
    """
    suite, folders = _suite(name)
    return resolve(changes.made_in(suite), folders, only=changes.only)


def resolve(suite: Suite, folders: Mapping[str, Path], *, only: tuple[str, ...] = ()) -> ResolvedSuite:
    """A suite with its packs loaded, from `folders` or from where packs are found.

    Args:
        suite: As it is to be played.
        folders: Of packs that were named by path, by their ids.
        only: Only these of its tasks (TASK or PACK/TASK); empty: all.

    Raises:
        InputError: a pack, a split, a task or a variant is unknown or invalid, or no task can be played.
    """
    packs: dict[str, Pack] = {}
    tasks: dict[tuple[str, str], None] = {}
    for selection in suite.select:
        pack = load_pack(folders.get(selection.pack) or find_pack(selection.pack))
        packs[pack.id] = configured(pack, suite)
        for task in _selected(pack, selection):
            tasks[pack.id, task] = None
    chosen = _only(tuple(tasks), only)
    left_out = tuple(
        (pack_id, task, why)
        for pack_id, task in chosen
        if (why := packs[pack_id].manifest.excluded.get(task) or unfit(packs[pack_id], task, suite.mode))
    )
    chosen = tuple(one for one in chosen if one not in {(pack_id, task) for pack_id, task, _ in left_out})
    if not chosen:
        raise InputError(
            f"no task of {suite.id!r} can be played in mode {suite.mode.value!r} (the first one: {left_out[0][2]})"
        )
    packs = {pack_id: pack for pack_id, pack in packs.items() if any(pack_id == owner for owner, _ in chosen)}
    for pack_id, task in chosen:
        # Wrong rules or a wrong patience are found here, before anything is opened.
        interaction_of(packs[pack_id], packs[pack_id].tasks[task], suite.mode, Limits())
    return ResolvedSuite(suite, packs, chosen, left_out, suite_hash(suite, packs, chosen))


def configured(pack: Pack, suite: Suite) -> Pack:
    """The pack as the suite wants it: its variant of the policy, its options over the pack's.

    Raises:
        InputError: the pack has no such variant, or two selections of it differ in what they want.
    """
    own = [selection for selection in suite.select if selection.pack == pack.id]
    wanted = own[0]
    if any((other.policy, other.options) != (wanted.policy, wanted.options) for other in own):
        raise InputError(
            f"suite {suite.id!r}: two selections of pack {pack.id!r} differ in `policy` or `options`",
            hint="a suite plays a pack in one way; make two suites",
        )
    policy, policies = pack.policy, pack.policies
    if wanted.policy is not None:
        if wanted.policy not in pack.policies:
            raise unknown_name(f"policy of pack {pack.id!r}", wanted.policy, pack.policies)
        policy = pack.policies[wanted.policy]
        alone = pack.policies.get(f"{wanted.policy}-{SOLO}", pack.policies.get(SOLO))
        policies = {} if alone is None else {SOLO: alone}
    options = {**pack.manifest.options, **wanted.options}
    manifest = pack.manifest.model_copy(update={"options": options})
    pack = replace(pack, manifest=manifest, policy=policy, policies=policies)
    static = suite.mode is Mode.STATIC and pack.manifest.environment == "shortcuts"
    return played_statically(pack) if static else pack


def suite_hash(suite: Suite, packs: Mapping[str, Pack], tasks: tuple[tuple[str, str], ...]) -> str:
    """The content hash of a suite over these packs and tasks; a title doesn't count."""
    return hash_of_suite(suite, {pack_id: pack.hash for pack_id, pack in packs.items()}, tasks)


def hash_of_suite(suite: Suite, hashes: Mapping[str, str], tasks: tuple[tuple[str, str], ...]) -> str:
    """`suite_hash` where only the packs' hashes are known."""
    identity = {"suite": suite.model_dump(mode="json", exclude={"title"}), "packs": dict(hashes), "tasks": tasks}
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


def unfit(pack: Pack, name: str, mode: Mode) -> str:
    """Why the task can't be played in this mode; empty where it can (for solo play, τ²'s rules of eligibility)."""
    task = pack.tasks[name]
    if mode.interact:
        if pack.manifest.environment != "sql":
            return "no SQL is handed in there"
        if task.history:
            return "it begins in the middle of a conversation"
    if mode.shortcuts and pack.manifest.environment != "shortcuts":
        return "no shortcut is run there"
    if mode in (Mode.LIVE, Mode.AUTHOR) and pack.manifest.options.get("protocol") == "static":
        return "its actions are only asked for, never run"
    if mode.solo:
        if any(not entry.message.tool_calls for entry in task.history):
            return "its history is a conversation with a user"
        if not task.ticket.strip():
            return "it has no ticket"
    if (mode.solo or mode.plan) and not task.reference_calls():
        return "its reference solution holds no call"
    return ""


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
