"""Published verdicts on SQL submissions, against ours: each is run and judged under both of our rules.

A line of the file is one submission: `{database, gold: [sql], prediction: [sql], conditions, engine, verdict}`. The
verdict is upstream's, so the rules that must give it are `compat`; what `default` gives is told beside it. A line may
say otherwise by `rules`. Under `compat` SQL may look at the clock, as upstream's may; under `default` it is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import JsonValue

from environments.sql.engine import Database, Rows, SqlFailure
from environments.sql.upstream_verdict import verdict
from environments.sql.values import tagged
from harness.checks.rows import differ
from harness.core.errors import InputError, unknown_name
from harness.core.parsing import JsonObject
from harness.parity.bird_databases import databases_of, folders_in
from harness.parity.bird_submissions import Outcome, Rules, Submission, read_submissions

_ROWS = 1_000_000
"""Rows of a result that are compared."""


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
    folders = folders_in(data)
    for number, submission in submissions:
        if submission.database not in folders:
            unknown = unknown_name("database", submission.database, folders)
            raise InputError(f"{path}, line {number}: field 'database': {unknown.message} in {data}", hint=unknown.hint)
    judged = []
    with databases_of(folders) as databases:
        for done, (number, submission) in enumerate(submissions, 1):
            try:
                strict, loose = (databases.shared(submission, repeatable=one) for one in (True, False))
            except InputError as error:
                raise InputError(f"{path}, line {number}: {error.message}", hint=error.hint) from None
            fresh = partial(databases.fresh, submission)
            reasons: dict[Rules, str] = {
                "default": _default(strict, fresh, submission),
                "compat": _compat(loose, submission),
            }
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


def _default(database: Database, fresh: Callable[[], Database], submission: Submission) -> str:
    scripts = {"prediction": _script(submission.prediction), "reference": _script(submission.gold)}
    results: list[Rows] = []
    for whose, sql in scripts.items():
        try:
            results.append(database.run(sql, keep=False, max_rows=_ROWS))
        except SqlFailure as failure:
            return f"the {whose} doesn't run: {failure}"
    if not results[1].columns and not results[1].values:
        left = {whose: _left(fresh(), sql) for whose, sql in scripts.items()}
        if left["reference"] == database.digest():
            return "the reference returns nothing and changes nothing"
        return "" if left["prediction"] == left["reference"] else "the prediction leaves something else"
    given, wanted = (_cells(result) for result in results)
    conditions = submission.conditions
    return differ(given, wanted, ordered=bool(conditions.order), decimals=conditions.decimals)


def _cells(result: Rows) -> JsonValue:
    """Rows as a check sees them: none where nothing is returned by nature."""
    if not result.columns:
        return None
    found: JsonValue = json.loads(json.dumps([[tagged(value) for value in row] for row in result.values]))
    return found


def _left(database: Database, sql: str) -> str:
    """What is in a fresh database after the script."""
    try:
        database.run(sql, keep=True, max_rows=_ROWS)
        return database.digest()
    except SqlFailure as failure:
        return str(failure)
    finally:
        database.close()


def _compat(database: Database, submission: Submission) -> str:
    def run(sql: str, max_rows: int) -> Rows:
        return database.run(sql, keep=False, max_rows=max_rows)

    ordered = bool(submission.conditions.order)
    return verdict(run, submission.kind, submission.prediction, submission.gold, ordered=ordered)


def _script(statements: Sequence[str]) -> str:
    """One script; a comment at the end of a statement must not swallow what follows."""
    return "\n;\n".join(one.strip().rstrip(";") for one in statements)
