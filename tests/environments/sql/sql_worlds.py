"""Small SQL packs to test with, the same two tables on each engine, and short ways to use a world."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Protocol

from environments.sql.environment import SqlEnvironment
from harness.core.message import Party, ToolCall, ToolResult
from harness.core.pack import Pack, PackManifest
from harness.core.parsing import JsonObject, JsonValue, parse
from harness.core.task import Task

SCHEMA = """
CREATE TABLE makers (maker_id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE kites (
    kite_id INTEGER PRIMARY KEY,
    maker_id INTEGER NOT NULL REFERENCES makers (maker_id),
    name TEXT NOT NULL,
    span DECIMAL(6, 2),
    flown DATE
);
"""
MAKERS = "INSERT INTO makers VALUES (1, 'Aino'), (2, 'Bo');"
KITES = """
INSERT INTO kites VALUES
    (1, 1, 'Swift', 1.50, '2024-05-01'), (2, 1, 'Owl', 2.25, NULL), (3, 2, 'Ray', NULL, '2024-06-03');
"""
LARGE: JsonObject = {"name": "Large kite", "description": "A big one.", "definition": "span of at least 2"}
FLEET: JsonObject = {"name": "Fleet", "description": "All of a maker's.", "definition": "all kites together"}
SHIPS: JsonObject = {"name": "fleet", "description": "A second of the name.", "definition": "ships"}
KNOWLEDGE: list[JsonObject] = [
    {"id": 0, "type": "domain_knowledge", **LARGE},
    {"id": 4, "type": "domain_knowledge", "children": [0], **FLEET},
    {"id": 5, "type": "value_illustration", **SHIPS},
]
NAME: JsonObject = {"column_meaning": "Its name.", "fields_meaning": {"first": "First word."}}
COLUMNS: JsonObject = {"kites": {"span": "Width in metres.", "name": NAME}}
TASK: JsonObject = {"id": "one", "phases": [{"request": "Which kites?"}]}


async def no_ask(question: str) -> str:
    raise AssertionError(f"no SQL tool asks the user, this one asked: {question}")


def run_sql(environment: SqlEnvironment, sql: str, tool: str = "execute_sql") -> ToolResult:
    return use(environment, tool, sql=sql)


def use(environment: SqlEnvironment, tool: str, **arguments: str) -> ToolResult:
    call = ToolCall(id="c", name=tool, arguments=dict(arguments))
    return asyncio.run(environment.call(Party.AGENT, call, no_ask))


def fingerprint(environment: SqlEnvironment) -> str:
    """What is in the database now; the environment's own goes by the scripts that stayed, and hides what leaked."""
    return environment._database.digest()


def a_task(**setup: object) -> Task:
    return parse(Task, {**TASK, "setup": setup}, where="test")


def write_pack(root: Path, engine: str, **options: object) -> Pack:
    """A pack with the kites' database, on an engine."""
    folder = root / "data" / "kites"
    folder.mkdir(parents=True)
    if engine == "sqlite":
        with closing(sqlite3.connect(folder / "kites.sqlite")) as connection:
            connection.executescript(SCHEMA + MAKERS + KITES)
            connection.commit()
    else:
        (folder / "schema.sql").write_text(SCHEMA + MAKERS + KITES)
    (folder / "knowledge.jsonl").write_text("".join(f"{json.dumps(entry)}\n" for entry in KNOWLEDGE))
    (folder / "columns.json").write_text(json.dumps(COLUMNS))
    data = {
        "id": "sql-test",
        "version": "1",
        "title": "Kites",
        "environment": "sql",
        "license": "Apache-2.0",
        "canary": "PARLEY-CANARY-test",
        "options": {"engine": engine, "database": "kites", **options},
    }
    task = a_task()
    return Pack(root, parse(PackManifest, data, where="test"), "", {task.id: task}, {}, "")


class Opener(Protocol):
    def __call__(self, **setup: object) -> SqlEnvironment: ...


def probe(environment: SqlEnvironment, name: str, **arguments: JsonValue) -> JsonValue:
    return asyncio.run(environment.probe(Party.AGENT, name, arguments))
