"""A chat-completions server that fails in every way that servers fail, on purpose and on the books.

Behind the faults sits a model that plays a script: its next line is the one after those of its lines that went well,
read from the conversation itself, so it keeps nothing between requests. The server counts what it received and what it
did about it.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum

from aiohttp import web

MODEL = "faulty"


class Act(StrEnum):
    """What the server may do with a request."""

    ANSWER = "answer"
    BROKEN_ARGUMENTS = "broken arguments"
    """An answer, in which a tool call's arguments are cut short."""
    BUSY = "429"
    BUSY_SECONDS = "429, Retry-After in seconds"
    BUSY_DATE = "429, Retry-After as a date"
    ERROR = "500"
    BAD_GATEWAY = "502"
    RESET = "reset"
    STALL = "stall"
    """Nothing comes, and the connection stays."""
    DRIP = "slow drip"
    """A byte now and then, for longer than anybody waits."""
    CUT = "cut"
    """The connection ends in the middle of the answer."""
    HALF = "half the JSON"
    MALFORMED = "no JSON"
    WRONG_TYPE = "an HTML page with status 200"
    NO_CHOICES = "no choices"
    ERROR_INSIDE = "an error with status 200"


FAULTS = tuple(act for act in Act if act is not Act.ANSWER)


class FaultServer:
    """One server; `choose` says what to do with each request."""

    def __init__(self, script: Sequence[Mapping[str, object]], choose: Callable[[], Act]) -> None:
        self.script = script
        self.choose = choose
        self.acts: Counter[Act] = Counter()
        self.requests = 0
        self.url = ""

    async def list_models(self, request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": MODEL, "object": "model"}]})

    async def complete(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.requests += 1
        act = self.choose()
        answer = self._answer(asked["messages"], broken=act is Act.BROKEN_ARGUMENTS)
        if act is Act.BROKEN_ARGUMENTS and "tool_calls" not in answer["choices"][0]["message"]:  # type: ignore[index]
            act = Act.ANSWER
        self.acts[act] += 1
        text = json.dumps(answer)
        match act:
            case Act.BUSY:
                return web.json_response({"error": {"message": "slow down"}}, status=429)
            case Act.BUSY_SECONDS:
                return web.json_response({"error": {}}, status=429, headers={"Retry-After": "0.05"})
            case Act.BUSY_DATE:
                until = format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)
                return web.json_response({"error": {}}, status=429, headers={"Retry-After": until})
            case Act.ERROR:
                return web.json_response({"error": {"message": "boom"}}, status=500)
            case Act.BAD_GATEWAY:
                return web.Response(text="<html>Bad gateway</html>", content_type="text/html", status=502)
            case Act.RESET:
                return _reset(request)
            case Act.STALL | Act.DRIP | Act.CUT:
                return await _slowly(request, text, act)
            case Act.HALF:
                return web.Response(text=text[: len(text) // 2], content_type="application/json")
            case Act.MALFORMED:
                return web.Response(text="{'id': oops}", content_type="application/json")
            case Act.WRONG_TYPE:
                return web.Response(text="<html>Please log in</html>", content_type="text/html")
            case Act.NO_CHOICES:
                return web.json_response({**answer, "choices": []})
            case Act.ERROR_INSIDE:
                return web.json_response({"error": {"message": "upstream failed", "code": 502}})
        return web.Response(text=text, content_type="application/json")

    def _answer(self, messages: Sequence[Mapping[str, object]], *, broken: bool) -> dict[str, object]:
        line = self.script[min(self._spoken(messages), len(self.script) - 1)]
        message: dict[str, object] = {"role": "assistant", "content": line.get("text")}
        if "tool" in line:
            arguments = json.dumps(line["arguments"])
            function = {"name": line["tool"], "arguments": arguments[: len(arguments) // 2] if broken else arguments}
            message["tool_calls"] = [{"id": "call", "type": "function", "function": function}]
        return {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": MODEL,
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
        }

    @staticmethod
    def _spoken(messages: Sequence[Mapping[str, object]]) -> int:
        """How many lines went well: neither calls that failed count, nor what was said before the user spoke."""
        first = next(number for number, message in enumerate(messages) if message["role"] == "user")
        lines = sum(message["role"] == "assistant" for message in messages[first:])
        failed = sum(message["role"] == "tool" and str(message["content"]).startswith("Error") for message in messages)
        return lines - failed


def seeded(share: float, seed: int) -> Callable[[], Act]:
    """Any fault in so many of a hundred requests, in an order that the seed gives."""
    draw = random.Random(seed)
    # What takes long comes less often.
    weights = [0.15 if act in (Act.BUSY_DATE, Act.STALL, Act.DRIP) else 1.0 for act in FAULTS]
    return lambda: draw.choices(FAULTS, weights)[0] if draw.random() < share else Act.ANSWER


def _reset(request: web.Request) -> web.Response:
    transport = request.transport
    assert transport is not None
    # Without lingering, closing sends a reset.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    return web.Response()


async def _slowly(request: web.Request, text: str, act: Act) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(text))})
    if act is Act.STALL:
        await asyncio.sleep(3600)
    await response.prepare(request)
    if act is Act.CUT:
        await response.write(text[: len(text) // 2].encode())
        assert request.transport is not None
        request.transport.close()
        return response
    for character in text:
        await response.write(character.encode())
        await asyncio.sleep(0.25)
    return response


@contextmanager
def serve(server: FaultServer) -> Iterator[FaultServer]:
    """The server listens, in a thread of its own, while the scope lasts."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    async def listen() -> web.AppRunner:
        application = web.Application()
        application.add_routes(
            [web.get("/v1/models", server.list_models), web.post("/v1/chat/completions", server.complete)]
        )
        runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        ready.set()
        return runner

    def run() -> None:
        runner = loop.run_until_complete(listen())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
