"""A real model in a llama.cpp server: it answers, and no process outlives its run."""

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
from processes import family, gone, wait_until

from harness.core.errors import InputError, ModelFault
from harness.core.model_settings import ModelSettings, ServerSettings
from harness.models.book import ModelBook
from harness.models.client import ChatMessage, Completion, Request
from harness.models.open import check_model, open_models
from harness.models.servers.llama import SMOLLM2, local_file
from harness.runner.journal import read_attempts

Bench = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parents[2]


def test_a_real_model_answers_repeatably_with_real_token_counts_and_its_server_ends_with_the_scope() -> None:
    request = Request(messages=[ChatMessage("user", "Say hello.")], turn=0, seed=1, max_output_tokens=12)

    async def ask() -> tuple[Completion, Completion, list[int]]:
        async with open_models([SMOLLM2]) as pool:
            client = pool.client(SMOLLM2)
            (server,) = pool.servers
            assert (server.engine, server.model) == ("llama.cpp", SMOLLM2)
            assert server.version.startswith("xllamacpp 20")
            assert "--context" in server.arguments
            return await client.complete(request), await client.complete(request), family(os.getpid(), "llama_server")

    first, second, running = asyncio.run(ask())
    assert first.text.strip()
    assert first.text == second.text
    assert first.usage.input_tokens > 5
    assert 0 < first.usage.output_tokens <= 12
    assert first.usage.cost_usd == 0.0
    assert running
    assert gone(running)


def test_a_gguf_file_is_served_and_held_to_a_schema() -> None:
    name = f"llamacpp/{local_file(SMOLLM2)}"
    book = ModelBook({"small": ModelSettings(model=name, server=ServerSettings(args=("--context", "1024")))})
    schema = {"type": "object", "properties": {"met": {"type": "boolean"}}, "required": ["met"]}
    asked = [ChatMessage("user", "Is water wet? Answer in JSON.")]

    async def ask() -> Completion:
        async with open_models(["small"], book) as pool:
            request = Request(messages=asked, turn=0, schema=schema, max_output_tokens=20)
            return await pool.client("small").complete(request)

    assert asyncio.run(ask()).text.split()[:2] == ["{", '"met":']


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a model at all, just text that is long enough", "not a GGUF model"),
        (b"GGUF", "not a GGUF model"),
        (b"GGUF" + (9).to_bytes(4, "little") + (1).to_bytes(8, "little") * 2, "version 9"),
        (None, "no such file"),
    ],
)
def test_a_file_that_is_no_gguf_is_refused_before_anything_starts(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=rf"model\.gguf: .*{message}"):
        check_model(f"llamacpp/{path}")


def test_a_server_that_cannot_start_says_why_with_the_end_of_its_log_and_leaves_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + (3).to_bytes(4, "little") + (1).to_bytes(8, "little") * 2)

    async def start() -> None:
        async with open_models([f"llamacpp/{broken}"]):
            raise AssertionError("it started")

    with pytest.raises(ModelFault, match=r"before it was up; the end of its log:\n.*"):
        asyncio.run(start())
    assert family(os.getpid(), "llama_server") == []


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
    assert wait_until(
        lambda: bool(family(run.pid, "llama_server")) and (tmp_path / "run" / "attempts" / "0000.jsonl").exists(), 60
    )
    time.sleep(0.5)
    running = family(run.pid, "llama_server")
    run.send_signal(how)
    errors = run.communicate(timeout=60)[1]
    assert run.returncode == (-how if how is signal.SIGKILL else 130)
    assert "Traceback" not in errors
    assert gone(running)


@pytest.mark.parametrize(("kind", "protocol"), [("local", "native"), ("llamacpp", "text")])
def test_the_small_model_plays_both_parts_with_real_tokens_at_no_cost(
    bench: Bench, tmp_path: Path, kind: str, protocol: str
) -> None:
    model = SMOLLM2 if kind == "local" else f"llamacpp/{local_file(SMOLLM2)}"
    (tmp_path / "models.toml").write_text(f'[models."{model}"]\nmax_output_tokens = 8\n')
    assert bench("pack", "new", "small", "--environment", "service").returncode == 0
    parts = ("--agent", "llm", "--user", "llm", "--model", model, "--protocol", protocol, "--suite", "small")
    done = bench("run", *parts, "--models-file", "models.toml", "--max-turns", "1", "--out", "r")
    assert done.returncode == 0, done.stderr
    (attempt,) = read_attempts(tmp_path / "r")
    for usage in (attempt.record.usage.agent, attempt.record.usage.user):
        assert usage.calls >= 1
        assert usage.input_tokens > 100
        assert usage.output_tokens > 0
        assert usage.cost_usd == 0.0
    assert attempt.traffic.requests == attempt.record.usage.agent.calls + attempt.record.usage.user.calls
