"""The agent's tools over a database: what they show, what they hide, and what a submission leaves."""

from __future__ import annotations

import asyncio
import json
import math
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sql_worlds import Opener, a_task, fingerprint, probe, run_sql, use, write_pack

from environments.sql.template import load
from environments.sql.values import exact, render, scalar
from harness.core.message import Party, ToolErrorKind


def test_the_schema_shows_tables_and_example_rows(world: Opener) -> None:
    shown = use(world(), "get_schema").content
    assert "kites" in shown
    assert "maker_id" in shown
    assert "Swift" in shown


def test_hidden_knowledge_leaves_no_trace(world: Opener) -> None:
    environment = world(hidden_knowledge=[0])
    assert json.loads(use(environment, "list_knowledge").content) == ["Fleet", "fleet"]
    assert use(environment, "get_knowledge", name="Large kite").error is ToolErrorKind.FAILED
    assert "Large kite" not in use(environment, "get_knowledge", name="Large kit").content
    everything = use(environment, "get_all_knowledge").content + use(environment, "get_knowledge", name="Fleet").content
    assert "Large kite" not in everything
    assert "builds_on" not in everything
    assert '"id"' not in everything


def test_knowledge_names_its_prerequisites_and_every_entry_of_a_name(world: Opener) -> None:
    entries = json.loads(use(world(), "get_knowledge", name="FLEET").content)
    assert [entry["definition"] for entry in entries] == ["all kites together", "ships"]
    assert entries[0]["builds_on"] == ["Large kite"]


def test_column_meanings_are_found_in_any_letter_case_and_with_json_fields(world: Opener) -> None:
    environment = world()
    assert json.loads(use(environment, "get_column_meaning", table="Kites", column="SPAN").content) == {
        "meaning": "Width in metres."
    }
    found = json.loads(use(environment, "get_column_meaning", table="kites", column="name").content)
    assert found == {"meaning": "Its name.", "fields": {"first": "First word."}}
    assert use(environment, "get_column_meaning", table="kites", column="tail").error is ToolErrorKind.FAILED


def test_exploring_never_changes_the_database(world: Opener) -> None:
    environment = world()
    before = fingerprint(environment)
    for sql in (
        "DELETE FROM kites",
        "CREATE TABLE extra (a INTEGER)",
        "DROP TABLE kites",
        "UPDATE kites SET name = 'x'; SELECT name FROM kites",
        "CREATE VIEW v AS SELECT 1 AS a; SELECT * FROM v",
    ):
        assert run_sql(environment, sql).error is None, sql
        assert fingerprint(environment) == before, sql


def test_a_submission_keeps_its_rows_and_its_effects(world: Opener) -> None:
    environment = world()
    before = fingerprint(environment)
    assert probe(environment, "submitted_rows") is None
    result = run_sql(environment, "DELETE FROM kites WHERE kite_id = 3; SELECT kite_id, span FROM kites", "submit_sql")
    assert result.submitted
    assert probe(environment, "submitted_rows") == [[1, 1.5], [2, 2.25]]
    assert fingerprint(environment) != before


def test_a_failed_submission_counts_leaves_nothing_and_clears_the_rows_before_it(world: Opener) -> None:
    environment = world()
    run_sql(environment, "SELECT 1", "submit_sql")
    before = fingerprint(environment)
    result = run_sql(environment, "DELETE FROM kites; SELECT nonsense FROM kites", "submit_sql")
    assert result.submitted
    assert "nonsense" in result.content
    assert probe(environment, "submitted_rows") is None
    assert fingerprint(environment) == before


def test_a_trailing_comment_does_not_hide_the_last_result(world: Opener) -> None:
    environment = world()
    run_sql(environment, "SELECT 7; -- that's it; really\n/* bye */", "submit_sql")
    assert probe(environment, "submitted_rows") == [[7]]


def test_semicolons_in_texts_and_comments_end_no_statement(world: Opener) -> None:
    environment = world()
    run_sql(environment, "SELECT ';' AS a /* ; */; SELECT 'b;c' AS b", "submit_sql")
    assert probe(environment, "submitted_rows") == [["b;c"]]


def test_preparation_of_the_task_is_part_of_its_start(world: Opener) -> None:
    plain, prepared = world(), world(preprocess=["INSERT INTO makers VALUES (9, 'Cleo')"])
    assert probe(prepared, "query", sql="SELECT name FROM makers WHERE maker_id = 9") == [["Cleo"]]
    assert probe(plain, "query", sql="SELECT name FROM makers WHERE maker_id = 9") == []


