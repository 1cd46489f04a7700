"""A small SQL pack for BIRD-INTERACT's settings, and agents that play it act by act."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness.core.limits import Limits
from harness.core.message import Message, Stop, ToolCall
from harness.core.mode import Mode
from harness.core.pack import Pack, PackManifest
from harness.core.parsing import JsonObject, parse
from harness.core.protocols import Template, View
from harness.core.record import Record
from harness.core.task import Task
from harness.engine.episode import play
from harness.engine.setting import Setting
from harness.packs.load import open_pack
from simulators.scripted import ScriptedUser

KITES = "kite_id,name,span\n1,Swift,150\n2,Owl,225\n3,Ray,90\n"
RIGHT = ("UPDATE kites SET span = 100 WHERE kite_id = 3", "SELECT name FROM kites WHERE span = 100")
"""The second is right only on what the first left."""


def reference(number: int, *before: JsonObject) -> JsonObject:
    submit: JsonObject = {"type": "call", "tool": "submit_sql", "arguments": {"sql": RIGHT[number]}}
    check: JsonObject = {"kind": "state", "parties": ["agent"]} if number == 0 else {"kind": "rows"}
    return {"reference": [*before, submit], "checks": [check]}


EXPLORING: tuple[JsonObject, ...] = (
    {"type": "say", "text": "Which kite?"},
    {"type": "call", "tool": "get_schema"},
    {"type": "call", "tool": "execute_sql", "arguments": {"sql": "SELECT * FROM kites"}},
    {"type": "say", "text": "How wide?"},
    {"type": "call", "tool": "list_knowledge"},
)
WITHHELD: JsonObject = {"checks": [{"kind": "withheld", "reason": "kept back"}]}


def points(number: int) -> JsonObject:
    return {"ambiguities": [{"term": f"point {one}"} for one in range(number)]}


def tasks(open_points: int) -> list[JsonObject]:
    follow_up: JsonObject = {"request": "And now?", "weight": 0.3, "retry_weight": 0.2, **reference(1)}
    first: JsonObject = {"request": "Mend it.", "weight": 0.7, "retry_weight": 0.5}
    user = points(open_points)
    return [
        {"id": "two", "user": user, "phases": [{**first, **reference(0, *EXPLORING)}, follow_up]},
        {"id": "one", "user": user, "phases": [{"request": "Mend it.", "retry_weight": 0.5, **reference(0)}]},
        {"id": "withheld", "user": user, "phases": [{**first, **WITHHELD}, {**follow_up, **WITHHELD}]},
    ]


def kite_pack(root: Path, open_points: int = 0, /, **options: object) -> Pack:
    """The pack, its database written below `root`."""
    folder = root / "data" / "kites"
    if not folder.exists():
        folder.mkdir(parents=True)
        (folder / "schema.sql").write_text(
            "CREATE TABLE kites (kite_id INTEGER PRIMARY KEY, name TEXT NOT NULL, span INTEGER NOT NULL);"
        )
        (folder / "kites.csv").write_text(KITES)
    data = {
        "id": "kites",
        "version": "1",
        "title": "Kites",
        "environment": "sql",
        "license": "Apache-2.0",
        "canary": "PARLEY-CANARY-test",
        "options": {"engine": "duckdb", "database": "kites", **options},
    }
    loaded = {task.id: task for task in (parse(Task, one, where="test") for one in tasks(open_points))}
    manifest = parse(PackManifest, data, where="test")
    return Pack(root, manifest, "Mend kites.", loaded, dict.fromkeys(loaded, root), "")


@contextmanager
def opened(root: Path) -> Iterator[Template]:
    """The pack's template; it serves every variant of the pack, which differ in what only the engine reads."""
    template = open_pack(kite_pack(root))
    try:
        yield template
    finally:
        template.close()


def setting(template: Template, root: Path, mode: Mode, task: str = "two", *, m: int = 0, **options: object) -> Setting:
    return Setting.of(kite_pack(root, m, **options), task, template, mode=mode, limits=Limits(max_turns=40))


class Acts:
    """Plays acts by name: `ask`, `right1`, `right2`, `wrong`, `broken`, the name of a tool, or `bye`."""

    def __init__(self, *acts: str) -> None:
        self.acts = list(acts)
        self.view: View | None = None

    async def act(self, view: View) -> Message:
        self.view = view
        return _message(self.acts.pop(0)) if self.acts else Message(stop=Stop.DONE)


def _message(act: str) -> Message:
    sql = {"right1": RIGHT[0], "right2": RIGHT[1], "wrong": "SELECT 0", "broken": "SELECT nonsense FROM nowhere"}
    if act == "ask":
        return Message(text="How wide shall it be?")
    if act in sql:
        return Message(tool_calls=(ToolCall(name="submit_sql", arguments={"sql": sql[act]}),))
    arguments: JsonObject = {"sql": 3} if act == "submit_sql" else {}
    return Message(stop=Stop.DONE) if act == "bye" else Message(tool_calls=(ToolCall(name=act, arguments=arguments),))


def played(one: Setting, acts: Sequence[str]) -> tuple[Record, Acts]:
    agent = Acts(*acts)
    return asyncio.run(play(one, agent, ScriptedUser(one.task))).record, agent
