"""A file of SQL submissions with published verdicts, a JSON object a line."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field

from environments.sql.test_cases import Kind
from harness.core.errors import InputError
from harness.core.parsing import Model, parse, read_lines

Rules = Literal["default", "compat"]
Outcome = Literal["pass", "fail"]
EngineWord = Literal["sqlite", "postgres", "postgresql", "duckdb"]
_DECIMALS = 2
_MOST_DECIMALS = 12


class Conditions(Model):
    """How the results are to be compared; upstream looks at `order` alone."""

    model_config = ConfigDict(extra="ignore")

    decimal: int | None = -1
    """Digits to which numbers must agree under `default`; -1 or null: two."""
    distinct: bool | None = False
    order: bool | None = False

    @property
    def decimals(self) -> int:
        """As a check has them."""
        return _DECIMALS if self.decimal is None or self.decimal < 0 else min(self.decimal, _MOST_DECIMALS)


class Submission(Model):
    """A line of the file. What else a line holds is its writer's own, unless it looks like one of these misspelt."""

    database: str
    gold: tuple[str, ...] = Field(min_length=1)
    prediction: tuple[str, ...]
    conditions: Conditions = Conditions()
    engine: EngineWord = "sqlite"
    verdict: Outcome
    rules: Rules = "compat"
    """Under which of our rules the verdict must come out."""

    @property
    def kind(self) -> Kind:
        """The engine, by its one name."""
        return "postgres" if self.engine == "postgresql" else self.engine


def read_submissions(path: Path) -> list[tuple[int, Submission]]:
    """The submissions of a file, with their lines' numbers.

    Raises:
        InputError: a line is malformed, or there is none.
    """
    found = [(number, _submission(line, f"{path}, line {number}")) for number, line in read_lines(path)]
    if not found:
        raise InputError(f"{path}: there are no submissions in it")
    return found


def _submission(line: str, where: str) -> Submission:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not valid JSON: {error}") from None
    return parse(Submission, _normal(data) if isinstance(data, dict) else data, where=where)


def _normal(data: dict[str, object]) -> dict[str, object]:
    """A line without what is its writer's own, and with the short forms written out."""
    known = Submission.model_fields
    found = {key: data[key] for key in data if key in known or difflib.get_close_matches(key, known, cutoff=0.8)}
    for key in ("gold", "prediction"):
        if isinstance(value := found.get(key), str):
            found[key] = [value]
    for key in ("engine", "verdict"):
        if isinstance(value := found.get(key), str):
            found[key] = value.lower()
    if found.get("conditions", {}) is None:
        found["conditions"] = {}
    return found
