"""Importing mini-interact: the real files whole, made-up ones with every trap, and nothing half-written."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest

from environments.sql.template import SqlSetup
from harness.core.check import CheckKind, RowsCheck
from harness.core.errors import InputError
from harness.core.message import Party, ToolCall, ToolErrorKind
from harness.core.parsing import JsonObject
from harness.packs.bird_facts import facts_of
from harness.packs.bird_format import BirdTask
from harness.packs.import_bird import Engine, import_bird
from harness.packs.imported import Imported
from harness.packs.load import load_pack, open_pack
from harness.packs.suites import resolve_suite
from harness.runner.gold import unsound

TASKS = "mini_interact.jsonl"
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
    imported = import_bird(source, tmp_path / "out" / "kites-pack")
    assert (imported.pack, imported.tasks) == ("kites-pack", 2)
    notes = "\n".join(imported.notes)
    for wanted in (
        "1 tasks wait for their 1 databases, which are not there: ships (1)",
        "kites_db: knowledge entries that share a name, all shown under it: Kite",
        "kites_db: knowledge ids don't run from 0 without gaps (1 to 4)",
        "kites_db: 1 references to knowledge entries that don't exist",
        "kites_db: 2 column meanings are filed under 'kites' instead of 'kites_db'",
        "kites_db: 1 column meanings belong to no column",
        "kites_db: its file is marked for a write-ahead log",
        "the check of every task is withheld",
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
    first = load_pack(import_bird(source, tmp_path / "a" / "kites").root)
    second = load_pack(import_bird(source, tmp_path / "b" / "kites").root)
    assert first.hash == second.hash


def test_the_template_twin_is_preferred(tmp_path: Path) -> None:
    source = write_source(tmp_path / "source")
    twin = source / "kites_db" / "kites_db_template.sqlite"
    with closing(sqlite3.connect(twin)) as connection:
        connection.executescript("CREATE TABLE Kites (Span REAL, Doc TEXT)")
    imported = import_bird(source, tmp_path / "kites")
    assert (imported.root / "data" / "kites_db" / "kites_db.sqlite").read_bytes() == twin.read_bytes()
    assert not any("write-ahead" in note for note in imported.notes)


def test_merged_ground_truth_is_left_out(tmp_path: Path) -> None:
    source = write_source(tmp_path / "source", [a_record(sol_sql=["SELECT secret_gold FROM kites"])])
    imported = import_bird(source, tmp_path / "kites")
    assert any("ground truth of 1 tasks was left out: give it by --ground-truth" in note for note in imported.notes)
    written = [path.read_bytes() for path in imported.root.rglob("*") if path.is_file()]
    assert not any(b"secret_gold" in data for data in written)


def a_full_record(**changes: object) -> dict[str, object]:
    """As lite and full have them: a clear request, conditions, and a follow-up that writes."""
    return a_record(
        instance_id="kites_M_1",
        query="Which kites span more than 2?",
        category="Management",
        preprocess_sql=["CREATE TABLE log (what TEXT)"],
        clean_up_sqls=["DELETE FROM log"],
        conditions={"decimal": 3, "distinct": False, "order": True},
        follow_up={
            "query": "And their number?",
            "sol_sql": [],
            "external_knowledge": [],
            "test_cases": [],
            "category": "Query",
            "conditions": {"decimal": -1, "distinct": False, "order": True},
        },
        **changes,
    )


WIDER = "UPDATE Kites SET Span = Span + 1"
TRUTH: dict[str, object] = {
    "instance_id": "kites_M_1",
    "sol_sql": [WIDER, "INSERT INTO log VALUES ('wider');"],
    "external_knowledge": [1],
    "test_cases": ["def test_case(pred_sqls, sol_sqls, db_name, conn):\n    assert True\n"],
    "follow_up": {"sol_sql": ["SELECT count(*) FROM Kites"], "external_knowledge": [], "test_cases": []},
}


def write_lite(root: Path, *records: dict[str, object]) -> Path:
    source = write_source(root)
    (source / TASKS).unlink()
    lines = records or (a_full_record(),)
    (source / "bird_interact_data.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return source


def write_truth(root: Path, *truths: dict[str, object]) -> Path:
    path = root / "truth.jsonl"
    path.write_text("".join(f"{json.dumps(truth)}\n" for truth in truths))
    return path


def test_a_full_record_keeps_both_requests_and_says_that_their_checks_are_withheld(tmp_path: Path) -> None:
    imported = import_bird(write_lite(tmp_path / "source"), tmp_path / "kites")
    task = load_pack(imported.root).tasks["kites_M_1"]
    assert [phase.request for phase in task.phases] == ["Which kites are big?", "And their number?"]
    assert [phase.clear for phase in task.phases] == ["Which kites span more than 2?", "And their number?"]
    assert [(phase.weight, phase.retry_weight) for phase in task.phases] == [(0.7, 0.5), (0.3, 0.2)]
    assert [check.kind for phase in task.phases for check in phase.checks] == [CheckKind.WITHHELD] * 2
    assert task.setup["clean_up"] == ["DELETE FROM log"]
    assert task.open_points == 2
    assert {"category:management", "follow-up", "database:kites_db", "open:semantic"} <= set(task.tags)


def test_ground_truth_becomes_reference_and_checks_by_category(tmp_path: Path) -> None:
    truth = write_truth(tmp_path, TRUTH)
    imported = import_bird(write_lite(tmp_path / "source"), tmp_path / "kites", ground_truth=truth, prove=unsound)
    pack = load_pack(imported.root)
    assert pack.manifest.excluded == {}
    first, second = pack.tasks["kites_M_1"].phases
    assert [call.arguments["sql"] for call in pack.tasks["kites_M_1"].reference_calls()] == [
        f"{WIDER};\nINSERT INTO log VALUES ('wider');",
        "SELECT count(*) FROM Kites;",
    ]
    assert [check.kind for check in first.checks] == [CheckKind.TESTS]
    assert second.checks == (RowsCheck(ordered=True),)
    assert pack.manifest.publish == "sealed"


UNSOUND: dict[str, tuple[dict[str, object], str]] = {
    "not executable": ({"sol_sql": ["SELECT gone FROM Kites"]}, "doesn't run.*gone"),
    "empty": ({"sol_sql": ["SELECT Span FROM Kites WHERE Span > 99"]}, "returns no rows"),
    "clock": ({"sol_sql": ["SELECT date('now') FROM Kites"]}, "doesn't run.*clock"),
}


@pytest.mark.parametrize(("change", "wanted"), UNSOUND.values(), ids=UNSOUND)
def test_an_unsound_reference_excludes_its_task_by_name(change: dict[str, object], wanted: str, tmp_path: Path) -> None:
    source = write_source(tmp_path / "source", [a_record(), a_record(instance_id="kites_2")])
    sound: dict[str, object] = {"instance_id": "kites_2", "sol_sql": ["SELECT Span FROM Kites"]}
    truth = write_truth(tmp_path, {"instance_id": "kites_1", **change}, sound)
    imported = import_bird(source, tmp_path / "kites", ground_truth=truth, prove=unsound)
    pack = load_pack(imported.root)
    assert list(pack.manifest.excluded) == ["kites_1"]
    assert re.search(wanted, pack.manifest.excluded["kites_1"])
    assert any(note.startswith("excluded: kites_1: ") for note in imported.notes)
    assert resolve_suite(str(imported.root)).tasks == (("kites", "kites_2"),)


def test_a_reference_that_fails_its_own_test_is_excluded(tmp_path: Path) -> None:
    failing = "def test_case(pred_sqls, sol_sqls, db_name, conn):\n    assert False, 'never'\n"
    truth = write_truth(tmp_path, {**TRUTH, "test_cases": [failing]})
    imported = import_bird(write_lite(tmp_path / "source"), tmp_path / "kites", ground_truth=truth, prove=unsound)
    assert "fails its own checks" in load_pack(imported.root).manifest.excluded["kites_M_1"]


TESTED = """
def test_case(pred_sqls, sol_sqls, db_name, conn):
    rows, error, late = execute_queries("SELECT what FROM log", db_name, conn)
    assert rows == [("wider",)], rows
