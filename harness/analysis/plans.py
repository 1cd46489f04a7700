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
_SIGN = re.compile(r"[ \t\n\r]*([\[\]{}:,])[ \t\n\r]*")

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
    """A manifest's fields but its trials, which are counted as they are passed.

    Raises:
        ValueError, TypeError, KeyError: it isn't a manifest.
    """
    decode = json.JSONDecoder().raw_decode
    found: JsonObject = {}
    counts: TaskCounts = Counter()
    place, sign = _sign(text, 0, "{")
    while sign != "}":
        name, place = decode(text, place)
        place, _ = _sign(text, place, ":")
        if name == "trials":
            place, sign = _sign(text, place, "[")
            while sign != "]":
                trial, place = decode(text, place)
                counts[trial["pack"], trial["task"]] += 1
                place, sign = _sign(text, place, ",]")
        else:
            found[name], place = decode(text, place)
        place, sign = _sign(text, place, ",}")
    return found, counts


def _sign(text: str, place: int, signs: str) -> tuple[int, str]:
    """(where the next value begins, the sign before it, one of `signs`)."""
    found = _SIGN.match(text, place)
    if found is None or found[1] not in signs:
        raise ValueError(f"{signs!r} expected at {place}")
    return found.end(), found[1]
