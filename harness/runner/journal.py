"""A run directory: `run.json` and append-only segments of finished attempts.

`attempts/<n>.jsonl` holds one attempt a line. Lines are committed in groups: whatever piled up while the
last fsync ran goes out with the next one, and an attempt counts as finished only after its fsync. So
killing the process at any moment loses no finished attempt; at most one last line of a segment is torn,
which readers ignore and `--resume` cuts off. Every session writes a segment of its own.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import anyio
import anyio.to_thread

from harness.core.errors import InputError
from harness.core.parsing import parse_json, read_text
from harness.core.record import Attempt
from harness.core.run import RunManifest, ServerIdentity
from harness.models.secrets import redact

MANIFEST = "run.json"
SEGMENTS = "attempts"
_LOCK = ".lock"


def create_run(root: Path, manifest: RunManifest) -> None:
    """Make a run directory; nothing is left behind where that fails.

    Raises:
        InputError: the directory can't be written, or holds something already.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        hint = f"`bench run --resume {root}` continues it" if (root / MANIFEST).exists() else "give another --out"
        raise InputError(f"{root}: exists already and is not empty", hint=hint)
    made = [path for path in (root, *root.parents) if not path.exists()]
    try:
        (root / SEGMENTS).mkdir(parents=True, exist_ok=True)
        _write_durably(root / MANIFEST, redact(manifest.model_dump_json(indent=2)) + "\n")
    except OSError as error:
        for path in (root / SEGMENTS, *made):
            with suppress(OSError):
                path.rmdir()
        raise InputError(
            f"{root}: the run directory can't be written ({error.strerror})", hint="give another --out"
        ) from None


def read_manifest(root: Path) -> RunManifest:
    """The manifest of the run in `root`.

    Raises:
        InputError: there is no run, or its manifest is damaged.
    """
    path = root / MANIFEST
    if not path.is_file():
        raise InputError(
            f"{root}: not a run directory (no {MANIFEST})", hint="`bench list runs` shows those below ./runs"
        )
    return parse_json(RunManifest, read_text(path), where=str(path))


def continue_run(root: Path, *, servers: tuple[ServerIdentity, ...], budget_usd: float | None) -> None:
    """Write into the manifest what a further session may differ in: its servers, and what it may spend.

    Raises:
        InputError: it can't be read or written.
    """
    manifest = read_manifest(root)
    together = tuple(dict.fromkeys((*manifest.servers, *servers)))
    if (together, budget_usd) != (manifest.servers, manifest.budget_usd):
        changed = manifest.model_copy(update={"servers": together, "budget_usd": budget_usd})
        try:
            _write_durably(root / MANIFEST, redact(changed.model_dump_json(indent=2)) + "\n")
        except OSError as error:
            raise InputError(f"{root}: the run can't be written to ({error.strerror})") from None


def read_attempts(root: Path) -> Iterator[Attempt]:
    """Every finished attempt, segments in order; a torn last line is passed over.

    Raises:
        InputError: a line other than a segment's last is damaged.
    """
    for path in _segments(root):
        for number, line in enumerate(_whole_lines(path.read_bytes()), 1):
            yield parse_json(Attempt, line, where=f"{path}: line {number}")


def final_attempts(root: Path) -> dict[tuple[str, str, int], Attempt]:
    """The attempt that counts for each trial: the last one.

    Raises:
        InputError: it isn't a run, is damaged, or holds a trial that isn't its own.
    """
    planned = {(one.pack, one.task, one.trial) for one in read_manifest(root).trials}
    final: dict[tuple[str, str, int], Attempt] = {}
    for attempt in read_attempts(root):
        key = attempt.record.key
        if key not in planned:
            pack, task, trial = key
            raise InputError(f"{root / SEGMENTS}: holds {pack}/{task}#{trial}, which is no trial of this run")
        if key not in final or attempt.attempt >= final[key].attempt:
            final[key] = attempt
    return final


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the run directory for writing; the lock goes with the process, however it ends.

    Raises:
        InputError: another process writes to it, or nobody can.
    """
    try:
        file = (root / _LOCK).open("w")
    except OSError as error:
        raise InputError(f"{root}: the run can't be written to ({error.strerror})") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"{root}: another process is running this run", hint="wait for it, or stop it") from None
        yield


class Journal:
    """Appends attempts to a segment; use `open_journal`."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lines: list[bytes] = []
        self._queued = 0
        self._durable = 0
        self._writing = anyio.Lock()
        self._broken: OSError | None = None

    async def append(self, attempt: Attempt) -> None:
        """Returns when the attempt is on disk.

        Raises:
            OSError: the disk didn't take it; the journal takes nothing more.
        """
        self._lines.append(redact(attempt.model_dump_json()).encode() + b"\n")
        self._queued += 1
        await self._commit(self._queued)

    async def flush(self) -> None:
        """Write what a cancelled `append` left behind; a broken journal has said so already."""
        if self._broken is None:
            await self._commit(self._queued)

    async def _commit(self, ticket: int) -> None:
        """Whoever gets the lock writes for all that wait behind it: one fsync a group."""
        async with self._writing:
            if self._broken is not None:
                raise self._broken
            if self._durable >= ticket:
                return
            lines, self._lines, goal = self._lines, [], self._queued
            try:
                # A cancelled scope would not let the thread start, and the lines are nowhere else.
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(_append_durably, self._descriptor, b"".join(lines))
            except OSError as error:
                self._broken = error
                raise
            self._durable = goal


@asynccontextmanager
async def open_journal(root: Path) -> AsyncIterator[Journal]:
    """A journal on a new segment of the run; what was appended is on disk when the scope ends."""
    for path in _segments(root):
        _cut_torn_line(path)
    number = max((int(path.stem) for path in _segments(root)), default=-1) + 1
    path = root / SEGMENTS / f"{number:04}.jsonl"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
    _sync_folder(path.parent)
    journal = Journal(descriptor)
    try:
        yield journal
    finally:
        try:
            with anyio.CancelScope(shield=True):
                await journal.flush()
        finally:
            os.close(descriptor)


def _segments(root: Path) -> list[Path]:
    return sorted((root / SEGMENTS).glob("*.jsonl"))


def _whole_lines(data: bytes) -> list[bytes]:
    """The lines that were written to their end, line feed included; a last one that isn't JSON is torn too."""
    lines = data.split(b"\n")[:-1]
    if lines and not _is_json(lines[-1]):
        lines.pop()
    return lines


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _cut_torn_line(path: Path) -> None:
    data = path.read_bytes()
    whole = sum(len(line) + 1 for line in _whole_lines(data))
    if whole < len(data):
        os.truncate(path, whole)


def _append_durably(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)


def _write_durably(path: Path, text: str) -> None:
    """Write a whole file or nothing: a temporary sibling, fsync, rename."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
