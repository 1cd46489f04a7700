"""What a person gets wrong about models: one message that says what to do, exit code 2, nothing written."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from chat_stub import Stub, answer
from processes import family

from harness.cli.main import main
from harness.core.errors import InputError
from harness.models.book import read_models

Command = Callable[..., tuple[int, str]]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `bench run` with an llm on one task, here; returns exit code and what went to stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for variable in ("OPENAI_API_KEY", "PARLEY_MODELS", "MY_KEY"):
        monkeypatch.delenv(variable, raising=False)

    def run(*arguments: str) -> tuple[int, str]:
        fixed = ("bench", "run", "--agent", "llm", "--suite", "telecom-desk", "--task", "sim-locked", "--out", "r")
        monkeypatch.setattr(sys, "argv", [*fixed, *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(str(ended.value.code)), capsys.readouterr().err

    return run


def settings(**keys: str) -> str:
    return "[models.mine]\n" + "\n".join(f"{name} = {value}" for name, value in keys.items())


URL = '"http://127.0.0.1:9/v1"'


@pytest.mark.parametrize(
    ("arguments", "file", "message", "hint"),
    [
        (("--model", "nosuch"), "", "unknown model 'nosuch'", "a model is named PROVIDER/NAME, or needs --base-url"),
        (("--model", "opnai/gpt"), "", "unknown model 'opnai/gpt'", "did you mean 'openai/gpt'?"),
        (("--model", "openai/gpt"), "", "no key for openai: OPENAI_API_KEY is not set", "export OPENAI_API_KEY=…"),
        (("--model", "llamacpp/gone.gguf"), "", "gone.gguf: no such file", "llamacpp/PATH names a GGUF file"),
        (("--model", "llamacpp/models.toml"), "#" * 99, "models.toml: not a GGUF model", "names a GGUF file"),
        (("--model", "recorded/gone.jsonl"), "", "gone.jsonl: no such file", ""),
        (("--model", "m", "--base-url", "localhost:8000"), "", "field 'base_url': Value error, must be an http", ""),
        (("--model", "m", "--base-url", "http://u:p@h/v1"), "", "must hold no key or password", "api_key_env"),
        (("--model", "m", "--base-url", "http://127.0.0.1:9/v1"), "", "nothing answers at http://127.0.0.1:9/v1", "up"),
        (("--base-url", "http://h/v1", "--model", "openai/x", "--server-arg", "--y"), "", "keep one of them", ""),
        (("--model", "openai/gpt", "--server-arg", "--y"), "", "is served by others", "Parley starts servers for vllm"),
        (("--model", "mine"), settings(base_url=URL, api_key_env='"MY_KEY"'), "MY_KEY is not set", "export MY_KEY=…"),
        (("--model", "mine"), settings(temprature="1.0"), "unknown key 'temprature'", "did you mean 'temperature'?"),
        (("--model", "mine"), settings(temperature='"warm"'), "field 'models.mine.temperature'", '(got "warm")'),
        (("--model", "mine"), settings(price_in="1.0"), "price_in and price_out go together", ""),
        (("--model", "mine"), settings(rpm="0"), "field 'models.mine.rpm'", "greater than 0"),
        (("--model", "mine"), settings(extra_body="{ messages = [] }"), "must not set messages", ""),
        (("--model", "mine"), "[models.mine", "models.toml: not valid TOML", ""),
        (("--model", "mine", "--models-file", "gone.toml"), "", "gone.toml: no such file", ""),
        (("--model", "m", "--record", "models.toml"), settings(base_url=URL), "nothing answers", ""),
    ],
)
def test_a_mistake_gives_one_message_and_leaves_nothing(
    command: Command, tmp_path: Path, arguments: tuple[str, ...], file: str, message: str, hint: str
) -> None:
    (tmp_path / "models.toml").write_text(file)
    given = arguments if "--models-file" in arguments else (*arguments, "--models-file", "models.toml")
    if "m" in arguments and file:
        given = (*given, "--base-url", "http://127.0.0.1:9/v1")
    code, told = command(*given) if file else command(*arguments)
    assert code == 2, told
    assert message in told
    assert hint in told
    assert told.count("error: ") == 1
    assert len(told.splitlines()) <= 3
    assert not (tmp_path / "r").exists()
    assert family(os.getpid(), "keeper.py") == []


def test_an_endpoint_that_refuses_the_key_or_does_not_know_the_model_says_so_before_the_run(
    command: Command, stub: Stub, tmp_path: Path
) -> None:
    stub.models = ["org/right-name"]
    stub.will(404, {"error": {"message": "no such model"}})
    code, told = command("--model", "org/rigth-name", "--base-url", stub.url)
    assert (code, "doesn't serve a model 'org/rigth-name'\n  did you mean 'org/right-name'?" in told) == (2, True)
    stub.key = "the-right-one"
    code, told = command("--model", "org/right-name", "--base-url", stub.url)
    assert (code, "refuses the key (HTTP 401)\n  a models file names its variable: api_key_env" in told) == (2, True)
    assert not (tmp_path / "r").exists()


def test_a_name_that_an_endpoint_does_not_list_but_takes_is_let_through(command: Command, stub: Stub) -> None:
    stub.models = ["/models/weights.gguf"]
    stub.will(200, answer("###STOP###"))
    assert command("--model", "whatever", "--base-url", stub.url)[0] == 0


def test_two_addresses_for_one_name_are_refused(command: Command) -> None:
    code, told = command(
        *("--model", "m", "--base-url", "http://a/v1"),
        *("--user", "llm", "--user-model", "m", "--user-base-url", "http://b/v1"),
    )
    assert (code, "model 'm': two addresses, http://a/v1 and http://b/v1" in told) == (2, True)


def test_a_server_argument_with_a_key_is_refused(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_planted12345")
    code, told = command("--model", "vllm/m", "--server-arg=--hf-token=hf_planted12345")
    assert (code, "--server-arg: holds a key" in told, "planted" in told) == (2, True, False)


def test_a_models_file_with_a_key_in_it_is_refused_without_showing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_API_KEY", "sk-planted-12345")
    path = tmp_path / "models.toml"
    path.write_text('[models.m]\nextra_body = { user = "sk-planted-12345" }')
    with pytest.raises(
        InputError, match="holds the value of a secret of the environment\n  keys stay there"
    ) as refused:
        read_models(path)
    assert "planted" not in str(refused.value)


def test_the_models_file_is_found_in_its_usual_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("PARLEY_MODELS", raising=False)
    assert read_models().models == {}
    (tmp_path / "parley").mkdir()
    (tmp_path / "parley" / "models.toml").write_text("[models.usual]\nrpm = 5\n[retries]\ntries = 2\n")
    assert read_models().of("usual").rpm == 5
    assert read_models().retries.tries == 2
    (tmp_path / "other.toml").write_text("[models.other]\nrpm = 7\n")
    monkeypatch.setenv("PARLEY_MODELS", str(tmp_path / "other.toml"))
    assert list(read_models().models) == ["other"]


def test_settings_that_shape_answers_belong_to_the_seat_and_a_resumed_run_keeps_them(
    command: Command, stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    stub.will(503, "down")
    (tmp_path / "models.toml").write_text(
        f'[models.mine]\nbase_url = "{stub.url}"\ntemperature = 0.5\nrpm = 60000\n[retries]\ntries = 1\n'
    )
    assert command("--model", "mine", "--models-file", "models.toml")[0] == 1
    manifest = json.loads((tmp_path / "r" / "run.json").read_text())
    assert manifest["agent"]["options"]["settings"] == {"temperature": 0.5}
    assert manifest["models"]["mine"]["rpm"] == 60000
    assert "mine" not in json.dumps(manifest["simulator"])

    def resume(*more: str) -> int:
        monkeypatch.setattr(sys, "argv", ["bench", "run", "--resume", "r", *more])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(str(ended.value.code))

    (tmp_path / "other.toml").write_text("[models.mine]\ntemperature = 0.6\n")
    assert resume("--models-file", "other.toml") == 2
    (tmp_path / "other.toml").write_text("[models.mine]\ntemperature = 0.5\nconcurrency = 1\n")
    stub.answers = []
    stub.will(200, answer("###STOP###"))
    assert resume("--models-file", "other.toml") == 0
    assert stub.requests[-1]["temperature"] == 0.5
