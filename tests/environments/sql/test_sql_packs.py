"""Our own SQL packs: every reference solves its task, no fact speaks SQL, and a plain question is answered."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sql_worlds import fingerprint, no_ask, probe, use

from environments.sql.catalog import load_catalog
from harness.core.check import CheckKind
from harness.core.message import Party, ToolCall
from harness.core.pack import Pack
from harness.core.protocols import Template
from harness.core.task import Call, Say, Task
from harness.packs.load import load_pack, open_pack
from simulators.facts import asked_for, questions

TASKS = Path(__file__).parents[3] / "tasks"
PACKS = {name: load_pack(TASKS / name) for name in ("sql-shop", "sql-clinic", "sql-grid")}
CASES = [pytest.param(pack, task, id=task.id) for pack in PACKS.values() for task in pack.tasks.values()]
SQL = re.compile(r"\b(select|join|group by|order by|having|coalesce|count\()\b|::|[<>=]|\w_\w", re.I)


@pytest.fixture(scope="module")
def templates() -> Iterator[dict[str, Template]]:
    opened = {name: open_pack(pack) for name, pack in PACKS.items()}
    yield opened
    for template in opened.values():
        template.close()


@pytest.mark.parametrize(("pack", "task"), CASES)
def test_the_reference_runs_and_leaves_what_its_checks_look_at(
    pack: Pack, task: Task, templates: dict[str, Template]
) -> None:
    environment = asyncio.run(templates[pack.id].create(task, 1))
    for phase in task.phases:
        before = fingerprint(environment)
        for number, step in enumerate(phase.reference or ()):
            if isinstance(step, Call):
                call = ToolCall(id=f"c{number}", name=step.tool, arguments=step.arguments)
                result = asyncio.run(environment.call(Party.AGENT, call, no_ask))
                assert result.error is None, result.content
                assert "failed" not in result.content
        if CheckKind.ROWS in phase.basis:
            rows = probe(environment, "submitted_rows")
            assert rows
            assert any(cell is not None for row in rows for cell in row)
        else:
            assert fingerprint(environment) != before
    asyncio.run(environment.close())


@pytest.mark.parametrize(("pack", "task"), CASES)
def test_every_question_of_the_reference_is_answered_by_one_fact(pack: Pack, task: Task) -> None:
    for phase in task.phases:
        for step in phase.reference or ():
            if isinstance(step, Say):
                found = asked_for(questions(step.text), task.user.facts)
                assert len(found) == 1, (step.text, [fact.topic for fact in found])


@pytest.mark.parametrize(("pack", "task"), CASES)
def test_facts_speak_no_sql(pack: Pack, task: Task) -> None:
    for fact in task.user.facts:
        assert not SQL.search(fact.answer), fact


@pytest.mark.parametrize(("pack", "task"), CASES)
def test_what_is_hidden_is_told_by_the_user(pack: Pack, task: Task, templates: dict[str, Template]) -> None:
    hidden = task.setup.get("hidden_knowledge") or []
    assert isinstance(hidden, list)
    if not hidden:
        return
    assert task.user.facts
    environment = asyncio.run(templates[pack.id].create(task, 1))
    visible = json.loads(use(environment, "list_knowledge").content)
    entries = load_catalog(pack.root / "data" / str(pack.manifest.options["database"])).knowledge
    assert {entry.name for entry in entries if entry.id in hidden}.isdisjoint(visible)
    assert len(visible) == len(entries) - len(hidden)
    asyncio.run(environment.close())


def test_the_packs_hold_what_the_suite_lite_needs() -> None:
    chosen = [pack.tasks[task_id] for pack in PACKS.values() for task_id in pack.manifest.splits["lite"]]
    assert len(chosen) == 15
    assert sum(len(task.phases) == 2 for task in chosen) >= 2
    assert sum("write" in task.tags for task in chosen) >= 3
    for pack in PACKS.values():
        assert sorted(pack.manifest.splits["base"]) == sorted(pack.tasks)


@pytest.mark.parametrize("name", list(PACKS))
def test_every_column_and_no_other_has_a_meaning(name: str, templates: dict[str, Template]) -> None:
    pack = PACKS[name]
    environment = asyncio.run(templates[name].create(next(iter(pack.tasks.values())), 1))
    columns = probe(environment, "query", sql="SELECT table_name, column_name FROM information_schema.columns")
    database = str(pack.manifest.options["database"])
    written = {(table, column) for table, column, _ in load_catalog(pack.root / "data" / database).columns}
    assert isinstance(columns, list)
    assert written == {tuple(row) for row in columns if isinstance(row, list)}
    asyncio.run(environment.close())
