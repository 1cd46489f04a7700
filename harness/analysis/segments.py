"""A journal's segments, looked at from outside: which are whole, and where one is damaged.

A segment may end in a torn line while its run goes on, or after a crash; anywhere else a line that can't be read is
damage. The tables over runs are read by DuckDB, which knows no such difference, so it is drawn here.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic_core import from_json

from harness.core.parsing import parse_json
from harness.core.record import Attempt
from harness.runner.journal import SEGMENTS

_TAIL = 1 << 16


def segments(root: Path) -> list[Path]:
    """The run's segments, in order."""
    return sorted((root / SEGMENTS).glob("*.jsonl"))


def split_torn(paths: Sequence[Path], *, checked: bool = False) -> tuple[list[Path], list[Path]]:
    """(whole, torn): those that end with a line of JSON, and those that don't but are sound up to there.

    Empty segments are in neither.

    Args:
        checked: Whether torn ones are known to be sound up to there.

    Raises:
        InputError: a line other than the last of a torn segment is damaged.
    """
    found: tuple[list[Path], list[Path]] = [], []
    for path in paths:
        last = _last_line(path)
        if last is None:
            continue
        torn = not (last.endswith(b"\n") and _is_json(last))
        if torn and not checked:
            for number, line in _but_last(path):
                if not _is_json(line):
                    parse_json(Attempt, line, where=f"{path}: line {number}")
        found[torn].append(path)
    return found


def refuse_damage(paths: Sequence[Path]) -> None:
    """Read every attempt strictly.

    Raises:
        InputError: a line is damaged.
    """
    for path in paths:
        torn = bool(split_torn([path])[1])
        for number, line in _but_last(path) if torn else _lines(path):
            parse_json(Attempt, line, where=f"{path}: line {number}")


def being_written(root: Path) -> bool:
    """Whether a process plays the run now."""
    try:
        descriptor = os.open(root / ".lock", os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        yield from enumerate(file, 1)


def _but_last(path: Path) -> Iterator[tuple[int, bytes]]:
    before: tuple[int, bytes] | None = None
    for numbered in _lines(path):
        if before is not None:
            yield before
        before = numbered


def _last_line(path: Path) -> bytes | None:
    """With its line feed, where it has one; `None` of an empty file."""
    with path.open("rb") as file:
        place = file.seek(0, os.SEEK_END)
        tail = b""
        while place and b"\n" not in tail[:-1]:
            step = min(place, max(_TAIL, len(tail)))
            place -= step
            file.seek(place)
            tail = file.read(step) + tail
    if not tail:
        return None
    return tail[tail.rfind(b"\n", 0, -1) + 1 :]


def _is_json(line: bytes) -> bool:
    try:
        from_json(line)
    except ValueError:
        return False
    return True
