"""What runs planned, as a table: a row a task with how many trials of it there should be."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.parsing import JsonObject, parse, read_text
from harness.core.run import RunManifest
from harness.runner.journal import MANIFEST, read_manifest

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PLANNED = (
    "CREATE TABLE IF NOT EXISTS planned_in_memory "
    "(run VARCHAR, position INTEGER, pack VARCHAR, task VARCHAR, trials INTEGER)"
)
_LARGE = 1 << 24
"""Bytes of run.json from which on its trials are counted one by one: all at once, a million take a gigabyte."""
_BLANK = re.compile(r"[ \t\n\r]*")

TaskCounts = Counter[tuple[str, str]]
"""Planned trials by (pack, task), in the manifest's order."""


def read_plan(connection: DuckDBPyConnection, root: Path) -> RunManifest:
    """The run's manifest without its trials, which are counted into the table `planned_in_memory`.

    Raises:
        InputError: it isn't a run, or its manifest is damaged.
    """
    head, counts = read_counts(root)
    columns = [list(column) for column in zip(*counts, strict=True)] or [[], []]
    connection.execute(PLANNED)
    connection.execute(
        "INSERT INTO planned_in_memory SELECT ?, unnest(range(?)), unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), "
        "unnest(?::INTEGER[])",
        [str(root), len(counts), *columns, list(counts.values())],
    )
    return head


def read_counts(root: Path) -> tuple[RunManifest, TaskCounts]:
    """The run's manifest without its trials, and how many there are of each task.

    Raises:
        InputError: it isn't a run, or its manifest is damaged.
    """
    path = root / MANIFEST
    if path.is_file() and path.stat().st_size >= _LARGE:
        try:
            found, counts = _walk(read_text(path))
        except (ValueError, TypeError, KeyError):
            # Whatever is wrong with it, the usual reader says it better.
            pass
        else:
            return parse(RunManifest, {**found, "trials": []}, where=str(path)), counts
    manifest = read_manifest(root)
    counts = Counter((trial.pack, trial.task) for trial in manifest.trials)
    return manifest.model_copy(update={"trials": ()}), counts


def _walk(text: str) -> tuple[JsonObject, TaskCounts]:
    """A manifest's fields but its trials, which are counted as they are passed."""
    decode = json.JSONDecoder().raw_decode
    found: JsonObject = {}
    counts: TaskCounts = Counter()
    place = _after(text, 0, "{")
    while True:
        name, place = decode(text, place)
        place = _after(text, place, ":")
        if name == "trials":
            place, closed = _after(text, place, "["), False
            while not closed:
                trial, place = decode(text, place)
                counts[trial["pack"], trial["task"]] += 1
                place, closed = _next(text, place, "]")
        else:
            found[name], place = decode(text, place)
        place, closed = _next(text, place, "}")
        if closed:
            return found, counts


def _after(text: str, place: int, sign: str) -> int:
    """Where the next value begins, behind `sign`."""
    place = _skip(text, place)
    if not text.startswith(sign, place):
        raise ValueError(sign)
    return _skip(text, place + 1)


def _next(text: str, place: int, end: str) -> tuple[int, bool]:
    """(where to go on, whether the list or object is over)."""
    place = _skip(text, place)
    if text.startswith(end, place):
        return place + 1, True
    return _after(text, place, ","), False


def _skip(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found else place
