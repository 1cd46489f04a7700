"""Importing mini-interact: the real files whole, made-up ones with every trap, and nothing half-written."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from environments.sql.template import SqlSetup
from harness.core.check import CheckKind
from harness.core.errors import InputError
from harness.core.message import Party, ToolCall, ToolErrorKind
from harness.core.parsing import JsonObject
from harness.packs.bird_facts import facts_of
from harness.packs.bird_format import BirdTask
from harness.packs.import_bird import TASKS, import_bird_mini
from harness.packs.imported import Imported
from harness.packs.load import load_pack, open_pack

Change = Callable[[JsonObject], None]


def a_record(**changes: object) -> dict[str, object]:
    point = {"term": "big", "sql_snippet": "Span > 2 AND Kind = 'stunt'", "is_mask": True, "type": "semantic_ambiguity"}
    order = {"term": "sort", "sql_snippet": "ORDER BY span DESC LIMIT 3", "is_mask": False, "type": "sort_ambiguity"}
    missing = {
        "term": "Lift",
        "sql_snippet": "span * 2",
        "is_mask": False,
        "type": "knowledge_ambiguity",
        "deleted_knowledge": 1,
    }
    return {
        "instance_id": "kites_1",
        "selected_database": "kites_db",
        "amb_user_query": "Which kites are big?",
        "preprocess_sql": [],
        "clean_up_sqls": [],
        "sol_sql": [],
        "external_knowledge": [],
        "test_cases": [],
        "high_level": False,
        "category": "Query",
        "user_query_ambiguity": {"critical_ambiguity": [point], "non_critical_ambiguity": [order]},
        "knowledge_ambiguity": [missing],
        **changes,
    }


def an_entry(number: int, name: str, children: object = -1) -> dict[str, object]:
    return {
        "id": number,
        "knowledge": name,
        "description": f"About {name}.",
        "definition": f"the definition of {name}",
        "type": "domain_knowledge",
        "children_knowledge": children,
    }


def write_source(root: Path, records: list[dict[str, object]] | None = None) -> Path:
    """A made-up source with the traps that real files have."""
    folder = root / "kites_db"
    folder.mkdir(parents=True)
    lines = [a_record(), a_record(instance_id="ships_1", selected_database="ships")] if records is None else records
    (root / TASKS).write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    entries = [an_entry(1, "Lift"), an_entry(2, "Kite", [1, 9]), an_entry(4, "Kite")]
    (folder / "kites_db_kb.jsonl").write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))
    columns = {
        "kites|Kites|SPAN": "Width.",
        "kites|kites|doc": {"column_meaning": "A document.", "fields_meaning": {"a": "b"}},
        "kites_db|kites|gone": "No such column.",
    }
    (folder / "kites_db_column_meaning_base.json").write_text(json.dumps(columns))
    (folder / "kites_db_schema.txt").write_text("CREATE TABLE kites (span, doc)  -- as published\n")
    with closing(sqlite3.connect(folder / "kites_db.sqlite")) as connection:
        connection.executescript("CREATE TABLE Kites (Span REAL, Doc TEXT); INSERT INTO Kites VALUES (2.5, '{}')")
    data = bytearray((folder / "kites_db.sqlite").read_bytes())
    data[18:20] = b"\x02\x02"
    (folder / "kites_db.sqlite").write_bytes(data)
    return root


def test_every_trap_is_mended_or_reported(tmp_path: Path) -> None:
    source = write_source(tmp_path / "source")
    imported = import_bird_mini(source, tmp_path / "out" / "kites-pack")
    assert (imported.pack, imported.tasks) == ("kites-pack", 1)
    notes = "\n".join(imported.notes)
    for wanted in (
        "1 tasks left out, their 1 databases are not there: ships (1)",
        "kites_db: knowledge entries that share a name, all shown under it: Kite",
        "kites_db: knowledge ids don't run from 0 without gaps (1 to 4)",
        "kites_db: 1 references to knowledge entries that don't exist",
        "kites_db: 2 column meanings are filed under 'kites' instead of 'kites_db'",
        "kites_db: 1 column meanings belong to no column",
        "kites_db: its file is marked for a write-ahead log",
        "every task's check is withheld",
    ):
        assert wanted in notes
    data = tmp_path / "out" / "kites-pack" / "data" / "kites_db"
    assert (data / "kites_db.sqlite").read_bytes() == (source / "kites_db" / "kites_db.sqlite").read_bytes()
    assert (data / "schema.txt").read_bytes() == (source / "kites_db" / "kites_db_schema.txt").read_bytes()
    assert json.loads((data / "columns.json").read_text())["kites"]["span"] == "Width."
    pack = load_pack(imported.root)
    open_pack(pack).close()
    assert pack.manifest.publish == "sealed"
    assert pack.manifest.license == "CC-BY-SA-4.0"
    assert pack.tasks["kites_1"].phases[0].reference is None
    assert pack.tasks["kites_1"].setup["hidden_knowledge"] == [1]


def test_importing_twice_gives_the_same_pack(tmp_path: Path) -> None:
    source = write_source(tmp_path / "source")
    first = load_pack(import_bird_mini(source, tmp_path / "a" / "kites").root)
    second = load_pack(import_bird_mini(source, tmp_path / "b" / "kites").root)
    assert first.hash == second.hash


def test_the_template_twin_is_preferred(tmp_path: Path) -> None:
    source = write_source(tmp_path / "source")
    twin = source / "kites_db" / "kites_db_template.sqlite"
    with closing(sqlite3.connect(twin)) as connection:
        connection.executescript("CREATE TABLE Kites (Span REAL, Doc TEXT)")
    imported = import_bird_mini(source, tmp_path / "kites")
    assert (imported.root / "data" / "kites_db" / "kites_db.sqlite").read_bytes() == twin.read_bytes()
    assert not any("write-ahead" in note for note in imported.notes)


def test_merged_ground_truth_is_left_out(tmp_path: Path) -> None:
    source = write_source(tmp_path / "source", [a_record(sol_sql=["SELECT secret_gold FROM kites"])])
    imported = import_bird_mini(source, tmp_path / "kites")
    assert any("ground truth of 1 tasks was left out" in note for note in imported.notes)
    written = [path.read_bytes() for path in imported.root.rglob("*") if path.is_file()]
    assert not any(b"secret_gold" in data for data in written)


def test_facts_put_the_labels_into_words() -> None:
    record = BirdTask.model_validate_json(json.dumps(a_record()))
    facts = {fact.topic: fact for fact in facts_of(record, {})}
    assert facts["big"].answer == (
        "About “big”: it has a particular meaning here, in which these values matter: stunt, 2."
    )
    assert facts["sort"].answer == "About “sort”: sort by it, the highest first, and only the first 3."
    assert "order" in facts["sort"].ask
    assert "Lift" not in facts


BAD: list[tuple[str, Change | None, str]] = [
    ("unknown key", lambda record: record.update(querry="x"), r"task 'kites_1': unknown key 'querry'"),
    ("wrong type", lambda record: record.update(high_level="no"), r"task 'kites_1': field 'high_level'.*got \"no\""),
    ("missing field", lambda record: record.pop("amb_user_query") and None, r"field 'amb_user_query': Field required"),
    ("unknown category", lambda record: record.update(category="Quiz"), r"field 'category'.*Quiz"),
    ("weird id", lambda record: record.update(instance_id="a/b"), r"field 'instance_id'.*a/b"),
    ("path as a name", lambda record: record.update(selected_database="../x"), r"field 'selected_database'.*\.\./x"),
]


@pytest.mark.parametrize(("change", "wanted"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_wrong_record_names_file_task_and_field_and_nothing_is_written(
    change: Change, wanted: str, tmp_path: Path
) -> None:
    record = a_record()
    change(record)
    source = write_source(tmp_path / "source", [record])
    out = tmp_path / "out"
    with pytest.raises(InputError, match=wanted) as caught:
        import_bird_mini(source, out / "kites")
    assert TASKS in caught.value.message
    assert not out.exists() or not list(out.iterdir())


def test_wrong_files_are_named_and_nothing_is_written(tmp_path: Path) -> None:
    def attempt(number: int, spoil: Callable[[Path], object], wanted: str) -> None:
        source = write_source(tmp_path / f"source{number}")
        spoil(source)
        out = tmp_path / f"out{number}"
        with pytest.raises(InputError, match=wanted):
            import_bird_mini(source, out / "kites")
        assert not out.exists() or not list(out.iterdir())

    def replace(name: str, text: str) -> Callable[[Path], object]:
        return lambda source: (source / name).write_text(text)

    attempt(1, lambda source: (source / TASKS).unlink(), r"mini_interact\.jsonl: no such file")
    attempt(2, replace(TASKS, "{"), "line 1: not valid JSON")
    attempt(3, replace(TASKS, f"{json.dumps(a_record())}\n" * 2), "two tasks with this id")
    attempt(4, replace("kites_db/kites_db.sqlite", "x" * 200), "can't be read")
    attempt(5, replace("kites_db/kites_db_kb.jsonl", json.dumps(an_entry(1, "a") | {"kind": 1})), "kb.jsonl, line 1")
    attempt(6, replace("kites_db/kites_db_kb.jsonl", json.dumps(an_entry(0, "a"))), r"hidden_knowledge\.0.*id 1")
    attempt(7, replace("kites_db/kites_db_column_meaning_base.json", '{"kites": "x"}'), "database|table|column")
    attempt(8, lambda source: (source / "kites_db" / "kites_db_schema.txt").unlink(), "schema.txt is missing")
    attempt(9, lambda source: (source / "kites_db").rename(source / "other"), "none of the 2 databases")


def test_an_existing_folder_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "kites"
    out.mkdir()
    (out / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="exists already"):
        import_bird_mini(write_source(tmp_path / "source"), out)
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Imported:
    return import_bird_mini(shared_data / "mini_interact", tmp_path_factory.mktemp("real") / "bird-mini")


def test_the_real_files_import_whole(real: Imported, shared_data: Path) -> None:
    assert real.tasks == 75
    notes = "\n".join(real.notes)
    assert "225 tasks left out, their 19 databases are not there: alien (10)" in notes
    assert "131 column meanings are filed under 'cross' instead of 'cross_db'" in notes
    pack = load_pack(real.root)
    open_pack(pack).close()
    manifest = json.loads((shared_data / "mini_interact" / "MANIFEST.json").read_text())
    for name in {task.setup["database"] for task in pack.tasks.values()}:
        copy = real.root / "data" / str(name) / f"{name}.sqlite"
        assert copy.stat().st_size == manifest[f"{name}/{name}.sqlite"]["bytes"]
        assert copy.read_bytes() == (shared_data / "mini_interact" / f"{name}" / f"{name}.sqlite").read_bytes()
    for task in pack.tasks.values():
        assert [check.kind for check in task.phases[0].checks] == [CheckKind.WITHHELD]
        assert task.phases[0].reference is None
        assert task.user.facts


def test_no_fact_of_a_real_task_quotes_a_piece_of_its_reference_sql(real: Imported) -> None:
    def plain(text: str) -> str:
        return re.sub(r"\s+", " ", text).strip().lower()

    for task in load_pack(real.root).tasks.values():
        upstream = BirdTask.model_fields.keys() & task.metadata["upstream"].keys()  # type: ignore[union-attr]
        assert upstream
        ambiguities = json.loads(json.dumps(task.metadata["upstream"]))
        labelled = [*ambiguities["user_query_ambiguity"].values(), ambiguities["knowledge_ambiguity"]]
        pieces = {plain(point["sql_snippet"]) for points in labelled for point in points}
        for fact in task.user.facts:
            said = plain(fact.answer).removeprefix(f"about “{plain(fact.topic)}”:")
            assert not [piece for piece in pieces if len(piece) > 12 and piece in said], fact
            assert not re.search(r"\b(select|join|order by|group by|coalesce|json_extract)\b", said), fact


def test_a_real_database_is_explored_through_the_environment(real: Imported) -> None:
    pack = load_pack(real.root)
    template = open_pack(pack)
    task = pack.tasks["households_1"]

    async def no_ask(question: str) -> str:
        raise AssertionError(question)

    async def episode() -> None:
        environment = await template.create(task, 1)

        async def use(tool: str, **arguments: str) -> str:
            call = ToolCall(id="c", name=tool, arguments=dict(arguments))
            result = await environment.call(Party.AGENT, call, no_ask)
            assert result.error is None, result.content
            return result.content

        assert 'CREATE TABLE "households"' in await use("get_schema")
        assert "Administrative region" in await use("get_column_meaning", table="Locations", column="RegionCode")
        hidden = set(SqlSetup.model_validate_json(json.dumps(task.setup)).hidden_knowledge)
        visible = json.loads(await use("list_knowledge"))
        assert len(visible) == 45 - len(hidden)
        await use("get_knowledge", name=visible[0])
        assert "count(*)" in await use("execute_sql", sql="SELECT count(*) FROM households")
        before = await environment.fingerprint(Party.AGENT)
        await use("execute_sql", sql="DELETE FROM households")
        assert await environment.fingerprint(Party.AGENT) == before
        await use("submit_sql", sql="SELECT housenum, residentcount FROM households ORDER BY housenum LIMIT 3")
        rows = await environment.probe(Party.AGENT, "submitted_rows", {})
        assert isinstance(rows, list)
        assert len(rows) == 3
        assert await environment.fingerprint(Party.AGENT) == before
        refused = ToolCall(id="c", name="execute_sql", arguments={"sql": "ATTACH '/tmp/x' AS x"})
        assert (await environment.call(Party.AGENT, refused, no_ask)).error is ToolErrorKind.REFUSED
        await environment.close()

    asyncio.run(episode())
    template.close()


def test_all_real_databases_open_and_have_a_stable_fingerprint(real: Imported) -> None:
    pack = load_pack(real.root)
    template = open_pack(pack)
    by_database = {str(task.setup["database"]): task for task in pack.tasks.values()}
    assert len(by_database) == 7

    async def look() -> None:
        for task in by_database.values():
            worlds = [await template.create(task, seed) for seed in (1, 2)]
            assert len({await world.fingerprint(Party.AGENT) for world in worlds}) == 1
            for world in worlds:
                await world.close()

    asyncio.run(look())
    template.close()
