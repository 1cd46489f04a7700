"""Strict parsing: what a person gets for a file with a mistake in it."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.errors import InputError
from harness.core.message import Message, ToolCall
from harness.core.pack import PackManifest
from harness.core.parsing import parse, parse_json, read_json, read_text, read_toml
from harness.core.record import Record
from harness.core.suite import Suite
from harness.core.task import Task

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


def task(**changes: object) -> dict[str, object]:
    return {"id": "t", "phases": [{"request": "do it", "checks": [{"kind": "state"}]}], **changes}


def test_a_misspelt_key_is_named_with_its_nearest_valid_one() -> None:
    with pytest.raises(InputError, match=r"lite\.toml: unknown key 'trails' \(at trails\), did you mean 'trials'\?"):
        parse(Suite, {"id": "x", "trails": 2, "select": [{"pack": "p"}]}, where="lite.toml")


def test_a_misspelt_key_in_a_nested_model_is_named_with_its_nearest_valid_one() -> None:
    with pytest.raises(InputError, match=r"unknown key 'splitt' \(at select\.0\.splitt\), did you mean 'split'\?"):
        parse(Suite, {"id": "x", "select": [{"pack": "p", "splitt": "a"}]}, where="lite.toml")


@pytest.mark.parametrize("value", ["2", 2.5, True, None, [2]])
def test_a_value_of_the_wrong_type_is_never_coerced(value: object) -> None:
    with pytest.raises(InputError, match="field 'trials'") as error:
        parse(Suite, {"id": "x", "trials": value, "select": [{"pack": "p"}]}, where="s.toml")
    assert json.dumps(value) in str(error.value)


def test_weights_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(InputError, match=r"add up to 1\.3, not 1"):
        parse(Task, task(phases=[{"weight": 0.7}, {"weight": 0.6}]), where="t")


@pytest.mark.parametrize("name", ["", "a/b", "a#1", " a", "a\nb"])
def test_a_task_id_that_could_not_be_named_on_the_command_line_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="field 'id'"):
        parse(Task, task(id=name), where="t")


@pytest.mark.parametrize("name", ["[mms_issue]a|b[PERSONA:Hard]", "credit_1", "0"])
def test_upstream_task_ids_are_accepted(name: str) -> None:
    assert parse(Task, task(id=name), where="t").id == name


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.toml: no such file"):
        read_toml(tmp_path / "gone.toml")
    (tmp_path / "bad.toml").write_text("a = = 1")
    with pytest.raises(InputError, match=r"bad\.toml: not valid TOML: .*line 1"):
        read_toml(tmp_path / "bad.toml")
    (tmp_path / "cut.json").write_text('{"a": [1, 2')
    with pytest.raises(InputError, match=r"cut\.json: not valid JSON: .*line 1"):
        read_json(tmp_path / "cut.json")
    (tmp_path / "latin").write_bytes("é".encode("latin-1"))
    with pytest.raises(InputError, match="not UTF-8"):
        read_text(tmp_path / "latin")
    with pytest.raises(InputError, match="can't be read"):
        read_text(tmp_path)


@pytest.mark.parametrize("model", [Task, Suite, PackManifest, Record, Message])
@given(data=JSON)
def test_arbitrary_data_is_parsed_or_refused_with_one_message(model: type, data: object) -> None:
    with suppress(InputError):
        assert isinstance(parse(model, data, where="file"), model)


@given(text=st.text())
def test_arbitrary_text_is_parsed_or_refused_with_one_message(text: str) -> None:
    with suppress(InputError):
        assert isinstance(parse_json(Record, text, where="file"), Record)


@given(arguments=st.dictionaries(st.text(max_size=8), JSON, max_size=4), text=st.text())
def test_a_message_survives_the_journal(arguments: dict[str, object], text: str) -> None:
    message = Message(text=text, tool_calls=(ToolCall(id="1", name="t", arguments=arguments),))
    assert parse_json(Message, message.model_dump_json(), where="line") == message


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_cannot_hold_is_refused_in_a_call(number: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        ToolCall(name="t", arguments={"deep": [{"x": number}]})


@given(text=st.text(st.characters(codec=None, categories=["Cs", "Lu", "So"])))
def test_half_an_emoji_does_not_keep_a_message_from_the_journal(text: str) -> None:
    message = Message(text=text, tool_calls=(ToolCall(id="1", name=text, arguments={text: [{"x": text}]}),))
    assert parse_json(Message, message.model_dump_json(), where="line") == message


def test_arguments_too_deep_for_a_json_parser_are_refused_before_they_reach_the_journal() -> None:
    deep: dict[str, object] = {}
    for _ in range(240):
        deep = {"a": deep}
    with pytest.raises(ValueError, match="deeper than 64 levels"):
        ToolCall(name="t", arguments=deep)
