"""Keys never reach a file, a screen or a command line, in whatever form they come back."""

from __future__ import annotations

import base64
import html
import json
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from chat_stub import Stub, answer
from hypothesis import given
from hypothesis import strategies as st

from harness.cli.main import main
from harness.models import secrets
from harness.models.secrets import holds_secret, redact, secret

Bench = Callable[..., subprocess.CompletedProcess[str]]
KEY = 'sk-pl4nt/ed+k"y=&x\\end'
FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "in a URL": lambda key: f"http://h/?key={quote(key, safe='')}&x",
    "in a form": lambda key: f"a={quote_plus(key)}",
    "in a URL, lower case": lambda key: (
        quote(key, safe="").replace("%2F", "%2f").replace("%2B", "%2b").replace("%3D", "%3d")
    ),
    "in a URL, not all of it": lambda key: quote(key, safe="/+"),
    "in a URL in a URL": lambda key: quote(quote(key, safe=""), safe=""),
    "in HTML": html.escape,
    "in JSON": json.dumps,
    "in JSON in JSON": lambda key: json.dumps(json.dumps({"key": key})),
    "in Python's repr": repr,
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64 of a header": lambda key: base64.b64encode(f"Bearer {key}\r\n".encode()).decode(),
    "base64 of user and key": lambda key: base64.b64encode(f"user:{key}".encode()).decode(),
    "base64 for URLs": lambda key: base64.urlsafe_b64encode(f"k={key}".encode()).decode().rstrip("="),
    "hexadecimal": lambda key: key.encode().hex(),
}


@pytest.fixture(autouse=True)
def nothing_found(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(secrets, "_FOUND", {})
    return iter(())


def leaks(text: str) -> list[str]:
    """The forms of the key, or its telling middle, that a text holds."""
    own = [name for name, form in FORMS.items() if form(KEY) in text or form(KEY).strip("\"'") in text]
    return own + [part for part in ("pl4nt", base64.b64encode(b"pl4nt/ed+k").decode()[:8]) if part in text]


@pytest.mark.parametrize("form", FORMS)
def test_a_key_is_cut_out_in_every_form(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setenv("SOME_TOKEN", KEY)
    told = redact(f"it says {FORMS[form](KEY)}!")
    assert "<SOME_TOKEN>" in told
    assert leaks(told) == []


@given(st.binary(min_size=8, max_size=40), st.binary(max_size=7), st.binary(max_size=7))
def test_base64_is_found_wherever_the_key_begins_in_it(key: bytes, before: bytes, after: bytes) -> None:
    encoded = base64.b64encode(before + key + after).decode()
    assert any(form in encoded for form in secrets._base64(key))


@pytest.mark.parametrize(
    ("name", "value", "cut"),
    [
        ("SOME_KEY", "abcdefgh1234", True),
        ("SOME_KEY", "short1", False),
        ("PGPASSWORD", "postgres", False),
        ("PGPASSWORD", "p0stgres-secret", True),
        ("EDITOR", "abcdefgh1234", False),
    ],
)
def test_what_is_no_secret_is_left_alone(monkeypatch: pytest.MonkeyPatch, name: str, value: str, cut: bool) -> None:
    monkeypatch.setenv(name, value)
    assert holds_secret(f"uses {value} here") is cut


def test_a_key_that_was_handed_out_is_cut_out_whatever_its_variable_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINE", "abcdefgh1234")
    assert redact("abcdefgh1234") == "abcdefgh1234"
    assert secret("MINE") == "abcdefgh1234"
    assert redact("abcdefgh1234") == "<MINE>"


def test_a_key_may_lie_in_a_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring, errors = types.ModuleType("keyring"), types.ModuleType("keyring.errors")
    held = {("parley", "MINE"): "from-the-ring-1"}
    keyring.get_password = lambda service, name: held.get((service, name))  # type: ignore[attr-defined]
    errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    monkeypatch.setattr(secrets, "find_spec", lambda name: object())
    monkeypatch.delenv("MINE", raising=False)
    assert secret("MINE") == "from-the-ring-1"
    assert secret("OTHER") is None
    assert redact("from-the-ring-1") == "<MINE>"


def test_nothing_of_a_run_holds_the_key_that_its_provider_echoes(bench: Bench, tmp_path: Path, stub: Stub) -> None:
    echo = " | ".join(form(KEY) for form in FORMS.values())
    stub.key = KEY
    stub.models = ["m"]
    stub.will(200, answer(f"Your key is {echo}"))
    stub.will(200, answer(f"thinking of {KEY}", ("get_customer_by_phone", json.dumps({"phone_number": KEY}))))
    stub.will(500, f"<html>{echo}</html>").will(401, {"error": {"message": f"bad key {echo}", "key": KEY}})
    (tmp_path / "models.toml").write_text(f'[models.m]\nbase_url = "{stub.url}"\napi_key_env = "MY_OWN"\n')
    (tmp_path / "mine.py").write_text(
        "import os\nclass Agent:\n    def act(self, view):\n        raise ValueError(repr(os.environ['MY_OWN_KEY']))"
    )
    part = ("--suite", "telecom-desk", "--task", "sim-locked", "--task", "quota-used-up", "--concurrency", "1")
    model = ("--model", "m", "--models-file", "models.toml", "--record", "tape", "--cache", "cache")
    environment = {"MY_OWN": KEY, "MY_OWN_KEY": KEY}
    first = bench("run", "--agent", "llm", *model, *part, "--out", "r", **environment)
    second = bench("run", "--agent", "mine:Agent", *part, "--out", "own", **environment)
    assert (first.returncode, second.returncode) == (1, 0), first.stderr + second.stderr
    assert len(stub.requests) >= 4
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix not in (".toml", ".py", ".pyc")]
    assert {"run.json", "0000.jsonl", "tape"} <= {path.name for path in files}
    assert any("cache" in path.parts for path in files)
    told = "".join(path.read_text(errors="replace") for path in files)
    assert "HTTP 401" in told
    assert told.count("<MY_OWN") >= 2 * len(FORMS)
    for text in (told, first.stdout, first.stderr, second.stdout, second.stderr):
        assert leaks(text) == []
    assert bench("score", "own").returncode == 0


def test_a_mistake_of_ours_shows_its_traceback_without_the_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOME_KEY", KEY)
    monkeypatch.setattr(sys, "argv", ["bench", "list", "suites"])

    def broken(kind: str) -> None:
        raise RuntimeError(f"unexpected {KEY}")

    monkeypatch.setattr("harness.packs.listing.listing", broken)
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert ended.value.code == 1
    assert "Traceback" in told
    assert "unexpected <SOME_KEY>" in told
    assert leaks(told) == []
