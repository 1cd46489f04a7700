"""Upstream's definitions as typed tools, and as stubs behind the actions that the device does."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from shortcut_building import act, changed, on_the_phone

from environments.shortcuts.catalogue import Catalogue, own_infos, own_types
from environments.shortcuts.coverage import measure
from environments.shortcuts.definitions import Definition, definitions_in, mended, read_definitions_of
from environments.shortcuts.records import StubCall
from environments.shortcuts.registry import ACTIONS
from environments.shortcuts.running import RunErrorKind, World
from environments.shortcuts.setup import phone
from environments.shortcuts.template import ShortcutsEnvironment
from harness.core.errors import InputError
from harness.core.message import Party, ToolCall

FIRE = "com.example.kiln.FireIntent"
TYPES = {
    FIRE: {
        "degrees": 'Integer = "900"',
        "glaze": "GlazeKind(Enum)",
        "slow": 'Bool = "0"',
        "shelves": "array(String)",
        "kiln": "KilnEntity(Object)",
        "ThisIsReturnValue:Firing": "FiringReport",
    }
}
TEXT = f"""{FIRE}(degrees: Integer = "900", glaze: GlazeKind(Enum))
Parameters:
    degrees: How hot it gets.
    glaze: The glaze. It must be one of the following values (GlazeKind): "salt", "ash" (Ash glaze).
Description:
    Fires the kiln
    slowly.
