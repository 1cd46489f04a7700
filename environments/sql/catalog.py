"""What is written about a database: column meanings and knowledge entries, looked up in any letter case.

The files are `columns.json` (table -> column -> meaning) and `knowledge.jsonl` (an entry a line) in the
database's folder; both may be absent. Hidden knowledge leaves no trace: ids are never shown, and an
entry names only those prerequisites that can be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, JsonValue, RootModel

from harness.core.errors import InputError
from harness.core.parsing import Model, parse_json, read_lines, read_text


class Knowledge(Model):
    """A knowledge entry (BIRD-INTERACT's hierarchical knowledge base)."""

    id: int
    name: str
    description: str
    definition: str
    type: Literal["domain_knowledge", "calculation_knowledge", "value_illustration"]
    children: tuple[int, ...] = ()
    """Ids of the entries that this one builds on."""


class JsonColumn(Model):
    """The meaning of a column that holds JSON."""

    column_meaning: str
    fields_meaning: dict[str, JsonValue]
    """By field; nested like the document."""


Meaning = str | JsonColumn


class ColumnsFile(RootModel[dict[str, dict[str, Meaning]]]):
    """The file `columns.json`."""

    model_config = ConfigDict(frozen=True)


@dataclass(frozen=True, slots=True)
class Catalog:
    """The written side of one database."""

    knowledge: tuple[Knowledge, ...] = ()
    columns: tuple[tuple[str, str, Meaning], ...] = ()
    """(table, column, meaning), in the file's order."""
    schema: str | None = None
    """The publisher's own schema text, shown instead of one made from the database."""

    def without(self, hidden: frozenset[int]) -> Catalog:
        """The catalog of an episode in which these knowledge entries don't exist."""
        seen = tuple(entry for entry in self.knowledge if entry.id not in hidden)
        return Catalog(seen, self.columns, self.schema)

    def entries(self, name: str) -> list[Knowledge]:
        """Every entry of that name; more than one where the publisher repeats a name."""
        return [entry for entry in self.knowledge if _key(entry.name) == _key(name)]

    def described(self, entry: Knowledge) -> dict[str, JsonValue]:
        """An entry as the agent sees it."""
        names = {known.id: known.name for known in self.knowledge}
        shown: dict[str, JsonValue] = {
            "name": entry.name,
            "description": entry.description,
            "definition": entry.definition,
        }
        below: list[JsonValue] = [names[child] for child in entry.children if child in names]
        if below:
            shown["builds_on"] = below
        return shown

    def meaning(self, table: str, column: str) -> Meaning | None:
        """What is written about one column."""
        for known_table, known_column, text in self.columns:
            if (_key(known_table), _key(known_column)) == (_key(table), _key(column)):
                return text
        return None


def load_catalog(folder: Path) -> Catalog:
    """Read the written files of a database's folder.

    Raises:
        InputError: a file is malformed, or an id occurs twice.
    """
    knowledge: dict[int, Knowledge] = {}
    path = folder / "knowledge.jsonl"
    if path.is_file():
        for number, line in read_lines(path):
            entry = parse_json(Knowledge, line, where=f"{path}, line {number}")
            if entry.id in knowledge:
                raise InputError(f"{path}, line {number}: field 'id': {entry.id} is already the id of another entry")
            knowledge[entry.id] = entry
    path = folder / "columns.json"
    columns: list[tuple[str, str, Meaning]] = []
    if path.is_file():
        tables = parse_json(ColumnsFile, read_text(path), where=str(path)).root
        columns = [(table, column, text) for table, found in tables.items() for column, text in found.items()]
    schema = folder / "schema.txt"
    return Catalog(tuple(knowledge.values()), tuple(columns), read_text(schema) if schema.is_file() else None)


def _key(name: str) -> str:
    return name.strip().casefold()
