"""Complete real shortcuts: their form is understood, and they run or stop at an action that is named."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from shortcut_building import small_device

from environments.shortcuts.interpreter import run_actions
from environments.shortcuts.program import length
from environments.shortcuts.reading import read_program
from environments.shortcuts.registry import ACTIONS
from environments.shortcuts.running import Frame, Run, RunErrorKind, World


def records(shared_data: Path) -> list[dict[str, Any]]:
    return list(json.loads((shared_data / "shortcutsbench" / "shortcut_records.json").read_text()))


async def agreeable(question: str) -> str:
    """Takes the first option, and has a date and a number for everything else."""
    _, found, options = question.partition("Options: ")
    return options.split(";")[0] if found else "tomorrow at 9am, for 3"


def test_lengths_equal_upstreams(shared_data: Path) -> None:
    derived = json.loads((shared_data / "shortcutsbench" / "shortcut_derived.json").read_text())
    lengths = {
        record["URL"]: length(read_program(record["shortcut"]["WFWorkflowActions"]).body)
        for record in records(shared_data)
    }
    assert lengths == {url: derived[url]["length"] for url in lengths}


def test_records_run_or_stop_at_a_named_action(shared_data: Path) -> None:
    ended = []
    for record in records(shared_data):
        actions = record["shortcut"]["WFWorkflowActions"]
        run = Run(World(1, small_device()), agreeable, Frame())
        error = asyncio.run(run_actions(actions, run)).error
        if error is not None:
            assert error.kind is RunErrorKind.NOT_IMPLEMENTED, (record["URL"], error)
            assert error.identifier == actions[error.index]["WFWorkflowActionIdentifier"]
            assert error.identifier not in ACTIONS
        ended.append(error is None)
    assert sum(ended) >= 14


def test_nothing_of_the_records_form_is_misunderstood(shared_data: Path) -> None:
    """Only shortcuts that are broken on purpose, or carry a form of actions not done here, need repairs."""
    repaired = {
        record["URL"]
        for record in records(shared_data)
        if read_program(record["shortcut"]["WFWorkflowActions"]).repairs
    }
    assert repaired <= {"seed://s07", "seed://s22", "https://github.com/alexander-akhmetov/python-shortcuts#base64"}