"""


@pytest.fixture
def definition() -> Definition:
    return read_definitions_of(TYPES, {FIRE: TEXT})[FIRE]


def test_a_definition_becomes_a_typed_tool(definition: Definition) -> None:
    spec = definition.tool_spec()
    assert spec.name == "com_example_kiln_FireIntent"
    assert spec.description == f"{FIRE}: Fires the kiln slowly. Gives Firing (FiringReport)."
    properties: Any = spec.parameters["properties"]
    assert properties["degrees"]["type"] == ["number", "string"]
    assert (properties["degrees"]["default"], properties["degrees"]["description"]) == ("900", "How hot it gets")
    assert (properties["glaze"]["type"], properties["glaze"]["enum"]) == ("string", ["salt", "ash"])
    assert properties["slow"] == {"type": ["boolean", "string"], "default": False}
    assert properties["shelves"] == {"type": "array", "items": {"type": "string"}}
    assert properties["kiln"] == {}
    assert definition.text == TEXT


def test_a_long_identifier_has_a_name_of_its_own_that_providers_take() -> None:
    names = [f"com.example.{'long' * 20}.{end}" for end in ("One", "Two")]
    found = [one.tool_name for one in read_definitions_of({name: {} for name in names}, {}).values()]
    assert len(set(found)) == 2
    assert all(len(name) <= 64 for name in found)


def test_a_description_of_another_api_gives_way_to_the_identifiers_words() -> None:
    texts = {
        "is.workflow.actions.text.split": "text.split()\nDescription:\n    Burns the toast.",
        "b": "Burns the toast.",
    }
    fixed = mended(texts, {"is.workflow.actions.text.split": "Burns the toast."})
    assert fixed == {
        "is.workflow.actions.text.split": "text.split()\nDescription:\n    text split",
        "b": "Burns the toast.",
    }


def test_all_published_definitions_are_tools_of_different_names_that_json_holds(shared_data: Path) -> None:
    folder = shared_data / "shortcutsbench"
    found = definitions_in(folder)
    assert len(found) == 1_414
    catalogue = Catalogue(found)
    specs = [catalogue.tool_spec(name) for name in catalogue.names()]
    assert len({spec.name for spec in specs}) == len(specs) >= 1_414
    assert max(len(spec.name) for spec in specs) <= 64
    for spec in specs:
        json.dumps(spec.parameters)
        assert spec.description
    corrected = definitions_in(folder, corrected=True)
    changed = {name for name in found if found[name].text != corrected[name].text}
    defects = json.loads((folder / "api_description_defects.json").read_text())["entries"]
    assert changed == {entry["identifier"] for entry in defects}


def test_an_undefined_action_stops_the_shortcut_and_a_defined_one_is_recorded(definition: Definition) -> None:
    actions = [act(FIRE, degrees="${hot}", UUID="fired"), act("setclipboard", WFInput="${fired}")]
    before = act("number", WFNumberActionNumber=1280, UUID="hot")
    stopped = on_the_phone(before, *actions).result.error
    assert stopped is not None
    assert (stopped.kind, stopped.identifier) == (RunErrorKind.NOT_IMPLEMENTED, FIRE)
    result = on_the_phone(before, *actions, definitions={FIRE: definition}, lenient=True)
    assert result.result.error is None
    assert result.result.stubs == (FIRE,)
    (call,) = changed(result, StubCall)
    assert (call.identifier, json.loads(call.parameters)) == (FIRE, {"degrees": [1280]})


def test_a_handler_is_preferred_to_a_definition_of_the_same_name() -> None:
    name = "is.workflow.actions.gettext"
    result = on_the_phone(
        act("gettext", WFTextActionText="hi"), definitions=read_definitions_of({name: {}}, {name: "other"})
    )
    assert (result.output, result.result.stubs) == ("hi", ())


@pytest.mark.parametrize("schemas", [False, True])
def test_agents_read_an_action_as_text_or_as_a_schema(schemas: bool, definition: Definition) -> None:
    environment = ShortcutsEnvironment(World(1, phone(), definitions={FIRE: definition}, schemas=schemas))

    async def described(name: str) -> str:
        call = ToolCall(name="describe_action", arguments={"identifier": name})
        result = await environment.call(Party.AGENT, call, nobody)
        assert result.error is None
        return str(json.loads(result.content)) if schemas else result.content

    async def nobody(question: str) -> str:
        raise AssertionError(question)

    own, foreign = (asyncio.run(described(name)) for name in ("is.workflow.actions.round", FIRE))
    if schemas:
        assert "'enum': ['Normal', 'Always Round Up'" in own
        assert "'enum': ['salt', 'ash']" in foreign
    else:
        assert "WFRoundMode: Enum = 'Normal'" in own
        assert "glaze: The glaze." in foreign


def test_what_a_stub_did_not_do_is_said_with_the_result(definition: Definition) -> None:
    environment = ShortcutsEnvironment(World(1, phone(), definitions={FIRE: definition}))

    async def nobody(question: str) -> str:
        raise AssertionError(question)

    call = ToolCall(name="run_shortcut", arguments={"actions": [act(FIRE, degrees=900)]})
    result = asyncio.run(environment.call(Party.AGENT, call, nobody))
    assert json.loads(result.content)["only_recorded"] == [FIRE]
    assert asyncio.run(environment.probe(Party.AGENT, "count", {"table": "stub_calls"})) == 1


def test_the_catalogue_lists_stubs_under_other_and_finds_near_names(definition: Definition) -> None:
    catalogue = Catalogue({FIRE: definition})
    assert catalogue.names("other") == [FIRE]
    assert catalogue.counts()["Other"] == 1
    assert catalogue.nearest("com.example.kiln.FireIntnt") == FIRE
    assert catalogue.line(FIRE) == f"{FIRE} (Other): Fires the kiln slowly."
    with pytest.raises(InputError, match=r"did you mean com\.example\.kiln\.FireIntent"):
        catalogue.text("com.example.kiln.FireIntnt")
    with pytest.raises(InputError, match="unknown app 'Fax'"):
        catalogue.names("Fax")


def test_our_own_actions_are_described_in_upstreams_form() -> None:
    types, infos = own_types(), own_infos()
    assert types.keys() == infos.keys() == ACTIONS.keys()
    assert types["is.workflow.actions.round"]["WFRoundMode"] == "Enum = 'Normal'"
    read = read_definitions_of(types, infos)
    assert read["is.workflow.actions.round"].output == ACTIONS["is.workflow.actions.round"].output


def test_coverage_counts_handled_actions_and_names_where_a_record_stops(tmp_path: Path) -> None:
    lines = [
        {"actions": [{"i": "is.workflow.actions.gettext"}, {"i": "is.workflow.actions.gettext"}]},
        {"actions": [{"i": "com.example.unknown"}, {"i": "is.workflow.actions.alert"}]},
    ]
    (tmp_path / "real_shortcut_skeletons.jsonl").write_text("\n".join(map(json.dumps, lines)))
    records = [
        {"URL": "own://ends", "shortcut": {"WFWorkflowActions": [act("gettext", WFTextActionText="x")]}},
        {"URL": "own://stops", "shortcut": {"WFWorkflowActions": [act("nothing"), act(FIRE)]}},
    ]
    (tmp_path / "shortcut_records.json").write_text(json.dumps(records))
    found = measure(tmp_path)
    assert (found.handled, found.actions, found.whole_skeletons) == (3, 4, 1)
    assert found.missing() == [("com.example.unknown", 1)]
    assert found.ended() == ["own://ends"]
    assert found.stopped()["own://stops"].startswith(f"action 1 ({FIRE}): not_implemented")
    (tmp_path / "all_api2paraname2paratype.json").write_text(json.dumps(TYPES))
    (tmp_path / "all_api2info.json").write_text(json.dumps({FIRE: TEXT}))
    found = measure(tmp_path)
    assert (found.stopped(), found.stubs()) == ({}, {FIRE: 1})
    with pytest.raises(InputError, match="neither"):
        measure(tmp_path / "nowhere")
