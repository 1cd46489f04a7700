"""State is a value: snapshots, isolation of episodes, and a template that nobody can change."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sql_worlds import Opener, a_task, fingerprint, no_ask, probe, run_sql, write_pack

from environments.sql.environment import SqlEnvironment
from environments.sql.template import SqlTemplate, load
from harness.core.errors import EnvironmentFault
from harness.core.message import Party, ToolCall
from harness.core.protocols import Snapshot

CHANGES = (
    "INSERT INTO makers SELECT max(maker_id) + 1, 'New' FROM makers",
    "UPDATE kites SET span = coalesce(span, 1) * 2",
    "UPDATE makers SET name = name || '!'",
    "DELETE FROM kites WHERE kite_id = (SELECT max(kite_id) FROM kites)",
    "CREATE TABLE IF NOT EXISTS extra (a INTEGER); INSERT INTO extra VALUES (1)",
    "CREATE VIEW IF NOT EXISTS spans AS SELECT name, span FROM kites",
    "CREATE INDEX IF NOT EXISTS by_name ON kites (name)",
    "DROP VIEW IF EXISTS spans",
    "ALTER TABLE makers RENAME COLUMN name TO title",
    "SELECT count(*) FROM kites",
    "SELECT no_such_column FROM kites",
)


@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
def test_restoring_a_snapshot_gives_the_fingerprint_it_was_taken_with(
    engine: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    template = load(write_pack(tmp_path_factory.mktemp(engine), engine))

    @given(st.lists(st.one_of(st.sampled_from(CHANGES), st.just("snapshot"), st.integers(0, 9)), max_size=8))
    @settings(max_examples=25)
    def walk(steps: list[str | int]) -> None:
        environment = asyncio.run(template.create(a_task(), 1))
        taken = [observe(environment)]
        for step in steps:
            if step == "snapshot":
                taken.append(observe(environment))
            elif isinstance(step, int):
                snapshot, seen, rows = taken[step % len(taken)]
                asyncio.run(environment.restore(snapshot))
                assert fingerprint(environment) == seen
                assert probe(environment, "submitted_rows") == rows
            else:
                run_sql(environment, step, "submit_sql")
        asyncio.run(environment.restore(taken[0][0]))
        assert fingerprint(environment) == taken[0][1]
        asyncio.run(environment.close())

    walk()
    template.close()


def observe(environment: SqlEnvironment) -> tuple[Snapshot, str, object]:
    snapshot = asyncio.run(environment.snapshot())
    return snapshot, fingerprint(environment), probe(environment, "submitted_rows")


def test_the_fingerprint_counts_content_and_not_its_order(world: Opener) -> None:
    one, other = world(), world()
    run_sql(one, "INSERT INTO makers VALUES (7, 'Cleo'), (8, 'Dan')", "submit_sql")
    run_sql(other, "INSERT INTO makers VALUES (8, 'Dan'); INSERT INTO makers VALUES (7, 'Cleo')", "submit_sql")
    assert fingerprint(one) == fingerprint(other)
    run_sql(other, "UPDATE makers SET name = 'dan' WHERE maker_id = 8", "submit_sql")
    assert fingerprint(one) != fingerprint(other)


def test_a_view_counts_by_what_it_shows(world: Opener) -> None:
    one, other, third = world(), world(), world()
    run_sql(one, "CREATE VIEW v AS SELECT name, span FROM kites WHERE span > 2", "submit_sql")
    run_sql(other, "CREATE VIEW v AS SELECT k.name, k.span FROM kites AS k WHERE NOT k.span <= 2", "submit_sql")
    run_sql(third, "CREATE VIEW v AS SELECT name, span FROM kites", "submit_sql")
    assert fingerprint(one) == fingerprint(other)
    assert fingerprint(one) != fingerprint(third)


def test_a_duplicate_row_is_a_difference(world: Opener) -> None:
    one, other = world(), world()
    run_sql(one, "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1)", "submit_sql")
    run_sql(other, "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (1)", "submit_sql")
    assert fingerprint(one) != fingerprint(other)


def test_parallel_episodes_never_see_each_other(template: SqlTemplate) -> None:
    async def episode(number: int) -> tuple[object, str]:
        environment = await template.create(a_task(), number)
        sql = f"UPDATE makers SET name = 'episode {number}'; SELECT name FROM makers"
        for tool in ("execute_sql", "submit_sql", "execute_sql"):
            await environment.call(Party.AGENT, ToolCall(id="c", name=tool, arguments={"sql": sql}), no_ask)
            await asyncio.sleep(0)
        rows = await environment.probe(Party.AGENT, "query", {"sql": "SELECT DISTINCT name FROM makers"})
        seen = await environment.fingerprint(Party.AGENT)
        await environment.close()
        return rows, seen

    async def all_of_them() -> list[tuple[object, str]]:
        return list(await asyncio.gather(*(episode(number) for number in range(16))))

    found = asyncio.run(all_of_them())
    assert [rows for rows, _ in found] == [[[f"episode {number}"]] for number in range(16)]
    assert len({seen for _, seen in found}) == 16
    fresh = asyncio.run(template.create(a_task(), 1))
    assert probe(fresh, "query", sql="SELECT name FROM makers ORDER BY 1") == [["Aino"], ["Bo"]]
    asyncio.run(fresh.close())


def test_the_same_scripts_give_the_same_results_and_state(world: Opener) -> None:
    script = "UPDATE kites SET span = span / 3 WHERE span IS NOT NULL; SELECT avg(span), sum(span) FROM kites"
    results = set()
    for _ in range(3):
        environment = world()
        shown = run_sql(environment, script).content
        run_sql(environment, script, "submit_sql")
        results.add((shown, str(probe(environment, "submitted_rows")), fingerprint(environment)))
    assert len(results) == 1


def test_a_cancelled_call_stops_its_statement_and_leaves_no_thread_behind(template: SqlTemplate) -> None:
    endless = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r"

    async def episode() -> object:
        environment = await template.create(a_task(), 1)
        call = ToolCall(id="c", name="execute_sql", arguments={"sql": endless})
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(environment.call(Party.AGENT, call, no_ask), 0.3)
        rows = await environment.probe(Party.AGENT, "query", {"sql": "SELECT 1"})
        await environment.close()
        return rows

    assert asyncio.run(episode()) == [[1]]


def test_a_closed_world_and_a_foreign_snapshot_are_faults(world: Opener) -> None:
    environment = world()
    with pytest.raises(EnvironmentFault):
        asyncio.run(environment.restore(Snapshot("something else")))
    asyncio.run(environment.close())
    with pytest.raises(EnvironmentFault):
        fingerprint(environment)


def test_a_preparation_that_fails_is_a_fault(world: Opener) -> None:
    with pytest.raises(EnvironmentFault, match="nowhere"):
        world(preprocess=["DELETE FROM nowhere"])