def test_probes_refuse_what_they_do_not_know(world: Opener) -> None:
    environment = world()
    with pytest.raises(LookupError):
        probe(environment, "no_such_probe")
    with pytest.raises(ValueError, match="nothing_there"):
        probe(environment, "query", sql="SELECT * FROM nothing_there")
    with pytest.raises(ValueError, match="sql"):
        probe(environment, "query", statement="SELECT 1")
    with pytest.raises(LookupError):
        asyncio.run(environment.probe(Party.USER, "submitted_rows", {}))


def test_the_user_has_no_tools(world: Opener) -> None:
    environment = world()
    assert environment.tools(Party.USER) == []
    assert {spec.name: spec.cost for spec in environment.tools(Party.AGENT)} == {
        "get_schema": 1,
        "get_all_column_meanings": 1,
        "get_column_meaning": 0.5,
        "list_knowledge": 0.5,
        "get_knowledge": 0.5,
        "get_all_knowledge": 1,
        "execute_sql": 1,
        "submit_sql": 3,
    }


@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
def test_long_results_are_cut_with_a_note_and_large_answers_refused(engine: str, tmp_path: Path) -> None:
    template = load(write_pack(tmp_path, engine, shown_rows=5, submitted_rows=20, table_rows=50))
    environment = asyncio.run(template.create(a_task(), 1))
    many = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < {}) "
    shown = run_sql(environment, many.format(30) + "SELECT n FROM r").content
    assert shown.splitlines()[-1] == "(only the first 5 rows are shown; there are more)"
    assert len(shown.splitlines()) == 8
    before = fingerprint(environment)
    assert "more than 20 rows" in run_sql(environment, many.format(30) + "SELECT n FROM r", "submit_sql").content
    fill = "INSERT INTO makers " + many.format(60) + "SELECT n + 100, 'x' FROM r"
    assert "at most 50" in run_sql(environment, fill, "submit_sql").content
    assert fingerprint(environment) == before
    asyncio.run(environment.close())
    template.close()


def test_a_view_that_breaks_or_explodes_does_not_break_the_episode(world: Opener) -> None:
    environment = world()
    script = "CREATE TABLE t (a INTEGER); CREATE VIEW broken AS SELECT a FROM t; DROP TABLE t"
    run_sql(environment, script, "submit_sql")
    endless = "CREATE VIEW endless AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r"
    run_sql(environment, endless, "submit_sql")
    assert fingerprint(environment) == fingerprint(environment)
    assert "broken" in use(environment, "get_schema").content


def test_odd_texts_are_values_like_others(world: Opener) -> None:
    environment = world()
    for sql in ("SELECT 'a\x00b'", "SELECT '\u2028 é \U0001f600 \\ \x07'", 'SELECT 1 AS "a\nb"'):
        run_sql(environment, sql)
    odd = {"sqlite": "CAST(x'ff41' AS TEXT)", "duckdb": "chr(0) || chr(65533)"}
    for text in odd.values():
        run_sql(environment, f"UPDATE makers SET name = {text}", "submit_sql")
    assert fingerprint(environment) == fingerprint(environment)
    assert use(environment, "get_schema").error is None
    assert run_sql(environment, "SELECT * FROM makers").error is None


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (True, True),
        (2**70, 2**70),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
        (Decimal("12.50"), 12.5),
        (Decimal(7), 7),
        (date(2024, 1, 2), "2024-01-02"),
        (datetime(2024, 1, 2, 3, 4, 5), "2024-01-02 03:04:05"),
        (timedelta(days=1), "1 day, 0:00:00"),
        (b"\x00\xff", "\\x00ff"),
        ([1, Decimal("0.5"), None], "[1, 0.5, null]"),
        ({"a": date(2024, 1, 2)}, '{"a": "2024-01-02"}'),
    ],
)
def test_values_become_stable_json(value: object, wanted: object) -> None:
    assert scalar(value) == wanted


def test_exact_values_tell_apart_what_differs_and_nothing_else() -> None:
    assert exact(Decimal("12.50")) == exact(12.5) == exact(Decimal("12.5"))
    assert exact(3) == exact(3.0) == exact(Decimal("3.000"))
    assert exact(Decimal("0.00")) == exact(-0.0) == exact(0)
    assert exact(Decimal("12345678901234567890123456789.123456789")) != exact(
        Decimal("12345678901234567890123456789.12")
    )
    assert exact(1) != exact("1")
    assert exact(1) != exact(True)
    assert exact(1e-7) == exact(Decimal("0.0000001"))


def test_a_cell_with_line_breaks_stays_on_its_line() -> None:
    table = render(("a", "b"), [["x\ny", None], [True, "z" * 300]], cut=False, characters=2000)
    assert table.splitlines()[2] == "x y | NULL"
    assert table.splitlines()[3].startswith("true | zzz")
    assert table.splitlines()[3].endswith("…")
    assert table.endswith("(2 rows)")
