"""Published verdicts on SQL submissions, against ours: each is run and judged under both of our rules.

A line of the file is one submission: `{database, gold: [sql], prediction: [sql], conditions, engine, verdict}`. The
verdict is upstream's, so the rules that must give it are `compat`; what `default` gives is told beside it. A line may
say otherwise by `rules`.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from environments.sql import upstream_rules
from environments.sql.engine import Database, Engine, SqlFailure, SqlLimits
from environments.sql.values import tagged
from harness.checks.rows import differ
from harness.core.errors import InputError, unknown_name
from harness.core.parsing import JsonObject, Model, parse_json, read_text

Rules = Literal["default", "compat"]
Outcome = Literal["pass", "fail"]
EngineWord = Literal["sqlite", "postgres", "postgresql", "duckdb"]
_LIMITS = SqlLimits(seconds=60.0, memory_mb=1024, table_rows=10_000_000)
_ROWS = 10_000
"""Rows of a result that are compared; upstream reads no more of a query's."""
_DECIMALS = 2


class Conditions(Model):
    """How the results are to be compared."""

    decimal: int = -1
    distinct: bool = False
    order: bool = False


class Submission(Model):
    """A line of the file."""

    database: str
    gold: tuple[str, ...] = Field(min_length=1)
    prediction: tuple[str, ...]
    conditions: Conditions | None = None
    engine: EngineWord = "sqlite"
    verdict: Outcome
    rules: Rules = "compat"
    """Under which of our rules the verdict must come out."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What our rules say of a submission; a reason is empty where it passes."""

    line: int
    submission: Submission
    reasons: dict[Rules, str]

    def verdict(self, rules: Rules) -> Outcome:
        """Under those rules."""
        return "fail" if self.reasons[rules] else "pass"

    @property
    def differs(self) -> bool:
        """Whether ours isn't the published verdict."""
        return self.verdict(self.submission.rules) != self.submission.verdict

    def as_json(self) -> JsonObject:
        """For `--json`."""
        return {
            "line": self.line,
            "database": self.submission.database,
            "engine": self.submission.engine,
            "verdict": self.submission.verdict,
            "default": self.verdict("default"),
            "compat": self.verdict("compat"),
            "default_reason": self.reasons["default"],
            "compat_reason": self.reasons["compat"],
        }


def read_submissions(path: Path) -> list[tuple[int, Submission]]:
    """The submissions of a file, with their lines' numbers.

    Raises:
        InputError: a line is malformed, or there is none.
    """
    lines = enumerate(read_text(path).splitlines(), 1)
    found = [
        (number, parse_json(Submission, line, where=f"{path}, line {number}")) for number, line in lines if line.strip()
    ]
    if not found:
        raise InputError(f"{path}: there are no submissions in it")
    return found


def compare_verdicts(
    path: Path, data: Path, told: Callable[[int, int], None] = lambda done, total: None
) -> list[Judged]:
    """Judge every submission of the file at `path` on the databases under `data`.

    Args:
        path: JSON Lines.
        data: a folder with a folder for each database: `<database>.sqlite`, or the form of a pack's `data/`.
        told: called with how many are done, of how many.

    Raises:
        InputError: the file, a database or an engine can't be used.
    """
    submissions = read_submissions(path)
    folders = {folder.name: folder for folder in sorted(data.iterdir()) if folder.is_dir()} if data.is_dir() else {}
    for number, submission in submissions:
        if submission.database not in folders:
            unknown = unknown_name("database", submission.database, folders)
            raise InputError(f"{path}, line {number}: field 'database': {unknown.message} in {data}", hint=unknown.hint)
    judged = []
    with _databases(folders) as database:
        for done, (number, submission) in enumerate(submissions, 1):
            try:
                opened = database(submission.engine, submission.database)
            except InputError as error:
                raise InputError(f"{path}, line {number}: {error.message}", hint=error.hint) from None
            reasons: dict[Rules, str] = {"default": _default(opened, submission), "compat": _compat(opened, submission)}
            judged.append(Judged(number, submission, reasons))
            told(done, len(submissions))
    return judged


