"""The template of an SQL pack: its databases and what is written about them, loaded once per process.

A pack's `data/<database>/` holds the database in a form that every engine loads (see `build`), or an
imported one as `<database>.sqlite`; and optionally `knowledge.jsonl`, `columns.json` and `schema.txt`
(see `catalog`). `pack.toml` chooses the engine under `[options]`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator

from environments.sql.catalog import Catalog, load_catalog
from environments.sql.engine import Engine, SqlFailure, SqlLimits
from environments.sql.environment import PROBES, Shown, SqlEnvironment
from environments.sql.test_cases import TestCase, run_test_case
from environments.toolkit import tools_of
from harness.core.check import CheckKind, ProbeCheck
from harness.core.errors import InputError, unknown_name
from harness.core.message import Party
from harness.core.pack import Pack
from harness.core.parsing import JsonObject, Model, describe, parse
from harness.core.task import Call, Phase, Task

EngineName = Literal["duckdb", "sqlite", "postgres"]

_TEST_MB = 512
"""Memory of a test's process beside the database's, in MiB."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FINGERPRINTS = 1_000
"""Of one database that are kept."""
_TOOLS = {name: found.arguments for (_, name), found in tools_of(SqlEnvironment).items()}


class SqlOptions(Model):
    """`[options]` of an SQL pack."""

    engine: EngineName = "duckdb"
    """Written `postgresql`, the last of them is understood too."""
    database: str | None = None
    """The database of tasks that name none."""
    dsn: str | None = None
    """The PostgreSQL server to use, as libpq writes it, or `docker:IMAGE`; without it the embedded one is started."""
    rules: Literal["paper", "legacy", "adk"] = "paper"
    """Whose rules the modes follow where upstream's implementations differ; the engine loop reads it."""
    patience: int = Field(default=3, ge=0)
    """The user's patience, of which the modes make turns or points; the engine loop reads it."""
    comparison: Literal["default", "compat"] = "default"
    """How rows are compared: by value, or as upstream's evaluator does."""
    timeout_s: float = Field(default=10.0, gt=0)
    """Seconds that one script may run."""
    memory_mb: int = Field(default=256, ge=16)
    """Memory of one episode's database, in MiB."""
    shown_rows: int = Field(default=50, ge=1)
    shown_characters: int = Field(default=8_000, ge=200)
    submitted_rows: int = Field(default=10_000, ge=1)
    """A submission of more rows counts as failed (BIRD-INTERACT cuts silently there)."""
    table_rows: int = Field(default=1_000_000, ge=1)
    """Rows that a submission may leave in all tables together."""

    @field_validator("engine", mode="before")
    @classmethod
    def _short(cls, name: object) -> object:
        return "postgres" if name == "postgresql" else name


class SqlSetup(Model):
    """`setup` of a task."""

    database: str | None = None
    hidden_knowledge: tuple[int, ...] = ()
    """Ids of knowledge entries that don't exist in this episode (BIRD's `deleted_knowledge`)."""
    preprocess: tuple[str, ...] = ()
    """Scripts to run before the episode starts; their effects stay."""
    clean_up: tuple[str, ...] = ()
    """Scripts to run on what the first phase left, before the second begins; their effects stay."""


