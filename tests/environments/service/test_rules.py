"""Upstream's defects are in force by default, each has a name, and corrected rules have none of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from environments.service.domain import Bases
from environments.service.mock import DOMAIN as MOCK
from environments.service.rules import CORRECTED, UPSTREAM, Quirk, Rules, rules_named
from environments.service.template import load
from environments.service.world import Setup, World
from harness.core.errors import InputError
from harness.core.message import Party, ToolCall, ToolErrorKind, ToolResult
from harness.packs.find import find_pack
from harness.packs.load import load_pack

MOCK_BASES = Bases(
    MOCK.agent.schema.load(
        {
            "users": {"u": {"user_id": "u", "name": "Ada", "tasks": ["task_1"]}},
            "tasks": {"task_1": {"task_id": "task_1", "title": "Tea"}},
        },
        where="test",
    ),
    MOCK.user.schema.load({}, where="test"),
)


async def nobody(question: str) -> str:
    raise AssertionError(question)


def call(rules: Rules, name: str, **arguments: object) -> tuple[ToolResult, World]:
    world = World(MOCK, MOCK_BASES, None, rules)
    world.prepare(Setup())
    made = ToolCall.model_validate({"name": name, "arguments": arguments})
    return asyncio.run(world.call(Party.AGENT, made, nobody)), world


def test_upstream_stores_an_argument_of_the_wrong_type_and_corrected_rules_refuse_it():
    stored, world = call(UPSTREAM, "update_task_status", task_id="task_1", status=[1, {"deep": True}])
    assert stored.error is None
    assert world.plain(Party.AGENT)["tasks"]["task_1"]["status"] == [1, {"deep": True}]
    refused, world = call(CORRECTED, "update_task_status", task_id="task_1", status=[1])
    assert refused.error is ToolErrorKind.INVALID_ARGUMENTS
    assert "status" in refused.content
    assert world.plain(Party.AGENT)["tasks"]["task_1"]["status"] == "pending"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "missing 2 required positional arguments: 'user_id' and 'title'"),
        ({"title": "t"}, "missing 1 required positional argument: 'user_id'"),
        ({"title": "t", "colour": "red"}, "got an unexpected keyword argument 'colour'"),
        ({"user_id": ["u"], "title": "t"}, "unhashable type: 'list'"),
        ({"self": 1}, "Environment.make_tool_call() got multiple values for argument 'self'"),
        ({"requestor": "user"}, "make_tool_call() got multiple values for keyword argument 'requestor'"),
    ],
)
def test_upstream_rules_say_what_python_says_of_wrong_arguments(arguments, text):
    result, _ = call(UPSTREAM, "create_task", **arguments)
    assert result.content.endswith(text)
    assert result.error is ToolErrorKind.INVALID_ARGUMENTS


def test_what_is_stored_is_not_the_callers_own_object():
    status: list[object] = ["a"]
    arguments = {"task_id": "task_1", "status": status}
    made = ToolCall.model_construct(id="c", name="update_task_status", arguments=arguments)
    world = World(MOCK, MOCK_BASES)
    world.prepare(Setup())
    asyncio.run(world.call(Party.AGENT, made, nobody))
    before = asyncio.run(world.fingerprint(Party.AGENT))
    status.append("b")
    assert asyncio.run(world.fingerprint(Party.AGENT)) == before


def test_upstream_has_every_quirk_and_corrected_has_none():
    assert {quirk for quirk in Quirk if UPSTREAM.has(quirk)} == set(Quirk)
    assert not any(CORRECTED.has(quirk) for quirk in Quirk)


def test_unknown_rules_are_refused_with_those_that_there_are():
    with pytest.raises(InputError, match="unknown rules 'upstreem'") as caught:
        rules_named("upstreem")
    assert "upstream" in caught.value.hint


@pytest.mark.parametrize(("rules", "text"), [("upstream", "Payment request sent"), ("corrected", "is paid already")])
def test_a_payment_can_be_requested_for_a_paid_bill_by_upstreams_rules_only(rules, text):
    pack = load_pack(find_pack("telecom-desk"))
    options = {**pack.manifest.options, "rules": rules}
    template = load(replace(pack, manifest=pack.manifest.model_copy(update={"options": options})))
    world = template.world(pack.tasks["airplane-mode-left-on"])
    bill = next(bill for bill in world.plain(Party.AGENT)["bills"] if bill["status"] == "Paid")
    arguments = {"customer_id": bill["customer_id"], "bill_id": bill["bill_id"]}
    made = ToolCall(name="send_payment_request", arguments=arguments)
    assert text in asyncio.run(world.call(Party.AGENT, made, nobody)).content
