"""τ²-bench's files into a pack: strict, whole, or one error and nothing written.

`tau2_format` says what upstream's files hold, `tau2_tasks` what each task becomes. Data, policy and splits
are copied. Whatever deviates from upstream is a note of the result.
"""

from __future__ import annotations

import asyncio
import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from environments import load_template
from harness.core.check import CheckKind
from harness.core.errors import EnvironmentFault, InputError, unknown_name
from harness.core.pack import Pack, PackManifest
from harness.core.parsing import JsonObject, describe, parse, read_json, read_text
from harness.core.protocols import Template
from harness.core.task import Task
from harness.packs.imported import Imported
from harness.packs.tau2_format import SplitFile, TaskFile, Tau2Task, domain_folder
from harness.packs.tau2_tasks import complete, convert
from harness.packs.write import writing_pack

SUPPORTED = ("mock",)
"""Domains whose tools exist here in full."""

_URL = "https://github.com/sierra-research/tau2-bench"
_GREETING = "Hi! How can I help you today?"
"""Upstream's fixed first message of the agent."""


def import_tau2(source: Path, domain: str, out: Path, split: str | None = None) -> Imported:
    """Write the pack folder `out` from the files of a τ² domain under `source`.

    Args:
        source: A folder with `domains/`, a checkout of tau2-bench, or the data folder of its wheel.
        domain: One of `SUPPORTED`.
        out: The pack's folder, which must not exist; its name is the pack's id.
        split: Only the tasks of this split; `None`: all, their splits kept.

    Raises:
        InputError: names the file, the task, the field and the value that can't be used.
    """
    if domain not in SUPPORTED:
        raise InputError(f"τ² domain {domain!r} can't be imported yet", hint=f"supported: {', '.join(SUPPORTED)}")
    folder = domain_folder(source, domain)
    upstream = _read_tasks(folder / "tasks.json")
    splits = _read_splits(folder / "split_tasks.json", upstream)
    if split is not None:
        if split not in splits:
            raise unknown_name(f"split of the τ² domain {domain!r}", split, splits)
        upstream = {task_id: upstream[task_id] for task_id in splits[split]}
    kept = {name: chosen for name, ids in splits.items() if (chosen := [i for i in ids if i in upstream])}
    policy = read_text(folder / "policy.md")
    data = {"agent_data": folder / "db.json"}
    if (folder / "user_db.json").is_file():
        data["user_data"] = folder / "user_db.json"
    name = out.resolve().name
    here = _manifest(name, domain, kept, {role: path.name for role, path in data.items()})
    template = load_template(Pack(folder, here, policy, {}, {}, ""))
    tasks, notes = _convert_all(upstream.values(), template, folder / "tasks.json")
    final = _manifest(name, domain, kept, {role: f"data/{path.name}" for role, path in data.items()})
    with writing_pack(out, final, policy, tasks, file=f"{domain}.jsonl") as draft:
        for path in data.values():
            shutil.copyfile(path, draft / "data" / path.name)
    return Imported(pack=name, root=out, tasks=len(tasks), notes=notes)


def _read_tasks(path: Path) -> dict[str, Tau2Task]:
    found: dict[str, Tau2Task] = {}
    for number, data in enumerate(parse(TaskFile, {"tasks": read_json(path)}, where=str(path)).tasks, 1):
        label = data.get("id", f"number {number}") if isinstance(data, dict) else f"number {number}"
        task = parse(Tau2Task, data, where=f"{path}: task {label!r}")
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


def _manifest(name: str, domain: str, splits: dict[str, list[str]], options: dict[str, str]) -> PackManifest:
    data: JsonObject = {
        "id": name,
        "version": "1.0.0",
        "title": f"τ²-bench, domain {domain}",
        "description": "Imported from the files of τ²-bench; ids, policy, data and criteria are upstream's.",
        "environment": "service",
        "license": "MIT",
        # Made from the source's name alone, so that importing twice gives the same pack.
        "canary": f"PARLEY-CANARY-{uuid.uuid5(uuid.NAMESPACE_URL, f'{_URL}#{domain}')}",
        "protocol": {"greeting": _GREETING},
        "splits": {split: list(ids) for split, ids in splits.items()},
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
    judged = [task.id for task in tasks if CheckKind.STATEMENT in task.phases[0].basis]
    diagnostic = [task for task in tasks if any(check.kind is CheckKind.STATEMENT for check in task.phases[0].checks)]
    if judged:
        notes.append(f"a judge model is needed for the reward of {', '.join(judged)}")
    if len(diagnostic) > len(judged):
        count = len(diagnostic) - len(judged)
        notes.append(f"{count} tasks carry statements for a judge model that don't count for the reward")
    return tasks, tuple(notes)
