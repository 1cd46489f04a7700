"""What an importer says of its work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Imported:
    """A pack that was written from an upstream's files."""

    pack: str
    root: Path
    tasks: int
    notes: tuple[str, ...]
    """What was skipped, mended or can't be evaluated, a line each."""
