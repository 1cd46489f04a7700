"""Open a folder that somebody sent: plain files of known names and bounded sizes, and nothing that leads elsewhere."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.core.errors import InputError
from harness.engine.watched import Changes
from leaderboard.findings import Finding, Kind
from leaderboard.strict import Malformed, read_model
from leaderboard.submission import ATTEMPTS, FILES, MANIFEST, MOST_ROWS, SIGNATURE, TRAJECTORIES, Manifest, Row

MEGABYTE = 1 << 20
LARGEST = {MANIFEST: 16 * MEGABYTE, ATTEMPTS: 512 * MEGABYTE, TRAJECTORIES: 2048 * MEGABYTE, SIGNATURE: MEGABYTE // 16}
"""Bytes of each file."""
LONGEST_LINE = 16 * MEGABYTE
"""Bytes."""
_NEEDED = (MANIFEST, ATTEMPTS, TRAJECTORIES)


@dataclass(frozen=True, slots=True)
class Opened:
    """A submission whose files can be read and whose manifest and rows are such; nothing else is known of it."""

    root: Path
    manifest: Manifest
    rows: tuple[Row, ...]
    changes: Mapping[str, Changes] = field(default_factory=dict)
    """By a trajectory's hash: what each of its calls changed in the world, where it was played again."""

    def counted(self) -> list[Row]:
        """The rows that count, in the order in which they were written."""
        return [row for row in self.rows if row.superseded_by is None]

    def published(self, row: Row) -> bool:
        """Whether the trajectory of a row must be there: packs may be sealed, and the oracle plays the ground truth."""
        policy = next((pack.publish for pack in self.manifest.suite.packs if pack.id == row.pack), "open")
        return policy == "open" or (policy == "redact_gold" and self.manifest.agent_seat.name != "oracle")

    def trajectories(self) -> Iterator[bytes]:
        """The lines of `trajectories.jsonl`, line feeds cut off."""
        yield from lines(self.root / TRAJECTORIES)


def is_submission(folder: Path) -> bool:
    """Whether a folder looks like a submission."""
    return (folder / MANIFEST).exists() or (folder / MANIFEST).is_symlink()


def submissions_in(paths: tuple[Path, ...]) -> list[Path]:
    """The submissions among these: a folder of one, or of several.

    Raises:
        InputError: a path is no folder, or holds no submission.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            what = "no such folder" if not path.exists() else "not a folder (an archive must be unpacked first)"
            raise InputError(f"{path}: {what}", hint="`bench leaderboard pack RUN --out DIR` makes a submission")
        if is_submission(path):
            found.append(path)
            continue
        below = sorted(child for child in path.iterdir() if child.is_dir() and is_submission(child))
        if not below:
            raise InputError(
                f"{path}: holds no submission (no {MANIFEST} in it or in a folder below)",
                hint="`bench leaderboard pack RUN --out DIR` makes one",
            )
        found += below
    return list(dict.fromkeys(found))


def open_submission(root: Path) -> tuple[Opened | None, list[Finding]]:
    """The submission in a folder, if it can be read at all, and what is wrong with its files."""
    try:
        return _opened(root)
    except OSError as error:
        name = Path(error.filename).name if isinstance(error.filename, str) else root.name
        return None, [Finding(kind=Kind.FILES, where=name, message=f"can't be read ({error.strerror})")]


def _opened(root: Path) -> tuple[Opened | None, list[Finding]]:
    findings = list(_inventory(root))
    if findings:
        return None, findings
    try:
        manifest = read_model(Manifest, (root / MANIFEST).read_bytes())
    except Malformed as error:
        return None, [Finding(kind=Kind.SCHEMA, where=MANIFEST, message=str(error))]
    rows: list[Row] = []
    for number, line in enumerate(lines(root / ATTEMPTS), 1):
        if number > MOST_ROWS:
            message = f"has more than {MOST_ROWS:,} rows"
            return None, [Finding(kind=Kind.SCHEMA, where=ATTEMPTS, message=message)]
        try:
            rows.append(read_model(Row, line))
        except Malformed as error:
            return None, [Finding(kind=Kind.SCHEMA, where=f"{ATTEMPTS}: line {number}", message=str(error))]
    return Opened(root, manifest, tuple(rows)), []


def file_hash(path: Path) -> str:
    """The hash of a whole file's bytes."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def lines(path: Path) -> Iterator[bytes]:
    """A file's lines, one by one, without their line feeds; one that is too long comes cut off, and is malformed."""
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE):
            yield line.rstrip(b"\n")


def _inventory(root: Path) -> Iterator[Finding]:
    if root.is_symlink():
        yield Finding(kind=Kind.FILES, where=root.name, message="the folder is a symbolic link")
        return
    present = sorted(path.name for path in root.iterdir())
    for name in present:
        if name not in FILES:
            yield Finding(kind=Kind.FILES, where=ascii(name)[1:-1][:120], message="doesn't belong in a submission")
            continue
        about = (root / name).lstat()
        if not stat.S_ISREG(about.st_mode):
            yield Finding(kind=Kind.FILES, where=name, message="is no plain file")
        elif about.st_nlink > 1:
            yield Finding(kind=Kind.FILES, where=name, message="is a hard link to a file elsewhere")
        elif about.st_size > LARGEST[name]:
            limit = LARGEST[name] // MEGABYTE
            yield Finding(kind=Kind.FILES, where=name, message=f"has {about.st_size:,} bytes, more than {limit} MiB")
    for name in _NEEDED:
        if name not in present:
            yield Finding(kind=Kind.FILES, where=name, message="is missing")
