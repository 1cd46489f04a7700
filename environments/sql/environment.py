"""One episode's database as an `Environment`: the agent's tools, and state as a value.

State is the task's template plus the scripts whose effects stayed (the task's own preparation, then each
submission that ran). SQL here is deterministic, so the same scripts on a fresh copy give the same state:
a snapshot is that short list, and going back to it costs what was written since the template.

`execute_sql` sees that state and its effects are undone; `submit_sql` runs once, as one transaction, and
its effects stay even if its answer is wrong: whoever allows a second try restores the snapshot taken
before the first. The user has no tools.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import JsonValue

from environments.sql.catalog import Catalog, JsonColumn, Meaning
from environments.sql.engine import Database, Rows, SqlFailure
from environments.sql.test_cases import Kind, TestCase, statements
from environments.sql.upstream_verdict import verdict
from environments.sql.values import render, scalar, tagged
from environments.toolkit import Submission, ToolFailure, call_tool, tool, tools_of
from harness.core.errors import EnvironmentFault, unknown_name
from harness.core.message import Party, ToolCall, ToolErrorKind, ToolResult, ToolSpec
from harness.core.parsing import JsonObject
from harness.core.protocols import Ask, Snapshot

T = TypeVar("T")

MAX_SQL = 50_000
"""Characters of one script."""
PROBES = ("submitted_rows", "submitted_cells", "submitted_sql", "query", "comparison", "upstream_difference", "tests")
_NOTHING = "nothing was handed in"
_NO_WORLD = "the user has no world of their own here"


@dataclass(frozen=True, slots=True)
class Shown:
    """How much of a result an episode shows and keeps."""

    rows: int
    characters: int
    submitted_rows: int
    """A submission of more rows counts as failed."""


@dataclass(frozen=True, slots=True)
class _State:
    scripts: tuple[str, ...] = ()
    submitted: tuple[tuple[object, ...], ...] | None = None
    sql: str | None = None
    """What was handed in last, whatever came of it."""
    failure: str = ""
    """Why it could not be run."""


class SqlEnvironment:
    """A database, what is written about it, and the tools to use both."""

    def __init__(
        self,
        open_database: Callable[[], Database],
        run_tests: Callable[[Sequence[str], TestCase], str],
        catalog: Catalog,
        shown: Shown,
        kind: Kind,
        comparison: str,
        clean_up: tuple[str, ...],
        fingerprints: MutableMapping[tuple[str, ...], str],
    ) -> None:
        """`run_tests` carries out a test case on a copy of the template on which the given scripts were run;
        `fingerprints`, shared by all of the template, keeps what a database hashes to after the scripts that stayed."""
        self._open = open_database
        self._run_tests = run_tests
        self._catalog = catalog
        self._shown = shown
        self._kind = kind
        self._comparison = comparison
        self._clean_up = clean_up
        self._fingerprints = fingerprints
        self._state = _State()
        self._world: Database | None = None

    @property
    def _database(self) -> Database:
        if self._world is None:
            raise EnvironmentFault("the episode's database is closed")
        return self._world

    async def start(self, scripts: tuple[str, ...]) -> None:
        """Open the database and run the task's own preparation.

        Raises:
            EnvironmentFault: a script fails.
        """
        await self._in_thread(lambda: self._rebuild(scripts))
        self._state = _State(scripts)

    # The contract of an environment.

    def tools(self, party: Party) -> Sequence[ToolSpec]:
        """See `Environment.tools`."""
        return [found.spec for (owner, _), found in tools_of(SqlEnvironment).items() if owner is party]

    async def call(self, party: Party, call: ToolCall, ask: Ask) -> ToolResult:
        """See `Environment.call`; no tool here asks the user."""
        return await call_tool(self, party, call)

    async def probe(self, party: Party, name: str, arguments: JsonObject) -> JsonValue:
        """Look at the world and at what was handed in last.

        `submitted_rows`: its rows, or null; `submitted_cells`: the same with every value's type (`values.tagged`);
        `submitted_sql`: its text; `query` with `sql`: a query's rows; `comparison`: by which rules rows are compared;
        `upstream_difference` with `reference` and `ordered`: what upstream's comparison finds (`upstream_verdict`);
        `tests` with `code` and `reference`: what Python test cases find (`test_cases`), empty where they pass.
        """
        if party is not Party.AGENT:
            raise LookupError(_NO_WORLD)
        match name, arguments:
            case "submitted_rows", {}:
                rows = self._state.submitted
                return None if rows is None else [[scalar(value) for value in row] for row in rows]
            case "submitted_cells", {}:
                rows = self._state.submitted
                return None if rows is None else [[tagged(value) for value in row] for row in rows]
            case "submitted_sql", {}:
                return self._state.sql
            case "comparison", {}:
                return self._comparison
            case "query", {"sql": str(sql)} if len(arguments) == 1:
                try:
                    return list((await self._run(sql, self._shown.submitted_rows)).rows)
                except SqlFailure as failure:
                    raise ValueError(f"sql: {failure}") from None
            case "upstream_difference", {"reference": str(reference), "ordered": bool(ordered)}:
                return await self._upstream_difference(reference, ordered=ordered)
            case "tests", {"code": list(code), "reference": str(reference)}:
                return await self._tests([str(one) for one in code], reference)
            case "query", _:
                raise ValueError("the arguments of the probe 'query' are one text, sql")
            case _ if name in PROBES:
                raise ValueError(f"these are no arguments of the probe {name!r}: {', '.join(arguments) or 'none'}")
            case _:
                raise LookupError(f"there is no probe {name!r}; there are: {', '.join(PROBES)}")

    async def _upstream_difference(self, reference: str, *, ordered: bool) -> str:
        state = self._state
        if state.sql is None or state.failure:
            return state.failure or _NOTHING
        prediction, wanted = [state.sql], statements(reference, self._kind)
        return await self._in_thread(
            lambda: verdict(self._try, self._kind, prediction, wanted, ordered=ordered, ran=True)
        )

    def _try(self, sql: str, max_rows: int) -> Rows:
        return self._database.run(sql, keep=False, max_rows=max_rows)

    async def _tests(self, code: Sequence[str], reference: str) -> str:
        state = self._state
        if state.sql is None or state.failure:
            return state.failure or _NOTHING
        case = TestCase(
            code=tuple(code),
            predicted=state.sql,
            reference=reference,
            result=state.submitted or (),
            again=self._comparison == "compat",
        )
        return await self._in_thread(lambda: self._run_tests(state.scripts, case))

    async def next_phase(self, phase: int) -> None:
        """See `Environment.next_phase`: the scripts that tidy up run on what the first request left.

        Raises:
            EnvironmentFault: one of them fails.
        """
        scripts = self._clean_up if phase == 1 else ()
        for script in scripts:
            try:
                await self._run(script, self._shown.submitted_rows, keep=True)
            except SqlFailure as failure:
                raise EnvironmentFault(f"tidying up between two requests fails: {failure}") from None
        self._state = _State((*self._state.scripts, *scripts))

    async def fingerprint(self, party: Party) -> str:
        """See `Environment.fingerprint`; the user's side is empty and never changes."""
        if party is not Party.AGENT:
            return "sql:no-world"
        # The same scripts on the same template leave the same content: neither clock nor chance decides a row.
        scripts = self._state.scripts
        found = self._fingerprints.get(scripts)
        if found is None:
            found = self._fingerprints[scripts] = await self._in_thread(self._database.digest)
        return found

    async def snapshot(self) -> Snapshot:
        """See `Environment.snapshot`."""
        return Snapshot(self._state)

    async def changes(self, since: Snapshot) -> Sequence[str]:
        """See `Environment.changes`: the scripts that stayed since, and those that were undone."""
        before, after = _state(since).scripts, self._state.scripts
        pairs = enumerate(zip(before, after, strict=False))
        kept = next((place for place, (one, other) in pairs if one != other), min(len(before), len(after)))
        return [
            *(f"database: - {' '.join(script.split())}" for script in before[kept:]),
            *(f"database: + {' '.join(script.split())}" for script in after[kept:]),
        ]

    async def restore(self, snapshot: Snapshot) -> None:
        """See `Environment.restore`; reopens the template only if something was written since."""
        state = _state(snapshot)
        if state.scripts != self._state.scripts:
            await self._in_thread(lambda: self._rebuild(state.scripts))
        self._state = state

    async def close(self) -> None:
        """See `Environment.close`."""
        world, self._world = self._world, None
        if world is not None:
            world.interrupt()
            await asyncio.to_thread(world.close)

    # The agent's tools. Their costs are BIRD-INTERACT's; `ask` (2) is no tool: the agent talks to the user.

    @tool(cost=1)
    async def get_schema(self) -> str:
        """Definitions of all tables and views, with a few example rows of each."""
        if self._catalog.schema is not None and len(self._state.scripts) == 0:
            return self._catalog.schema
        return await self._in_thread(self._database.schema)

    @tool(cost=1)
    def get_all_column_meanings(self) -> list[dict[str, JsonValue]]:
        """What every column means, table by table."""
        return [
            {"table": table, "column": column, **_meaning(meaning)} for table, column, meaning in self._catalog.columns
        ]

    @tool(cost=0.5)
    def get_column_meaning(self, table: str, column: str) -> dict[str, JsonValue]:
        """What one column means; for a column that holds JSON, what its fields mean too.

        Args:
            table: Name of the table.
            column: Name of the column.
        """
        found = self._catalog.meaning(table, column)
        if found is None:
            raise ToolFailure(f"nothing is written about a column {column!r} of a table {table!r}")
        return _meaning(found)

    @tool(cost=0.5)
    def list_knowledge(self) -> list[str]:
        """Names of the entries of the knowledge base: domain terms, formulas, values."""
        return [entry.name for entry in self._catalog.knowledge]

    @tool(cost=0.5)
    def get_knowledge(self, name: str) -> list[dict[str, JsonValue]]:
        """The description and definition of a knowledge entry (of every one that has the name).

        Args:
            name: Name of the entry, as list_knowledge gives it.
        """
        found = self._catalog.entries(name)
        if not found:
            error = unknown_name("knowledge entry", name, [entry.name for entry in self._catalog.knowledge])
            raise ToolFailure(f"{error.message}; {error.hint}" if error.hint else error.message)
        return [self._catalog.described(entry) for entry in found]

    @tool(cost=1)
    def get_all_knowledge(self) -> list[dict[str, JsonValue]]:
        """The descriptions and definitions of all knowledge entries."""
        return [self._catalog.described(entry) for entry in self._catalog.knowledge]

    @tool(cost=1)
    async def execute_sql(self, sql: str) -> str:
        """Try SQL and see its result, cut if it is long. Its changes are undone at once.

        Args:
            sql: One or more statements; the last one's rows are shown.
        """
        try:
            result = await self._run(sql, self._shown.rows)
        except SqlFailure as failure:
            raise ToolFailure(str(failure), failure.kind) from None
        return render(result.columns, result.rows, cut=result.cut, characters=self._shown.characters)

    @tool(writes=True, cost=3)
    async def submit_sql(self, sql: str) -> Submission:
        """Hand in the final SQL for the present request. It is run once and its changes stay.

        Args:
            sql: One or more statements; the last one's rows are the answer.
        """
        before = self._state
        # Nothing counts as handed in until the script has run: an error is an answer too, an empty one.
        self._state = _State(before.scripts, sql=sql)
        try:
            result = await self._run(sql, self._shown.submitted_rows, keep=True)
        except SqlFailure as failure:
            self._state = _State(before.scripts, sql=sql, failure=f"it doesn't run: {failure}")
            return Submission(f"Submitted, but the SQL failed: {failure}")
        rows = tuple(result.values) if result.columns else None
        self._state = _State((*before.scripts, sql), rows, sql)
        return Submission(f"Submitted. {len(result.values)} rows were returned." if result.columns else "Submitted.")

    async def _run(self, sql: str, max_rows: int, *, keep: bool = False) -> Rows:
        if len(sql) > MAX_SQL:
            raise SqlFailure(f"the SQL has {len(sql)} characters; at most {MAX_SQL} are allowed", ToolErrorKind.REFUSED)
        return await self._in_thread(lambda: self._database.run(sql, keep=keep, max_rows=max_rows))

    def _rebuild(self, scripts: tuple[str, ...]) -> None:
        fresh = self._open()
        try:
            for script in scripts:
                fresh.run(script, keep=True, max_rows=self._shown.submitted_rows)
        except SqlFailure as failure:
            fresh.close()
            raise EnvironmentFault(f"the database's state can't be built: {failure}") from None
        if self._world is not None:
            self._world.close()
        self._world = fresh

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Run blocking work off the event loop; cancelled, it stops the statement and waits for it."""
        running = asyncio.ensure_future(asyncio.to_thread(work))
        # Its failure is looked at even where a second cancellation leaves nobody waiting.
        running.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            if self._world is not None:
                self._world.interrupt()
            await asyncio.wait([running])
            raise


def _state(snapshot: Snapshot) -> _State:
    if not isinstance(snapshot.state, _State):
        raise EnvironmentFault("the snapshot is another environment's")
    return snapshot.state


def _meaning(meaning: Meaning) -> dict[str, JsonValue]:
    if isinstance(meaning, JsonColumn):
        return {"meaning": meaning.column_meaning, "fields": dict(meaning.fields_meaning)}
    return {"meaning": meaning}
