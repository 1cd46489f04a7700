"""What a call changed in the world is told on every family, and nothing where nothing changed."""

from __future__ import annotations

import asyncio

import pytest

from harness.agents.oracle import OracleAgent
from harness.core.changes import changes
from harness.core.event import ToolEvent
from harness.engine.episode import play
from harness.engine.setting import Setting
from harness.engine.watched import WatchedTemplate
from harness.packs.find import find_pack
from harness.packs.load import load_pack, open_pack
from simulators.scripted import ScriptedUser


def seen(pack_name: str, task: str) -> list[tuple[str, tuple[str, ...]]]:
    """(tool, what it changed) of every call of the oracle."""
    pack = load_pack(find_pack(pack_name))
    template = open_pack(pack)
    watched = WatchedTemplate(template)
    setting = Setting.of(pack, task, watched)
    record = asyncio.run(play(setting, OracleAgent(setting.task), ScriptedUser(setting.task))).record
    template.close()
    assert record.reward.value == 1.0
    calls = [event for event in record.events if isinstance(event, ToolEvent)]
    assert watched.seen.keys() <= {event.result.call_id for event in calls}
    return [(event.name, watched.seen.get(event.result.call_id, ())) for event in calls]


def test_a_switch_on_the_users_phone_is_told_by_its_field_before_and_after() -> None:
    found = dict(seen("telecom-desk", "airplane-mode-left-on"))
    assert "user.device.airplane_mode: true → false" in found["toggle_airplane_mode"]
    assert all(not lines for tool, lines in found.items() if tool.startswith(("get_", "check_")))


def test_a_script_that_stays_in_a_database_is_told() -> None:
    found = seen("sql-shop", "autumn-view")
    (lines,) = [lines for tool, lines in found if tool == "submit_sql"][:1]
    assert lines[0].startswith("database: + CREATE VIEW autumn_sales AS")
    assert all(not lines for tool, lines in found if tool != "submit_sql")


def test_an_entry_of_the_simulated_phone_is_told_by_its_kind() -> None:
    lines = [line for _, lines in seen("shortcuts-daily", "dim-the-screen") for line in lines]
    assert lines
    assert all(line.startswith("settings.brightness: ") for line in lines)


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ["a.b: 1 → 2"]),
        ({}, {"a": [1]}, ["a: + [1]"]),
        ({"a": "x"}, {}, ['a: - "x"']),
        ({"a": [1, 2]}, {"a": [2, 3]}, ["a: - 1", "a: + 3"]),
        ({"a": [1, 2]}, {"a": [2, 1]}, ["a: the same in another order or number"]),
        (None, {"a": 1}, [': + {"a": 1}']),
    ],
)
def test_changes_are_told_place_by_place(before: object, after: object, lines: list[str]) -> None:
    assert list(changes(before, after)) == lines  # type: ignore[arg-type]
