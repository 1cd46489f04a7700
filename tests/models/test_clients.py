"""Model clients against a real HTTP server: usage, tool calls, retries, and whose fault a failure is."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from chat_stub import Stub, answer

from harness.core.errors import ContextWindowExceeded, InputError, ModelFault
from harness.core.message import ToolCall, ToolSpec, Usage
from harness.models import retry
from harness.models.chat_completions import ChatCompletionsClient
from harness.models.client import ChatMessage, Completion, Request
from harness.models.litellm_client import LitellmClient
from harness.models.open import check_model
from harness.models.scripted import read_answers
from harness.models.secrets import redact

TOOL = ToolSpec(name="look", description="Looks.", parameters={"type": "object", "properties": {}})
REQUEST = Request(
    messages=[
        ChatMessage("user", "Hi"),
        ChatMessage("assistant", "", (ToolCall(id="c9", name="look", arguments={"at": "ü"}),)),
        ChatMessage("tool", "seen", call_id="c9"),
    ],
    turn=0,
    tools=(TOOL,),
    seed=5,
)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.001)


def complete(stub: Stub, request: Request = REQUEST) -> Completion:
    async def call() -> Completion:
        client = ChatCompletionsClient(stub.url, name="stub", model="m", native_tools=True)
        try:
            return await client.complete(request)
        finally:
            await client.close()

    return asyncio.run(call())


def test_a_completion_carries_text_calls_and_real_token_counts(stub: Stub) -> None:
    stub.will(200, answer("Well", ("look", '{"at": 1}'), ("look", ""), ("look", "[1]"), ("look", "{bad")))
    got = complete(stub)
    assert got.text == "Well"
    assert got.usage == Usage(calls=1, input_tokens=11, output_tokens=3, cost_usd=0.0)
    assert [call.arguments for call in got.tool_calls] == [
        {"at": 1},
        {},
        {"unparsable_arguments": [1]},
        {"unparsable_arguments": "{bad"},
    ]
    sent = stub.requests[0]
    assert (sent["seed"], sent["temperature"], sent["model"]) == (5, 0.0, "m")
    assert sent["messages"][1]["tool_calls"][0]["function"] == {"name": "look", "arguments": '{"at": "ü"}'}  # type: ignore[index]
    assert sent["messages"][2] == {"role": "tool", "content": "seen", "tool_call_id": "c9"}  # type: ignore[index]


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_passing_failure_is_tried_again(stub: Stub, status: int) -> None:
    stub.will(status, "busy", retry_after="0").will(200, "{cut").will(200, answer("there"))
    assert complete(stub).text == "there"
    assert len(stub.requests) == 3


def test_a_lasting_failure_is_given_up_after_the_tries_allowed(stub: Stub) -> None:
    stub.will(503, "busy")
    with pytest.raises(ModelFault, match=r"HTTP 503 \(5 tries\)"):
        complete(stub)
    assert len(stub.requests) == retry.TRIES


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"error": {"message": "exceeds the available context size"}}, ContextWindowExceeded),
        (400, {"error": {"message": "bad tool"}}, ModelFault),
        (401, {"error": {"message": "no"}}, ModelFault),
        (200, {"choices": []}, ModelFault),
        (200, {"error": "x"}, ModelFault),
    ],
)
def test_what_will_not_pass_is_not_tried_again(stub: Stub, status: int, body: object, error: type[Exception]) -> None:
    stub.will(status, body)
    with pytest.raises(error):
        complete(stub)
    assert len(stub.requests) == 1


def test_a_server_that_is_not_there_is_a_fault_of_the_infrastructure() -> None:
    gone = Stub()
    gone.url = "http://127.0.0.1:9/v1"
    with pytest.raises(ModelFault, match="ConnectError"):
        complete(gone)


def test_litellm_is_called_with_tools_and_its_errors_become_ours(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-secret-key")
    stub.will(200, answer(None, ("look", '{"at": 1}')))

    async def calls() -> tuple[Completion, str]:
        client = LitellmClient("openai/no-such-model-xyz", api_base=stub.url)
        first = await client.complete(REQUEST)
        stub.answers = []
        stub.will(401, {"error": {"message": "bad key sk-planted-secret-key"}})
        with pytest.raises(ModelFault) as error:
            await client.complete(REQUEST)
        return first, str(error.value)

    first, error = asyncio.run(calls())
    assert first.tool_calls[0].arguments == {"at": 1}
    assert first.usage == Usage(calls=1, input_tokens=11, output_tokens=3, cost_usd=None)
    assert stub.requests[0]["tools"][0]["function"]["name"] == "look"  # type: ignore[index]
    assert "AuthenticationError" in error
    assert "sk-planted" not in error
    assert "<OPENAI_API_KEY>" in error


def test_secrets_are_cut_out_of_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_TOKEN", "abcdefgh1234")
    assert redact("it says abcdefgh1234!") == "it says <SOME_TOKEN>!"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nosuchmodel", "unknown model 'nosuchmodel'\n  a model is named PROVIDER/NAME"),
        ("opnai/gpt", "unknown model 'opnai/gpt'\n  did you mean 'openai/gpt'"),
        ("local/smollm", "unknown local model 'local/smollm'\n  did you mean 'local/smollm2-135m'"),
        ("openai/gpt", "no key for openai: OPENAI_API_KEY is not set"),
        ("scripted/gone.jsonl", r"gone\.jsonl: no such file"),
    ],
)
def test_a_model_that_cannot_be_called_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(InputError, match=message):
        check_model(name)


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "holds no answers"), ('{"txt": "x"}', r"line 1: unknown key 'txt'.*'text'"), ("{", "line 1")],
)
def test_a_bad_script_is_refused_by_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.jsonl").write_text(text)
    with pytest.raises(InputError, match=message):
        read_answers(tmp_path / "a.jsonl")


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    code = "import sys, harness.runner.start, harness.cli.run_command, harness.models.litellm_client\n"
    code += "print(sorted({'litellm', 'pandas', 'duckdb', 'docker', 'jinja2', 'sqlglot'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