"""
LATER: dict[str, tuple[dict[str, object], dict[str, object], str]] = {
    "the preparation fails": ({"preprocess_sql": ["CREATE TABLE Kites (a TEXT)"]}, {}, "world can't be made.*Kites"),
    "the tidying up fails": ({"clean_up_sqls": ["DELETE FROM gone"]}, {}, "phase 2: tidying up.*gone"),
    "the follow-up doesn't run": ({}, {"follow_up": {"sol_sql": ["SELECT gone FROM Kites"]}}, "phase 2: .*doesn't run"),
    "the follow-up is empty": ({}, {"follow_up": {"sol_sql": ["SELECT what FROM log"]}}, "phase 2: .*returns no rows"),
    "a change that has no effect is no answer to itself": (
        {},
        {"sol_sql": ["UPDATE Kites SET Span = Span"], "test_cases": []},
        "changes nothing",
    ),
    "the test needs what the reference doesn't do": ({}, {"sol_sql": [WIDER], "test_cases": [TESTED]}, "fails its own"),
    "files and programs": ({}, {"sol_sql": ["ATTACH '/tmp/x' AS x"]}, "isn't allowed"),
}


@pytest.mark.parametrize(("record", "truth", "wanted"), LATER.values(), ids=LATER)
def test_unsound_sequences_are_excluded_too(
    record: dict[str, object], truth: dict[str, object], wanted: str, tmp_path: Path
) -> None:
    source = write_lite(tmp_path / "source", {**a_full_record(), **record})
    path = write_truth(tmp_path, {**TRUTH, "test_cases": [TESTED], **truth})
    imported = import_bird(source, tmp_path / "kites", ground_truth=path, prove=unsound)
    assert re.search(wanted, load_pack(imported.root).manifest.excluded["kites_M_1"], re.DOTALL)


@pytest.mark.parametrize("engine", ["sqlite", "duckdb", "postgres"])
def test_sound_ground_truth_is_sound_on_every_engine(engine: Engine, tmp_path: Path) -> None:
    if engine == "postgres" and find_spec("psycopg") is None:
        pytest.skip("the extra `postgres` is not installed")
    clocked = a_record(instance_id="kites_2")
    managed = a_record(instance_id="kites_M_3", category="Management")
    source = write_lite(tmp_path / "source", a_full_record(), clocked, managed)
    truth = write_truth(
        tmp_path,
        {**TRUTH, "test_cases": [TESTED]},
        {"instance_id": "kites_2", "sol_sql": ["SELECT CURRENT_DATE FROM Kites"]},
        {"instance_id": "kites_M_3", "sol_sql": [f"{WIDER} -- by one", "DELETE FROM Kites WHERE Span > 99"]},
    )
    imported = import_bird(source, tmp_path / "kites", ground_truth=truth, engine=engine, prove=unsound)
    pack = load_pack(imported.root)
    assert pack.manifest.options["engine"] == engine
    assert list(pack.manifest.excluded) == ["kites_2"]
    assert "current_date" in pack.manifest.excluded["kites_2"].lower()
    open_pack(pack).close()
    assert [check.kind for check in pack.tasks["kites_M_3"].phases[0].checks] == [CheckKind.STATE]


def test_digits_of_the_conditions_count_and_two_where_they_name_none(tmp_path: Path) -> None:
    records = [
        a_record(instance_id=f"kites_{number}", conditions={"decimal": decimal, "distinct": False, "order": False})
        for number, decimal in enumerate((-1, 0, 4, 99))
    ]
    truths = [{"instance_id": record["instance_id"], "sol_sql": ["SELECT 1"]} for record in records]
    truth = write_truth(tmp_path, *truths)
    imported = import_bird(write_lite(tmp_path / "source", *records), tmp_path / "kites", ground_truth=truth)
    tasks = load_pack(imported.root).tasks.values()
    checks = [check for task in tasks for check in task.phases[0].checks]
    assert [check.decimals for check in checks if isinstance(check, RowsCheck)] == [2, 0, 4, 12]


def test_a_line_separator_in_a_text_ends_no_line(tmp_path: Path) -> None:
    record = a_record(amb_user_query="Which\u2028kites\x85are\x0cbig?")
    source = write_source(tmp_path / "source", [record])
    text = json.dumps(record, ensure_ascii=False)
    (source / TASKS).write_text(f"{text}\n", encoding="utf-8")
    task = load_pack(import_bird(source, tmp_path / "kites").root).tasks["kites_1"]
    assert task.phases[0].request == "Which\u2028kites\x85are\x0cbig?"


BAD_TRUTH = {
    "unknown id": (json.dumps({**TRUTH, "instance_id": "ships_9"}), "1 ids are of no task here: 'ships_9'"),
    "twice": (f"{json.dumps(TRUTH)}\n{json.dumps(TRUTH)}", "line 2: there are two solutions of task 'kites_M_1'"),
    "truncated": (json.dumps(TRUTH)[:40], "truth.jsonl, line 1"),
    "wrong type": (json.dumps({**TRUTH, "sol_sql": "SELECT 1"}), "field 'sol_sql'"),
    "empty": ("\n", "no ground truth in it"),
}


@pytest.mark.parametrize(("text", "wanted"), BAD_TRUTH.values(), ids=BAD_TRUTH)
def test_wrong_ground_truth_is_one_message_and_nothing_is_written(text: str, wanted: str, tmp_path: Path) -> None:
    source = write_lite(tmp_path / "source")
    truth = tmp_path / "truth.jsonl"
    truth.write_text(text)
    with pytest.raises(InputError, match=wanted):
        import_bird(source, tmp_path / "out" / "kites", ground_truth=truth, prove=unsound)
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


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
        import_bird(source, out / "kites")
    assert TASKS in caught.value.message
    assert not out.exists() or not list(out.iterdir())


def _no_table(source: Path) -> None:
    with closing(sqlite3.connect(source / "kites_db" / "kites_db.sqlite")) as connection:
        connection.executescript("DROP TABLE Kites")


def _cut(source: Path) -> None:
    path = source / "kites_db" / "kites_db.sqlite"
    path.write_bytes(path.read_bytes()[:5000])


def test_wrong_files_are_named_and_nothing_is_written(tmp_path: Path) -> None:
    def attempt(number: int, spoil: Callable[[Path], object], wanted: str) -> None:
        source = write_source(tmp_path / f"source{number}")
        spoil(source)
        out = tmp_path / f"out{number}"
        with pytest.raises(InputError, match=wanted):
            import_bird(source, out / "kites")
        assert not out.exists() or not list(out.iterdir())

    def replace(name: str, text: str) -> Callable[[Path], object]:
        return lambda source: (source / name).write_text(text)

    attempt(1, lambda source: (source / TASKS).unlink(), r"mini_interact\.jsonl or .*: no such task file")
    attempt(2, replace(TASKS, "{"), "line 1: not valid JSON")
    attempt(3, replace(TASKS, f"{json.dumps(a_record())}\n" * 2), "two tasks with this id")
    attempt(4, replace("kites_db/kites_db.sqlite", "x" * 200), "not an SQLite database")
    attempt(10, replace("kites_db/kites_db.sqlite", ""), "not an SQLite database")
    attempt(11, _no_table, "holds no table")
    attempt(12, _cut, "damaged")
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
        import_bird(write_source(tmp_path / "source"), out)
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Imported:
    return import_bird(shared_data / "mini_interact", tmp_path_factory.mktemp("real") / "bird-mini")


def test_the_real_files_import_whole(real: Imported, shared_data: Path) -> None:
    assert real.tasks == 300
    notes = "\n".join(real.notes)
    assert "225 tasks wait for their 19 databases, which are not there: alien (10)" in notes
    assert "vaccine: 11 columns hold whole numbers among decimal ones" in notes
    assert "cross_db: 10 columns hold texts that are padded with spaces" in notes
    assert "131 column meanings are filed under 'cross' instead of 'cross_db'" in notes
    pack = load_pack(real.root)
    open_pack(pack).close()
    manifest = json.loads((shared_data / "mini_interact" / "MANIFEST.json").read_text())
    playable = pack.manifest.splits["base"]
    assert len(playable) == 75
    assert len(pack.manifest.excluded) == 225
    assert len(resolve_suite(str(real.root)).tasks) == 75
    for name in {pack.tasks[task].setup["database"] for task in playable}:
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
        pieces = {plain(point.sql) for point in task.user.ambiguities}
        assert pieces
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
    playable = (pack.tasks[name] for name in pack.manifest.splits["base"])
    by_database = {str(task.setup["database"]): task for task in playable}
    assert len(by_database) == 7

    async def look() -> None:
        for task in by_database.values():
            worlds = [await template.create(task, seed) for seed in (1, 2)]
            assert len({await world.fingerprint(Party.AGENT) for world in worlds}) == 1
            for world in worlds:
                await world.close()

    asyncio.run(look())
    template.close()
