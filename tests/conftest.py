"""What all tests share: the real upstream data, where it lies beside the checkout, and the command `bench`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]

# The machine is noisy: a slow example is no failure.
settings.register_profile("parley", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("parley")

Bench = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real data of the three upstream benchmarks."""
    path = ROOT.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip(f"the upstream data is not part of the project, and {path} is absent")
    return path


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Runs `bench` in a child process, in the test's own folder."""

    def run(*arguments: str | Path, timeout: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "harness", *map(str, arguments)]
        variables = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **environment}
        return subprocess.run(
            command, cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=timeout, check=False
        )

    return run
