"""Packs that are generated: telecom tasks, over upstream's database or as held-out ones over our own carrier."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from environments import load_template
from harness.core.errors import InputError, unknown_name
from harness.core.identity import canonical, digest
from harness.core.pack import Pack, PackManifest
from harness.core.parsing import JsonObject, parse, read_json
from harness.core.task import Task
from harness.packs.find import builtin_tasks
from harness.packs.import_tau2 import GREETING, read_tasks
from harness.packs.imported import Imported
from harness.packs.load import load_pack
from harness.packs.tau2_format import SplitFile
from harness.packs.tau2_layout import LAYOUTS, domain_folder, read_policies
from harness.packs.telecom_criteria import criteria_of, criteria_of_upstream
from harness.packs.telecom_generator import UPSTREAM_SEED, Composition, Selection, select, tau2_task
from harness.packs.telecom_held_out import PICTURE_MESSAGES, Carrier, spread
from harness.packs.write import refuse_existing, writing_pack

_DESK: Final = "telecom-desk"
_FILE: Final = "generated.jsonl"
_TEXTS: Final = "what users are told is in Parley's words: scores on it don't compare with upstream's"
_URL: Final = "https://github.com/sierra-research/tau2-bench"


def generate_telecom(
    out: Path,
    *,
    data: Path | None = None,
    selection: Selection = "base",
    seed: int = UPSTREAM_SEED,
    max_issues: int | None = None,
    count: int | None = None,
) -> Imported:
    """Write a pack of composed telecom tasks.

    Args:
        out: The pack's folder, whose name is the pack's id; must not exist.
        data: Upstream's checkout, its data folder or that of its wheel: the pack takes database and policies
            from there and has upstream's tasks, ids included, told in our words. `None`: new tasks over the
            carrier and the policy of `telecom-desk`.
        selection: All compositions; at most three of each intent, number of issues from two on, and persona;
            or those of a single issue.
        seed: Of all that is drawn. With `data`, that is only which tasks `base` and `count` take; upstream's own
            base split has the default.
        max_issues: Leaves out tasks with more.
        count: Keeps at most so many, spread evenly over intents and numbers of issues.

    Raises:
        InputError: an option or a file can't be used, or no task is left; nothing was written.
    """
    if selection not in get_args(Selection):
        raise unknown_name("selection", selection, get_args(Selection))
    for option, value in (("max-issues", max_issues), ("count", count)):
        if value is not None and value < 1:
            raise InputError(f"--{option} must be at least 1 (got {value})")
    refuse_existing(out)
    chosen = select(selection, seed, max_issues)
    if not chosen:
        raise InputError(
            f"no task of the selection {selection!r} has at most {max_issues} issues",
            hint="`base` begins at two issues; --set small has those of one",
        )
    if count is not None:
        chosen = spread(chosen, count, seed)
    plan = _held_out(out, chosen, seed) if data is None else _upstream(out, chosen, data)
    splits = plan.splits | _splits(plan.tasks, chosen, selection, seed)
    manifest = plan.manifest.model_copy(update={"splits": splits})
    with writing_pack(out, manifest, plan.policy, plan.tasks, file=_FILE, variants=plan.variants) as folder:
        for path in plan.data:
            shutil.copyfile(path, folder / "data" / path.name)
    return Imported(pack=manifest.id, root=out, tasks=len(plan.tasks), notes=plan.notes)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A pack that is complete but for its splits, and isn't written yet."""

    manifest: PackManifest
    policy: str
    variants: Mapping[str, str]
    tasks: Sequence[Task]
    """In the order of the compositions that they were made from."""
    data: tuple[Path, ...]
    splits: dict[str, tuple[str, ...]]
    notes: tuple[str, ...] = ()


