"""BIRD-INTERACT's mini-interact files into a pack: strict, whole, or one error and nothing written.

`bird_format` says what upstream's files hold, `bird_facts` what the user of a task knows. Databases and
schema texts are copied as they are; knowledge and column meanings are written in the form that
`environments.sql` reads. The publisher keeps the ground truth back, so every task's check is `withheld`,
and ground truth that was merged into the file is left out.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from environments import load_template
from harness.core.check import WithheldCheck
from harness.core.errors import InputError
from harness.core.pack import Pack, PackManifest
from harness.core.parsing import JsonObject, parse, parse_json, read_text
from harness.core.task import Phase, Task, UserScenario
from harness.packs.bird_facts import facts_of
from harness.packs.bird_format import BirdColumns, BirdKnowledge, BirdTask
from harness.packs.imported import Imported
from harness.packs.write import refuse_existing, writing_pack

TASKS = "mini_interact.jsonl"
_URL = "https://huggingface.co/datasets/birdsql/mini-interact"
_WITHHELD = "the publisher keeps the reference SQL and the tests of mini-interact back"
_WAL = b"\x02\x02"
_POLICY = """\
# The analyst

A user asks something about a database; you answer with the rows of one SQL query in SQLite's dialect.

1. Read: `get_schema` shows the tables, `get_column_meaning` explains a column, `list_knowledge` and
   `get_knowledge` give the terms and formulas of the field. An entry that one needs may be missing.
2. Ask: the request is ambiguous on purpose. Where neither the database nor the knowledge base settles what is meant,
   ask the user, one point at a time. The user knows what is meant, not how the tables are built.
3. Try: `execute_sql` runs a statement, shows a few rows and undoes every change.
4. Hand in: `submit_sql`, once, with the final query.

Functions that depend on the clock or on chance are not available: write dates as literals. Whole numbers in columns
that hold measurements may be stored as integers: multiply by 1.0 before you divide.
"""


@dataclass(frozen=True, slots=True)
class _Database:
    name: str
    file: Path
    schema: Path
    knowledge: dict[int, BirdKnowledge]
    columns: dict[str, dict[str, object]]
    notes: tuple[str, ...]


def import_bird_mini(source: Path, out: Path) -> Imported:
    """Write the pack folder `out` from the mini-interact files under `source`.

    Tasks whose database isn't there are left out and counted in the notes.

    Args:
        source: The folder with `mini_interact.jsonl` and a folder for each database.
        out: The pack's folder, which must not exist; its name is the pack's id.

    Raises:
        InputError: names the file, the task, the field and the value that can't be used.
    """
    refuse_existing(out)
    records = _read_tasks(source / TASKS)
    wanted = Counter(record.selected_database for record in records)
    present = {name: _read_database(source / name) for name in sorted(wanted) if (source / name).is_dir()}
    if not present:
        raise InputError(f"{source}: none of the {len(wanted)} databases of {TASKS} is there")
    kept = [record for record in records if record.selected_database in present]
    tasks = [_convert(record, present[record.selected_database]) for record in kept]
    manifest = _manifest(out.resolve().name, tasks)
    with writing_pack(out, manifest, _POLICY, tasks, file=TASKS) as folder:
        _write_data(folder, present)
        _validate(folder, manifest, tasks, source / TASKS)
    return Imported(manifest.id, out, len(tasks), tuple(_notes(records, wanted, present)))


def _read_tasks(path: Path) -> list[BirdTask]:
    found: dict[str, BirdTask] = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"{path}, line {number}: not valid JSON: {error}") from None
        label = data.get("instance_id") if isinstance(data, dict) else None
        record = parse(BirdTask, data, where=f"{path}: task {label!r}" if label else f"{path}, line {number}")
        if record.instance_id in found:
            raise InputError(f"{path}: task {label!r}: field 'instance_id': there are two tasks with this id")
        found[record.instance_id] = record
    if not found:
        raise InputError(f"{path}: there are no tasks in it")
    return list(found.values())


def _read_database(folder: Path) -> _Database:
    name = folder.name
    # The template twin is preferred: some of the others carry the mark of a write-ahead log.
    files = (folder / f"{name}_template.sqlite", folder / f"{name}.sqlite")
    file = next((path for path in files if path.is_file()), None)
    schema = folder / f"{name}_schema.txt"
    if file is None or not schema.is_file():
        raise InputError(f"{folder}: the database's {schema.name if file else files[1].name} is missing")
    knowledge, notes = _read_knowledge(folder / f"{name}_kb.jsonl")
    columns, more = _read_columns(folder / f"{name}_column_meaning_base.json", name, _columns_in(file))
    notes += more
    if file.read_bytes()[18:20] == _WAL:
        notes.append("its file is marked for a write-ahead log; the copy in memory goes without")
    return _Database(name, file, schema, knowledge, columns, tuple(notes))


def _read_knowledge(path: Path) -> tuple[dict[int, BirdKnowledge], list[str]]:
    found: dict[int, BirdKnowledge] = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if not line.strip():
            continue
        entry = parse_json(BirdKnowledge, line, where=f"{path}, line {number}")
        if entry.id in found:
            raise InputError(f"{path}, line {number}: field 'id': {entry.id} is already the id of another entry")
        found[entry.id] = entry
    notes = []
    twice = [name for name, count in Counter(entry.knowledge for entry in found.values()).items() if count > 1]
    if twice:
        notes.append(f"knowledge entries that share a name, all shown under it: {', '.join(twice)}")
    if sorted(found) != list(range(len(found))):
        notes.append(f"knowledge ids don't run from 0 without gaps ({min(found)} to {max(found)}); they are kept")
    dangling = sum(child not in found for entry in found.values() for child in entry.children)
    if dangling:
        notes.append(f"{dangling} references to knowledge entries that don't exist are ignored")
    return found, notes


def _read_columns(path: Path, name: str, known: set[tuple[str, str]]) -> tuple[dict[str, dict[str, object]], list[str]]:
    """Meanings by table and column, all in lower case: upstream's case varies."""
    found: dict[str, dict[str, object]] = {}
    prefixes: Counter[str] = Counter()
    unknown = 0
    for key, meaning in parse_json(BirdColumns, read_text(path), where=str(path)).root.items():
        parts = key.lower().split("|")
        if len(parts) != 3:
            raise InputError(f"{path}: key {key!r}: expected 'database|table|column'")
        prefix, table, column = parts
        prefixes[prefix] += prefix != name.lower()
        unknown += (table, column) not in known
        found.setdefault(table, {})[column] = meaning if isinstance(meaning, str) else meaning.model_dump(mode="json")
    notes = [
        f"{count} column meanings are filed under {prefix!r} instead of {name!r}; mended"
        for prefix, count in prefixes.items()
        if count
    ]
    if unknown:
        notes.append(f"{unknown} column meanings belong to no column of the database; kept")
    return found, notes


