"""Runs as DuckDB views, a run that is still going on, too.

A run's rows come from its Parquet tables where it has any that hold, else from its journal, each time anew. Whoever
asks can only read: one SELECT, of these runs' files and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from harness.analysis.compaction import explain, head_of, tables_of
from harness.analysis.plans import PLANNED, read_plan
from harness.analysis.segments import segments, split_torn
from harness.analysis.views import DERIVED, TABLES, VIEWS, journal_query, pattern, table_query
from harness.core.errors import InputError
from harness.runner.journal import MANIFEST

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MEMORY = "700MB"
_TOO_LONG = "maximum_object_size"
_RUN_COLUMNS = {
    "run": "VARCHAR",
    "id": "VARCHAR",
    "created_at": "TIMESTAMP",
    "suite": "VARCHAR",
    "suite_hash": "VARCHAR",
    "mode": "VARCHAR",
    "agent": "VARCHAR",
    "model": "VARCHAR",
    "simulator": "VARCHAR",
    "simulator_model": "VARCHAR",
    "judge": "VARCHAR",
    "seed": "HUGEINT",
    "planned": "INTEGER",
    "harness": "VARCHAR",
}

T = TypeVar("T")
_Journal = tuple[list[Path], list[Path]]
"""Segments: whole ones, and those that end in a torn line."""


def ask(roots: Sequence[Path], query: str) -> tuple[list[str], list[tuple[object, ...]]]:
    """Column names and rows of a query over these runs.

    Raises:
        InputError: one is no run or is damaged, the query isn't one SELECT, or DuckDB doesn't take it.
    """

    def rows(connection: DuckDBPyConnection) -> tuple[list[str], list[tuple[object, ...]]]:
        cursor = connection.execute(query)
        return [column[0] for column in cursor.description or ()], cursor.fetchall()

    _refuse_other_than_select(query)
    return question(roots, rows, needed=tables_in(query), locked=True)


def tables_in(query: str) -> tuple[str, ...]:
    """The tables that a query may look at."""
    words = query.lower()
    return tuple(name for name in TABLES if name in words or name == "attempts")


def question(
    roots: Sequence[Path],
    answer: Callable[[DuckDBPyConnection], T],
    *,
    needed: Sequence[str] = TABLES,
    locked: bool = False,
) -> T:
    """What `answer` makes of a connection with the views over these runs.

    Args:
        needed: The tables that it looks at; the others' views may be slow.
        locked: Whether the connection reads nothing but these runs, and can't be told otherwise.

    Raises:
        InputError: one is no run or is damaged, or DuckDB doesn't take a query.
    """
    import duckdb

    long_lines = False
    # A line may be torn by the time it is read, and whole a moment later.
    for last in (False, False, True):
        try:
            with open_runs(roots, needed=needed, locked=locked, long_lines=long_lines) as connection:
                return answer(connection)
        except duckdb.Error as error:
            explain(error, roots)
            long_lines = long_lines or _TOO_LONG in str(error)
            if last or "JSON" not in str(error):
                hint = f"there are the views {', '.join(VIEWS)}; `DESCRIBE trials` shows columns"
                raise InputError(f"the query fails: {_first_lines(error)}", hint=hint) from None
    raise AssertionError


@contextmanager
def open_runs(
    roots: Sequence[Path], *, needed: Sequence[str] = TABLES, locked: bool = True, long_lines: bool = False
) -> Iterator[DuckDBPyConnection]:
    """A database in memory with the views over these runs; arguments as in `question`.

    Raises:
        InputError: one is no run, or is damaged.
    """
    import duckdb

    roots = list(dict.fromkeys(roots))
    folders = {root: folder for root in roots if (folder := tables_of(root, needed)) is not None}
    # What was compacted was found sound then.
    journals = {root: split_torn(segments(root), checked=root in folders) for root in roots}
    with TemporaryDirectory(prefix="bench-") as spill, duckdb.connect(":memory:", config=_config(spill)) as connection:
        _insert_runs(connection, roots, folders)
        for name in (*TABLES, "records"):
            query = _view(name, folders, journals, long_lines=long_lines)
            connection.execute(f"CREATE VIEW {name} AS {query}")
        for name, query in DERIVED.items():
            connection.execute(f"CREATE VIEW {name} AS {query}")
        if locked:
            _lock(connection, list(folders.values()), journals)
        yield connection


def runs_below(folder: Path) -> list[Path]:
    """The run directories in a folder."""
    return sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))


def _config(spill: str) -> dict[str, str | bool | int | float | list[str]]:
    return {"autoinstall_known_extensions": False, "memory_limit": _MEMORY, "temp_directory": spill}


def _view(name: str, folders: Mapping[Path, Path], journals: Mapping[Path, _Journal], *, long_lines: bool) -> str:
    """The rows of all runs: from the tables of those that have this one, from the journals of the others."""
    there = {root: folder for root, folder in folders.items() if (folder / f"{name}.parquet").is_file()}
    rest = [journal for root, journal in journals.items() if root not in there]
    sources = [table_query(name, list(there.values()))] if there else []
    if rest:
        whole, torn = ([path for journal in rest for path in journal[place]] for place in (0, 1))
        sources.append(journal_query(name, whole, torn, long_lines=long_lines))
    return " UNION ALL BY NAME ".join(f"({source})" for source in sources)


def _insert_runs(connection: DuckDBPyConnection, roots: Sequence[Path], folders: Mapping[Path, Path]) -> None:
    """The views `runs` and `planned`."""
    columns = ", ".join(f"{name} {kind}" for name, kind in _RUN_COLUMNS.items())
    connection.execute(f"CREATE TABLE known_runs ({columns})")
    connection.execute(PLANNED)
    for root in roots:
        manifest = head_of(root) if root in folders else read_plan(connection, root)
        values = (
            *(str(root), manifest.id, None, manifest.suite.id, manifest.suite_hash, manifest.suite.mode.value),
            *(manifest.agent.name, manifest.agent.model, manifest.simulator.name, manifest.simulator.model),
            *(manifest.judge.model if manifest.judge else None, manifest.seed, None, manifest.harness),
        )
        connection.execute(f"INSERT INTO known_runs VALUES ({', '.join('?' * len(values))})", values)
        connection.execute(
            "UPDATE known_runs SET created_at = TRY_CAST(? AS TIMESTAMP) WHERE run = ?",
            (manifest.created_at, str(root)),
        )
    planned = ["SELECT * FROM planned_in_memory"]
    if folders:
        planned.append(table_query("planned", list(folders.values())))
    connection.execute(f"CREATE VIEW planned AS {' UNION ALL BY NAME '.join(planned)}")
    connection.execute(
        "CREATE VIEW runs AS SELECT * REPLACE ((SELECT coalesce(sum(trials), 0)::INTEGER FROM planned "
        "WHERE planned.run = known_runs.run) AS planned) FROM known_runs"
    )


def _lock(connection: DuckDBPyConnection, folders: Sequence[Path], journals: Mapping[Path, _Journal]) -> None:
    """Nothing but these can be read from now on."""
    allowed = [path for folder in folders for path in folder.glob("*.parquet")]
    allowed += [path for whole, torn in journals.values() for path in (*whole, *torn)]
    connection.execute("SET allowed_paths = ?", [[*map(str, allowed), *map(pattern, allowed)]])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _refuse_other_than_select(query: str) -> None:
    import duckdb

    try:
        statements = duckdb.extract_statements(query)
    except duckdb.Error as error:
        raise InputError(f"the query fails: {_first_lines(error)}", hint="give one SELECT") from None
    kinds = [statement.type.name for statement in statements]
    if kinds != ["SELECT"]:
        given = f"it is {' and '.join(kinds)}" if kinds else "it is empty"
        raise InputError(f"a query must be one SELECT ({given})", hint="runs can be read here, not changed")


def _first_lines(error: Exception) -> str:
    return str(error).strip().partition("\n\n")[0]
