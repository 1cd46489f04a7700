"""What the tests of every environment share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


def _kib(field: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


def _watch_memory() -> Callable[[], float]:
    # The kernel's own peak is reset, because earlier tests of this process may have needed much.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _kib("VmRSS")
    return lambda: (_kib("VmHWM") - before) / 1024


@pytest.fixture
def grown_mib() -> Callable[[], float]:
    """By how much this process's memory has grown at its peak since the test began, in MiB."""
    return _watch_memory()


@pytest.fixture(scope="module")
def grown_in_module_mib() -> Callable[[], float]:
    """The same since the fixture was first asked for."""
    return _watch_memory()
