"""What a model call costs the harness: CPU a call, and requests a second, through our client and through others.

    python benchmarks/models.py [--rounds N] [--adaptive]

One stub server in a process of its own answers every request at once with tool calls and usage. The same conversation
(the telecom desk's policy and tools) goes to it through bare aiohttp, through our client with everything that a run has
around it (account, gate, retries, parsing), through litellm and through the openai client, in turns, at concurrency 1,
64 and 512. Targets: at least 5 times the openai client and litellm, at least 0.6 of bare aiohttp.

`--adaptive` instead plays against a server that takes n requests at once, n changing, and refuses more: how close the
throughput comes to n's, and how many requests are refused.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from harness.core.message import Party, ToolCall, ToolSpec
from harness.core.model_settings import ModelSettings, RetryPolicy
from harness.engine.setting import Setting
from harness.models.account import Account, charged_to
from harness.models.book import ModelBook
from harness.models.client import ChatMessage, Request
from harness.models.open import open_models
from harness.models.wire import request_body
from harness.packs.find import find_pack
from harness.packs.load import load_pack, open_pack

MODEL = "stub"
CONCURRENCY = (1, 64, 512)
STAGES, STAGE_S, SERVICE_S, WORKERS = (32, 8, 24, 48), 20.0, 0.1, 64
"""Of `--adaptive`: n by stage, seconds a stage, seconds an answer, and how many ask."""
ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": MODEL,
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "logprobs": None,
            "message": {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "get_details_by_id", "arguments": '{"id": "L701"}'},
                    }
                ],
            },
        }
    ],
    "usage": {"prompt_tokens": 2200, "completion_tokens": 20, "total_tokens": 2220},
}

Call = Callable[[], Awaitable[None]]


class Answering(asyncio.Protocol):
    """As little of HTTP as the clients need: any request is answered as soon as it is there."""

    body = json.dumps(ANSWER).encode()
    reply = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)

    def __init__(self) -> None:
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._data) < end + 4 + length:
                return
            self._data = self._data[end + 4 + length :]
            self._transport.write(self.reply)  # type: ignore[attr-defined]


async def serve() -> None:
    """Print the port, and answer until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answering, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


