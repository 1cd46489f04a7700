"""τ²-bench's files into packs: strict, whole, or one error and nothing written.

`tau2_layout` says which files there are, `tau2_format` what they hold, `tau2_tasks` what each task becomes.
Data, policies and splits are copied. Whatever deviates from upstream is a note of the result.
"""

from __future__ import annotations

import asyncio
import shutil
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from environments import load_template
from harness.core.check import CheckKind
from harness.core.errors import EnvironmentFault, InputError, unknown_name
from harness.core.pack import Pack, PackManifest
from harness.core.parsing import JsonObject, describe, parse, read_json
from harness.core.protocols import Template
from harness.core.task import Task
from harness.packs.imported import Imported
from harness.packs.tau2_format import SplitFile, TaskFile, Tau2Task
from harness.packs.tau2_layout import LAYOUTS, domain_folder, domains_in, read_policies
from harness.packs.tau2_tasks import complete, convert
from harness.packs.write import refuse_existing, writing_pack

_URL = "https://github.com/sierra-research/tau2-bench"
GREETING = "Hi! How can I help you today?"
"""Upstream's fixed first message of the agent."""


def import_tau2(source: Path, out: Path, domain: str | None = None, split: str | None = None) -> list[Imported]:
    """Write packs from the files of τ² under `source`.

    Args:
        source: A folder with `domains/`, a checkout of tau2-bench, or the data folder of its wheel.
        out: With a domain: the pack's folder, whose name is the pack's id; without: the folder in which each
            domain gets a pack `tau2-<domain>`. A pack's folder must not exist.
        domain: One of `LAYOUTS`; `None`: all that lie there.
        split: Only the tasks of this split; `None`: all, their splits kept.

    Raises:
        InputError: names the file, the task, the field and the value that can't be used; nothing was written.
    """
    if domain is not None and domain not in LAYOUTS:
        raise unknown_name("τ² domain", domain, LAYOUTS)
    outs = {domain: out} if domain is not None else {name: out / f"tau2-{name}" for name in domains_in(source)}
    for folder in outs.values():
        refuse_existing(folder)
    drafts = [_draft(source, name, folder, split) for name, folder in outs.items()]
    return [write_draft(draft) for draft in drafts]


@dataclass(frozen=True, slots=True)
class Draft:
    """A pack that was read and found valid, and isn't written yet."""

    out: Path
    domain: str
    manifest: PackManifest
    policy: str
    variants: dict[str, str]
    tasks: list[Task]
    data: tuple[Path, ...]
    notes: tuple[str, ...]


def _draft(source: Path, domain: str, out: Path, split: str | None) -> Draft:
    folder = domain_folder(source, domain)
    file = folder / "tasks.json"
    upstream = read_tasks(file)
    splits = _read_splits(folder / "split_tasks.json", upstream)
    if split is not None:
        if split not in splits:
            raise unknown_name(f"split of the τ² domain {domain!r}", split, splits)
        upstream = {task_id: upstream[task_id] for task_id in splits[split]}
    kept = {name: chosen for name, ids in splits.items() if (chosen := tuple(one for one in ids if one in upstream))}
    policy, variants = read_policies(folder, LAYOUTS[domain])
    draft = draft_pack(folder, domain, out, list(upstream.values()), file, policy)
    manifest = draft.manifest.model_copy(
        update={"splits": kept, "policies": {variant: f"policy-{variant}.md" for variant in variants}}
    )
    return replace(draft, manifest=manifest, variants=variants)


def draft_pack(
    folder: Path, domain: str, out: Path, tasks: Sequence[Tau2Task], where: Path, policy: str, greeting: str = GREETING
) -> Draft:
    """A pack of these tasks over the databases in a domain's folder.

    Args:
        folder: Holds upstream's databases of the domain.
        where: The file that the tasks come from, for messages.

    Raises:
        InputError: a database can't be read, or a task doesn't fit it.
    """
    layout = LAYOUTS[domain]
    data = {"agent_data": folder / layout.agent_data}
    if layout.user_data is not None and (folder / layout.user_data).is_file():
        data["user_data"] = folder / layout.user_data
    name = out.resolve().name
    here = _manifest(name, domain, greeting, {role: path.name for role, path in data.items()})
    template = load_template(Pack(folder, here, policy, {}, {}, ""))
    try:
        converted, notes = _convert_all(tasks, template, where)
    finally:
        template.close()
    final = _manifest(name, domain, greeting, {role: f"data/{path.name}" for role, path in data.items()})
    return Draft(out, domain, final, policy, {}, converted, tuple(data.values()), notes)


