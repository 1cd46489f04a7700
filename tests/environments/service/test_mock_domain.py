"""The mock domain against the reference and upstream's result texts."""

from __future__ import annotations

import pytest

from harness.core.message import Party, ToolErrorKind


@pytest.fixture
def player(mock, start):
    return start(mock)


def test_the_tools_are_upstreams(player):
    assert [tool.name for tool in player.world.tools(Party.AGENT)] == [
        "create_task", "get_users", "update_task_status", "transfer_to_human_agents",
    ]  # fmt: skip
    assert [tool.name for tool in player.world.tools(Party.USER)] == ["check_notifications", "dismiss_notification"]
    status = player.world.tools(Party.AGENT)[2].parameters["properties"]["status"]
    assert status["enum"] == ["pending", "completed"]
    assert status["description"]


def test_create_task_numbers_the_task_and_puts_it_on_the_users_list(player):
    made = player.agent("create_task", user_id="user_1", title="Call Bo")
    assert made == '{"task_id": "task_2", "title": "Call Bo", "description": null, "status": "pending"}'
    assert player.agent("get_users") == '[{"user_id": "user_1", "name": "Ada", "tasks": ["task_1", "task_2"]}]'
    assert player.probe(Party.AGENT, "assert_number_of_tasks", user_id="user_1", expected_number=2) is True


def test_update_task_status_stores_even_what_the_policy_forbids(player):
    assert '"status": "completed"' in player.agent("update_task_status", task_id="task_1", status="completed")
    assert player.probe(Party.AGENT, "assert_task_status", task_id="task_1", expected_status="completed") is True
    assert '"status": "lost"' in player.agent("update_task_status", task_id="task_1", status="lost")


@pytest.mark.parametrize(
    ("party", "name", "arguments", "content", "kind"),
    [
        (Party.AGENT, "create_task", {"user_id": "u", "title": "t"}, "Error: User u not found", ToolErrorKind.FAILED),
        (
            Party.AGENT,
            "update_task_status",
            {"task_id": "x", "status": "pending"},
            "Error: Task x not found",
            ToolErrorKind.FAILED,
        ),
        (
            Party.USER,
            "dismiss_notification",
            {"notification_id": "x"},
            "Error: Notification x not found",
            ToolErrorKind.FAILED,
        ),
        (
            Party.AGENT,
            "create_task",
            {"user_id": "user_1"},
            "Error: MockTools.create_task() missing 1 required positional argument: 'title'",
            ToolErrorKind.INVALID_ARGUMENTS,
        ),
        (
            Party.AGENT,
            "get_users",
            {"n": 1},
            "Error: MockTools.get_users() got an unexpected keyword argument 'n'",
            ToolErrorKind.INVALID_ARGUMENTS,
        ),
        (
            Party.AGENT,
            "dismiss_notification",
            {"notification_id": "n1"},
            "Error: Tool 'dismiss_notification' not found.",
            ToolErrorKind.UNKNOWN_TOOL,
        ),
        (Party.USER, "add_notification", {}, "Error: Tool 'add_notification' not found.", ToolErrorKind.UNKNOWN_TOOL),
        (
            Party.AGENT,
            "assert_task_status",
            {},
            "Error: Tool 'assert_task_status' not found.",
            ToolErrorKind.UNKNOWN_TOOL,
        ),
    ],
)
def test_a_call_that_fails_is_a_result_and_changes_nothing(player, party, name, arguments, content, kind):
    before = player.prints()
    result = player.result(party, name, arguments)
    assert result.content.startswith(content)
    assert result.error is kind
    assert player.prints() == before


def test_the_sides_have_fingerprints_of_their_own(player):
    agent, user = player.prints()
    assert player.user("dismiss_notification", notification_id="n1") == "Notification n1 dismissed"
    assert player.prints()[0] == agent
    assert player.prints()[1] != user
    assert player.probe(Party.USER, "assert_notification_status", notification_id="n1", expected_status="read") is True
    assert '"status": "read"' in player.user("check_notifications")


def test_setup_data_is_laid_over_the_database_and_helpers_run_after_it(mock, start):
    job = {"task_id": "task_2", "title": "Bake"}
    setup = {
        "data": {"agent_data": {"tasks": {"task_2": job}, "users": {"user_1": {"tasks": ["task_1", "task_2"]}}}},
        "actions": [
            {"party": "agent", "function": "create_task", "arguments": {"user_id": "user_1", "title": "Eat"}},
            {"party": "user", "function": "add_notification", "arguments": {"notification_id": "n2", "message": "hi"}},
        ],
    }
    player = start(mock, setup=setup)
    assert '"tasks": ["task_1", "task_2", "task_3"]' in player.agent("get_users")
    assert '"notification_id": "n2", "message": "hi", "status": "unread", "task_id": null' in player.user(
        "check_notifications"
    )


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("assert_weather", {}, LookupError),
        ("create_task", {"user_id": "user_1", "title": "t"}, LookupError),
        ("assert_task_status", {"task_id": "task_1"}, ValueError),
        ("assert_task_status", {"task_id": "nope", "expected_status": "pending"}, ValueError),
    ],
)
def test_a_probe_that_cannot_be_asked_raises(player, name, arguments, error):
    with pytest.raises(error):
        player.probe(Party.AGENT, name, **arguments)
