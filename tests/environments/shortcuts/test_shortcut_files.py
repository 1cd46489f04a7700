"""Shortcuts as files: nothing is lost between JSON, XML and binary property lists, and what is wrong is said."""

from __future__ import annotations

import asyncio
import json
import plistlib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shortcut_building import RunShortcut, act, mark, small_device
from test_shortcut_hostile import EVERY_ACTION

from environments.shortcuts.forms import Malformed
from environments.shortcuts.interpreter import run_actions
from environments.shortcuts.plist import from_json, read_plist, to_json, write_plist
from environments.shortcuts.program import Block
from environments.shortcuts.reading import read_program, read_steps
from environments.shortcuts.running import Frame, Run, World
from environments.shortcuts.shortcut_file import Form, ShortcutFile, read_shortcut, written
from environments.shortcuts.writing import expanded
from harness.core.errors import InputError

plain_text = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
trees: st.SearchStrategy[Any] = st.recursive(
    st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | plain_text
    | st.binary(max_size=8)
    | st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(microsecond=0)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(plain_text | st.sampled_from(["$plist", "data"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(trees, st.sampled_from([plistlib.FMT_XML, plistlib.FMT_BINARY]))
def test_any_property_list_becomes_json_and_back_without_loss(tree: Any, form: Any) -> None:
    data = plistlib.dumps({"top": tree}, fmt=form, sort_keys=False)
    read = json.loads(json.dumps(read_plist(data, "test")))
    again = write_plist(read, "test", binary=form is plistlib.FMT_BINARY)
    assert again == data
    assert from_json(to_json(tree)) == tree


def real(shared_data: Path) -> list[dict[str, Any]]:
    records = json.loads((shared_data / "shortcutsbench" / "shortcut_records.json").read_text())
    return [record["shortcut"] for record in records]


@pytest.mark.parametrize("form", list(Form))
def test_real_shortcuts_survive_every_form(shared_data: Path, tmp_path: Path, form: Form) -> None:
    for number, content in enumerate(real(shared_data)):
        path = tmp_path / f"{number}.file"
        path.write_bytes(written(ShortcutFile(content, form), form, str(path)))
        read = read_shortcut(path)
        assert read.form is form
        assert read.content == content
        assert json.dumps(read.content, sort_keys=True) == json.dumps(content, sort_keys=True)


def test_real_shortcuts_that_need_no_repair_come_out_of_the_tree_as_they_went_in(shared_data: Path) -> None:
    whole = 0
    for content in real(shared_data):
        before = ShortcutFile(content, Form.JSON)
        after, repairs = before.repaired()
        if not any("marker" in repair or "closed" in repair for repair in repairs):
            assert after.actions == before.actions
            whole += 1
    assert whole >= 40


def test_strays_go_and_open_blocks_get_an_end() -> None:
    actions = [
        mark("conditional", 2, "lost"),
        mark("repeat.count", 0, "open", WFRepeatCount=2),
        mark("conditional", 0, "inner", WFInput="x", WFCondition=100),
        act("gettext", WFTextActionText="a"),
    ]
    mended, repairs = ShortcutFile({"WFWorkflowActions": actions}, Form.JSON).repaired()
    assert mended.actions == [
        *actions[1:],
        mark("conditional", 2, "inner"),
        mark("repeat.count", 2, "open"),
    ]
    assert len(repairs) == 3
    program = mended.program()
    assert program.repairs == ()
    (loop,) = program.body
    assert isinstance(loop, Block)
    assert loop.end is not None


@given(st.lists(EVERY_ACTION, max_size=10))
@settings(max_examples=100)
def test_repairing_once_is_enough_whatever_the_markers(given_actions: list[dict[str, Any]]) -> None:
    try:
        mended, _ = ShortcutFile({"WFWorkflowActions": list(given_actions)}, Form.JSON).repaired()
    except Malformed:
        return
    again, repairs = mended.repaired()
    assert again.actions == mended.actions
    assert not any("marker" in repair or "closed" in repair for repair in repairs)


@given(st.lists(EVERY_ACTION, max_size=10))
@settings(max_examples=80)
def test_what_is_written_out_in_full_means_the_same(given_actions: list[dict[str, Any]]) -> None:
    try:
        full = expanded(given_actions)
    except Malformed:
        return
    # A second time there is nothing short left, so nothing changes.
    assert expanded(full) == full
    worlds = [World(1, small_device()) for _ in range(2)]
    one, other = (
        asyncio.run(run_actions(actions, Run(world, echo, Frame())))
        for actions, world in zip((given_actions, full), worlds, strict=True)
    )
    assert worlds[0].device.fingerprint() == worlds[1].device.fingerprint()
    assert (one.steps, one.shown, one.output) == (other.steps, other.shown, other.output)
    assert (one.error is None) == (other.error is None)
    if one.error is not None and other.error is not None:
        assert (one.error.kind, one.error.index) == (other.error.kind, other.error.index)


async def echo(question: str) -> str:
    return question[-12:]


def test_short_forms_become_attachments_that_lead_to_the_same_run(shortcut: RunShortcut) -> None:
    actions = [
        act("number", UUID="n", WFNumberActionNumber=2),
        act("dictionary", UUID="d", WFItems={"a": "${n}", "b": {"c": [1, "x"]}, "yes": True}),
        act("getvalueforkey", UUID="v", WFInput="${d}", WFDictionaryKey="b.c"),
        act("adjustdate", UUID="t", WFDate="${CurrentDate}", WFDuration={"Magnitude": "${n}", "Unit": "hr"}),
        act("format.date", UUID="f", WFDate="${t}", WFDateFormatStyle="Custom", WFDateFormat="HH:mm"),
        mark("conditional", 0, "g", WFInput="${n}", WFCondition=2, WFNumberValue=1),
        act("gettext", WFTextActionText="😀 ${n} and ${f}: ${v}"),
        mark("conditional", 2, "g"),
    ]
    full = expanded(actions)
    text = full[6]["WFWorkflowActionParameters"]["WFTextActionText"]  # type: ignore[index, call-overload]
    assert text["Value"]["string"] == "😀 \ufffc and \ufffc: \ufffc"  # type: ignore[index, call-overload]
    assert set(text["Value"]["attachmentsByRange"]) == {"{3, 1}", "{9, 1}", "{12, 1}"}  # type: ignore[index, call-overload]
    assert "${" not in json.dumps(full)
    expected = "😀 2 and 10:40: 1\nx"
    assert shortcut(*actions).output == expected
    assert shortcut(*full).output == expected  # type: ignore[arg-type]
    ids = [step.uuid for step in read_steps(full) if step.uuid]
    assert all(len(one) == 36 for one in ids)
    assert read_program(full).repairs == ()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"AEA1\x00\x01", "signed shortcut"),
        (b"bplist00\xff\xff\xff", "not a property list"),
        (b"<?xml version='1.0'?><plist><dict><key>a</key>", "not a property list"),
        (b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><plist/>", "not a property list"),
        (b"{not json", "neither JSON nor a property list"),
        (b"5", "holds no shortcut"),
        (b"[]", "holds 0 records"),
        (b'{"WFWorkflowActions": 5}', "a list of actions is needed"),
        (b'[{"URL": "a"}, {"URL": "b"}]', "name one with --record"),
        (b"\xff\xfe\x00", "neither JSON nor a property list"),
    ],
)
def test_a_file_that_holds_no_shortcut_is_refused_with_a_reason(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_shortcut(path)
    assert words in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("content", "binary", "words"),
    [
        ({"a": None}, True, "a: null has no form"),
        ({"a": [1, 2**70]}, True, "a[1]: the number"),
        ({"a": "\x00"}, False, "binary property list"),
        ({"a": {"$plist": {"data": "?"}}}, True, "$plist"),
        ({"a": {"$plist": 5}}, True, "neither data, date, uid nor dict"),
    ],
)
def test_what_no_property_list_can_hold_is_named(content: Any, binary: bool, words: str) -> None:
    with pytest.raises(InputError) as caught:
        write_plist(content, "x", binary=binary)
    assert words in f"{caught.value} {caught.value.hint}"


def record(**shortcut: Any) -> dict[str, Any]:
    return {"URL": "u", "NameINStore": ["Greeting"], "shortcut": shortcut}


def test_the_command_shows_converts_and_runs(tmp_path: Path, bench: Any) -> None:
    file = tmp_path / "records.json"
    content = record(
        WFWorkflowActions=[
            act("gettext", UUID="t", WFTextActionText="nobody"),
            act("showresult", Text="Hello ${t}"),
            act("setclipboard", WFInput="${t}"),
            mark("conditional", 0, "g", WFInput="${t}", WFCondition=100),
            act("org.example.Intent"),
        ],
        WFWorkflowImportQuestions=[
            {"ActionIndex": 0, "Category": "Parameter", "ParameterKey": "WFTextActionText", "Text": "Who?"}
        ],
        WFWorkflowIcon={"WFWorkflowIconGlyphNumber": 59511},
    )
    file.write_text(json.dumps([{"URL": "other"}, content]))
    shown = bench("shortcut", "show", file, "--record", "2")
    assert shown.returncode == 0
    assert 'showresult(Text="Hello ${t}")' in shown.stdout
    assert "asks when installed: Who?" in shown.stdout
    assert "never closed" in shown.stdout
    assert "has no handler: is.workflow.actions.org.example.Intent" in shown.stdout
    out = tmp_path / "hello.shortcut"
    assert bench("shortcut", "convert", file, out, "--record", "Greeting", "--expand", "--repair").returncode == 0
    assert out.read_bytes().startswith(b"bplist00")
    assert plistlib.loads(out.read_bytes())["WFWorkflowIcon"] == {"WFWorkflowIconGlyphNumber": 59511}
    again = bench("shortcut", "convert", file, out, "--record", "Greeting")
    assert (again.returncode, "exists" in again.stderr) == (2, True)
    ran = bench("shortcut", "run", out, "--answer", "world", "--json")
    found = json.loads(ran.stdout)
    assert ran.returncode == 1
    assert found["shown"] == ["Hello world"]
    assert found["changes"] == {"clipboard": "world"}
    assert found["asked"] == [{"question": "Who?", "answer": "world"}]
    assert found["error"]["kind"] == "not_implemented"
    assert bench("shortcut", "show", tmp_path / "none.json").returncode == 2
    unanswered = bench("shortcut", "run", out)
    assert (unanswered.returncode, "--answer" in unanswered.stderr) == (2, True)
