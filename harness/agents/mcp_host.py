"""MCP servers over streamable HTTP: one port of 127.0.0.1 for a run, one unguessable path an episode."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import Receive, Scope, Send

_HOST = "127.0.0.1"
_LOCAL = TransportSecuritySettings(
    allowed_hosts=[f"{_HOST}:*", "localhost:*"], allowed_origins=[f"http://{_HOST}:*", "http://localhost:*"]
)
_TOKEN_BYTES = 12


class Hosted:
    """One episode's server; `end` must be called."""

    def __init__(self, url: str, served: asyncio.Task[None], ended: asyncio.Event) -> None:
        self.url = url
        self._served = served
        self._ended = ended

    async def end(self) -> None:
        """Take it off the net."""
        self._ended.set()
        await asyncio.wait([self._served])


class Host:
    """The port of a run."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._served: dict[str, StreamableHTTPSessionManager] = {}
        self._hosted: list[Hosted] = []

    async def serve(self, server: Server[Any]) -> Hosted:
        """Put a server on the net."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        manager = StreamableHTTPSessionManager(server, security_settings=_LOCAL, session_idle_timeout=None)
        ready, ended = asyncio.Event(), asyncio.Event()

        async def run() -> None:
            # The manager's scope must be entered and left by one task.
            async with manager.run():
                self._served[token] = manager
                ready.set()
                try:
                    await ended.wait()
                finally:
                    del self._served[token]

        hosted = Hosted(f"http://{_HOST}:{self._port}/{token}/mcp", asyncio.create_task(run()), ended)
        self._hosted.append(hosted)
        await ready.wait()
        return hosted

    async def end(self) -> None:
        """Take every server off the net, whoever forgot to."""
        for hosted in self._hosted:
            await hosted.end()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        token = scope.get("path", "").strip("/").removesuffix("/mcp")
        manager = self._served.get(token)
        if scope["type"] == "http" and manager is not None:
            await manager.handle_request(scope, receive, send)
        elif scope["type"] == "http":
            await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": b"no episode is played here (any more)\n"})


class _Uvicorn(uvicorn.Server):
    """Leaves the signals to the run."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def open_host(port: int = 0) -> AsyncIterator[Host]:
    """A host that listens while the scope lasts.

    Args:
        port: 0: any that is free.

    Raises:
        OSError: the port is in use.
    """
    # Sessions that end with their episode are no news.
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
    with socket.create_server((_HOST, port)) as listening:
        host = Host(listening.getsockname()[1])
        config = uvicorn.Config(
            host, log_level="critical", access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=1
        )
        server = _Uvicorn(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield host
        finally:
            server.should_exit = True
            await host.end()
            await asyncio.wait([serving])
