"""Whether a file is a GGUF model, found out from its first bytes."""

from __future__ import annotations

import struct
from pathlib import Path

from harness.core.errors import InputError

_MAGIC = b"GGUF"
_HEAD = struct.Struct("<4sIQQ")
"""Magic, version, number of tensors, number of metadata entries."""
_VERSIONS = (2, 3)


def check_gguf(path: Path) -> Path:
    """The path of a file that begins as a GGUF model.

    Raises:
        InputError: it doesn't, or can't be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD.size)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file", hint="llamacpp/PATH names a GGUF file") from None
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror})") from None
    if len(head) < _HEAD.size or head[:4] != _MAGIC:
        raise InputError(f"{path}: not a GGUF model (begins with {head[:4]!r})", hint="llamacpp/PATH names a GGUF file")
    _, version, tensors, _ = _HEAD.unpack(head)
    if version not in _VERSIONS or not tensors:
        problem = f"version {version}" if version not in _VERSIONS else "no tensors"
        raise InputError(f"{path}: a GGUF file that can't be served ({problem})", hint="convert the model again")
    return path
