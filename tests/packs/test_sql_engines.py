"""Our own SQL packs on three engines in three modes: the same verdicts on each, and what each pack must hold."""

from __future__ import annotations

import json
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from environments.sql.build import build_base
from harness.core.mode import Mode
from harness.core.task import Call
from harness.packs.load import load_pack
from harness.runner.check_pack import check_pack

TASKS = Path(__file__).parents[2] / "tasks"
NAMES = ("sql-shop", "sql-clinic", "sql-grid")
ENGINES = ("duckdb", "sqlite", "postgres")
MODES = (Mode.DEFAULT, Mode.C_INTERACT, Mode.A_INTERACT)
"""Each beside one engine: all nine combinations hold (`bench pack check PACK --mode M --engine E`) and take minutes."""
CRITICAL = {"knowledge_linking", "schema_linking", "semantic", "intent", "lexical", "syntactic"}
OTHER = {"sort", "decimal", "null", "join", "distinct", "divide_zero", "rank", "date_format"}


def _needs(engine: str) -> None:
    if engine == "postgres" and find_spec("psycopg") is None:
        pytest.skip("the extra `postgres` is not installed")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("mode", "engine"), list(zip(MODES, ENGINES, strict=True)))
def test_references_earn_everything_and_neither_doing_nothing_nor_the_negatives_earn_anything(
    mode: Mode, engine: str, name: str
) -> None:
    _needs(engine)
    report = check_pack(name, mode, {"engine": engine})
    assert report.problems == ()
    assert report.tasks == len(load_pack(TASKS / name).tasks)


@pytest.mark.parametrize(("name", "engine"), list(zip(NAMES, ENGINES, strict=True)))
def test_the_function_driven_user_lets_the_reference_through_without_a_leak(
    engine: str, name: str, bench: Any, tmp_path: Path
) -> None:
    _needs(engine)
    for mode in ("c-interact", "a-interact"):
        options = ("--suite", name, "--mode", mode, "--engine", engine, "--user", "function_driven", "--out", mode)
        assert bench("run", "--agent", "oracle", *options, timeout=200).returncode == 0
        shown = json.loads(bench("show", mode, "--json").stdout)
        assert (shown["mean_reward"], shown["undecided"]) == (1.0, 0)
        # Whatever the user says of its own is clean; what the rules caught would be marked.
        assert '"leak' not in "".join(path.read_text() for path in tmp_path.glob(f"{mode}/**/*.jsonl"))


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_is_large_and_varied_enough(name: str) -> None:
    tasks = load_pack(TASKS / name).tasks.values()
    assert len(tasks) >= 20
    assert sum(len(task.phases) == 2 for task in tasks) >= 8
    assert sum(any(check.kind == "state" for phase in task.phases for check in phase.checks) for task in tasks) >= 6
    assert sum(bool(task.setup.get("hidden_knowledge")) for task in tasks) >= 4
    kinds = Counter(point.kind for task in tasks for point in task.user.ambiguities)
    assert set(kinds) == CRITICAL | OTHER
    assert all(task.open_points for task in tasks)
    for task in tasks:
        weights = [(phase.weight, phase.retry_weight) for phase in task.phases]
        assert weights in ([(1.0, 0.5)], [(0.7, 0.5), (0.3, 0.2)]), task.id
        assert all(phase.clear and phase.negative for phase in task.phases), task.id
        for point in task.user.ambiguities:
            assert (point.kind in CRITICAL) == point.critical, (task.id, point.term)
            assert point.term.lower() in task.phases[0].request.lower(), (task.id, point.term)
            assert point.answer, (task.id, point.term)


@pytest.mark.parametrize("name", NAMES)
def test_what_settles_a_labelled_point_is_a_piece_of_the_reference(name: str) -> None:
    for task in load_pack(TASKS / name).tasks.values():
        sql = " ".join(
            str(step.arguments["sql"])
            for step in task.phases[0].reference or ()
            if isinstance(step, Call) and step.tool == "submit_sql"
        )
        flat = " ".join(sql.split())
        for point in task.user.ambiguities:
            assert point.sql, (task.id, point.term)
            assert " ".join(point.sql.split()) in flat, (task.id, point.sql)


@pytest.mark.parametrize("name", NAMES)
def test_the_data_are_large_enough_and_the_knowledge_has_levels(name: str) -> None:
    import duckdb

    pack = load_pack(TASKS / name)
    folder = pack.root / "data" / str(pack.manifest.options["database"])
    with duckdb.connect(str(build_base(folder)), read_only=True) as base:
        found = base.execute("SELECT sum(estimated_size) FROM duckdb_tables() WHERE NOT internal").fetchone()
    assert found is not None
    assert 10_000 <= int(found[0]) <= 1_000_000
    entries = {entry["id"]: entry for entry in map(json.loads, (folder / "knowledge.jsonl").read_text().splitlines())}
    assert len(entries) >= 20
    assert {entry["type"] for entry in entries.values()} == {
        "calculation_knowledge",
        "domain_knowledge",
        "value_illustration",
    }

    def depth(key: int) -> int:
        return 1 + max((depth(child) for child in entries[key]["children"]), default=0)

    assert max(map(depth, entries)) >= 3
