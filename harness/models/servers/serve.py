"""Start an engine's servers, wait until they are healthy, and end them with the scope, whatever happens.

Each server runs under a keeper (`harness.keeper`), which ends it when this process is gone.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import aiohttp

from harness import keeper
from harness.core.errors import InputError, ModelFault
from harness.core.model_settings import ServerSettings
from harness.core.run import ServerIdentity
from harness.models.secrets import redact
from harness.models.servers.devices import VISIBLE
from harness.models.servers.engine import Engine

_POLL_S = 0.1
_GRACE_S = 10.0
"""What a server gets to end by itself."""
_STOP_S = _GRACE_S + 5.0
_LOG_LINES = 12
_LOG_BYTES = 64 * 1024
_LEFT_OUT = ("VLLM_API_KEY",)
"""Variables that a server doesn't get: with a key of its own it would refuse us."""


@dataclass(frozen=True, slots=True)
class Served:
    """A model's servers, all healthy."""

    base_urls: tuple[str, ...]
    identity: ServerIdentity


@asynccontextmanager
async def serve(
    model: str, engine: Engine, settings: ServerSettings, gpus: Sequence[tuple[str, ...]]
) -> AsyncIterator[Served]:
    """Servers that live as long as the scope, one for each entry of `gpus`.

    Raises:
        InputError: a port that was asked for is taken.
        ModelFault: a server didn't come up; holds the last lines of its log.
    """
    ports = _ports(model, settings, len(gpus))
    async with AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(_started(model, engine, port, shown))
            for port, shown in zip(ports, gpus, strict=True)
        ]
        version = await _up(servers, engine, settings.startup_s)
        identity = ServerIdentity(
            model=model,
            engine=engine.name,
            version=version,
            arguments=engine.arguments,
            gpus=tuple(tuple(shown) for shown in gpus),
        )
        try:
            yield Served(tuple(f"{server.url}/v1" for server in servers), identity)
        finally:
            # All at once: a large model takes its time to go.
            for server in servers:
                server.let_go()


async def _up(servers: Sequence[_Server], engine: Engine, startup_s: float) -> str:
    """Wait until all are healthy; returns the engine's version."""
    async with aiohttp.ClientSession() as http:
        try:
            async with asyncio.TaskGroup() as group:
                for server in servers:
                    group.create_task(server.healthy(http, startup_s))
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return engine.version or await _version(http, servers[0].url)


@dataclass(frozen=True, slots=True)
class _Server:
    model: str
    process: asyncio.subprocess.Process
    url: str
    log: IO[bytes]
    control: IO[bytes]

    async def healthy(self, http: aiohttp.ClientSession, startup_s: float) -> None:
        """Returns when it is."""
        try:
            async with asyncio.timeout(startup_s):
                while True:
                    if self.process.returncode is not None:
                        raise ModelFault(self._failure(f"ended with code {self.process.returncode} before it was up"))
                    with suppress(aiohttp.ClientError, OSError):
                        async with http.get(f"{self.url}/health") as response:
                            if response.status == 200:
                                return
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            raise ModelFault(self._failure(f"was not healthy within {startup_s:g} s")) from None

    def let_go(self) -> None:
        """Close what the keeper listens to, which ends the server."""
        self.control.close()

    def _failure(self, what: str) -> str:
        size = self.log.seek(0, os.SEEK_END)
        self.log.seek(max(0, size - _LOG_BYTES))
        lines = [line for line in self.log.read().decode(errors="replace").splitlines() if line.strip()]
        return "\n".join([f"{self.model}: the server {what}; the end of its log:", *map(redact, lines[-_LOG_LINES:])])


@asynccontextmanager
async def _started(model: str, engine: Engine, port: int, gpus: tuple[str, ...]) -> AsyncIterator[_Server]:
    environment = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
    if gpus:
        environment[VISIBLE] = ",".join(gpus)
    # Servers of ours are modules, which must be found from wherever this process was started.
    home = str(Path(__file__).parents[3])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (home, environment.get("PYTHONPATH"))))
    keepers, ours = os.pipe()
    with tempfile.TemporaryFile() as log, os.fdopen(ours, "wb", buffering=0) as control:
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-I", "-S", keeper.__file__, str(keepers), str(_GRACE_S), *engine.command(port)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                pass_fds=(keepers,),
                # Out of the terminal's group, so that Ctrl-C reaches the harness alone, which then ends it.
                start_new_session=True,
            )
        finally:
            os.close(keepers)
        server = _Server(model, process, f"http://127.0.0.1:{port}", log, control)
        try:
            yield server
        finally:
            server.let_go()
            await _gone(process)


async def _gone(process: asyncio.subprocess.Process) -> None:
    """Wait for the keeper to end; kill it if it doesn't."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_STOP_S):
            await process.wait()
    if process.returncode is None:
        process.kill()
        await process.wait()


async def _version(http: aiohttp.ClientSession, url: str) -> str:
    try:
        async with http.get(f"{url}/version") as response:
            return str((await response.json())["version"])
    except (aiohttp.ClientError, OSError, ValueError, KeyError, TypeError):
        return "unknown"


def _ports(model: str, settings: ServerSettings, count: int) -> list[int]:
    """A port for each replica, free a moment ago: those asked for, or any."""
    with ExitStack() as held:
        ports = []
        for number in range(count):
            listener = held.enter_context(socket.socket())
            wanted = 0 if settings.port is None else settings.port + number
            try:
                listener.bind(("127.0.0.1", wanted))
            except (OSError, OverflowError):
                raise InputError(
                    f"model {model!r}: port {wanted} is in use", hint="leave out `port`, or name another"
                ) from None
            ports.append(listener.getsockname()[1])
    return ports
