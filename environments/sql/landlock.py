"""Linux's Landlock: a process takes the file system from itself, all but what it names; no rights are needed for it.

It reaches what no hook in an interpreter does: libraries, database engines, whatever opens files by itself. Where the
kernel has none (other systems, or older than 5.13), nothing is taken and the caller is told.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446
"""Numbers of its system calls, on every machine."""
_NO_NEW_PRIVILEGES = 38
_PATH_BENEATH = 1
_ABI = 1
"""Flag that asks for the version."""
_READ_FILE, _READ_DIR, _EXECUTE = 1 << 2, 1 << 3, 1 << 0
_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""All that there is to be handled of files, since a version."""
_OF_A_FILE = _EXECUTE | _READ_FILE | 1 << 1 | 1 << 14 | 1 << 15
_TCP = 0b11
_SCOPES = 0b11
"""Abstract sockets, and signals to processes outside."""


def version() -> int:
    """Which Landlock the kernel has; 0: none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(ctypes.CDLL(None, use_errno=True).syscall(_CREATE, None, 0, _ABI)))


def restrict(read: Iterable[Path], write: Iterable[Path], *, network: bool) -> bool:
    """Keep this process, and all that it starts, to these files and folders; false where that can't be done.

    Args:
        read: what may be read; what doesn't exist is passed over.
        write: what may be read and changed.
        network: whether TCP connections stay possible.
    """
    known = version()
    if not known:
        return False
    call = ctypes.CDLL(None, use_errno=True).syscall
    everything = max(files for since, files in _FILES.items() if since <= known)
    fields = [everything, 0 if network else _TCP, _SCOPES]
    attributes = struct.pack("=3Q", *fields)[: 8 if known < 4 else 16 if known < 6 else 24]
    rules = call(_CREATE, attributes, len(attributes), 0)
    if rules < 0:
        return False
    try:
        for paths, rights in ((read, _READ_FILE | _READ_DIR | _EXECUTE), (write, everything)):
            for path in paths:
                _allow(call, rules, path, rights & everything)
        ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        return bool(call(_RESTRICT, rules, 0) == 0)
    finally:
        os.close(rules)


def _allow(call: ctypes._NamedFuncPointer, rules: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        allowed = rights if path.is_dir() else rights & _OF_A_FILE
        call(_ADD, rules, _PATH_BENEATH, struct.pack("=Qi", allowed, descriptor), 0)
    finally:
        os.close(descriptor)