class SqlTemplate:
    """The immutable base that all episodes of a pack share."""

    def __init__(self, options: SqlOptions, engine: Engine, catalogs: dict[str, Catalog]) -> None:
        self._options = options
        self._engine = engine
        self._catalogs = catalogs
        self._fingerprints: dict[str, dict[tuple[str, ...], str]] = {name: {} for name in catalogs}

    def validate(self, task: Task) -> Sequence[str]:
        """See `Template.validate`."""
        try:
            setup = _setup(task)
        except ValidationError as error:
            return [f"setup: {describe(error, SqlSetup)}"]
        return [*self._setup_problems(setup), *_user_problems(task), *self._phase_problems(task)]

    async def create(self, task: Task, seed: int) -> SqlEnvironment:
        """See `Template.create`; nothing here depends on the seed."""
        setup = _setup(task)
        name = self._database(setup)
        catalog = self._catalogs[name].without(frozenset(setup.hidden_knowledge))
        options = self._options
        shown = Shown(options.shown_rows, options.shown_characters, options.submitted_rows)
        environment = SqlEnvironment(
            partial(self._engine.open, name),
            partial(self._run_tests, name),
            catalog,
            shown,
            options.engine,
            options.comparison,
            setup.clean_up,
            self._known(name),
        )
        await environment.start(setup.preprocess)
        return environment

    def _known(self, name: str) -> dict[tuple[str, ...], str]:
        """Fingerprints of a database, the earlier ones forgotten where there are too many."""
        known = self._fingerprints[name]
        if len(known) > _FINGERPRINTS:
            known.clear()
        return known

    def close(self) -> None:
        """See `Template.close`."""
        self._engine.close()

    def _run_tests(self, name: str, scripts: Sequence[str], case: TestCase) -> str:
        options = self._options
        with self._engine.copy(name, scripts) as copy:
            return run_test_case(copy, case, seconds=options.timeout_s, memory_mb=options.memory_mb + _TEST_MB)

    def _database(self, setup: SqlSetup) -> str:
        return setup.database or self._options.database or ""

    def _setup_problems(self, setup: SqlSetup) -> Iterator[str]:
        name = self._database(setup)
        if not name:
            yield "setup.database: missing, and the pack's options name no default"
            return
        if name not in self._catalogs:
            yield f"setup.database: {unknown_name('database', name, self._catalogs)}"
            return
        known = {entry.id for entry in self._catalogs[name].knowledge}
        for place, number in enumerate(setup.hidden_knowledge):
            if number not in known:
                yield f"setup.hidden_knowledge.{place}: {name} has no knowledge entry with the id {number}"
        for field, scripts in (("preprocess", setup.preprocess), ("clean_up", setup.clean_up)):
            for place, script in enumerate(scripts):
                yield from self._sql_problems(f"setup.{field}.{place}", script)

    def _phase_problems(self, task: Task) -> Iterator[str]:
        for number, phase in enumerate(task.phases):
            for place, step in enumerate(phase.reference or ()):
                if isinstance(step, Call):
                    yield from self._call_problems(f"phases.{number}.reference.{place}", step)
            for place, check in enumerate(phase.checks):
                where = f"phases.{number}.checks.{place}"
                if isinstance(check, ProbeCheck):
                    yield from self._probe_problems(where, check)
            yield from _basis_problems(number, phase)

    def _call_problems(self, where: str, step: Call) -> Iterator[str]:
        if step.party is not Party.AGENT:
            yield f"{where}.party: the user has no tools here (got {step.party.value!r})"
            return
        arguments = _TOOLS.get(step.tool)
        if arguments is None:
            yield f"{where}.tool: {unknown_name('tool', step.tool, _TOOLS)}"
            return
        try:
            arguments.model_validate_json(json.dumps(step.arguments), strict=True)
        except ValidationError as error:
            yield f"{where}.arguments: {describe(error, arguments)}"
            return
        if "sql" in step.arguments:
            yield from self._sql_problems(f"{where}.arguments.sql", str(step.arguments["sql"]))

    def _probe_problems(self, where: str, check: ProbeCheck) -> Iterator[str]:
        if check.party is not Party.AGENT:
            yield f"{where}.party: the user has no world of their own here (got {check.party.value!r})"
        elif check.name not in PROBES:
            yield f"{where}.name: {unknown_name('probe', check.name, PROBES)}"
        elif check.name == "query":
            yield from self._sql_problems(f"{where}.arguments.sql", str(check.arguments.get("sql", "")))

    def _sql_problems(self, where: str, sql: str) -> Iterator[str]:
        try:
            self._engine.check(sql)
        except SqlFailure as failure:
            yield f"{where}: {failure} (got {sql[:80]!r})"


def load(pack: Pack) -> SqlTemplate:
    """The template of a pack.

    Raises:
        InputError: an option is wrong, there are no databases, or one can't be built.
    """
    manifest = pack.root / "pack.toml"
    options = parse(SqlOptions, pack.manifest.options, where=f"{manifest}, [options]")
    data = pack.root / "data"
    folders = {path.name: path for path in sorted(data.iterdir()) if path.is_dir()} if data.is_dir() else {}
    if not folders:
        raise InputError(f"{data}: there is no database", hint="put each database into a folder of its own there")
    for name in folders:
        if not _NAME.fullmatch(name):
            raise InputError(f"{data / name}: a database's name is lower-case letters, digits and _ (got {name!r})")
    if options.database is not None and options.database not in folders:
        error = unknown_name("database", options.database, folders)
        raise InputError(f"{manifest}, field 'options.database': {error.message}", hint=error.hint)
    catalogs = {name: load_catalog(folder) for name, folder in folders.items()}
    return SqlTemplate(options, _engine(options, folders), catalogs)


def _engine(options: SqlOptions, folders: dict[str, Path]) -> Engine:
    limits = SqlLimits(options.timeout_s, options.memory_mb, options.table_rows)
    if options.engine == "sqlite":
        from environments.sql.sqlite_engine import SqliteEngine

        return SqliteEngine(folders, limits)
    if options.engine == "postgres":
        from environments.sql.postgres_engine import PostgresEngine

        return PostgresEngine(folders, limits, options.dsn)
    from environments.sql.duckdb_engine import DuckEngine

    return DuckEngine(folders, limits)


def _setup(task: Task) -> SqlSetup:
    setup: JsonObject = task.setup
    return SqlSetup.model_validate_json(json.dumps(setup), strict=True)


def _user_problems(task: Task) -> Iterator[str]:
    if task.user.tools:
        yield f"user.tools: the user has no tools here (got {list(task.user.tools)})"
    if task.user.done_when:
        yield "user.done_when: the user has no tools here to look with"


def _basis_problems(number: int, phase: Phase) -> Iterator[str]:
    submits = any(isinstance(step, Call) and step.tool == "submit_sql" for step in phase.reference or ())
    if phase.reference is not None and CheckKind.ROWS in phase.basis and not submits:
        yield f"phases.{number}.reference: a rows check needs a submit_sql in the reference solution"
