"""The agent that plays dice: its calls fit the schemas, the same trial draws the same, and nothing breaks by it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from random import Random

import jsonschema
import pytest
from agent_seat import said, view
from hypothesis import given
from hypothesis import strategies as st

from harness.agents.random import RandomAgent, RandomOptions
from harness.agents.schema_values import Values
from harness.core.message import Party, Stop
from harness.core.parsing import JsonObject
from harness.core.protocols import Template
from harness.core.record import Record
from harness.core.termination import Termination
from harness.engine.episode import play
from harness.engine.setting import Setting
from harness.packs.find import find_pack
from harness.packs.load import load_pack, open_pack
from simulators.scripted import ScriptedUser

PACKS = ("sql-shop", "telecom-desk", "shortcuts-daily")


@pytest.fixture(scope="module")
def settings() -> Iterator[dict[str, list[Setting]]]:
    packs = {name: load_pack(find_pack(name)) for name in PACKS}
    templates: dict[str, Template] = {name: open_pack(pack) for name, pack in packs.items()}
    yield {
        name: [Setting.of(pack, task, templates[name]) for task in list(pack.tasks)[:4]] for name, pack in packs.items()
    }
    for template in templates.values():
        template.close()


def test_every_call_fits_the_schema_of_its_tool(settings: dict[str, list[Setting]]) -> None:
    async def schemas() -> list[JsonObject]:
        found = []
        for setting, *_ in settings.values():
            world = await setting.template.create(setting.task, 1)
            found += [spec.parameters for party in (Party.AGENT, Party.USER) for spec in world.tools(party)]
            await world.close()
        return found

    for schema in asyncio.run(schemas()):
        fits = jsonschema.Draft202012Validator({"type": "object", **schema})
        for seed in range(40):
            fits.validate(Values(Random(seed), ["L701", "Anna"]).draw(schema))


FEW, WHOLE = st.integers(0, 9), st.integers(-99, 99)


def between(low: int, more: int, *words: str) -> JsonObject:
    return {words[0]: low, words[1]: low + more}


TEXTS = st.builds(lambda low, more: {"type": "string", **between(low, more, "minLength", "maxLength")}, FEW, FEW)
NUMBERS = st.builds(lambda low, more: {"type": "integer", **between(low, more, "minimum", "maximum")}, WHOLE, FEW)
SCALARS = st.one_of(
    *(st.just(schema) for schema in ({}, {"type": "string"}, {"type": ["boolean", "null"]}, {"const": "x"})),
    TEXTS,
    NUMBERS,
    st.builds(lambda low: {"type": "integer", "exclusiveMinimum": low}, WHOLE),
    st.builds(lambda high: {"type": "number", "exclusiveMaximum": high}, WHOLE),
    st.builds(lambda options: {"enum": options}, st.lists(st.integers(), min_size=1)),
)


def an_array(of: JsonObject, low: int, more: int) -> JsonObject:
    return {"type": "array", "items": of, **between(low, more, "minItems", "maxItems")}


def an_object(one: JsonObject, two: JsonObject) -> JsonObject:
    return {"type": "object", "properties": {"a": one, "b": two}, "required": ["a"], "additionalProperties": False}


SCHEMAS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.builds(lambda one, two: {"anyOf": [one, two]}, inner, inner),
        st.builds(an_array, inner, st.integers(0, 3), st.integers(0, 3)),
        st.builds(an_object, inner, inner),
        st.builds(lambda of: {"type": "object", "additionalProperties": of}, inner),
    ),
    max_leaves=8,
)


@given(SCHEMAS, st.integers())
def test_whatever_a_schema_asks_for_is_drawn(schema: JsonObject, seed: int) -> None:
    whole: JsonObject = {"type": "object", "properties": {"x": schema}, "required": ["x"]}
    jsonschema.Draft202012Validator(whole).validate(Values(Random(seed)).draw(whole))


def test_a_schema_that_refers_to_itself_comes_to_an_end() -> None:
    tree: JsonObject = {
        "properties": {"of": {"$ref": "#/$defs/Tree"}},
        "required": ["of"],
        "$defs": {"Tree": {"type": "object", "properties": {"left": {"$ref": "#/$defs/Tree"}}}},
    }
    for seed in range(50):
        jsonschema.validate(Values(Random(seed)).draw(tree), tree)


def rolled(setting: Setting, seed: int) -> Record:
    agent = RandomAgent(seed, RandomOptions())
    return asyncio.run(play(setting, agent, ScriptedUser(setting.task))).record


@pytest.mark.parametrize("pack", PACKS)
def test_no_valid_call_breaks_an_environment_and_a_seed_draws_the_same(
    settings: dict[str, list[Setting]], pack: str
) -> None:
    for setting in settings[pack]:
        record = rolled(setting, 3)
        assert record.termination not in (Termination.INFRA_ERROR, Termination.AGENT_ERROR), record.events[-1]
        assert record.reward.value == 0.0
    again = settings[pack][0]
    assert rolled(again, 5).trajectory_hash() == rolled(again, 5).trajectory_hash()
    assert rolled(again, 5).trajectory_hash() != rolled(again, 6).trajectory_hash()


def test_it_speaks_calls_and_stops_as_its_odds_say() -> None:
    def acts(**odds: float) -> list[str]:
        agent = RandomAgent(1, RandomOptions(**odds))
        made = [asyncio.run(agent.act(view(said(Party.USER, "Hi")))) for _ in range(300)]
        return ["stop" if one.stop is Stop.DONE else "say" if one.text else "call" for one in made]

    drawn = acts()
    assert all(drawn.count(kind) > 3 for kind in ("stop", "say", "call"))
    assert set(acts(speak=0, stop=0.001)) <= {"stop", "call"}
    assert set(acts(stop=1)) == {"stop"}