def write_draft(draft: Draft) -> Imported:
    """The pack on disk, whole or not at all.

    Raises:
        InputError: its folder exists, or can't be written.
    """
    writing = writing_pack(
        draft.out, draft.manifest, draft.policy, draft.tasks, file=f"{draft.domain}.jsonl", variants=draft.variants
    )
    with writing as folder:
        for path in draft.data:
            shutil.copyfile(path, folder / "data" / path.name)
    return Imported(pack=draft.manifest.id, root=draft.out, tasks=len(draft.tasks), notes=draft.notes)


def read_tasks(path: Path) -> dict[str, Tau2Task]:
    """The tasks of an upstream file, by id.

    Raises:
        InputError: names the file, the task, the field and the value that can't be used.
    """
    data = read_json(path)
    if isinstance(data, dict) and set(data) == {"tasks"}:
        data = data["tasks"]
    found: dict[str, Tau2Task] = {}
    for number, one in enumerate(parse(TaskFile, {"tasks": data}, where=str(path)).tasks, 1):
        label = one.get("id", f"number {number}") if isinstance(one, dict) else f"number {number}"
        task = parse(Tau2Task, one, where=f"{path}: task {label!r}")
        if task.id in found:
            raise InputError(f"{path}: task {task.id!r}: field 'id': there are two tasks with this id")
        found[task.id] = task
    return found


def _read_splits(path: Path, tasks: dict[str, Tau2Task]) -> dict[str, tuple[str, ...]]:
    if not path.is_file():
        return {"base": tuple(tasks)}
    splits = parse(SplitFile, {"splits": read_json(path)}, where=str(path)).splits
    for name, ids in splits.items():
        for task_id in ids:
            if task_id not in tasks:
                raise InputError(f"{path}: split {name!r}: {unknown_name('task', task_id, tasks)}")
    return splits


def _manifest(name: str, domain: str, greeting: str, options: dict[str, str]) -> PackManifest:
    data: JsonObject = {
        "id": name,
        "version": "1.0.0",
        "title": f"τ²-bench, domain {domain}",
        "description": "Imported from the files of τ²-bench; ids, policy, data and criteria are upstream's.",
        "environment": "service",
        "license": "MIT",
        # Made from the source's name alone, so that importing twice gives the same pack.
        "canary": f"PARLEY-CANARY-{uuid.uuid5(uuid.NAMESPACE_URL, f'{_URL}#{domain}')}",
        "protocol": {"greeting": greeting},
        "options": {"domain": domain, **options},
        "source": {
            "name": "τ²-bench",
            "url": _URL,
            "attribution": "Copyright (c) 2025 Sierra Research, MIT licence",
        },
    }
    return parse(PackManifest, data, where=f"the pack {name!r} (its id is the folder's name)")


def _convert_all(upstream: Iterable[Tau2Task], template: Template, path: Path) -> tuple[list[Task], tuple[str, ...]]:
    tasks: list[Task] = []
    notes: list[str] = []
    for source in upstream:
        try:
            task = convert(source)
        except ValidationError as error:
            raise InputError(f"{path}: task {source.id!r}: {describe(error, Task)}") from None
        problems = template.validate(task)
        if problems:
            raise InputError(f"{path}: task {source.id!r}: {'; '.join(problems)}")
        try:
            task, found = asyncio.run(complete(template, task, source))
        except EnvironmentFault as error:
            raise InputError(f"{path}: {error}") from None
        tasks.append(task)
        notes += [f"{task.id}: {note}" for note in found]
    stated = [task for task in tasks if any(check.kind is CheckKind.STATEMENT for check in task.phases[0].checks)]
    judged = [task.id for task in stated if CheckKind.STATEMENT in task.phases[0].basis]
    if judged:
        notes.append(f"a judge model is needed for the reward of {len(judged)} tasks: {', '.join(judged)}")
    if len(stated) > len(judged):
        count = len(stated) - len(judged)
        notes.append(f"{count} tasks carry statements for a judge model that don't count for the reward")
    return tasks, tuple(notes)
