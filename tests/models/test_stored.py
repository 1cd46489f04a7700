"""Answers on disk: a run is repeated without its model, and trials never share an answer."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from chat_stub import Stub, answer

from harness.core.errors import ContextWindowExceeded, InputError, ModelFault
from harness.core.message import ToolCall, Usage
from harness.core.model_settings import ModelSettings
from harness.core.parsing import JsonObject
from harness.models.account import Account, charged_to
from harness.models.book import ModelBook
from harness.models.client import ChatMessage, Completion, Request
from harness.models.open import Storage, open_models

Bench = Callable[..., subprocess.CompletedProcess[str]]
REQUEST = Request(messages=[ChatMessage("user", "Hi")], turn=0, seed=5)


def ask(
    stub: Stub | None, storage: Storage, *asked: tuple[str, Request], model: str = "m", **settings: object
) -> tuple[list[Completion], list[Account]]:
    """The answers to requests of trials, and what each cost."""
    said = {} if stub is None else {"m": ModelSettings.model_validate({"base_url": stub.url, **settings})}

    async def call() -> tuple[list[Completion], list[Account]]:
        answers, accounts = [], {trial: Account(trial=trial) for trial, _ in asked}
        async with open_models([model], ModelBook(said), storage) as pool:
            for trial, request in asked:
                with charged_to(accounts[trial]):
                    answers.append(await pool.client(model).complete(request))
        return answers, list(accounts.values())

    return asyncio.run(call())


def numbered(stub: Stub, count: int = 20) -> Stub:
    for number in range(count):
        stub.will(200, answer(f"number {number}"))
    return stub


def texts(answers: list[Completion]) -> list[str]:
    return [one.text for one in answers]


def test_a_cached_answer_is_given_to_the_same_trial_only(stub: Stub, tmp_path: Path) -> None:
    storage = Storage(cache=tmp_path / "cache")
    asked = [("one", REQUEST), ("two", REQUEST), ("one", REQUEST)]
    first, _ = ask(numbered(stub), storage, *asked)
    assert texts(first) == ["number 0", "number 1", "number 2"], "the second time a trial asks, it is another question"
    again, accounts = ask(stub, storage, *asked)
    assert again == first
    assert len(stub.requests) == 3
    assert [(one.cached, one.requests, one.paid) for one in accounts] == [(2, 0, Usage()), (1, 0, Usage())]
    assert again[0].usage == first[0].usage == Usage(calls=1, input_tokens=11, output_tokens=3, cost_usd=None)


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 6},
        {"temperature": 0.0},
        {"max_output_tokens": 7},
        {"schema": {"type": "object"}},
        {"messages": [ChatMessage("user", "Hi!")]},
        {"messages": [ChatMessage("user", "Hi"), ChatMessage("assistant", "", (ToolCall(id="c", name="n"),))]},
    ],
)
def test_whatever_shapes_an_answer_is_part_of_its_key(stub: Stub, tmp_path: Path, other: dict[str, object]) -> None:
    storage = Storage(cache=tmp_path / "cache")
    answers, _ = ask(numbered(stub), storage, ("one", REQUEST), ("one", replace(REQUEST, **other)))  # type: ignore[arg-type]
    assert texts(answers) == ["number 0", "number 1"]


def test_settings_that_shape_answers_are_part_of_the_key_and_others_are_not(stub: Stub, tmp_path: Path) -> None:
    storage = Storage(cache=tmp_path / "cache")
    numbered(stub)
    assert texts(ask(stub, storage, ("one", REQUEST))[0]) == ["number 0"]
    assert texts(ask(stub, storage, ("one", REQUEST), rpm=1000.0, concurrency=3)[0]) == ["number 0"]
    assert texts(ask(stub, storage, ("one", REQUEST), temperature=0.5)[0]) == ["number 1"]
    assert texts(ask(stub, storage, ("one", REQUEST), extra_body={"top_k": 1})[0]) == ["number 2"]


def test_a_damaged_cache_file_is_as_good_as_none_and_nothing_is_cached_unless_asked_for(
    stub: Stub, tmp_path: Path
) -> None:
    storage = Storage(cache=tmp_path / "cache")
    ask(numbered(stub), storage, ("one", REQUEST))
    (path,) = (tmp_path / "cache").rglob("*.json")
    path.write_text(path.read_text()[:-9])
    assert texts(ask(stub, storage, ("one", REQUEST))[0]) == ["number 1"]
    assert texts(ask(stub, storage, ("one", REQUEST))[0]) == ["number 1"]
    assert texts(ask(stub, Storage(), ("one", REQUEST))[0]) == ["number 2"]


def test_a_cassette_gives_each_trial_its_answers_again_and_refuses_what_it_does_not_hold(
    stub: Stub, tmp_path: Path
) -> None:
    tape = tmp_path / "tapes" / "one.jsonl"
    stub.will(200, answer("Well", ("look", '{"at": 1}'))).will(200, answer("again")).will(
        400, {"error": {"message": "maximum context length"}}
    )
    long = replace(REQUEST, seed=9)
    asked = [("one", REQUEST), ("one", REQUEST)]
    first, _ = ask(stub, Storage(record=tape), *asked)
    with pytest.raises(ContextWindowExceeded):
        ask(stub, Storage(record=tape, go_on=True), ("two", long))
    again, accounts = ask(None, Storage(), *asked, model=f"recorded/{tape}")
    assert again == first
    assert accounts[0].requests == 0
    with pytest.raises(ContextWindowExceeded, match="maximum context length"):
        ask(None, Storage(), ("two", long), model=f"recorded/{tape}")
    for trial, request in (("two", REQUEST), ("one", replace(REQUEST, seed=6))):
        with pytest.raises(ModelFault, match=r"holds no answer to this request.*record it again with --record"):
            ask(None, Storage(), (trial, request), model=f"recorded/{tape}")
    with pytest.raises(ModelFault, match="holds no answer"):
        ask(None, Storage(), *asked, ("one", REQUEST), model=f"recorded/{tape}")


def test_a_run_that_could_not_start_leaves_no_cassette_in_the_way(stub: Stub, tmp_path: Path) -> None:
    tape = tmp_path / "one.jsonl"
    ask(stub, Storage(record=tape))
    numbered(stub)
    assert texts(ask(stub, Storage(record=tape), ("one", REQUEST))[0]) == ["number 0"]


def test_a_cassette_is_not_recorded_over(stub: Stub, tmp_path: Path) -> None:
    tape = tmp_path / "one.jsonl"
    ask(numbered(stub), Storage(record=tape), ("one", REQUEST))
    with pytest.raises(InputError, match=r"--record .*one\.jsonl: exists already\n  --model recorded/.*plays it"):
        ask(stub, Storage(record=tape), ("one", REQUEST))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a cassette"),
        ('{"text": "x"}\n', "not a cassette"),
        ('{"cassette":1,"native_tools":{"m":true}}\n{"model": 1}\n{}\n', "line 2: "),
        ('{"cassette":1,"native_tools":{"m":true,"n":false}}\n', r"call tools in different ways \(m, n\)"),
    ],
)
def test_what_is_no_cassette_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.jsonl").write_text(text)
    with pytest.raises(InputError, match=message):
        ask(None, Storage(), ("one", REQUEST), model=f"recorded/{tmp_path / 't.jsonl'}")


def test_a_run_is_played_again_from_its_cassette_byte_for_byte(bench: Bench, tmp_path: Path, stub: Stub) -> None:
    stub.will(200, answer("What is your number?"))
    part = ("--suite", "telecom-desk", "--task", "quota-used-up", "--task", "sim-locked", "--trials", "2")
    model = ("--model", "qwen", "--base-url", stub.url, "--user", "llm")
    limit = ("--max-turns", "3")
    recorded = bench("run", "--agent", "llm", *model, *part, *limit, "--record", "tape.jsonl", "--out", "live")
    assert recorded.returncode == 0, recorded.stderr
    asked = len(stub.requests)
    tape = ("--model", "recorded/tape.jsonl", "--user", "llm")
    replayed = bench("run", "--agent", "llm", *tape, *part, *limit, "--out", "again")
    assert replayed.returncode == 0, replayed.stderr
    assert len(stub.requests) == asked
    assert records(tmp_path / "again") == records(tmp_path / "live")
    assert len(records(tmp_path / "live")) == 4
    other = bench("run", "--agent", "llm", *tape, *part, *limit, "--seed", "1", "--out", "other")
    assert other.returncode == 1
    assert other.stdout.count("holds no answer to this request") == 1


def records(run: Path) -> dict[str, JsonObject]:
    lines = [json.loads(line) for path in (run / "attempts").glob("*.jsonl") for line in path.read_text().splitlines()]
    return {f"{line['record']['task']}#{line['record']['trial']}": line["record"] for line in lines}