@contextmanager
def stub(kind: str = "fast") -> Iterator[str]:
    """The base URL of the stub, in a process of its own."""
    command = [sys.executable, __file__, "--serve", kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        process.stdin.close()


def conversation() -> Request:
    """A few turns on the telecom desk, with its real policy and tools."""
    pack = load_pack(find_pack("telecom-desk"))
    with closing(open_pack(pack)) as template:
        setting = Setting.of(pack, "quota-used-up", template)

        async def held() -> list[ToolSpec]:
            world = await template.create(setting.task, setting.seed)
            tools = list(world.tools(Party.AGENT))
            await world.close()
            return tools

        tools = asyncio.run(held())
    call = ToolCall(id="call_0", name="get_customer_by_phone", arguments={"phone_number": "555-301-7701"})
    messages = (
        ChatMessage("system", setting.policy),
        ChatMessage("user", "Hi, my mobile internet stopped this morning. Please get me online again."),
        ChatMessage("assistant", "", (call,)),
        ChatMessage("tool", json.dumps({"customer_id": "C501", "line_ids": ["L701", "L702"]}), call_id="call_0"),
    )
    return Request(messages=messages, turn=1, tools=tools, seed=7)


@asynccontextmanager
async def bare(url: str, request: Request) -> AsyncIterator[Call]:
    """aiohttp and `json`, and nothing else."""
    payload = {"model": MODEL, **request_body(request)}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def call() -> None:
            async with session.post(f"{url}/chat/completions", json=payload) as response:
                answer = await response.json()
            assert answer["choices"][0]["message"]["tool_calls"]

        yield call


@asynccontextmanager
async def ours(url: str, request: Request) -> AsyncIterator[Call]:
    """The client of a run, in an account as an episode has one."""
    book = ModelBook(
        {MODEL: ModelSettings(base_url=url, price_in=1.0, price_out=1.0)}, RetryPolicy(tries=100, per_run=1_000_000)
    )
    async with open_models([MODEL], book) as pool:
        client = pool.client(MODEL)

        async def call() -> None:
            answer = await client.complete(request)
            assert answer.tool_calls[0].arguments == {"id": "L701"}
            assert answer.usage.tokens == 2220

        yield call


@asynccontextmanager
async def litellm(url: str, request: Request) -> AsyncIterator[Call]:
    """litellm's own call."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm as library

    library.suppress_debug_info = True
    logging.getLogger("LiteLLM").setLevel(logging.ERROR)
    payload = request_body(request)

    async def call() -> None:
        answer = await library.acompletion(
            model=f"openai/{MODEL}", api_base=url, api_key="none", num_retries=0, drop_params=True, **payload
        )
        assert answer.choices[0].message.tool_calls
        assert answer.usage.total_tokens

    yield call


@asynccontextmanager
async def openai(url: str, request: Request) -> AsyncIterator[Call]:
    """The openai client."""
    import openai as library

    payload = request_body(request)
    async with library.AsyncOpenAI(base_url=url, api_key="none", max_retries=0, timeout=600) as client:

        async def call() -> None:
            answer = await client.chat.completions.create(model=MODEL, **payload)
            assert answer.choices[0].message.tool_calls
            assert answer.usage.total_tokens

        yield call


@dataclass(frozen=True, slots=True)
class Pace:
    """What one way of calling does."""

    rate: float
    """Requests a second."""
    cpu: float
    """Seconds of this process's CPU a call."""


async def pace(call: Call, concurrency: int, calls: int) -> Pace:
    """So many calls, so many at once; each worker opens its connection before the clock runs."""
    await asyncio.gather(*(call() for _ in range(concurrency)))
    left = iter(range(calls))

    async def work() -> None:
        with charged_to(Account()):
            for _ in left:
                await call()

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(concurrency)))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Pace(calls / wall, cpu / calls)


WAYS = {"bare aiohttp": (bare, 600), "ours": (ours, 600), "openai client": (openai, 60), "litellm": (litellm, 60)}
"""With calls a round, if concurrency isn't higher."""


async def overhead(url: str, request: Request, rounds: int) -> None:
    size = len(json.dumps(request_body(request)))
    print(f"a request of {size:,} bytes with {len(request.tools)} tools; the fastest of {rounds} rounds in turns")
    print(f"{'':<16}" + "".join(f"{f'at {one}: calls/s':>18}{'CPU/call':>11}" for one in CONCURRENCY))
    found: dict[str, dict[int, Pace]] = {name: {} for name in WAYS}
    for concurrency in CONCURRENCY:
        several: dict[str, list[Pace]] = {name: [] for name in WAYS}
        for _ in range(rounds):
            for name, (way, calls) in WAYS.items():
                async with way(url, request) as call:
                    several[name].append(await pace(call, concurrency, max(calls, concurrency)))
        for name, paces in several.items():
            # The one that was disturbed least.
            found[name][concurrency] = Pace(max(one.rate for one in paces), min(one.cpu for one in paces))
    for name, paces in found.items():
        cells = "".join(f"{one.rate:>18,.0f}{one.cpu * 1e3:>8.2f} ms" for one in paces.values())
        print(f"{name:<16}{cells}")
    for name, target in (("openai client", 5.0), ("litellm", 5.0), ("bare aiohttp", 0.6)):
        ratios = [found["ours"][one].rate / found[name][one].rate for one in CONCURRENCY]
        verdict = "met" if min(ratios) >= target else "MISSED"
        spent = " ".join(f"{found[name][one].cpu / found['ours'][one].cpu:.2f}" for one in CONCURRENCY)
        shown = " ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"ours to {name}: {shown} in calls/s (target {target}: {verdict}), {spent} in CPU")


