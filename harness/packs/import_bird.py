"""BIRD-INTERACT's files into a pack: strict, whole, or one error and nothing written.

Its three sets (lite, full, mini-interact) are told apart by their task file. `bird_format` says what the files
hold, `bird_database` reads a database's folder, `bird_tasks` makes the tasks, `bird_truth` joins the ground truth,
without which every check is `withheld`. Tasks that can't be judged stay in the pack, excluded by name.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from environments import load_template
from harness.core.errors import InputError
from harness.core.pack import Pack, PackManifest
from harness.core.parsing import JsonObject, parse, read_lines
from harness.core.task import Task
from harness.packs.bird_database import BirdDatabase, database_folder, read_database
from harness.packs.bird_format import BirdKnowledge, BirdTask
from harness.packs.bird_tasks import WITHHELD, convert
from harness.packs.bird_truth import Joined, join_truth, without_truth
from harness.packs.find import MANIFEST
from harness.packs.imported import Imported
from harness.packs.write import manifest_toml, refuse_existing, writing_pack

Engine = Literal["sqlite", "postgres", "duckdb"]
Prove = Callable[[Pack], Mapping[str, str]]
"""Finds the tasks of a pack whose reference solution is unsound, and says why."""

TASK_FILES = ("mini_interact.jsonl", "bird_interact_data.jsonl")
_URLS = {
    "mini": "https://huggingface.co/datasets/birdsql/mini-interact",
    "lite": "https://huggingface.co/datasets/birdsql/bird-interact-lite",
    "full": "https://huggingface.co/datasets/birdsql/bird-interact-full",
}
_SQL_PLACES = ("phases.", "setup.preprocess.", "setup.clean_up.")
"""Where a problem of a task is its publisher's SQL."""
_LITE = 300
"""Tasks of the lite set; full has 600."""
_DIALECTS: dict[Engine, str] = {"sqlite": "SQLite", "postgres": "PostgreSQL", "duckdb": "DuckDB"}
_POLICY = """\
# The analyst

A user asks something about a database, or wants it changed; you answer by SQL in the dialect of {dialect}.

1. Read: `get_schema` shows the tables, `get_column_meaning` explains a column, `list_knowledge` and
   `get_knowledge` give the terms and formulas of the field. An entry that one needs may be missing.
2. Ask: the request is ambiguous on purpose. Where neither the database nor the knowledge base settles what is meant,
   ask the user, one point at a time. The user knows what is meant, not how the tables are built.
3. Try: `execute_sql` runs a statement, shows a few rows and undoes every change.
4. Hand in: `submit_sql` with the final SQL. It is run once and its changes stay.

Functions that depend on the clock or on chance are not available: write dates as literals. {numbers}"""
_NUMBERS: dict[Engine, str] = {
    "sqlite": "Whole numbers in columns\nthat hold measurements may be stored as integers: multiply by 1.0 before you "
    "divide.\n",
    "postgres": "\n",
    "duckdb": "\n",
}


def import_bird(
    source: Path,
    out: Path | None = None,
    *,
    ground_truth: Path | None = None,
    engine: Engine | None = None,
    prove: Prove | None = None,
) -> Imported:
    """Write a pack from the BIRD-INTERACT files under `source`.

    Args:
        source: The folder with the task file and a folder for each database.
        out: The pack's folder, which must not exist; its name is the pack's id. `None`: `packs/bird-<set>`.
        ground_truth: The file that the publisher mails on request.
        engine: What the pack runs on; `None`: what its databases are files of.
        prove: Looks at a pack with ground truth; the tasks that it names are excluded.

    Raises:
        InputError: names the file, the task, the field and the value that can't be used.
    """
    path = _task_file(source)
    records = _read_tasks(path)
    name = _set_of(path, records)
    out = out or Path("packs") / f"bird-{name}"
    refuse_existing(out)
    merged = sum(record.has_ground_truth for record in records)
    joined = Joined(tuple(without_truth(record) for record in records), tuple(one.instance_id for one in records))
    if ground_truth is not None:
        joined = join_truth(joined.records, ground_truth)
    wanted = Counter(record.selected_database for record in records)
    folders = {database: database_folder(source, database) for database in sorted(wanted)}
    present = {database: read_database(source, folder) for database, folder in folders.items() if folder is not None}
    if not present:
        raise InputError(f"{source}: none of the {len(wanted)} databases of {path.name} is there")
    engine = _engine(engine, present)
    tasks = [convert(record, _knowledge(present, record)) for record in joined.records]
    absent = {
        record.instance_id: f"its database {record.selected_database!r} isn't in the pack"
        for record in records
        if record.selected_database not in present
    }
    manifest = _manifest(out.resolve().name, name, engine, tasks, absent)
    policy = _POLICY.format(dialect=_DIALECTS[engine], numbers=_NUMBERS[engine])
    unsound: Mapping[str, str] = {}
    with writing_pack(out, manifest, policy, tasks, file=path.name) as folder:
        for database in present.values():
            database.write(folder / "data" / database.name)
        pack = Pack(folder, manifest, policy, {task.id: task for task in tasks}, {}, "")
        unsound = _refused(pack, path)
        if ground_truth is not None and prove is not None:
            left = replace(pack, manifest=_manifest(manifest.id, name, engine, tasks, {**absent, **unsound}))
            unsound = {**unsound, **prove(left)}
        if unsound:
            manifest = _manifest(manifest.id, name, engine, tasks, {**absent, **unsound})
            (folder / MANIFEST).write_text(manifest_toml(manifest), encoding="utf-8")
    notes = _notes(wanted, present, joined, merged if ground_truth is None else 0, unsound)
    return Imported(manifest.id, out, len(tasks), tuple(notes))


