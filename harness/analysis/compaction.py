"""A closed run's journal as Parquet: what makes a million attempts quick to ask.

`RUN/tables/` holds a file a view, and `source.json`, which says of what journal they were made: where a segment has
another size or time by now, or there is one more, the tables are stale and nobody reads them. The journal stays the
truth; the folder may be deleted at any time. Tables are made whole beside the folder's others and renamed into place.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from harness.analysis.plans import read_counts, read_plan
from harness.analysis.segments import being_written, refuse_damage, segments, split_torn
from harness.analysis.views import LAYOUT, NO_ATTEMPT, TABLES, journal_query, quoted, table_query
from harness.core.parsing import Model
from harness.core.run import RunManifest
from harness.runner.journal import MANIFEST, read_manifest

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FOLDER = "tables"
_SOURCE = "source.json"
_WORTHWHILE = 1 << 23
"""Bytes of journal from which on a reader that finds no tables makes them; below, reading the journal is as quick."""
_MEMORY = "700MB"
_DAMAGE = ("Malformed JSON", "JSON transform error", NO_ATTEMPT)
_TOO_LONG = "maximum_object_size"


class _File(Model):
    """A file as it was."""

    name: str
    size: int
    mtime_ns: int


class _Source(Model):
    """What tables were made of."""

    layout: str
    """Hash of what makes the tables; made otherwise, they are stale."""
    files: tuple[_File, ...]
    """run.json and the segments."""
    head: RunManifest
    """Without its planned trials, of which `planned.parquet` has the counts: a million take seconds to parse."""


def tables_of(root: Path, needed: Sequence[str] = TABLES, *, make: bool | None = None) -> Path | None:
    """The folder with the run's tables; `None` where there are none that hold, or not all of `needed`.

    Args:
        root: A run directory.
        needed: Of `harness.analysis.views.TABLES`.
        make: Whether to make what is missing; `None`: where it is worthwhile.

    Raises:
        InputError: it isn't a run, or it is damaged.
    """
    now = _files(root)
    if _hold(root, now, needed):
        return root / FOLDER
    if make is None:
        make = sum(file.size for file in now) >= _WORTHWHILE
    if not make or being_written(root):
        return None
    # A folder that can't be written is no reason not to show the run.
    with suppress(OSError):
        return _make(root, now, needed)
    return None


def awaited(root: Path, needed: Sequence[str] = TABLES) -> int:
    """Bytes of journal that a reader of these tables would compact first; 0 where it needn't."""
    now = _files(root)
    size = sum(file.size for file in now)
    return 0 if size < _WORTHWHILE or being_written(root) or _hold(root, now, needed) else size


def _hold(root: Path, now: tuple[_File, ...], needed: Sequence[str]) -> bool:
    """Whether the tables are there, and made of these files."""
    source = _read_source(root)
    there = all((root / FOLDER / f"{name}.parquet").is_file() for name in ("planned", *needed))
    return source is not None and source.files == now and there


def compact(root: Path) -> None:
    """Make the tables of a run that was just played, all of them.

    Raises:
        InputError: it is damaged.
    """
    tables_of(root, make=True)


def head_of(root: Path) -> RunManifest:
    """The run's manifest without its planned trials, from its tables where they hold.

    Raises:
        InputError: it isn't a run, or its manifest is damaged.
    """
    source = _read_source(root)
    if source is not None and source.files == _files(root):
        return source.head
    return read_counts(root)[0]


def _make(root: Path, now: tuple[_File, ...], needed: Sequence[str]) -> Path | None:
    import duckdb

    folder = root / FOLDER
    with _alone(folder):
        spill = folder / ".spill"
        try:
            with duckdb.connect(
                ":memory:", config={"memory_limit": _MEMORY, "temp_directory": str(spill)}
            ) as connection:
                # Rows in the order in which they are made: the journal's has no meaning, and keeping it takes memory.
                connection.execute("SET preserve_insertion_order = false")
                source = _read_source(root)
                if source is None or source.files != now or not (folder / "planned.parquet").is_file():
                    for old in (*folder.glob("*.parquet"), folder / _SOURCE):
                        old.unlink(missing_ok=True)
                    head = read_plan(connection, root)
                    _copy_planned(connection, root)
                    _write_source(folder, _Source(layout=LAYOUT, files=now, head=head))
                connection.execute(f"CREATE VIEW planned AS {table_query('planned', [folder])}")
                for name in needed:
                    if not (folder / f"{name}.parquet").is_file():
                        _copy(connection, root, name, folder)
        finally:
            shutil.rmtree(spill, ignore_errors=True)
        if _files(root) != now:
            return None
        return folder


def _copy(connection: DuckDBPyConnection, root: Path, name: str, folder: Path) -> None:
    import duckdb

    # Said and returned texts are long: groups of rows by bytes, not by rows.
    size = ", row_group_size_bytes '16MB'" if name in ("turns", "tool_calls") else ""
    order = "ORDER BY place, trial, attempt" if name == "attempts" else ""
    draft = folder / f".{name}.draft"
    for long_lines in (False, True):
        query = journal_query(name, *split_torn(segments(root)), long_lines=long_lines)
        try:
            connection.execute(
                f"COPY (SELECT * EXCLUDE (run) FROM ({query}) {order}) TO {quoted(str(draft))} "
                f"(FORMAT parquet, COMPRESSION zstd{size})"
            )
            draft.replace(folder / f"{name}.parquet")
            return
        except duckdb.Error as error:
            draft.unlink(missing_ok=True)
            if long_lines or _TOO_LONG not in str(error):
                explain(error, [root])
                # No room on the disk, say: whatever it is, the journal can be read without tables.
                raise OSError(str(error)) from None


def _copy_planned(connection: DuckDBPyConnection, root: Path) -> None:
    draft = root / FOLDER / ".planned.draft"
    connection.execute(
        f"COPY (SELECT * EXCLUDE (run) FROM planned_in_memory ORDER BY position) TO {quoted(str(draft))} "
        "(FORMAT parquet, COMPRESSION zstd)"
    )
    draft.replace(root / FOLDER / "planned.parquet")


def explain(error: Exception, roots: Sequence[Path]) -> None:
    """Where DuckDB failed on a journal's line, name the line as the journal's reader does.

    Raises:
        InputError: a line of one of these runs is damaged.
    """
    if any(sign in str(error) for sign in _DAMAGE):
        for root in roots:
            refuse_damage(segments(root))


def _files(root: Path) -> tuple[_File, ...]:
    found = []
    for path in (root / MANIFEST, *segments(root)):
        if not path.is_file():
            read_manifest(root)
        state = path.stat()
        found.append(_File(name=path.name, size=state.st_size, mtime_ns=state.st_mtime_ns))
    return tuple(found)


def _read_source(root: Path) -> _Source | None:
    try:
        found = _Source.model_validate_json((root / FOLDER / _SOURCE).read_bytes(), strict=True)
    except (OSError, ValueError):
        return None
    return found if found.layout == LAYOUT else None


def _write_source(folder: Path, source: _Source) -> None:
    draft = folder / f".{_SOURCE}.draft"
    draft.write_text(source.model_dump_json(), encoding="utf-8")
    draft.replace(folder / _SOURCE)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time makes tables; the others wait for it."""
    folder.mkdir(exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
