"""Programs for agents to be."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], list[str]]:
    """Writes a Python program and returns the command that runs it."""

    def write(code: str) -> list[str]:
        path = tmp_path / f"program{len(list(tmp_path.glob('program*')))}.py"
        path.write_text(f"import json, os, signal, subprocess, sys, time\n{code}\n")
        return [sys.executable, str(path)]

    return write
