"""The a2a door: cards, tasks and their states, what goes out and comes back, and whose fault a failure is."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable

import pytest
from agent_seat import said, view
from aiohttp import web
from http_server import serving

from harness.agents import a2a, endpoint
from harness.agents.a2a import A2aAgent, open_a2a
from harness.agents.a2a_wire import V0_3, V1_0, data_of, read_card
from harness.agents.doors import UrlOptions
from harness.core.errors import AgentFault, EpisodeFault, InputError, ModelFault
from harness.core.message import Message, Party, Stop, ToolCall

Bench = Callable[..., subprocess.CompletedProcess[str]]
Json = dict[str, object]
CARD: Json = {"name": "test", "url": "/rpc", "protocolVersion": "0.3.0"}
HELLO: Json = {"kind": "message", "role": "agent", "parts": [{"kind": "text", "text": "Hello"}], "contextId": "c"}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(a2a, "_FIRST_POLL_S", 0.01)


def task(state: str, parts: list[Json] | None = None, *, artifact: bool = False) -> Json:
    status: Json = {"state": state}
    found: Json = {"kind": "task", "id": "t", "contextId": "c", "status": status}
    if parts and artifact:
        found["artifacts"] = [{"artifactId": "a", "parts": parts}]
    elif parts:
        status["message"] = {"kind": "message", "role": "agent", "parts": parts}
    return found


def played(
    answers: list[object], turns: int = 1, *, card: Json | None = None, timeout_s: float = 20.0
) -> tuple[list[Message], list[Json]]:
    """What an agent with these answers to its calls says in some turns, and what it was called with."""
    calls: list[Json] = []

    async def answer(request: web.Request) -> web.Response:
        if request.method == "GET":
            return web.json_response(card or CARD) if "agent-card" in request.path else web.Response(status=404)
        calls.append(await request.json())
        given = answers.pop(0) if len(answers) > 1 else answers[0]
        if given == "silence":
            await asyncio.sleep(30)
        if isinstance(given, str):
            return web.Response(text=given)
        if isinstance(given, int):
            return web.Response(status=given)
        body = given if isinstance(given, dict) and "error" in given else {"result": given}
        return web.json_response({"jsonrpc": "2.0", "id": calls[-1]["id"], **body})

    async def run() -> list[Message]:
        async with serving(answer) as url, open_a2a(url, UrlOptions(timeout_s=timeout_s)) as make:
            agent = make()
            assert isinstance(agent, A2aAgent)
            try:
                return [await agent.act(view(said(Party.USER, "Hi"))) for _ in range(turns)]
            finally:
                await agent.close()

    return asyncio.run(run()), calls


def test_the_first_message_opens_the_episode_and_the_next_go_on_in_its_context() -> None:
    messages, calls = played([HELLO, HELLO], turns=2)
    assert [message.text for message in messages] == ["Hello", "Hello"]
    first, second = (call["params"]["message"] for call in calls)  # type: ignore[index]
    assert calls[0]["method"] == "message/send"
    text, data = first["parts"]
    assert "Be kind." in text["text"]
    assert "The user says: Hi" in text["text"]
    assert data["data"]["episode"]["tools"][0]["name"] == "look"
    assert data["data"]["turn"]["events"] == [{"type": "message", "party": "user", "text": "Hi"}]
    assert "contextId" not in first
    assert (second["contextId"], "episode" in second["parts"][1]["data"]) == ("c", False)
    assert first["messageId"] != second["messageId"]


def test_a_data_part_is_a_reply_and_whole_floats_in_it_are_whole_numbers() -> None:
    call: Json = {"tool_calls": [{"name": "look", "arguments": {"at": 3.0, "by": 2.5, "of": [1.0]}}]}
    (message,), _ = played([task("completed", [{"kind": "data", "data": call}], artifact=True)])
    assert message.tool_calls == (ToolCall(name="look", arguments={"at": 3, "by": 2.5, "of": [1]}),)
    assert isinstance(message.tool_calls[0].arguments["at"], int)
    (message,), _ = played(
        [task("completed", [{"kind": "text", "text": "Bye"}, {"kind": "data", "data": {"stop": "done"}}])]
    )
    assert message == Message(stop=Stop.DONE)
    assert data_of([{"text": "x"}]) is None


def test_a_busy_task_is_asked_after_and_an_open_one_goes_on_and_is_called_off() -> None:
    answers = [
        task("submitted"),
        task("working"),
        task("input-required", [{"kind": "text", "text": "And?"}]),
        task("input-required", [{"kind": "text", "text": "Hm?"}]),
        task("canceled"),
    ]
    messages, calls = played(answers, turns=2)
    assert [message.text for message in messages] == ["And?", "Hm?"]
    assert [call["method"] for call in calls] == [
        "message/send",
        "tasks/get",
        "tasks/get",
        "message/send",
        "tasks/cancel",
    ]
    assert calls[3]["params"]["message"]["taskId"] == "t"  # type: ignore[index]


@pytest.mark.parametrize(
    ("answer", "fault", "why"),
    [
        (task("failed", [{"kind": "text", "text": "no key"}]), AgentFault, "the agent's task is failed: no key"),
        (task("rejected"), AgentFault, "the agent's task is rejected: it says nothing"),
        (task("auth-required"), ModelFault, "asks for authentication"),
        (task("dreaming"), AgentFault, "unknown state 'dreaming'"),
        ({"error": {"code": -32603, "message": "boom"}}, AgentFault, "JSON-RPC error -32603: boom"),
        ({"kind": "message"}, AgentFault, "neither message nor task"),
        ("<html>", AgentFault, "no JSON-RPC response: '<html>'"),
        ("[" * 100_000, AgentFault, "no JSON-RPC response"),
        ("[]", AgentFault, "no JSON-RPC response"),
        (task("completed", [{"kind": "data", "data": {"txt": "Hi"}}]), AgentFault, "unknown key 'txt'"),
        (500, AgentFault, "HTTP 500"),
        (503, ModelFault, r"HTTP 503.*\(4 tries\)"),
        (404, ModelFault, "HTTP 404"),
    ],
)
def test_what_an_agent_does_wrong_is_blamed_as_at_every_door(
    answer: object, fault: type[EpisodeFault], why: str
) -> None:
    with pytest.raises(fault, match=why):
        played([answer])


@pytest.mark.parametrize("answers", [["silence"], [task("working")]])
def test_a_turn_has_its_time_however_the_agent_spends_it(answers: list[object]) -> None:
    with pytest.raises(AgentFault, match=r"no answer within 0\.3 s"):
        played(answers, timeout_s=0.3)


def test_an_agent_that_vanishes_is_the_infrastructures_fault() -> None:
    async def run() -> None:
        async def answer(request: web.Request) -> web.Response:
            return web.json_response(CARD)

        async with serving(answer) as url:
            opened = open_a2a(url, UrlOptions())
            agent = (await opened.__aenter__())()
        try:
            with pytest.raises(ModelFault, match="Connect"):
                await agent.act(view(said(Party.USER, "Hi")))  # type: ignore[misc]
        finally:
            await opened.__aexit__(None, None, None)

    asyncio.run(run())


def test_a_card_says_where_the_agent_is_and_which_version_it_speaks() -> None:
    newer = {"protocolBinding": "JSONRPC", "url": "http://h/1", "protocolVersion": "1.0"}
    older = {**newer, "url": "http://h/0", "protocolVersion": "0.3"}
    grpc = {**newer, "protocolBinding": "GRPC", "url": "h:1"}
    for card, url, dialect in (
        ({"supportedInterfaces": [grpc, newer, older]}, "http://h/1", V1_0),
        ({"supportedInterfaces": [older]}, "http://h/0", V0_3),
        ({"url": "http://h/a"}, "http://h/a", V0_3),
        (
            {
                "url": "http://h/g",
                "preferredTransport": "GRPC",
                "additionalInterfaces": [{"transport": "JSONRPC", "url": "http://h/j"}],
            },
            "http://h/j",
            V0_3,
        ),
    ):
        found = read_card(json.dumps(card).encode())
        assert (found.url, found.dialect) == (url, dialect)


@pytest.mark.parametrize(
    "card", [b"<html>", b"[]", b"{}", b'{"url": 3}', b'{"url": "x", "preferredTransport": "GRPC"}']
)
def test_what_is_no_card_is_refused_before_the_run(card: bytes) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=card)

    async def run() -> None:
        async with serving(answer) as url, open_a2a(url, UrlOptions()):
            pass

    with pytest.raises(InputError, match="agent card"):
        asyncio.run(run())


def test_a_key_does_not_follow_a_card_to_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A2A_TEST_KEY", "sk-123456789")

    async def answer(request: web.Request) -> web.Response:
        return web.json_response({**CARD, "url": "http://elsewhere.example/rpc"})

    async def run() -> None:
        async with serving(answer) as url, open_a2a(url, UrlOptions(key="A2A_TEST_KEY")):
            pass

    with pytest.raises(InputError, match="the key would go there"):
        asyncio.run(run())


def test_an_address_without_an_agent_is_refused_before_anything_is_written(bench: Bench) -> None:
    async def nothing(request: web.Request) -> web.Response:
        return web.Response(status=404)

    async def run() -> str:
        async with serving(nothing) as url:
            with pytest.raises(InputError) as refused:
                async with open_a2a(url, UrlOptions()):
                    pass
            return str(refused.value)

    assert "no agent card at" in asyncio.run(run())
    done = bench("run", "--agent", "a2a:http://127.0.0.1:9", "--suite", "sql-shop", "--out", "r")
    assert (done.returncode, "can't be reached" in done.stderr, "Traceback" in done.stderr) == (2, True, False)
