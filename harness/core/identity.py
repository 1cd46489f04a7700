"""Content hashes and seeds: two results compare only if what made them is equal."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path
from typing import Any

_SEPARATOR = "\x1f"


def canonical(value: Any) -> str:
    """JSON with sorted keys and no white space: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value: Any) -> str:
    """The SHA-256 of a JSON value's canonical text, as `sha256:<hex>`."""
    return digest_bytes(canonical(value).encode())


def digest_bytes(data: bytes) -> str:
    """The SHA-256 of bytes, as `sha256:<hex>`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def digest_folder(root: Path) -> str:
    """The content hash of a folder: every file's relative path and bytes.

    Caches and hidden files don't count, nor does anything a run would write.
    """
    files = {
        path.relative_to(root).as_posix(): digest_bytes(path.read_bytes())
        for path in root.rglob("*")
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in path.relative_to(root).parts)
    }
    return digest(files)


def trial_seed(run_seed: int, pack: str, task: str, trial: int) -> int:
    """The seed of one trial: a hash, so it depends on nothing but these four (63 bits)."""
    text = _SEPARATOR.join((str(run_seed), pack, task, str(trial)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def role_random(seed: int, role: str) -> random.Random:
    """A generator of its own for each role of an episode, so that no role shifts another's draws."""
    return random.Random(f"{seed}{_SEPARATOR}{role}")
