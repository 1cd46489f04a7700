"""A web server on loopback, in the test's own loop, that answers as a test's function says."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """The address of a server whose every request goes to `handler`."""
    runner = web.ServerRunner(web.Server(handler), handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class _Uvicorn(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving_app(make: Callable[[str], object]) -> AsyncIterator[str]:
    """The address of an ASGI application, which is made knowing it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = _Uvicorn(uvicorn.Config(make(url), log_level="critical", lifespan="off", timeout_graceful_shutdown=1))
        served = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield url
        finally:
            server.should_exit = True
            await served


def assistant(text: str | None, *calls: tuple[str, object], **usage: int) -> dict[str, object]:
    """A chat completion with a text and tool calls (name, arguments)."""
    made = [
        {"id": f"c{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(given)}}
        for n, (name, given) in enumerate(calls)
    ]
    message: dict[str, object] = {"role": "assistant", "content": text, **({"tool_calls": made} if made else {})}
    return {"choices": [{"index": 0, "message": message}], **({"usage": usage} if usage else {})}
