"""The local server: a real model answers, and no process outlives its run."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.core.errors import ModelFault
from harness.models.client import ChatMessage, Completion, Request
from harness.models.local import SMOLLM2, serve

ROOT = Path(__file__).parents[2]


def servers(parent: int | None = None) -> list[int]:
    """Process ids of llama servers, of one parent or all."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            status = (folder / "status").read_text()
        except OSError:
            continue
        served = b"harness.models.llama_server" in command and "State:\tZ" not in status
        if served and (parent is None or f"PPid:\t{parent}\n" in status):
            found.append(int(folder.name))
    return found


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return holds()


def test_a_real_model_answers_repeatably_with_real_token_counts_and_its_server_ends_with_the_scope() -> None:
    request = Request(messages=[ChatMessage("user", "Say hello.")], turn=0, seed=1, max_output_tokens=12)

    async def ask() -> tuple[Completion, Completion, list[int]]:
        async with serve(SMOLLM2) as client:
            return await client.complete(request), await client.complete(request), servers(os.getpid())

    first, second, running = asyncio.run(ask())
    assert first.text.strip()
    assert first.text == second.text
    assert first.usage.input_tokens > 5
    assert 0 < first.usage.output_tokens <= 12
    assert first.usage.cost_usd == 0.0
    assert len(running) == 1
    assert wait_until(lambda: running[0] not in servers())


def test_a_server_that_cannot_start_says_why_with_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"not a model")
    monkeypatch.setattr("harness.models.local.check_local", lambda name: broken)

    async def start() -> None:
        async with serve(SMOLLM2):
            raise AssertionError("it started")

    with pytest.raises(ModelFault, match=r"did not come up; the end of its log:\n.*"):
        asyncio.run(start())
    assert wait_until(lambda: not servers(os.getpid()))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_the_server_is_gone_however_its_run_is_ended(tmp_path: Path, how: signal.Signals) -> None:
    command = [sys.executable, "-m", "harness", "run", "--agent", "llm", "--model", SMOLLM2, "--suite", "lite"]
    run = subprocess.Popen(
        [*command, "--out", str(tmp_path / "run")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stderr is not None
    assert wait_until(lambda: bool(servers(run.pid)) and (tmp_path / "run" / "run.json").exists(), 60)
    (server,) = servers(run.pid)
    run.send_signal(how)
    errors = run.communicate(timeout=60)[1]
    assert run.returncode == (-how if how is signal.SIGKILL else 130)
    assert "Traceback" not in errors
    assert wait_until(lambda: server not in servers())
