"""Read a pack folder into a `Pack`: strict, whole, or one error.

A pack is `pack.toml`, the policy, `tasks/*.toml` (`[[task]]` tables, for people) and `tasks/*.jsonl`
(a task a line, for importers), and whatever its environment keeps under `data/`. `load_pack` checks
what needs only the files; `open_pack` also loads the environment's template and lets it check every task.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import Field, JsonValue

from environments import load_template
from harness.core.check import CheckSpec
from harness.core.errors import InputError, unknown_name
from harness.core.identity import digest_folder
from harness.core.pack import Pack, PackManifest
from harness.core.parsing import Model, parse, read_lines, read_text, read_toml
from harness.core.protocols import Template
from harness.core.task import Task
from harness.packs.find import MANIFEST

_SHOWN_PROBLEMS = 5


class _TaskFile(Model):
    task: tuple[JsonValue, ...] = Field(min_length=1)


def load_pack(root: Path) -> Pack:
    """The pack in the folder `root`.

    Raises:
        InputError: names the file, the task, the field and the value that is wrong.
    """
    manifest = parse(PackManifest, read_toml(root / MANIFEST), where=str(root / MANIFEST))
    if manifest.id != root.resolve().name:
        raise InputError(
            f"{root / MANIFEST}: field 'id': the pack is called {manifest.id!r} but its folder {root.resolve().name!r}",
            hint="give both the same name",
        )
    policy = read_text(root / manifest.policy)
    tasks: dict[str, Task] = {}
    files: dict[str, Path] = {}
    for path, label, data in _task_data(root):
        name = data.get("id") if isinstance(data, dict) else None
        task = parse(Task, data, where=f"{path}: task {name!r}" if name else f"{path}: {label}")
        if manifest.checks:
            task = with_checks(task, manifest.checks)
        if task.id in tasks:
            raise InputError(f"{path}: task {task.id!r}: the id is taken already, in {files[task.id]}")
        tasks[task.id] = task
        files[task.id] = path
    if not tasks:
        raise InputError(f"{root}: the pack has no tasks", hint="tasks are read from tasks/*.toml and tasks/*.jsonl")
    for place, ids in {**manifest.splits, "excluded": tuple(manifest.excluded)}.items():
        for task_id in ids:
            if task_id not in tasks:
                unknown = unknown_name("task", task_id, tasks)
                what = place if place == "excluded" else f"split {place!r}"
                raise InputError(f"{root / MANIFEST}: {what}: {unknown.message}", hint=unknown.hint)
    policies = {name: read_text(root / file) for name, file in manifest.policies.items()}
    return Pack(root, manifest, policy, tasks, files, digest_folder(root), policies)


def with_checks(task: Task, checks: tuple[CheckSpec, ...]) -> Task:
    """The task with the pack's checks at the end of each phase's own."""
    phases = (phase.model_copy(update={"checks": (*phase.checks, *checks)}) for phase in task.phases)
    return task.model_copy(update={"phases": tuple(phases)})


def open_pack(pack: Pack) -> Template:
    """The pack's template, after every task was found to fit it.

    Raises:
        InputError: names the file, the task, the field and the value that doesn't fit.
    """
    template = load_template(pack)
    problems = [
        f"{pack.files[task.id]}: task {task.id!r}: {problem}"
        for task in pack.tasks.values()
        if task.id not in pack.manifest.excluded
        for problem in template.validate(task)
    ]
    if problems:
        template.close()
        more = len(problems) - _SHOWN_PROBLEMS
        shown = "\n".join(problems[:_SHOWN_PROBLEMS]) + (f"\n(and {more} more)" if more > 0 else "")
        raise InputError(shown, hint=f"`bench pack check {pack.root}` checks it again")
    return template


def task_ids(pack: Pack, split: str | None) -> tuple[str, ...]:
    """The ids of a split; of `base`, or all where there is no such split, if `split` is None."""
    if split is None:
        return pack.manifest.splits.get("base", tuple(pack.tasks))
    if split not in pack.manifest.splits:
        raise unknown_name(f"split of pack {pack.id!r}", split, pack.manifest.splits)
    return pack.manifest.splits[split]


def _task_data(root: Path) -> Iterator[tuple[Path, str, JsonValue]]:
    """(file, which one in it, data) of every task, files by name."""
    for path in sorted((root / "tasks").glob("*")):
        if path.suffix == ".toml":
            file = parse(_TaskFile, read_toml(path), where=str(path))
            for number, data in enumerate(file.task, 1):
                yield path, f"[[task]] number {number}", data
        elif path.suffix == ".jsonl":
            for number, line in read_lines(path):
                yield path, f"line {number}", _json_line(path, number, line)


def _json_line(path: Path, number: int, line: str) -> JsonValue:
    try:
        data: JsonValue = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"{path}: line {number}: not valid JSON: {error}") from None
    return data
