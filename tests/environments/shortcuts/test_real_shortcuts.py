"""Complete real shortcuts: their form is understood, and they run or stop at an action that is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from environments.shortcuts.coverage import measure
from environments.shortcuts.program import length
from environments.shortcuts.reading import read_program
from environments.shortcuts.registry import ACTIONS
from environments.shortcuts.running import RunErrorKind


def records(shared_data: Path) -> list[dict[str, Any]]:
    return list(json.loads((shared_data / "shortcutsbench" / "shortcut_records.json").read_text()))


def test_lengths_equal_upstreams(shared_data: Path) -> None:
    derived = json.loads((shared_data / "shortcutsbench" / "shortcut_derived.json").read_text())
    lengths = {
        record["URL"]: length(read_program(record["shortcut"]["WFWorkflowActions"]).body)
        for record in records(shared_data)
    }
    assert lengths == {url: derived[url]["length"] for url in lengths}


def test_records_come_to_their_end_or_stop_at_an_action_that_nothing_here_knows(shared_data: Path) -> None:
    found = measure(shared_data / "shortcutsbench")
    assert len(found.records) == 43
    assert found.failed() == []
    assert len(found.ended()) >= 39
    for result in found.records.values():
        if result.error is not None:
            assert result.error.kind is RunErrorKind.NOT_IMPLEMENTED
            assert result.error.identifier not in ACTIONS
        assert not set(result.stubs) & set(ACTIONS)


def test_handlers_do_more_than_95_percent_of_the_skeletons_actions(shared_data: Path) -> None:
    found = measure(shared_data / "shortcutsbench")
    assert found.actions == 5_380
    assert found.share is not None
    assert found.share >= 0.95


def test_the_120_most_used_actions_have_handlers(shared_data: Path) -> None:
    stats = json.loads((shared_data / "shortcutsbench" / "action_stats.json").read_text())
    assert [entry["identifier"] for entry in stats["actions"][:120] if entry["identifier"] not in ACTIONS] == []


def test_nothing_of_the_records_form_is_misunderstood(shared_data: Path) -> None:
    """Only shortcuts that are broken on purpose, or carry a form of actions not done here, need repairs."""
    repaired = {
        record["URL"]
        for record in records(shared_data)
        if read_program(record["shortcut"]["WFWorkflowActions"]).repairs
    }
    assert repaired <= {"seed://s07", "seed://s22", "https://github.com/alexander-akhmetov/python-shortcuts#base64"}
