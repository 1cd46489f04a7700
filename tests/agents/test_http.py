"""The http door: what an endpoint is posted, what its answers become, and whose fault its failures are."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from agent_seat import TOOL, said, view
from aiohttp import web
from http_server import assistant, serving

from harness.agents import endpoint
from harness.agents.doors import HttpOptions, door_of
from harness.agents.http import open_http
from harness.agents.load import check_agent
from harness.core.errors import AgentFault, ContextWindowExceeded, EpisodeFault, InputError, ModelFault
from harness.core.event import MessageEvent, ToolEvent
from harness.core.message import Message, Party, Stop, ToolCall, ToolResult, Usage

Bench = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_FIRST_WAIT_S", 0.01)


def acts(handler: object, *, turns: int = 1, path: str = "", **options: object) -> list[Message]:
    """What an agent behind `handler` answers."""

    async def play() -> list[Message]:
        async with (
            serving(handler) as url,  # type: ignore[arg-type]
            open_http(url + path, HttpOptions(**options)) as make,  # type: ignore[arg-type]
        ):
            agent = make()
            return [await agent.act(view(said(Party.USER, "Hi"))) for _ in range(turns)]  # type: ignore[misc]

    return asyncio.run(play())


def always(status: int, body: object, **headers: str) -> object:
    text = body if isinstance(body, str) else json.dumps(body)

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, text=text, headers=headers)

    return answer


def test_an_endpoint_is_posted_chat_and_tools_and_tells_episodes_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, dict[str, str], dict[str, object]]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.path, dict(request.headers), await request.json()))
        return web.json_response(assistant(None, ("look", {"at": "it"}), prompt_tokens=11, completion_tokens=3))

    monkeypatch.setenv("AGENT_TEST_KEY", "sk-123456789")

    async def play() -> Message:
        async with (
            serving(answer) as url,
            open_http(f"{url}/v1/", HttpOptions(model="m", key="AGENT_TEST_KEY")) as make,
        ):
            agent, other = make(), make()
            history = [said(Party.USER, "Hi")]
            message: Message = await agent.act(view(*history))  # type: ignore[misc, assignment]
            called = Message(tool_calls=(ToolCall(id="c0", name="look", arguments={"at": "it"}),))
            history.append(MessageEvent(party=Party.AGENT, to=Party.ENVIRONMENT, message=called))
            history.append(ToolEvent(party=Party.AGENT, name="look", result=ToolResult(call_id="c0", content="seen")))
            await agent.act(view(*history))  # type: ignore[misc]
            await other.act(view(said(Party.USER, "Hi")))  # type: ignore[misc]
            return message

    message = asyncio.run(play())
    assert message.tool_calls == (ToolCall(id="c0", name="look", arguments={"at": "it"}),)
    assert message.usage == Usage(calls=1, input_tokens=11, output_tokens=3, cost_usd=None)
    path, headers, body = asked[0]
    assert (path, headers["Authorization"], body["model"]) == ("/v1/chat/completions", "Bearer sk-123456789", "m")
    assert body["tools"][0]["function"]["parameters"] == TOOL.parameters  # type: ignore[index]
    assert "temperature" not in body
    assert [part["role"] for part in asked[1][2]["messages"]] == ["system", "user", "assistant", "tool"]  # type: ignore[attr-defined]
    first, second, third = (headers["Parley-Episode"] for _, headers, _ in asked)
    assert first == second != third


def test_an_endpoints_words_and_its_end_are_read_as_a_models_are() -> None:
    assert acts(always(200, assistant("Bye ###STOP###")), path="/chat/completions")[0].stop is Stop.DONE
    plain = acts(always(200, assistant("Hello")))[0]
    assert (plain.text, plain.usage) == ("Hello", Usage(calls=0))


@pytest.mark.parametrize(
    ("status", "body", "fault", "why"),
    [
        (200, "not json", AgentFault, "not a chat completion: .*it was 'not json'"),
        (200, "[" * 100_000, AgentFault, "not a chat completion"),
        (200, {"choices": []}, AgentFault, "not a chat completion"),
        (200, {"error": "no"}, AgentFault, "not a chat completion"),
        (500, "Traceback: boom", AgentFault, "HTTP 500: 'Traceback: boom'"),
        (422, "no tools, please", AgentFault, "HTTP 422"),
        (400, {"error": "maximum context length is 10 tokens"}, ContextWindowExceeded, "HTTP 400"),
        (404, "not here", ModelFault, "HTTP 404"),
        (401, "who are you", ModelFault, "HTTP 401"),
        (302, "elsewhere", ModelFault, "HTTP 302"),
        (503, "busy", ModelFault, r"HTTP 503: 'busy' \(4 tries\)"),
        (429, "slowly", ModelFault, r"HTTP 429: 'slowly' \(4 tries\)"),
    ],
)
def test_a_failure_is_blamed_by_the_table(status: int, body: object, fault: type[EpisodeFault], why: str) -> None:
    with pytest.raises(fault, match=why):
        acts(always(status, body))


def test_what_passes_is_asked_again_and_counts_for_nothing() -> None:
    seen: list[int] = []

    async def recovers(request: web.Request) -> web.StreamResponse:
        seen.append(1)
        if len(seen) == 1:
            return web.Response(status=503, headers={"Retry-After": "0.01"})
        if len(seen) == 2:
            assert request.transport is not None
            request.transport.close()
        return web.json_response(assistant("Hello"))

    assert acts(recovers)[0].text == "Hello"
    assert len(seen) == 3


def test_an_endpoint_that_dies_in_the_run_is_the_infrastructures_fault() -> None:
    async def play() -> None:
        async with serving(always(200, assistant("Hello"))) as url:  # type: ignore[arg-type]
            opened = open_http(url, HttpOptions())
            agent = (await opened.__aenter__())()
            assert (await agent.act(view(said(Party.USER, "Hi")))).text == "Hello"  # type: ignore[misc, union-attr]
        try:
            with pytest.raises(ModelFault, match=r"Connect.*\(4 tries\)"):
                await agent.act(view(said(Party.USER, "Hi")))  # type: ignore[misc]
        finally:
            await opened.__aexit__(None, None, None)

    asyncio.run(play())


def test_an_endpoint_that_never_answers_or_never_stops_is_the_agents_error() -> None:
    async def stalls(request: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    async def floods(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 2**20)

    with pytest.raises(AgentFault, match=r"no answer within 0\.2 s"):
        acts(stalls, timeout_s=0.2)
    with pytest.raises(AgentFault, match="more than 16 MiB"):
        acts(floods)


@pytest.mark.parametrize(
    ("agent", "why"),
    [
        ("http:ftp://x", "no http or https URL"),
        ("http:", "no http or https URL"),
        ("http:http://[::1", "is no URL"),
        ("http:http://me:sesame@127.0.0.1/", "user and password"),
        ("http:http://127.0.0.1/?api_key=x", "'api_key'"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused(agent: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        check_agent(agent)


def test_where_nobody_listens_nothing_is_played_or_written(bench: Bench, tmp_path: Path) -> None:
    done = bench("run", "--agent", "http://127.0.0.1:9", "--suite", "sql-shop", "--task", "low-stock", "--out", "r")
    assert (done.returncode, "can't be reached" in done.stderr, "Traceback" in done.stderr) == (2, True, False)
    assert not (tmp_path / "r").exists()


def test_a_key_that_an_endpoint_echoes_is_cut_out_of_what_is_said_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_TEST_KEY", "sk-123456789")

    async def echoes(request: web.Request) -> web.Response:
        return web.Response(status=422, text=f"bad {request.headers['Authorization']}")

    with pytest.raises(AgentFault, match=r"HTTP 422: 'bad Bearer <AGENT_TEST_KEY>'"):
        acts(echoes, key="AGENT_TEST_KEY")


def test_a_key_that_is_not_set_is_named() -> None:
    with pytest.raises(InputError, match="NO_SUCH_KEY is not set"):
        acts(always(200, assistant("x")), key="NO_SUCH_KEY")


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("http://h:1/v1", "http://h:1/v1"),
        ("http:http://h:1/v1", "http://h:1/v1"),
        ("https://h", "https://h"),
        ("http:https://h", "https://h"),
    ],
)
def test_a_url_is_a_name_as_it_is(name: str, url: str) -> None:
    found = door_of(name)
    assert found is not None
    assert endpoint.checked_url("http", found[2]) == url