class Limited:
    """Takes `limit` requests at once, each for `SERVICE_S`, and refuses more."""

    def __init__(self) -> None:
        self.limit, self.active, self.asked, self.refused = 1, 0, 0, 0

    async def complete(self, request: web.Request) -> web.Response:
        await request.read()
        self.asked += 1
        if self.active >= self.limit:
            self.refused += 1
            return web.json_response({"error": {"message": "slow down"}}, status=429)
        self.active += 1
        try:
            await asyncio.sleep(SERVICE_S)
        finally:
            self.active -= 1
        return web.json_response(ANSWER)

    async def set_limit(self, request: web.Request) -> web.Response:
        """Take so many from now on; tells what was asked and refused up to now."""
        self.limit = int(request.match_info["n"])
        told = {"asked": self.asked, "refused": self.refused}
        self.asked = self.refused = 0
        return web.json_response(told)


async def serve_limited() -> None:
    """Print the port, and answer until standard input ends."""
    limited, application = Limited(), web.Application()
    application.add_routes(
        [web.post("/v1/chat/completions", limited.complete), web.post("/limit/{n}", limited.set_limit)]
    )
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def adaptive(url: str) -> None:
    """Our client, which must find out n, beside n workers of bare aiohttp, which know it; stage by stage."""
    request = Request(messages=[ChatMessage("user", "Hi")], turn=0)
    root = url.removesuffix("/v1")
    async with aiohttp.ClientSession() as control, bare(url, request) as known, ours(url, request) as found_out:

        async def limit(n: int) -> dict[str, int]:
            async with control.post(f"{root}/limit/{n}") as response:
                told: dict[str, int] = await response.json()
                return told

        best = {}
        for n in STAGES:
            await limit(n)
            with working(known, n) as done:
                best[n] = await rate(done, STAGE_S / 4)
            # What is still under way would count against the next.
            await asyncio.sleep(10 * SERVICE_S)
        print(f"{'n':>4}{'bare, n workers':>18}{'ours, 64 workers':>18}{'ratio':>8}{'refused':>10}{'at first':>10}")
        with working(found_out, WORKERS) as done:
            for n in STAGES:
                await limit(n)
                await rate(done, STAGE_S / 2)
                first, mine, then = await limit(n), await rate(done, STAGE_S), await limit(n)
                refused, at_first = (f"{told['refused'] / told['asked']:.2%}" for told in (then, first))
                paces = f"{best[n]:>16.0f}/s{mine:>16.0f}/s{mine / best[n]:>8.2f}"
                print(f"{n:>4}{paces}{refused:>10}{at_first:>10}", flush=True)


@contextmanager
def working(call: Call, workers: int) -> Iterator[list[int]]:
    """So many workers call without a pause while the scope lasts; the list holds how many calls are done."""
    done = [0]

    async def work() -> None:
        with charged_to(Account(retries_left=1_000_000)):
            while True:
                await call()
                done[0] += 1

    tasks = [asyncio.create_task(work()) for _ in range(workers)]
    try:
        yield done
    finally:
        for task in tasks:
            task.cancel()


async def rate(done: list[int], seconds: float) -> float:
    """Calls a second."""
    before, began = done[0], time.perf_counter()
    await asyncio.sleep(seconds)
    return (done[0] - before) / (time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="rounds to take the fastest of")
    parser.add_argument("--adaptive", action="store_true", help="the changing limit instead")
    parser.add_argument("--serve", choices=("fast", "limited"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve() if options.serve == "fast" else serve_limited())
        return
    if options.adaptive:
        with stub("limited") as url:
            asyncio.run(adaptive(url))
        return
    request = conversation()
    with stub() as url:
        asyncio.run(overhead(url, request, options.rounds))


if __name__ == "__main__":
    main()