def _columns_in(file: Path) -> set[tuple[str, str]]:
    query = (
        "SELECT lower(m.name), lower(c.name) FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
    )
    try:
        with closing(sqlite3.connect(f"file:{file.resolve()}?mode=ro&immutable=1", uri=True)) as connection:
            return set(connection.execute(query).fetchall())
    except sqlite3.Error as error:
        raise InputError(f"{file}: the SQLite database can't be read: {error}") from None


def _convert(record: BirdTask, database: _Database) -> Task:
    hidden: list[int] = sorted({point.deleted_knowledge for point in record.knowledge_ambiguity})
    points = record.user_query_ambiguity
    upstream = record.model_dump(mode="json", include={"user_query_ambiguity", "knowledge_ambiguity", "high_level"})
    ambiguities = len(points.critical_ambiguity) + len(record.knowledge_ambiguity)
    return Task(
        id=record.instance_id,
        tags=(record.selected_database, record.category.lower()),
        setup={
            "database": record.selected_database,
            "hidden_knowledge": list(hidden),
            "preprocess": list(record.preprocess_sql),
        },
        user=UserScenario(
            instructions="You asked for something in a database and know what you meant by it, not how the tables are "
            f"built. What you asked: {record.amb_user_query}",
            facts=facts_of(record, database.knowledge),
        ),
        phases=(Phase(request=record.amb_user_query, checks=(WithheldCheck(reason=_WITHHELD),)),),
        metadata={"ambiguities": ambiguities, "upstream": upstream},
    )


def _manifest(name: str, tasks: list[Task]) -> PackManifest:
    data: JsonObject = {
        "id": name,
        "version": "1.0.0",
        "title": "mini-interact (BIRD-INTERACT on SQLite)",
        "description": "Imported: upstream's databases, requests and labelled ambiguities; ground truth is withheld.",
        "environment": "sql",
        "license": "CC-BY-SA-4.0",
        # Made from the source's name alone, so that importing twice gives the same pack.
        "canary": f"PARLEY-CANARY-{uuid.uuid5(uuid.NAMESPACE_URL, _URL)}",
        "publish": "sealed",
        "splits": {"base": [task.id for task in tasks]},
        "options": {"engine": "sqlite", "timeout_s": 30.0},
        "source": {
            "name": "mini-interact",
            "url": _URL,
            "attribution": "BIRD Team & Google Cloud, CC BY-SA 4.0; Huo et al., BIRD-INTERACT, ICLR 2026, "
            "arXiv 2510.05318. Changed: knowledge and column meanings re-keyed, users' facts put into words.",
        },
    }
    return parse(PackManifest, data, where=f"the pack {name!r} (its id is the folder's name)")


def _write_data(folder: Path, databases: dict[str, _Database]) -> None:
    for database in databases.values():
        home = folder / "data" / database.name
        home.mkdir(parents=True)
        shutil.copyfile(database.file, home / f"{database.name}.sqlite")
        shutil.copyfile(database.schema, home / "schema.txt")
        entries = (
            {
                "id": entry.id,
                "name": entry.knowledge,
                "description": entry.description,
                "definition": entry.definition,
                "type": entry.type,
                "children": [child for child in entry.children if child in database.knowledge],
            }
            for entry in database.knowledge.values()
        )
        text = "".join(f"{json.dumps(entry, ensure_ascii=False)}\n" for entry in entries)
        (home / "knowledge.jsonl").write_text(text, encoding="utf-8")
        (home / "columns.json").write_text(json.dumps(database.columns, indent=1, ensure_ascii=False), encoding="utf-8")


def _validate(folder: Path, manifest: PackManifest, tasks: list[Task], path: Path) -> None:
    template = load_template(Pack(folder, manifest, _POLICY, {task.id: task for task in tasks}, {}, ""))
    try:
        for task in tasks:
            if problems := template.validate(task):
                raise InputError(f"{path}: task {task.id!r}: {'; '.join(problems)}")
    finally:
        template.close()


def _notes(records: list[BirdTask], wanted: Counter[str], present: dict[str, _Database]) -> Iterator[str]:
    absent = {name: count for name, count in sorted(wanted.items()) if name not in present}
    if absent:
        names = ", ".join(f"{name} ({count})" for name, count in absent.items())
        yield f"{sum(absent.values())} tasks left out, their {len(absent)} databases are not there: {names}"
    if merged := sum(record.has_ground_truth for record in records):
        yield f"the ground truth of {merged} tasks was left out: the publisher asks not to spread it"
    for database in present.values():
        yield from (f"{database.name}: {note}" for note in database.notes)
    yield f"every task's check is withheld: {_WITHHELD}"
