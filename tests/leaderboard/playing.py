"""`bench` as the tests of the leaderboard run it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def play(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`bench` in a child process, with the moody agent at hand."""
    variables = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}", "MOODY": str(folder / "broken")}
    command = [sys.executable, "-m", "harness", *arguments]
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=240, check=False)
