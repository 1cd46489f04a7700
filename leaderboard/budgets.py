"""How large the site's parts may be, gzipped, in bytes: the build fails beyond."""

from __future__ import annotations

import gzip
from pathlib import Path

from harness.core.errors import ParleyError

KILOBYTE = 1000
TRAJECTORY_BYTES = 100 * KILOBYTE
SCRIPT_BYTES = 15 * KILOBYTE
STYLE_BYTES = 10 * KILOBYTE
BOARD_BYTES = 150 * KILOBYTE
BOARD_ROWS = 200
"""A board with more systems may be larger in proportion."""


class TooLarge(ParleyError):
    """A part of the site is beyond its budget: a defect of the site's maker, not of its input."""


def check_size(path: Path, most: int) -> None:
    """Refuse a file that is larger than it may be.

    Raises:
        TooLarge: says how large it is.
    """
    data = path.read_bytes()
    if len(data) > most and (size := len(gzip.compress(data, mtime=0))) > most:
        raise TooLarge(f"{path}: {size:,} bytes gzipped, may have {most:,}")


def board_bytes(systems: int) -> int:
    """What a suite's page may have."""
    return BOARD_BYTES * max(1, -(-systems // BOARD_ROWS))
