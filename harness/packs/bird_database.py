"""A BIRD-INTERACT database's folder: its content, its schema text, its knowledge and column meanings.

The content is an SQLite file or a PostgreSQL dump and is copied as it is; knowledge and column meanings are
written in the form that `environments.sql` reads. Upstream's traps are mended here, or kept and reported.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from environments.sql.sqlite_types import check_file
from harness.core.errors import InputError
from harness.core.parsing import parse_json, read_lines, read_text
from harness.packs.bird_format import BirdColumns, BirdKnowledge

DUMP = "dump"
"""Folder of a database's PostgreSQL dump, in a pack."""
_WAL = b"\x02\x02"
_FLOAT = re.compile(r"integer\s*\(\s*(24|53)\s*\)", re.IGNORECASE)
"""Upstream's mark of float4 and float8."""


@dataclass(frozen=True, slots=True)
class BirdDatabase:
    """One database, read and found sound."""

    name: str
    sqlite: Path | None
    """Its SQLite file; `None`: it is a dump."""
    dump: tuple[Path, ...]
    """The files of its PostgreSQL dump, in the order in which they are run."""
    schema: Path
    knowledge: dict[int, BirdKnowledge]
    columns: dict[str, dict[str, object]]
    notes: tuple[str, ...]

    def write(self, home: Path) -> None:
        """Write the pack's folder of this database."""
        home.mkdir(parents=True)
        if self.sqlite is not None:
            shutil.copyfile(self.sqlite, home / f"{self.name}.sqlite")
        for number, part in enumerate(self.dump):
            (home / DUMP).mkdir(exist_ok=True)
            shutil.copyfile(part, home / DUMP / f"{number:03}-{part.name}")
        shutil.copyfile(self.schema, home / "schema.txt")
        entries = (
            {
                "id": entry.id,
                "name": entry.knowledge,
                "description": entry.description,
                "definition": entry.definition,
                "type": entry.type,
                "children": [child for child in entry.children if child in self.knowledge],
            }
            for entry in self.knowledge.values()
        )
        text = "".join(f"{json.dumps(entry, ensure_ascii=False)}\n" for entry in entries)
        (home / "knowledge.jsonl").write_text(text, encoding="utf-8")
        (home / "columns.json").write_text(json.dumps(self.columns, indent=1, ensure_ascii=False), encoding="utf-8")


def database_folder(source: Path, name: str) -> Path | None:
    """Where a database's files lie under `source`; `None`: nowhere."""
    return next((folder for folder in (source / name, source / "databases" / name) if folder.is_dir()), None)


def read_database(source: Path, folder: Path) -> BirdDatabase:
    """The database in `folder`; a dump may also lie where upstream's images expect it, elsewhere under `source`.

    Raises:
        InputError: a file is missing, malformed, or no database.
    """
    name = folder.name
    schema = folder / f"{name}_schema.txt"
    if not schema.is_file():
        raise InputError(f"{folder}: the database's {schema.name} is missing")
    # The template twin is preferred: some of the others carry the mark of a write-ahead log.
    twins = (folder / f"{name}_template.sqlite", folder / f"{name}.sqlite")
    file = next((path for path in twins if path.is_file()), None)
    dump = () if file is not None else _dump(source, folder)
    if file is None and not dump:
        raise InputError(
            f"{folder}: the database's {twins[1].name} is missing",
            hint=f"or a PostgreSQL dump: {name}.sql there, or the files of {name}_template/",
        )
    known = None if file is None else _columns_in(check_file(file))
    knowledge, notes = _read_knowledge(folder / f"{name}_kb.jsonl")
    columns, more = _read_columns(folder / f"{name}_column_meaning_base.json", name, known)
    notes += more
    if file is not None:
        notes += _content_notes(file)
    return BirdDatabase(name, file, dump, schema, knowledge, columns, tuple(notes))


def _dump(source: Path, folder: Path) -> tuple[Path, ...]:
    name = folder.name
    single = (folder / f"{name}.sql", folder / f"{name}_template.sql")
    found = next((path for path in single if path.is_file()), None)
    if found is not None:
        return (found,)
    several = [home / f"{name}_template" for home in (folder, source, source / "postgre_table_dumps")]
    return next((tuple(sorted(parts)) for home in several if (parts := list(home.glob("*.sql")))), ())


def _read_knowledge(path: Path) -> tuple[dict[int, BirdKnowledge], list[str]]:
    found: dict[int, BirdKnowledge] = {}
    for number, line in read_lines(path):
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


def _read_columns(
    path: Path, name: str, known: set[tuple[str, str]] | None
) -> tuple[dict[str, dict[str, object]], list[str]]:
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
        unknown += known is not None and (table, column) not in known
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
    rows = _query(
        file,
        "SELECT lower(m.name), lower(c.name) FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'",
    )
    return {(str(table), str(column)) for table, column in rows}


def _content_notes(file: Path) -> list[str]:
    """What of the content surprises whoever writes SQL; the content stays as published."""
    notes = []
    if file.read_bytes()[18:20] == _WAL:
        notes.append("its file is marked for a write-ahead log; the copy in memory goes without")
    mixed = padded = 0
    for table, column, kind in _query(
        file, "SELECT m.name, c.name, c.type FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
    ):
        cell, where = _quoted(str(column)), f"FROM {_quoted(str(table))}"
        if _FLOAT.fullmatch(str(kind)):
            kinds = _query(file, f"SELECT DISTINCT typeof({cell}) {where} WHERE typeof({cell}) IN ('integer', 'real')")
            mixed += len(kinds) == 2
        elif str(kind).upper().startswith(("TEXT", "CHAR")):
            padded += bool(_query(file, f"SELECT 1 {where} WHERE {cell} LIKE '% ' LIMIT 1"))
    if mixed:
        notes.append(f"{mixed} columns hold whole numbers among decimal ones, so / may divide whole numbers; kept")
    if padded:
        notes.append(f"{padded} columns hold texts that are padded with spaces; kept")
    return notes


def _query(file: Path, sql: str) -> Sequence[tuple[object, ...]]:
    try:
        with closing(sqlite3.connect(f"file:{file.resolve()}?mode=ro&immutable=1", uri=True)) as connection:
            return connection.execute(sql).fetchall()
    except sqlite3.Error as error:
        raise InputError(f"{file}: the SQLite database can't be read: {error}") from None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
