"""Model clients against a real HTTP server: what is sent, what is read, and how failures are told."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from chat_stub import Stub, answer

from harness.core.errors import InputError, ModelFault
from harness.core.message import ToolCall, ToolSpec, Usage
from harness.core.model_settings import ModelSettings
from harness.core.parsing import JsonObject
from harness.models import remote
from harness.models.book import ModelBook
from harness.models.client import ChatMessage, Completion, Request
from harness.models.litellm_client import import_litellm
from harness.models.open import check_model, open_models
from harness.models.scripted import read_answers
from harness.models.stored import StoredAnswer

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
    monkeypatch.setattr(remote, "FIRST_WAIT_S", 0.001)


def complete(stub: Stub, request: Request = REQUEST, **settings: object) -> Completion:
    book = ModelBook({"m": ModelSettings.model_validate({"base_url": stub.url, **settings})})

    async def call() -> Completion:
        async with open_models(["m"], book) as pool:
            return await pool.client("m").complete(request)

    return asyncio.run(call())


def test_a_completion_carries_text_calls_and_real_token_counts(stub: Stub) -> None:
    stub.will(200, answer("Well", ("look", '{"at": 1}'), ("look", ""), ("look", "[1]"), ("look", "{bad")))
    got = complete(stub)
    assert got.text == "Well"
    assert got.usage == Usage(calls=1, input_tokens=11, output_tokens=3, cost_usd=None)
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
    assert "response_format" not in sent


def test_settings_and_a_schema_reach_the_endpoint(stub: Stub) -> None:
    stub.will(200, answer("{}"))
    schema: JsonObject = {"type": "object", "properties": {}}
    complete(
        stub,
        replace(REQUEST, schema=schema),
        model="org/served-name",
        temperature=0.7,
        max_output_tokens=9,
        extra_body={"chat_template_kwargs": {"enable_thinking": False}},
    )
    sent = stub.requests[0]
    assert (sent["model"], sent["temperature"], sent["max_tokens"]) == ("org/served-name", 0.7, 9)
    assert sent["chat_template_kwargs"] == {"enable_thinking": False}
    assert sent["response_format"]["json_schema"]["schema"] == schema  # type: ignore[index]


def test_what_a_caller_asks_for_stands_above_the_settings(stub: Stub) -> None:
    stub.will(200, answer("x"))
    complete(stub, replace(REQUEST, temperature=0.0, max_output_tokens=4), temperature=0.7, max_output_tokens=9)
    assert (stub.requests[0]["temperature"], stub.requests[0]["max_tokens"]) == (0.0, 4)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('<think>Hm {"tool": 1}</think>\n\nGood day', "Good day"),
        ("the template opened it</think>Good day", "Good day"),
        ("<think>never ends", ""),
        ("What does </b> mean?", "What does </b> mean?"),
        ([{"type": "text", "text": "Good "}, {"type": "text", "text": "day"}], "Good day"),
        (None, ""),
    ],
)
def test_what_a_model_thinks_aloud_is_not_what_it_says(stub: Stub, content: object, text: str) -> None:
    reply = answer("x")
    reply["choices"][0]["message"] |= {"content": content, "reasoning_content": "Let me see."}  # type: ignore[index]
    stub.will(200, reply)
    assert complete(stub).text == text


def test_a_cost_follows_the_settings_and_cached_tokens_have_a_price_of_their_own(stub: Stub) -> None:
    reply = answer("x")
    reply["usage"] = {
        "prompt_tokens": 1000,
        "completion_tokens": 100,
        "prompt_tokens_details": {"cached_tokens": 600},
    }
    stub.will(200, reply)
    got = complete(stub, price_in=2.0, price_out=10.0, price_cached=0.5).usage
    assert (got.input_tokens, got.output_tokens, got.cached_tokens) == (1000, 100, 600)
    assert got.cost_usd == pytest.approx((400 * 2.0 + 600 * 0.5 + 100 * 10.0) / 1e6)


def test_calls_that_no_record_could_hold_reach_the_tool_as_text(stub: Stub) -> None:
    deep = "[" * 80 + "]" * 80
    stub.will(200, answer(None, ("look", '{"at": 1e999}'), ("look", f'{{"at": {deep}}}')))
    first, second = complete(stub).tool_calls
    assert first.arguments == {"unparsable_arguments": '{"at": 1e999}'}
    assert second.arguments == {"unparsable_arguments": f'{{"at": {deep}}}'}


def test_half_an_emoji_is_no_reason_to_ask_again(stub: Stub) -> None:
    stub.will(200, json.dumps(answer("Good \ud83d day", ("look", '{"at": "\ud83d"}'))))
    got = complete(stub)
    assert len(stub.requests) == 1
    assert StoredAnswer.of(got).text.replace("\ufffd", "") == "Good  day"
    assert str(got.tool_calls[0].arguments["at"]).strip("\ufffd") == ""


def test_litellm_is_called_with_tools_and_its_errors_become_ours(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-secret-key")
    monkeypatch.setenv("OPENAI_API_BASE", stub.url)
    stub.will(200, answer(None, ("look", '{"at": 1}')))
    priced = ModelSettings(model="openai/no-such-model-xyz", price_in=1.0, price_out=2.0)

    async def calls() -> tuple[Completion, Completion, str]:
        async with open_models(["openai/no-such-model-xyz", "priced"], ModelBook({"priced": priced})) as pool:
            client = pool.client("openai/no-such-model-xyz")
            first, second = await client.complete(REQUEST), await pool.client("priced").complete(REQUEST)
            stub.answers = []
            stub.will(429, "slow down", retry_after="0").will(
                401, {"error": {"message": "bad key sk-planted-secret-key"}}
            )
            with pytest.raises(ModelFault) as error:
                await client.complete(REQUEST)
            return first, second, str(error.value)

    first, second, error = asyncio.run(calls())
    assert first.tool_calls[0].arguments == {"at": 1}
    assert first.usage == Usage(calls=1, input_tokens=11, output_tokens=3, cost_usd=None)
    assert second.usage.cost_usd == pytest.approx(17e-6)
    assert stub.requests[0]["tools"][0]["function"]["name"] == "look"  # type: ignore[index]
    assert len(stub.requests) == 4
    assert "AuthenticationError" in error
    assert "sk-planted" not in error
    assert "<OPENAI_API_KEY>" in error


def test_litellms_price_table_is_used_and_a_price_it_lacks_is_unknown(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-secret-key")
    monkeypatch.setenv("OPENAI_API_BASE", stub.url)
    stub.will(200, answer("x") | {"model": "gpt-4o-mini"})

    async def cost() -> float | None:
        async with open_models(["openai/gpt-4o-mini"]) as pool:
            return (await pool.client("openai/gpt-4o-mini").complete(REQUEST)).usage.cost_usd

    assert asyncio.run(cost()) == pytest.approx((11 * 0.15 + 3 * 0.6) / 1e6)
    library = import_litellm()
    monkeypatch.setitem(library.model_cost, "gpt-4o-mini", {"litellm_provider": "openai", "mode": "chat"})
    monkeypatch.setattr(library, "completion_cost", lambda completion_response: 0.0)
    assert asyncio.run(cost()) is None
    monkeypatch.setitem(library.model_cost, "gpt-4o-mini", {"input_cost_per_token": 0.0, "output_cost_per_token": 0.0})
    assert asyncio.run(cost()) == 0.0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nosuchmodel", "unknown model 'nosuchmodel'\n  a model is named PROVIDER/NAME, or needs --base-url"),
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


def test_a_provider_that_only_litellm_knows_is_let_through() -> None:
    check_model("nebius/some-model")


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
    code += "heavy = {'litellm', 'pandas', 'duckdb', 'docker', 'jinja2', 'sqlglot', 'aiohttp'}\n"
    code += "print(sorted(heavy & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