def _upstream(out: Path, chosen: Sequence[Composition], source: Path) -> _Plan:
    layout, folder = LAYOUTS["telecom"], domain_folder(source, "telecom")
    policy, variants = read_policies(folder, layout)
    data = {"agent_data": folder / layout.agent_data}
    if layout.user_data is not None and (folder / layout.user_data).is_file():
        data["user_data"] = folder / layout.user_data
    manifest: JsonObject = {
        "id": out.resolve().name,
        "version": "1.0.0",
        "title": "τ²-bench telecom, composed from its atomic issues",
        "description": "Database and policies are upstream's; its tasks are generated, their texts are Parley's.",
        "environment": "service",
        "license": "MIT",
        "canary": _canary(f"{_URL}#telecom"),
        "policies": {variant: f"policy-{variant}.md" for variant in variants},
        "protocol": {"greeting": GREETING},
        "options": {"domain": "telecom", **{role: f"data/{path.name}" for role, path in data.items()}},
        "source": {"name": "τ²-bench", "url": _URL, "attribution": "Copyright (c) 2025 Sierra Research, MIT licence"},
    }
    tasks = [tau2_task(one) for one in chosen]
    here = manifest | {"options": {"domain": "telecom", **{role: path.name for role, path in data.items()}}}
    _refuse_misfits(folder, here, policy, tasks)
    notes = (_TEXTS, *_differences(folder, tasks))
    return _Plan(_parsed(manifest, out), policy, variants, tasks, tuple(data.values()), _parted(folder, tasks), notes)


def _held_out(out: Path, chosen: Sequence[Composition], seed: int) -> _Plan:
    desk = load_pack(builtin_tasks() / _DESK)
    database = desk.root / str(desk.manifest.options["agent_data"])
    carrier = Carrier(database)
    tasks = [carrier.held_out(one, seed) for one in chosen]
    manifest = desk.manifest.model_dump(mode="json", exclude_defaults=True) | {
        "id": out.resolve().name,
        "version": "1.0.0",
        "title": "A carrier's service desk: generated tasks",
        "description": f"Composed from the atomic faults of τ²-bench's telecom domain; seed {seed}.",
        "canary": _canary(digest([task.id for task in tasks])),
        "splits": {},
    }
    _refuse_misfits(desk.root, manifest, desk.policy, tasks)
    variants = {name: text + PICTURE_MESSAGES for name, text in desk.policies.items()}
    return _Plan(_parsed(manifest, out), desk.policy + PICTURE_MESSAGES, variants, tasks, (database,), {})


def _splits(
    tasks: Sequence[Task], chosen: Sequence[Composition], selection: Selection, seed: int
) -> dict[str, tuple[str, ...]]:
    """The selections that lie within this one."""
    made = {one.id: task.id for one, task in zip(chosen, tasks, strict=True)}
    names: tuple[Selection, ...] = ("base", "small", "full") if selection == "full" else ("base", "small")
    found = {name: tuple(made[one.id] for one in select(name, seed) if one.id in made) for name in names}
    return {name: ids for name, ids in found.items() if ids}


def _parted(folder: Path, tasks: Sequence[Task]) -> dict[str, tuple[str, ...]]:
    """How upstream parted its base split, where its file says so and the tasks are all there."""
    path = folder / "split_tasks.json"
    if not path.is_file():
        return {}
    here = {task.id for task in tasks}
    splits = parse(SplitFile, {"splits": read_json(path)}, where=str(path)).splits
    return {name: splits[name] for name in ("train", "test") if name in splits and here.issuperset(splits[name])}


def _differences(folder: Path, tasks: Sequence[Task]) -> Iterator[str]:
    """Notes on how the tasks compare with upstream's file of them, the full one where it lies there."""
    files = (folder / name for name in ("tasks_full.json", "tasks.json"))
    path = next((file for file in files if file.is_file()), None)
    if path is None:
        return
    theirs = read_tasks(path)
    shared = [task for task in tasks if task.id in theirs]
    differing = [
        task.id for task in shared if canonical(criteria_of(task)) != canonical(criteria_of_upstream(theirs[task.id]))
    ]
    same = len(shared) - len(differing)
    yield f"{same} of {len(shared)} tasks that {path.name} has too begin and are judged as there"
    yield from (f"{task_id}: begins or is judged otherwise than in {path.name}" for task_id in differing)


def _refuse_misfits(root: Path, manifest: JsonObject, policy: str, tasks: Sequence[Task]) -> None:
    """Raise `InputError` where a task doesn't fit the database in `root`."""
    template = load_template(Pack(root, _parsed(manifest, root), policy, {}, {}, ""))
    try:
        for task in tasks:
            if problems := template.validate(task):
                raise InputError(f"{root}: the task {task.id!r} doesn't fit: {'; '.join(problems)}")
    finally:
        template.close()


def _parsed(manifest: JsonObject, where: Path) -> PackManifest:
    return parse(PackManifest, manifest, where=f"the pack {where.resolve().name!r} (its id is the folder's name)")


def _canary(text: str) -> str:
    # From the content alone, so that generating twice gives the same pack.
    return f"PARLEY-CANARY-{uuid.uuid5(uuid.NAMESPACE_URL, text)}"