def _task_file(source: Path) -> Path:
    found = [path for name in TASK_FILES if (path := source / name).is_file()]
    if len(found) != 1:
        what = "both task files lie there" if found else "no such task file"
        raise InputError(f"{source}: {' or '.join(TASK_FILES)}: {what}", hint="give the folder of one set")
    return found[0]


def _set_of(path: Path, records: Sequence[BirdTask]) -> str:
    if path.name == TASK_FILES[0]:
        return "mini"
    return "lite" if len(records) <= _LITE else "full"


def _read_tasks(path: Path) -> list[BirdTask]:
    found: dict[str, BirdTask] = {}
    for number, line in read_lines(path):
        try:
            data = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            raise InputError(f"{path}, line {number}: not valid JSON: {error}") from None
        label = data.get("instance_id") if isinstance(data, dict) else None
        record = parse(BirdTask, data, where=f"{path}: task {label!r}" if label else f"{path}, line {number}")
        if record.instance_id in found:
            raise InputError(f"{path}: task {label!r}: field 'instance_id': there are two tasks with this id")
        found[record.instance_id] = record
    if not found:
        raise InputError(f"{path}: there are no tasks in it")
    return list(found.values())


def _engine(chosen: Engine | None, databases: Mapping[str, BirdDatabase]) -> Engine:
    dumps = [name for name, database in databases.items() if database.sqlite is None]
    if chosen not in (None, "postgres") and dumps:
        raise InputError(
            f"{_DIALECTS[chosen]} can't hold {dumps[0]!r}: it is a PostgreSQL dump",
            hint="leave out --engine, or say postgres",
        )
    return chosen or ("postgres" if dumps else "sqlite")


def _knowledge(databases: Mapping[str, BirdDatabase], record: BirdTask) -> Mapping[int, BirdKnowledge]:
    database = databases.get(record.selected_database)
    return {} if database is None else database.knowledge


def _manifest(pack: str, name: str, engine: Engine, tasks: Sequence[Task], excluded: Mapping[str, str]) -> PackManifest:
    data: JsonObject = {
        "id": pack,
        "version": "1.0.0",
        "title": f"BIRD-INTERACT, {name} ({_DIALECTS[engine]})",
        "description": "Imported: upstream's databases, requests and labelled ambiguities.",
        "environment": "sql",
        "license": "CC-BY-SA-4.0",
        # Made from the source's name alone, so that importing twice gives the same pack.
        "canary": f"PARLEY-CANARY-{uuid.uuid5(uuid.NAMESPACE_URL, _URLS[name])}",
        "publish": "sealed",
        "splits": {"base": [task.id for task in tasks if task.id not in excluded]},
        "excluded": dict(excluded),
        "options": {"engine": engine, "timeout_s": 60.0 if engine == "postgres" else 30.0},
        "source": {
            "name": f"BIRD-INTERACT {name}",
            "url": _URLS[name],
            "attribution": "BIRD Team & Google Cloud, CC BY-SA 4.0; Huo et al., BIRD-INTERACT, ICLR 2026, "
            "arXiv 2510.05318. Changed: knowledge and column meanings re-keyed, users' facts put into words.",
        },
    }
    return parse(PackManifest, data, where=f"the pack {pack!r} (its id is the folder's name)")


def _refused(pack: Pack, path: Path) -> dict[str, str]:
    """The tasks whose SQL holds what no episode may do (the clock, say), by id, with the reason.

    Raises:
        InputError: anything else is wrong with a task.
    """
    found = {}
    template = load_template(pack)
    try:
        for task in pack.tasks.values():
            problems = () if task.id in pack.manifest.excluded else template.validate(task)
            if any(not problem.startswith(_SQL_PLACES) for problem in problems):
                raise InputError(f"{path}: task {task.id!r}: {'; '.join(problems)}")
            if problems:
                found[task.id] = "; ".join(problems)
    finally:
        template.close()
    return found


def _notes(
    wanted: Mapping[str, int],
    present: Mapping[str, BirdDatabase],
    joined: Joined,
    merged: int,
    unsound: Mapping[str, str],
) -> Iterator[str]:
    absent = {name: count for name, count in sorted(wanted.items()) if name not in present}
    if absent:
        names = ", ".join(f"{name} ({count})" for name, count in absent.items())
        yield f"{sum(absent.values())} tasks wait for their {len(absent)} databases, which are not there: {names}"
    if merged:
        yield f"the ground truth of {merged} tasks was left out: give it by --ground-truth"
    for database in present.values():
        yield from (f"{database.name}: {note}" for note in database.notes)
    if joined.missing:
        which = "every task" if len(joined.missing) == len(joined.records) else f"{len(joined.missing)} tasks"
        yield f"the check of {which} is withheld: {WITHHELD}"
    yield from (f"excluded: {task}: {why}" for task, why in unsound.items())