def summary(judged: Sequence[Judged]) -> JsonObject:
    """For `--json`: how many there are, how many differ, and what each of the rules says."""
    differing = [one for one in judged if one.differs]
    both: tuple[Rules, ...] = ("default", "compat")
    return {
        "submissions": len(judged),
        "verdict_differences": len(differing),
        **{
            rules: {
                "pass": sum(one.verdict(rules) == "pass" for one in judged),
                "fail": sum(one.verdict(rules) == "fail" for one in judged),
                "unlike_the_verdict": sum(one.verdict(rules) != one.submission.verdict for one in judged),
            }
            for rules in both
        },
        "differences": [one.as_json() for one in differing],
        "rules_disagree": [one.as_json() for one in judged if one.verdict("default") != one.verdict("compat")],
    }


def _default(database: Database, submission: Submission) -> str:
    results = []
    for whose, sql in (("prediction", submission.prediction), ("reference", submission.gold)):
        try:
            results.append(database.run(_script(sql), keep=False, max_rows=_ROWS))
        except SqlFailure as failure:
            return f"the {whose} doesn't run: {failure}"
    given, wanted = ([[tagged(value) for value in row] for row in result.values] for result in results)
    ordered = submission.conditions is not None and submission.conditions.order
    return differ(json.loads(json.dumps(given)), json.loads(json.dumps(wanted)), ordered=ordered, decimals=_DECIMALS)


def _compat(database: Database, submission: Submission) -> str:
    results = []
    for whose, sql in (("prediction", submission.prediction), ("reference", submission.gold)):
        cleaned = tuple(upstream_rules.clean(one) for one in sql)
        try:
            results.append(database.run(_script(cleaned), keep=False, max_rows=_ROWS).values)
        except SqlFailure as failure:
            return f"the cleaned {whose} doesn't run: {failure}"
    ordered = submission.conditions is not None and submission.conditions.order
    return upstream_rules.difference(results[0], results[1], ordered=ordered)


def _script(statements: Sequence[str]) -> str:
    """One script; a comment at the end of a statement must not swallow what follows."""
    return "\n;\n".join(one.strip().rstrip(";") for one in statements)


@contextmanager
def _databases(folders: dict[str, Path]) -> Iterator[Callable[[EngineWord, str], Database]]:
    """Opens each database on each engine once, when it is asked for."""
    engines: list[Engine] = []
    opened: dict[tuple[str, str], Database] = {}
    with tempfile.TemporaryDirectory(prefix="parley-parity-") as scratch:

        def database(word: EngineWord, name: str) -> Database:
            key = (word.removesuffix("ql"), name)
            if key not in opened:
                engine = _engine(key[0], name, _folder(folders[name], Path(scratch)))
                engines.append(engine)
                opened[key] = engine.open(name)
            return opened[key]

        try:
            yield database
        finally:
            for one in opened.values():
                one.close()
            for engine in engines:
                engine.close()


def _folder(folder: Path, scratch: Path) -> Path:
    """The folder, or one that calls upstream's template twin by the database's name."""
    twin = folder / f"{folder.name}_template.sqlite"
    if not twin.is_file():
        return folder
    home = scratch / folder.name
    if not home.exists():
        home.mkdir()
        (home / f"{folder.name}.sqlite").symlink_to(twin.resolve())
    return home


def _engine(word: str, name: str, folder: Path) -> Engine:
    if word == "sqlite":
        from environments.sql.sqlite_engine import SqliteEngine

        return SqliteEngine({name: folder}, _LIMITS)
    if word == "duckdb":
        from environments.sql.duckdb_engine import DuckEngine

        return DuckEngine({name: folder}, _LIMITS)
    from environments.sql.postgres_engine import PostgresEngine

    return PostgresEngine({name: folder}, _LIMITS, None)
