"""What a run was played with, beside its input: the harness's commit and the installed packages."""

from __future__ import annotations

import subprocess
from importlib.metadata import distributions
from pathlib import Path

from harness.core.identity import digest

_ROOT = Path(__file__).parents[2]


def commit() -> str:
    """The commit of the checkout that the harness runs from, with `+changes` where files differ; else empty."""
    if not (_ROOT / ".git").exists():
        return ""
    try:
        head = _git("rev-parse", "HEAD")
        return f"{head}+changes" if _git("status", "--porcelain", "--untracked-files=no") else head
    except (OSError, subprocess.SubprocessError):
        # No git on this machine, or the checkout is another user's.
        return ""


def dependencies() -> str:
    """A hash over the names and versions of all installed packages."""
    return digest(sorted({f"{found.name}=={found.version}" for found in distributions()}))


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(_ROOT), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=5, stdin=subprocess.DEVNULL)
    return done.stdout.strip()
