"""What the template says of tasks and packs that don't fit, and what a world promises the engine."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from environments.service.template import load
from harness.core.errors import EnvironmentFault, InputError
from harness.core.message import Party
from harness.core.task import Task


def task_with(**fields):
    return Task.model_validate({"id": "t", "phases": [{}], **fields})


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"setup": {"action": []}}, "setup: unknown key 'action' (at action), did you mean 'actions'?"),
        (
            {"setup": {"actions": [{"party": "user", "function": "break_radio"}]}},
            "setup.actions.0.function: the user side has no function 'break_radio'",
        ),
        (
            {"setup": {"actions": [{"party": "environment", "function": "break_vpn"}]}},
            "setup.actions.0.function: the environment side has no function",
        ),
        (
            {"setup": {"actions": [{"party": "user", "function": "assert_can_send_mms"}]}},
            "setup.actions.0.function: the user side has no function",
        ),
        (
            {"setup": {"actions": [{"party": "user", "function": "lock_sim_card", "arguments": {"mode": "pim"}}]}},
            '(got "pim")',
        ),
        (
            {
                "setup": {
                    "actions": [
                        {
                            "party": "agent",
                            "function": "enable_roaming",
                            "arguments": {"customer_id": "C1", "line_id": "L1"},
                        }
                    ]
                }
            },
            "setup.actions.0.arguments: enable_roaming: Customer with ID C1 not found",
        ),
        (
            {
                "setup": {
                    "actions": [
                        {"party": "user", "function": "set_user_info", "arguments": {"name": "X", "phone_number": "0"}}
                    ]
                }
            },
            "setup.actions.0: Line with phone number 0 not found",
        ),
        (
            {"setup": {"data": {"user_data": {"device": {"battery_level": "full"}}}}},
            "setup.data.user_data: field 'device.battery_level'",
        ),
        ({"user": {"tools": ["run_sped_test"]}}, "user.tools.0: the user has no such tool (got 'run_sped_test')"),
        (
            {"user": {"done_when": [{"tool": "run_sped_test", "contains": "x"}]}},
            "user.done_when.0.tool: unknown function 'run_sped_test'; did you mean 'run_speed_test'?",
        ),
        (
            {"phases": [{"reference": [{"type": "call", "tool": "toggle_data"}]}]},
            "phases.0.reference.0.tool: unknown function 'toggle_data'",
        ),
        (
            {
                "phases": [
                    {
                        "reference": [
                            {
                                "type": "call",
                                "tool": "refuel_data",
                                "arguments": {"customer_id": "C501", "line_id": "L701", "gb_amount": "2"},
                            }
                        ]
                    }
                ]
            },
            "phases.0.reference.0.arguments: refuel_data: ",
        ),
        (
            {
                "user": {"tools": []},
                "phases": [{"reference": [{"type": "call", "party": "user", "tool": "toggle_data"}]}],
            },
            "phases.0.reference.0.tool: unknown function 'toggle_data'",
        ),
        (
            {"phases": [{"checks": [{"kind": "probe", "name": "assert_line_status"}]}]},
            "phases.0.checks.0.arguments: assert_line_status: field 'customer_id'",
        ),
        (
            {"phases": [{"checks": [{"kind": "probe", "party": "user", "name": "assert_line_status"}]}]},
            "phases.0.checks.0.name: unknown function 'assert_line_status'",
        ),
        (
            {"phases": [{"checks": [{"kind": "action", "tool": "fly"}]}]},
            "phases.0.checks.0.tool: neither party has such a tool (got 'fly')",
        ),
        (
            {"phases": [{"checks": [{"kind": "action", "tool": "suspend_line", "compare": ["why"]}]}]},
            "phases.0.checks.0.arguments: suspend_line has no such argument (got 'why')",
        ),
        (
            {"history": [{"party": "agent", "message": {"tool_calls": [{"name": "dance"}]}}]},
            "history.0.message.tool_calls.name: unknown function 'dance'",
        ),
    ],
)
def test_a_task_that_does_not_fit_is_told_field_and_value(desk, fields, problem):
    problems = desk.validate(task_with(**fields))
    assert len(problems) == 1
    assert problem in problems[0]
    assert "\n" not in problems[0]


def test_a_setup_that_cannot_be_applied_is_an_environment_fault(desk):
    setup = {"actions": [{"party": "user", "function": "nothing"}]}
    with pytest.raises(EnvironmentFault, match=r"task 't'.*no function 'nothing'"):
        asyncio.run(desk.create(task_with(setup=setup), 1))


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"domain": "telecon", "agent_data": "data/carrier.toml"}, "field 'domain'"),
        ({"domain": "telecom"}, "field 'agent_data': Field required"),
        ({"domain": "telecom", "agent_data": "data/missing.toml"}, "missing.toml: no such file"),
        ({"domain": "telecom", "agent_data": "../../pyproject.toml"}, "lies outside the pack"),
        ({"domain": "telecom", "agent_data": "data/carrier.toml", "user_data": "pack.toml"}, "unknown key"),
    ],
)
def test_options_that_cannot_be_used_are_an_input_error(desk_pack, options, problem):
    manifest = desk_pack.manifest.model_copy(update={"options": options})
    with pytest.raises(InputError, match=problem):
        load(dataclasses.replace(desk_pack, manifest=manifest))


def test_the_scenario_decides_which_tools_the_user_holds(desk, start):
    player = start(desk, user={"tools": ["check_status_bar"]})
    assert [tool.name for tool in player.world.tools(Party.USER)] == ["check_status_bar"]
    assert player.user("toggle_data").startswith("Error: Tool 'toggle_data' not found.")
    assert player.probe(Party.USER, "assert_mobile_data_status", expected_status=True) is True
    assert start(desk, user={"tools": []}).world.tools(Party.USER) == ()


def test_snapshot_and_restore_cover_both_sides(desk, start):
    player = start(desk, ("user", "set_user_info", {"name": "Kenji Mori", "phone_number": "555-301-7705"}))
    before = player.prints()
    snapshot = asyncio.run(player.world.snapshot())
    for _ in range(2):
        player.agent("disable_roaming", customer_id="C504", line_id="L705")
        player.user("toggle_airplane_mode")
        assert player.prints()[0] != before[0]
        assert player.prints()[1] != before[1]
        asyncio.run(player.world.restore(snapshot))
        assert player.prints() == before
    assert "Airplane" not in player.user("check_status_bar")


def test_change_and_change_back_leaves_the_fingerprint(desk, start):
    player = start(desk, ("user", "simulate_network_search", {}))
    before = player.prints()
    player.user("toggle_airplane_mode")
    player.user("toggle_airplane_mode")
    player.agent("enable_roaming", customer_id="C501", line_id="L701")
    player.agent("disable_roaming", customer_id="C501", line_id="L701")
    assert player.prints() == before
