"""Loading an SQL pack and checking its tasks: one clear message for each mistake."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sql_worlds import SCHEMA, a_task, fingerprint, write_pack

from environments.sql.template import SqlTemplate, load
from harness.core.errors import InputError
from harness.core.parsing import JsonValue, parse
from harness.core.task import Task


def with_phase(**phase: JsonValue) -> Task:
    return parse(Task, {"id": "one", "phases": [{"request": "?", **phase}]}, where="test")


def calling(tool: str, party: str = "agent", **arguments: JsonValue) -> Task:
    call: JsonValue = {"type": "call", "party": party, "tool": tool, "arguments": dict(arguments)}
    return with_phase(reference=[call])


PROBLEMS = [
    (a_task(databse="kites"), "setup: unknown key 'databse' (at databse), did you mean 'database'?"),
    (a_task(database="kite"), "setup.database: unknown database 'kite'"),
    (a_task(hidden_knowledge=[0, 3]), "setup.hidden_knowledge.1: kites has no knowledge entry with the id 3"),
    (a_task(hidden_knowledge=["0"]), "setup: field 'hidden_knowledge.0'"),
    (a_task(preprocess=["SELECT 1", "-- nothing"]), "setup.preprocess.1: there is no SQL statement"),
    (calling("submit", sql="SELECT 1"), "phases.0.reference.0.tool: unknown tool 'submit'"),
    (calling("submit_sql"), "phases.0.reference.0.arguments: field 'sql': Field required"),
    (calling("submit_sql", sql="SELECT 1", why="x"), "phases.0.reference.0.arguments: unknown key 'why'"),
    (calling("submit_sql", sql=""), "phases.0.reference.0.arguments.sql: there is no SQL statement"),
    (calling("submit_sql", party="user", sql="SELECT 1"), "phases.0.reference.0.party: the user has no tools"),
    (with_phase(checks=[{"kind": "probe", "name": "rows"}]), "phases.0.checks.0.name: unknown probe 'rows'"),
    (with_phase(checks=[{"kind": "probe", "name": "query"}]), "phases.0.checks.0.arguments.sql: there is no SQL"),
    (with_phase(checks=[{"kind": "rows"}], reference=[]), "phases.0.reference: a rows check needs a submit_sql"),
    (parse(Task, {"id": "one", "phases": [{}], "user": {"tools": ["x"]}}, where="t"), "user.tools: the user has no"),
]


@pytest.mark.parametrize(("task", "wanted"), PROBLEMS, ids=lambda value: value[:40] if isinstance(value, str) else "")
def test_a_task_that_does_not_fit_is_told_where_and_why(task: Task, wanted: str, template: SqlTemplate) -> None:
    problems = template.validate(task)
    assert len(problems) == 1
    assert problems[0].startswith(wanted)


def test_a_reference_that_does_not_parse_or_is_refused_is_found(tmp_path: Path) -> None:
    template = load(write_pack(tmp_path, "duckdb"))
    assert "syntax error" in template.validate(calling("submit_sql", sql="SELEC 1"))[0]
    assert "random" in template.validate(calling("submit_sql", sql="SELECT random()"))[0]
    template.close()


def test_a_fitting_task_has_no_problems(template: SqlTemplate) -> None:
    assert list(template.validate(a_task(database="kites", hidden_knowledge=[0, 4]))) == []
    assert list(template.validate(calling("get_knowledge", name="Fleet"))) == []


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"engine": "duckdbb"}, "engine"),
        ({"engine": "duckdb", "timeout": 3}, "timeout_s"),
        ({"engine": "duckdb", "database": "kitez"}, "did you mean 'kites'"),
        ({"engine": "duckdb", "memory_mb": 1}, "memory_mb"),
        ({"engine": "duckdb", "comparison": "loose"}, "comparison"),
        ({"engine": "duckdb", "patience": -1}, "patience"),
    ],
)
def test_wrong_options_are_an_input_error(options: dict[str, str], wanted: str, tmp_path: Path) -> None:
    pack = write_pack(tmp_path, "duckdb")
    changed = pack.manifest.model_copy(update={"options": options})
    with pytest.raises(InputError, match=wanted):
        load(type(pack)(pack.root, changed, "", {}, {}, ""))


def test_broken_data_is_an_input_error_that_names_the_file(tmp_path: Path) -> None:
    pack = write_pack(tmp_path, "duckdb")
    data = pack.root / "data" / "kites"
    (data / "schema.sql").write_text(SCHEMA + "INSERT INTO makers VALUES ('x')")
    with pytest.raises(InputError, match=r"data/kites/schema\.sql: the database can't be built"):
        load(pack)
    (data / "schema.sql").write_text(SCHEMA)
    (data / "makers.csv").write_text("maker_id,name\n1,Aino\n1,Again\n")
    with pytest.raises(InputError, match="can't be built"):
        load(pack)
    (data / "makers.csv").unlink()
    (data / "knowledge.jsonl").write_text('{"id": 0, "nam": "x"}\n')
    with pytest.raises(InputError, match=r"knowledge\.jsonl, line 1: .*did you mean 'name'"):
        load(pack)
    (data / "knowledge.jsonl").unlink()
    (data / "columns.json").write_text('{"kites": {"span": 3}}')
    with pytest.raises(InputError, match=r"columns\.json"):
        load(pack)


def test_a_pack_without_a_database_is_an_input_error(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "a", "duckdb")
    with pytest.raises(InputError, match="there is no database"):
        load(type(pack)(tmp_path / "b", pack.manifest, "", {}, {}, ""))


def test_a_corrupt_sqlite_file_is_an_input_error(tmp_path: Path) -> None:
    pack = write_pack(tmp_path, "sqlite")
    file = pack.root / "data" / "kites" / "kites.sqlite"
    whole = file.read_bytes()
    file.write_bytes(b"not a database")
    with pytest.raises(InputError, match="not an SQLite database"):
        load(pack)
    file.write_bytes(whole[:1000])
    with pytest.raises(InputError, match="damaged"):
        load(pack)


def test_a_file_marked_for_a_write_ahead_log_opens_all_the_same(tmp_path: Path) -> None:
    pack = write_pack(tmp_path, "sqlite")
    file = pack.root / "data" / "kites" / "kites.sqlite"
    plain = load(pack)
    before = asyncio.run(plain.create(a_task(), 1))
    marked = bytearray(file.read_bytes())
    marked[18:20] = b"\x02\x02"
    file.write_bytes(marked)
    template = load(pack)
    environment = asyncio.run(template.create(a_task(), 1))
    assert fingerprint(environment) == fingerprint(before)
    assert file.read_bytes() == bytes(marked)
    for opened in (environment, before):
        asyncio.run(opened.close())


def test_rows_from_csv_files_are_loaded_parents_first(tmp_path: Path) -> None:
    pack = write_pack(tmp_path, "duckdb")
    data = pack.root / "data" / "kites"
    (data / "schema.sql").write_text(SCHEMA)
    (data / "makers.csv").write_text("maker_id,name\n1,Aino\n2,Bo\n")
    (data / "kites.csv").write_text(
        "kite_id,maker_id,name,span,flown\n1,1,Swift,1.50,2024-05-01\n2,1,Owl,2.25,\n3,2,Ray,,2024-06-03\n"
    )
    from_files = load(pack)
    inserted = load(write_pack(tmp_path / "other", "duckdb"))
    worlds = [asyncio.run(template.create(a_task(), 1)) for template in (from_files, inserted)]
    assert fingerprint(worlds[0]) == fingerprint(worlds[1])
    for world in worlds:
        asyncio.run(world.close())
    for template in (from_files, inserted):
        template.close()
